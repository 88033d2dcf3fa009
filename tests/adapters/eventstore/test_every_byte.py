"""Whatever single thing somebody changes in a log's tables, the check finds it and names the position."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

import pytest

from adapters.eventstore.log import open_log
from domain.application.tree_check import check_tree
from domain.kernel.errors import CorruptRecord
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_append_only import disarm
from tests.adapters.eventstore.test_log import joined, left
from tests.support.events import decision

EVENTS = 5
TABLE = "stored_events"

IDLE = {f"{TABLE}_{kind}" for kind in ("stream", "name", "branch", "block", "by_name")}
"""Where a row more says nothing: a name that no event has, or a block of positions to look through in vain."""

Value: TypeAlias = int | str | bytes | None
Row: TypeAlias = tuple[Value, ...]


@pytest.fixture
def sql(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file and no scruples, at a small log without its triggers and unique indexes."""
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(1), joined(2, log_index=1), left(1, 2)], {})
        log.append([decision(left(2).event), joined(3, 3)], {})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        disarm(connection)
        connection.execute("PRAGMA synchronous = OFF")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall():
            connection.execute(f"DROP INDEX {name}")
        yield connection


def tables(sql: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the log's tables, whatever the layout, with their columns."""
    names = sql.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE ? ORDER BY name",
        (f"{TABLE}%",),
    ).fetchall()
    return {
        name: [row[1] for row in sql.execute(f"PRAGMA table_info({name})")] for (name,) in names
    }


def others(value: Value) -> Iterator[Value]:
    """Yield the value with one thing about it changed: each byte, each character, a bit of a number, its type."""
    match value:
        case bytes():
            for place in range(len(value)):
                yield value[:place] + bytes([value[place] ^ 1 << place % 8]) + value[place + 1 :]
            yield value[:-1]
            yield value + b"\0"
            yield value.decode("latin-1")
        case str():
            for place, char in enumerate(value):
                yield value[:place] + chr(ord(char) ^ 1) + value[place + 1 :]
            yield value[:-1]
            yield value + "x"
        case int():
            for change in (1, 2, 1 << 20):
                yield value ^ change
            yield -1 - value
            yield 2**62
            yield str(value) + "x"
        case None:
            yield 0


NOTHING = object()


@pytest.fixture
def found_at(
    sql: sqlite3.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], object]:
    """Return what says which position the check names, None when it names none, NOTHING when all is well."""
    # Compiling the codec is nine tenths of opening a log.
    with open_log(str(path), TickingClock(), readonly=True) as log:
        codec = log._codec
    monkeypatch.setattr("adapters.eventstore.log.Codec", lambda *_, **__: codec)

    def check() -> object:
        try:
            with open_log(str(path), TickingClock(), readonly=True) as log:
                difference = check_tree(log, log.tree).difference
        except CorruptRecord as error:
            place = re.search(r"position (\d+)", error.message)
            return int(place[1]) if place else None
        if difference is None:
            return NOTHING
        if difference.position is not None:
            assert f"position {difference.position}" in difference.sentence
        return difference.position

    assert check() is NOTHING
    return check


def rows_of(sql: sqlite3.Connection) -> list[tuple[str, list[str], Row]]:
    return [
        (table, columns, row)
        for table, columns in tables(sql).items()
        for row in sql.execute(f"SELECT * FROM {table}").fetchall()
    ]


def test_every_change_of_one_value_is_found(
    sql: sqlite3.Connection, found_at: Callable[[], object]
) -> None:
    tried, missed = 0, []
    for table, columns, row in rows_of(sql):
        where = " AND ".join(f"{column} IS ?" for column in columns)
        for number, column in enumerate(columns):
            update = f"UPDATE {table} SET {column} = ? WHERE {where}"
            for other in others(row[number]):
                changed: Row = (*row[:number], other, *row[number + 1 :])
                # Another row has that key: this change cannot be made.
                with suppress(sqlite3.IntegrityError):
                    tried += sql.execute(update, (other, *row)).rowcount
                    if not isinstance(found_at(), int):
                        missed.append((table, column, row[number], other))
                    sql.execute(update, (row[number], *changed))
    assert found_at() is NOTHING
    assert missed == []
    assert tried > 4_000


def test_every_row_that_is_removed_is_found(
    sql: sqlite3.Connection, found_at: Callable[[], object]
) -> None:
    missed = []
    for table, columns, row in rows_of(sql):
        where = " AND ".join(f"{column} IS ?" for column in columns)
        assert sql.execute(f"DELETE FROM {table} WHERE {where}", row).rowcount == 1
        if not isinstance(found_at(), int):
            missed.append((table, row))
        marks = ", ".join("?" * len(row))
        sql.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    assert found_at() is NOTHING
    assert missed == []


def contents(sql: sqlite3.Connection, table: str) -> list[Row]:
    return sql.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def exchange(sql: sqlite3.Connection, table: str, key: str, first: Value, second: Value) -> None:
    for old, new in ((first, 2**40), (second, first), (2**40, second)):
        sql.execute(f"UPDATE {table} SET {key} = ? WHERE {key} = ?", (new, old))


def test_every_two_rows_that_are_exchanged_are_found(
    sql: sqlite3.Connection, found_at: Callable[[], object]
) -> None:
    """Each gets the other's place in the order of its table."""
    missed = []
    for table, columns in tables(sql).items():
        key = "position" if "position" in columns else columns[0]
        keys = [row[0] for row in sql.execute(f"SELECT {key} FROM {table}").fetchall()]
        for first, second in combinations(keys, 2):
            before = contents(sql, table)
            exchange(sql, table, key, first, second)
            # Where the rows say the same but for their places, nothing has changed.
            if contents(sql, table) != before and not isinstance(found_at(), int):
                missed.append((table, first, second))
            exchange(sql, table, key, first, second)
    assert found_at() is NOTHING
    assert missed == []


def test_every_row_that_is_put_in_is_found(
    sql: sqlite3.Connection, found_at: Callable[[], object]
) -> None:
    """A copy of each row with another value in one column."""
    tried, missed = 0, []
    for table, columns, row in rows_of(sql):
        if table in IDLE:
            continue
        where = " AND ".join(f"{column} IS ?" for column in columns)
        marks = ", ".join("?" * len(row))
        for number, column in enumerate(columns):
            values = list(others(row[number]))
            for other in values[:: max(1, len(values) // 8)]:
                put: Row = (*row[:number], other, *row[number + 1 :])
                with suppress(sqlite3.IntegrityError):
                    sql.execute(f"INSERT INTO {table} VALUES ({marks})", put)
                    tried += 1
                    if not isinstance(found_at(), int):
                        missed.append((table, column, row[number], other))
                    sql.execute(f"DELETE FROM {table} WHERE {where}", put)
    assert found_at() is NOTHING
    assert missed == []
    assert tried


@pytest.mark.parametrize("position", [-3, 0, 4, EVENTS + 1, EVENTS + 9])
def test_a_fact_of_no_event_in_the_index_is_found(
    sql: sqlite3.Connection, found_at: Callable[[], object], position: int
) -> None:
    """Wherever it points: the chain's own fact of that block would be taken for recorded."""
    columns = {"block_id": 77, "log_index": 0, "position": position}
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    sql.execute(f"INSERT INTO {TABLE}_facts ({names}) VALUES ({marks})", tuple(columns.values()))
    assert found_at() == min(max(position, 0), EVENTS + 1)
