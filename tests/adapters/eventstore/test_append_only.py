"""The database itself refuses to change what is recorded, whatever program asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Position
from tests.adapters.eventstore.conftest import OpenLog
from tests.adapters.eventstore.test_log import START, joined, left

TABLES = [
    "stored_events",
    "stored_events_stream",
    "stored_events_name",
    "stored_events_branch",
    "stored_events_block",
    "stored_events_facts",
    "stored_events_tree",
]


@pytest.fixture
def sql(log: LedgerLog, path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of some other tool to a log of three events."""
    log.append([joined(1), joined(2, log_index=1), left(1, 2)], {})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def columns(sql: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in sql.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("table", TABLES)
def test_a_recorded_row_cannot_be_changed_or_deleted(
    sql: sqlite3.Connection, log: LedgerLog, table: str
) -> None:
    before = sql.execute(f"SELECT * FROM {table}").fetchall()
    assert before
    for column in columns(sql, table):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            sql.execute(f"UPDATE {table} SET {column} = 1")
    for statement in (f"DELETE FROM {table}", f"DELETE FROM {table} WHERE rowid = 1"):
        with pytest.raises((sqlite3.IntegrityError, sqlite3.OperationalError)):
            sql.execute(statement)
    assert sql.execute(f"SELECT * FROM {table}").fetchall() == before
    assert log.append([joined(3, 3)], {})[0].position == 4


@pytest.mark.parametrize(
    ("position", "stream_id", "version"), [(2, 9, 1), (None, 1, 1), (99, 1, 2)]
)
def test_a_recorded_event_cannot_be_replaced(
    sql: sqlite3.Connection, position: int | None, stream_id: int, version: int
) -> None:
    before = sql.execute("SELECT * FROM stored_events").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute(
            "INSERT OR REPLACE INTO stored_events VALUES (?, 1, ?, ?, 1, x'00')",
            (position, stream_id, version),
        )
    assert sql.execute("SELECT * FROM stored_events").fetchall() == before


def test_a_name_cannot_be_given_another_number(sql: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute("INSERT OR REPLACE INTO stored_events_stream VALUES (1, 'node:forged')")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute("REPLACE INTO stored_events_name VALUES (99, 'node.registered')")


def test_a_leaf_cannot_be_replaced(sql: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute("INSERT OR REPLACE INTO stored_events_tree VALUES (2, x'00')")


def disarm(sql: sqlite3.Connection) -> None:
    """Remove the triggers, as somebody who means it would."""
    for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        sql.execute(f"DROP TRIGGER {name}")


def test_an_event_removed_by_force_in_the_middle_is_noticed_by_readers(
    sql: sqlite3.Connection, log: LedgerLog
) -> None:
    disarm(sql)
    sql.execute("DELETE FROM stored_events WHERE position = 2")
    with pytest.raises(CorruptRecord, match="no event at position 2"):
        log.read(START, 10)
    with pytest.raises(CorruptRecord, match="no event at position 2"):
        log.raw(Position(1), 10)


def test_an_event_removed_by_force_at_the_end_is_noticed_by_the_next_append(
    sql: sqlite3.Connection, log: LedgerLog, reopen: OpenLog
) -> None:
    disarm(sql)
    sql.execute("DELETE FROM stored_events WHERE position = 3")
    for writer in (log, reopen()):
        with pytest.raises(CorruptRecord, match="ends at position 2 but once reached 3"):
            writer.append([joined(3, 3)], {})


def test_an_event_moved_by_force_to_another_stream_is_noticed(
    sql: sqlite3.Connection, reopen: OpenLog
) -> None:
    disarm(sql)
    sql.execute("UPDATE stored_events SET stream_id = 2, version = 7 WHERE position = 1")
    with pytest.raises(CorruptRecord, match=r"position 1 .* where the row says"):
        reopen().read(START, 10)


def test_a_row_without_its_stream_is_corrupt(sql: sqlite3.Connection, reopen: OpenLog) -> None:
    disarm(sql)
    sql.execute("DELETE FROM stored_events_stream WHERE id = 1")
    with pytest.raises(CorruptRecord, match="position 1 refers to"):
        reopen().read(START, 10)
