"""The database itself refuses to change what is recorded, whatever program asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog
from domain.application.tree_check import check_tree
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
    "stored_events_by_stream",
    "stored_events_by_name",
]


@pytest.fixture
def sql(log: LedgerLog, path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of some other tool to a log of three events."""
    for event in (joined(1), joined(2, log_index=1), left(1, 2)):
        log.append([event], {})
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


@pytest.mark.parametrize("position", [-1, 0, 1, 2, 3])
def test_a_recorded_event_cannot_be_replaced(sql: sqlite3.Connection, position: int) -> None:
    before = sql.execute("SELECT * FROM stored_events").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute(
            "INSERT OR REPLACE INTO stored_events VALUES (?, 1, x'00', x'00', x'00')", (position,)
        )
    assert sql.execute("SELECT * FROM stored_events").fetchall() == before


@pytest.mark.parametrize(("position", "log_index"), [(1, 0), (2, 1)])
def test_an_index_that_was_replaced_is_noticed_and_its_event_still_there(
    sql: sqlite3.Connection, log: LedgerLog, position: int, log_index: int
) -> None:
    (stream,) = log.read(Position(position - 1), 1)
    sql.execute(
        "REPLACE INTO stored_events_by_stream SELECT branch_id, stream_id, version, 3 "
        f"FROM stored_events_by_stream WHERE position = {position}"
    )
    with pytest.raises(CorruptRecord, match="position 3 does not hold the version 1"):
        log.read_stream(stream.stream)
    difference = check_tree(log, log.tree).difference
    assert difference is not None
    assert difference.position == position
    assert log.read(Position(position - 1), 1) == [stream]


def test_the_head_only_rises(sql: sqlite3.Connection) -> None:
    for statement in (
        "UPDATE stored_events_head SET position = 2",
        "UPDATE stored_events_head SET id = 2",
        "DELETE FROM stored_events_head",
        "INSERT OR REPLACE INTO stored_events_head VALUES (1, 1)",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|CHECK"):
            sql.execute(statement)


def test_a_name_cannot_be_given_another_number(sql: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute("INSERT OR REPLACE INTO stored_events_stream VALUES (1, 'node:forged')")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sql.execute("REPLACE INTO stored_events_name VALUES (99, 'node.registered')")


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
    (places,) = sql.execute("SELECT places FROM stored_events WHERE position = 1").fetchone()
    moved = places.replace(b"[[1],[1],", b"[[2],[7],")
    assert moved != places
    sql.execute("UPDATE stored_events SET places = ? WHERE position = 1", (moved,))
    with pytest.raises(CorruptRecord, match=r"position 1 .* where the row says"):
        reopen().read(START, 10)


def test_a_row_without_its_stream_is_corrupt(sql: sqlite3.Connection, reopen: OpenLog) -> None:
    disarm(sql)
    sql.execute("DELETE FROM stored_events_stream WHERE id = 1")
    with pytest.raises(CorruptRecord, match="position 1 refers to"):
        reopen().read(START, 10)
