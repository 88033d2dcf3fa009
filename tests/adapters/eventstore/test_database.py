"""Which files the ledger opens, and that it leaves the others as they are."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.eventstore.database import APPLICATION_ID, SCHEMA_VERSION, explain, parse_db_name
from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.log_recorder import LedgerApplicationRecorder
from adapters.readmodels.sqlite import SqliteReadModels
from domain.kernel.errors import (
    CorruptRecord,
    ForeignDatabase,
    InvalidInput,
    LedgerError,
    NewerSchema,
    Unavailable,
)
from domain.kernel.ids import Position
from tests.adapters.eventstore.conftest import OpenLog, TickingClock
from tests.adapters.eventstore.test_log import START, joined


def fingerprint(folder: Path) -> dict[str, str]:
    """Return the content of every file below a folder."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def foreign(path: Path) -> None:
    run_sql(path, "CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('mine')")


def foreign_with_a_log_of_the_library(path: Path) -> None:
    run_sql(path, "CREATE TABLE stored_events (originator_id TEXT, state BLOB)")


def foreign_with_its_own_mark(path: Path) -> None:
    run_sql(path, "PRAGMA application_id=252006674", "CREATE TABLE notes (text TEXT)")


def foreign_in_wal_mode(path: Path) -> None:
    run_sql(path, "PRAGMA journal_mode=WAL", "CREATE TABLE notes (text TEXT)")


def newer(path: Path) -> None:
    open_log(str(path), TickingClock()).close()
    run_sql(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")


def text(path: Path) -> None:
    path.write_text("Dear diary, today I opened a ledger.\n" * 50)


def short_text(path: Path) -> None:
    path.write_text("hello")


def truncated(path: Path) -> None:
    foreign(path)
    path.write_bytes(path.read_bytes()[:50])


def directory(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


REFUSED: list[tuple[Callable[[Path], None], type[LedgerError]]] = [
    (foreign, ForeignDatabase),
    (foreign_with_a_log_of_the_library, ForeignDatabase),
    (foreign_with_its_own_mark, ForeignDatabase),
    (foreign_in_wal_mode, ForeignDatabase),
    (newer, NewerSchema),
    (text, InvalidInput),
    (short_text, InvalidInput),
    (truncated, InvalidInput),
    (directory, InvalidInput),
    (fifo, InvalidInput),
]


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize(("make", "refusal"), REFUSED, ids=[make.__name__ for make, _ in REFUSED])
def test_what_is_not_ours_is_refused_and_left_as_it_is(
    path: Path, make: Callable[[Path], None], refusal: type[LedgerError], readonly: bool
) -> None:
    make(path)
    before = fingerprint(path.parent)
    with pytest.raises(refusal) as log_error:
        open_log(str(path), TickingClock(), readonly=readonly)
    with pytest.raises(refusal):
        SqliteReadModels(str(path), readonly=readonly)
    assert log_error.value.hint
    assert path.name in log_error.value.message
    assert fingerprint(path.parent) == before


def test_an_absent_file_is_made_but_not_for_reading(path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no ledger"):
        open_log(str(path), TickingClock(), readonly=True)
    assert not path.exists()
    open_log(str(path), TickingClock()).close()
    assert path.exists()


@pytest.mark.parametrize("make", [Path.touch, lambda path: run_sql(path, "VACUUM")])
def test_an_empty_file_becomes_a_ledger(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with open_log(str(path), TickingClock()) as log:
        assert log.append([joined(1)], {})[0].position == 1


def test_a_missing_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="folder"):
        open_log(str(tmp_path / "missing" / "ledger.db"), TickingClock())
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="folder"):
        open_log(str(tmp_path / "file" / "ledger.db"), TickingClock())
    assert fingerprint(tmp_path).keys() == {"file"}


def test_a_new_ledger_carries_our_marks_in_its_header(path: Path) -> None:
    open_log(str(path), TickingClock()).close()
    header = path.read_bytes()[:100]
    assert int.from_bytes(header[68:72], "big") == APPLICATION_ID
    assert int.from_bytes(header[60:64], "big") == SCHEMA_VERSION


def test_a_ledger_whose_marks_are_still_in_the_write_ahead_log_is_known(
    path: Path, tmp_path: Path
) -> None:
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(1)], {})
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            Path(f"{copy}{suffix}").write_bytes(Path(f"{path}{suffix}").read_bytes())
    with open_log(str(copy), TickingClock()) as again:
        assert again.head() == 1


@pytest.mark.parametrize(
    "name", ["a b.db", "q?mode=memory.db", "per%cent#.db", ":memory:.db", "ö.db"]
)
def test_any_file_name_is_taken_literally(tmp_path: Path, name: str) -> None:
    with open_log(str(tmp_path / name), TickingClock()) as log:
        log.append([joined(1)], {})
    assert {file.name for file in tmp_path.iterdir()} == {name, f"{name}.keys"}


