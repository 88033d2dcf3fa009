"""`agentgpt db` as a user has it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.eventstore.database import SCHEMA_VERSION
from tests.api.sample import write_sample
from tests.api.test_cli_log import EVENTS, run, write_former_sample


@pytest.fixture
def db(tmp_path: Path) -> Path:
    made = tmp_path / "ledger.db"
    write_sample(made)
    return made


def execute(db: Path, *statements: str) -> None:
    with closing(sqlite3.connect(db, isolation_level=None)) as sql:
        for statement in statements:
            sql.execute(statement)


def test_status_says_what_the_file_is(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "db", "status", "--json", "--db", db)
    assert code == 0
    assert json.loads(out) == {
        "database": str(db),
        "kind": "sqlite",
        "layout": SCHEMA_VERSION,
        "newest_layout": SCHEMA_VERSION,
        "bytes": db.stat().st_size,
        "events": EVENTS,
        "can_be_read": True,
        "can_be_written": True,
        "migration": [],
    }
    code, out, _ = run(capsys, "db", "status", "--db", db)
    assert code == 0
    assert "has nothing to do" in out


def test_a_database_of_a_later_version_is_described_but_not_migrated(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(db, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = db.read_bytes()
    code, out, _ = run(capsys, "db", "status", "--json", "--db", db)
    assert code == 3
    status = json.loads(out)
    assert (status["can_be_read"], status["can_be_written"]) == (False, False)
    assert (status["layout"], status["events"]) == (SCHEMA_VERSION + 1, None)
    code, _, err = run(capsys, "db", "migrate", "--db", db)
    assert code == 3
    assert f"layout {SCHEMA_VERSION + 1}, this one knows {SCHEMA_VERSION}" in err
    assert db.read_bytes() == before


@pytest.mark.parametrize("command", ["status", "migrate"])
def test_what_is_no_ledger_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    code, _, err = run(capsys, "db", command, "--db", tmp_path / "none.db")
    assert code == 2
    assert "there is no ledger" in err
    foreign = tmp_path / "notes.db"
    execute(foreign, "CREATE TABLE notes (text TEXT)")
    before = foreign.read_bytes()
    code, _, err = run(capsys, "db", command, "--db", foreign)
    assert code == 3
    assert "another program" in err
    assert foreign.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.db"]


def test_migrating_what_is_up_to_date_changes_nothing(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = db.read_bytes()
    code, out, _ = run(capsys, "db", "migrate", "--json", "--db", db)
    assert code == 0
    assert json.loads(out) == {"before": SCHEMA_VERSION, "after": SCHEMA_VERSION, "events": EVENTS}
    assert db.read_bytes() == before


@pytest.mark.parametrize("layout", [1, 2])
def test_an_earlier_layout_is_migrated_by_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: int
) -> None:
    db = tmp_path / "former.db"
    write_former_sample(tmp_path / "present.db", db, layout)
    root = run(capsys, "log", "root", "--db", tmp_path / "present.db")[1]
    code, out, _ = run(capsys, "db", "status", "--json", "--db", db)
    assert code == 0
    status = json.loads(out)
    assert (status["layout"], status["events"]) == (layout, EVENTS)
    assert len(status["migration"]) == SCHEMA_VERSION - layout
    assert (status["can_be_read"], status["can_be_written"]) == (False, True)
    code, _, err = run(capsys, "log", "root", "--db", db)
    assert code == 3
    assert "db migrate" in err
    code, out, _ = run(capsys, "db", "migrate", "--db", db)
    assert code == 0
    assert f"layout {layout} became {SCHEMA_VERSION}, with {EVENTS} events" in out
    assert run(capsys, "log", "root", "--db", db)[1] == root
    assert run(capsys, "log", "check", "--db", db)[0] == 0
