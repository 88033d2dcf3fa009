"""Files of every layout that was ever written are brought up to the present one: all of it or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.eventstore import former_layouts
from adapters.eventstore.database import SCHEMA_VERSION
from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.upkeep import migrate_file, status_of
from adapters.keyring.file import KEYRING_SUFFIX
from domain.application.tree_check import check_tree
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import CorruptRecord, OlderSchema
from domain.kernel.ids import Position
from domain.kernel.merkle import TreeHead
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.former_files import write_former
from tests.adapters.eventstore.test_append_only import disarm
from tests.adapters.eventstore.test_log import START, STREAM, joined, left
from tests.support.events import decision

ROOT = Path(__file__).resolve().parents[3]
LAYOUTS = (1, 2)
EVENTS = 40


@pytest.fixture(scope="module")
def present(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of the present layout: facts, decisions, several names, streams with several versions."""
    path = tmp_path_factory.mktemp("present") / "ledger.db"
    with open_log(str(path), TickingClock()) as log:
        new = [joined(number % 7, number, number % 3) for number in range(EVENTS - 2)]
        log.append([*new[:20], left(1, 99), *new[20:], decision(joined(3).event)], {})
    return path


def states_of(path: Path) -> list[bytes]:
    with open_log(str(path), TickingClock(), readonly=True) as log:
        return [state for _, state in log.raw(START, 1_000)]


def content(log: LedgerLog) -> tuple[TreeHead, Sequence[RecordedEvent]]:
    return log.tree.head(), log.read(START, 1_000)


@pytest.fixture(params=LAYOUTS)
def former(request: pytest.FixtureRequest, present: Path, path: Path) -> Path:
    """The same log in a file of an earlier layout."""
    write_former(path, request.param, states_of(present))
    keys = present.with_name(present.name + KEYRING_SUFFIX)
    shutil.copy(keys, path.with_name(path.name + KEYRING_SUFFIX))
    return path


def fingerprint(path: Path) -> str:
    with closing(sqlite3.connect(path)) as sql:
        return hashlib.sha256("\n".join(sql.iterdump()).encode()).hexdigest()


def test_a_former_file_holds_the_same_log_after_migrating(former: Path, present: Path) -> None:
    with pytest.raises(OlderSchema, match="earlier version"):
        open_log(str(former), TickingClock(), readonly=True)
    told: list[tuple[int, int]] = []
    done = migrate_file(former, lambda at, total: told.append((at, total)))
    assert done.events == EVENTS
    assert told[-1] == (EVENTS, EVENTS)
    with (
        open_log(str(former), TickingClock()) as log,
        open_log(str(present), TickingClock(), readonly=True) as twin,
    ):
        assert content(log) == content(twin)
        assert check_tree(log, log.tree).difference is None
        assert log.read_stream(STREAM) == twin.read_stream(STREAM)
        names = ["node.deregistered"]
        assert log.read(START, 9, names=names) == twin.read(START, 9, names=names)
        facts = [event.provenance for event in twin.read(START, 1_000) if event.provenance]
        assert log.recorded_facts(facts) == twin.recorded_facts(facts)
        assert log.append([joined(1, 500)], {})[0].position == EVENTS + 1
        assert check_tree(log, log.tree).difference is None
    with closing(sqlite3.connect(former)) as sql:
        former_tables = (
            "SELECT count(*) FROM sqlite_master WHERE name LIKE '%former%' OR name LIKE '%_tree'"
        )
        assert sql.execute(former_tables).fetchone() == (0,)


def test_whatever_opens_a_former_file_for_writing_migrates_it(former: Path, present: Path) -> None:
    with (
        open_log(str(former), TickingClock()) as log,
        open_log(str(present), TickingClock(), readonly=True) as twin,
    ):
        assert content(log) == content(twin)
        # The mark is still in the write-ahead log; a reader sees it all the same.
        with open_log(str(former), TickingClock(), readonly=True) as reader:
            assert content(reader) == content(twin)
    assert status_of(former).layout == SCHEMA_VERSION


def test_a_migration_that_fails_half_way_leaves_the_file_as_it_was(
    former: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(former_layouts, "BATCH_EVENTS", 7)
    before = fingerprint(former)

    def interrupt(at: int, _: int) -> None:
        if at >= EVENTS // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate_file(former, interrupt)
    assert fingerprint(former) == before
    assert migrate_file(former).events == EVENTS


KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.eventstore import former_layouts
from adapters.eventstore.upkeep import migrate_file
former_layouts.BATCH_EVENTS = 7
migrate_file(Path(sys.argv[1]), lambda at, total: at > 20 and os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_migration_that_is_killed_can_be_given_again(former: Path) -> None:
    before = fingerprint(former)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(former)], cwd=ROOT, env=os.environ, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert fingerprint(former) == before
    migrate_file(former)
    with open_log(str(former), TickingClock()) as log:
        assert log.head() == EVENTS
        assert check_tree(log, log.tree).difference is None


@pytest.mark.parametrize("position", [1, 17, EVENTS])
def test_a_file_of_layout_2_that_was_changed_is_not_migrated(
    present: Path, path: Path, position: int
) -> None:
    write_former(path, 2, states_of(present))
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        disarm(sql)
        sql.execute(f"UPDATE stored_events SET state = x'7b7d' WHERE position = {position}")
    before = fingerprint(path)
    with pytest.raises(CorruptRecord, match=f"position {position} "):
        migrate_file(path)
    assert fingerprint(path) == before


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DELETE FROM stored_events WHERE position = 4", "missing after position 3"),
        (f"DELETE FROM stored_events WHERE position = {EVENTS}", "once reached"),
        ("UPDATE stored_events SET branch_id = 9 WHERE position = 5", "position 5"),
        ("UPDATE stored_events SET state = 'text' WHERE position = 6", "position 6"),
        (
            (
                "INSERT INTO stored_events_facts SELECT block_id, log_index, x'00', 9 "
                "FROM stored_events_facts WHERE position = 8"
            ),
            "positions 8 and 9",
        ),
    ],
)
def test_a_former_file_that_was_damaged_is_left_as_it_is(
    former: Path, damage: str, sentence: str
) -> None:
    with closing(sqlite3.connect(former, isolation_level=None)) as sql:
        disarm(sql)
        sql.execute(damage)
    before = fingerprint(former)
    for attempt in (lambda: migrate_file(former), lambda: open_log(str(former), TickingClock())):
        with pytest.raises(CorruptRecord, match=sentence):
            attempt()
    assert fingerprint(former) == before


def test_a_tree_that_was_taken_away_is_not_built_anew(present: Path, path: Path) -> None:
    write_former(path, 2, states_of(present))
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("DROP TABLE stored_events_tree")
    with pytest.raises(CorruptRecord, match="tree of the log is not there"):
        open_log(str(path), TickingClock())


def test_an_empty_former_file_becomes_an_empty_log(path: Path) -> None:
    write_former(path, 2, [])
    with open_log(str(path), TickingClock()) as log:
        assert log.head() == 0
        assert log.append([joined(1)], {})[0].position == 1
        assert log.read(Position(0), 5)[0].version == 1