def test_names_of_databases_are_paths_or_sqlite_urls(tmp_path: Path) -> None:
    here = Path.cwd() / "ledger.db"
    assert parse_db_name("ledger.db") == parse_db_name("sqlite:///ledger.db") == here
    assert parse_db_name(f"sqlite:///{tmp_path}/x.db") == tmp_path / "x.db"


def test_a_ledger_stays_where_it_is_when_the_working_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with open_log("ledger.db", TickingClock()) as log:
        monkeypatch.chdir(tmp_path / "other")
        log.append([joined(1)], {})
        assert not log.wait(Position(1), 0.05) > 1
    assert fingerprint(tmp_path).keys() == {"ledger.db", "ledger.db.keys"}


def test_a_file_with_read_models_but_no_log_cannot_be_read_as_a_ledger(path: Path) -> None:
    SqliteReadModels(str(path)).close()
    with pytest.raises(InvalidInput, match="holds no log"):
        open_log(str(path), TickingClock(), readonly=True)
    with open_log(str(path), TickingClock()) as log:
        assert log.head() == 0


@pytest.mark.parametrize(
    ("db", "sentence"),
    [
        ("postgresql://user:secret@host/db", "only a file will do"),
        ("postgres://host/db", "only a file will do"),
        ("mysql://user:secret@host/db", "not a database that the ledger knows"),
        ("sqlite://ledger.db", "not a database that the ledger knows"),
        (":memory:", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:///", "needs a file"),
        ("", "needs a file"),
        ("a\x00b", "needs a file"),
    ],
)
def test_other_names_are_refused_without_repeating_secrets(db: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as error:
        open_log(db, TickingClock())
    assert error.value.hint
    assert "secret" not in error.value.message + error.value.hint


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may open everything: be somebody else for a while."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65_534)
    yield
    if was_root:
        os.seteuid(0)


@pytest.mark.usefixtures("unprivileged")
def test_a_file_without_permission_is_unavailable() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        open_log(str(path), TickingClock()).close()
        path.chmod(0o444)
        before = fingerprint(Path(folder))
        with pytest.raises(Unavailable, match="cannot be opened") as error:
            open_log(str(path), TickingClock())
        assert "permissions" in error.value.hint
        assert fingerprint(Path(folder)) == before
        with open_log(str(path), TickingClock(), readonly=True) as log:
            assert log.head() == 0


def test_two_processes_may_make_the_same_ledger_at_once(path: Path) -> None:
    barrier = threading.Barrier(4)
    errors: list[Exception] = []

    def make() -> None:
        barrier.wait()
        try:
            open_log(str(path), TickingClock()).close()
        except LedgerError as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_a_lock_that_stays_is_reported_as_unavailable(
    reopen: OpenLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.eventstore.database.BUSY_TIMEOUT_SECONDS", 0.05)
    log = reopen()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked") as error:
            log.append([joined(1)], {})
        assert error.value.hint
        assert log.read(START, 1) == []
        assert reopen().head() == 0
        other.execute("ROLLBACK")
    assert log.append([joined(1)], {})[0].position == 1


def test_a_full_disk_is_reported_and_no_part_of_the_append_stays(
    reopen: OpenLog, path: Path
) -> None:
    log = reopen()
    log.append([joined(1)], {})
    assert isinstance(log._recorder, LedgerApplicationRecorder)
    with log._recorder.datastore.get_connection(commit=True) as connection:
        pages = connection._sqlite_conn.execute("PRAGMA page_count").fetchone()[0]
        connection._sqlite_conn.execute(f"PRAGMA max_page_count={pages + 5}")
    with pytest.raises(Unavailable, match="no space"):
        log.append([joined(n, n) for n in range(2, 500)], {})
    assert log.head() == 1
    assert [event.position for event in log.read(START, 100)] == [1]
    assert isinstance(log._recorder, LedgerApplicationRecorder)
    with log._recorder.datastore.get_connection(commit=True) as connection:
        connection._sqlite_conn.execute("PRAGMA max_page_count=1000000")
    assert log.append([joined(2, 2)], {})[0].position == 2
    log.close()
    with closing(sqlite3.connect(path)) as connection_:
        assert connection_.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_damaged_file_is_reported_as_corrupt(reopen: OpenLog, path: Path) -> None:
    log = reopen()
    log.append([joined(n, n) for n in range(1, 400)], {})
    log.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(CorruptRecord, match="damaged"):
        reopen().read(Position(0), 10_000)


def test_every_error_of_sqlite_becomes_one_of_ours(path: Path) -> None:
    for code in range(1, 30):
        error = sqlite3.OperationalError("message")
        error.sqlite_errorcode = code
        assert isinstance(explain(error, path), LedgerError)


def test_a_closed_log_leaves_its_file_and_the_keyring(log: LedgerLog, path: Path) -> None:
    log.append([joined(1)], {})
    log.close()
    assert {file.name for file in path.parent.iterdir()} == {path.name, f"{path.name}.keys"}
