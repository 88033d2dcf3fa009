"""Whatever single thing somebody changes in a log's tables in PostgreSQL, the check finds it and names the position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from adapters.eventstore.log import LedgerLog
from adapters.eventstore.postgres_log import open_postgres_log
from domain.application.tree_check import check_tree
from domain.kernel.errors import CorruptRecord
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_every_byte import NOTHING, Value, others
from tests.adapters.eventstore.test_log import joined, left
from tests.support.events import decision
from tests.support.postgres import new_schema, shared_server

IMPOSSIBLE = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.InterfaceError)
"""What the tables themselves refuse: a doubled key, a value of another type."""

Row = tuple[Value, ...]


class Server:
    """Somebody who owns the schema and has no scruples; waits for each answer."""

    def __init__(self, url: str, schema: str) -> None:
        self.schema = schema
        self._loop = asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(asyncpg.connect(url))

    def run(self, statement: str, *values: object) -> str:
        status: str = self._loop.run_until_complete(self._connection.execute(statement, *values))
        return status

    def rows(self, statement: str, *values: object) -> list[Any]:
        return list(self._loop.run_until_complete(self._connection.fetch(statement, *values)))

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()

    def disarm(self) -> None:
        for table, trigger in self.rows(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE relnamespace = $1::regnamespace AND NOT tgisinternal",
            self.schema,
        ):
            self.run(f"DROP TRIGGER {trigger} ON {table}")
        for (index,) in self.rows(
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
            "WHERE relnamespace = $1::regnamespace AND NOT indisprimary AND relname LIKE 'stored_events%'",
            self.schema,
        ):
            self.run(f"DROP INDEX {index}")
        self.run("SET synchronous_commit = off")

    def columns(self, table: str) -> list[str]:
        return [
            name
            for (name,) in self.rows(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
                self.schema,
                table,
            )
        ]


pytestmark = pytest.mark.slow


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LedgerLog]:
    schema = new_schema()
    url = f"{shared_server().url()}&schema={schema}"
    with open_postgres_log(url, TickingClock(), keyring=tmp_path / "keys") as log:
        log.append([joined(1)], {})
        log.append([decision(left(2).event)], {})
        yield log


@pytest.fixture
def sql(log: LedgerLog) -> Iterator[Server]:
    (schema,) = {log._recorder.datastore.target.schema}  # type: ignore[attr-defined]
    server = Server(shared_server().url(), schema)
    server.disarm()
    yield server
    server.close()


@pytest.fixture
def found_at(log: LedgerLog) -> Callable[[], object]:
    def check() -> object:
        try:
            difference = check_tree(log, log.tree).difference
        except CorruptRecord:
            return None
        if difference is None:
            return NOTHING
        return difference.position

    assert check() is NOTHING
    return check


def test_every_change_of_one_value_is_found(sql: Server, found_at: Callable[[], object]) -> None:
    tried, missed = 0, []
    for table in ("stored_events", "stored_events_head"):
        columns = sql.columns(table)
        key, name = columns[0], f"{sql.schema}.{table}"
        for row in sql.rows(f"SELECT * FROM {name} ORDER BY 1"):
            for number, column in enumerate(columns):
                for other in others(row[number]):
                    with suppress(*IMPOSSIBLE):
                        sql.run(f"UPDATE {name} SET {column} = $1 WHERE {key} = $2", other, row[0])
                        tried += 1
                        if not isinstance(found_at(), int):
                            missed.append((table, column, row[number], other))
                        place = other if column == key else row[0]
                        sql.run(
                            f"UPDATE {name} SET {column} = $1 WHERE {key} = $2", row[number], place
                        )
    assert found_at() is NOTHING
    assert missed == []
    assert tried > 1_500


def test_every_row_that_is_removed_exchanged_or_put_in_is_found(
    sql: Server, found_at: Callable[[], object]
) -> None:
    missed: list[object] = []
    name = f"{sql.schema}.stored_events"
    columns = sql.columns("stored_events")
    rows: Sequence[Any] = sql.rows(f"SELECT * FROM {name} ORDER BY 1")
    marks = ", ".join(f"${number}" for number in range(1, len(columns) + 1))

    def note(what: object) -> None:
        if not isinstance(found_at(), int):
            missed.append(what)

    for row in rows:
        sql.run(f"DELETE FROM {name} WHERE position = $1", row[0])
        note(("removed", row[0]))
        sql.run(f"INSERT INTO {name} VALUES ({marks})", *row)
        for position in (3, 4, 2**40):
            sql.run(f"INSERT INTO {name} VALUES ({marks})", position, *row[1:])
            note(("put in", row[0], position))
            sql.run(f"DELETE FROM {name} WHERE position = $1", position)
    for first, second in combinations((1, 2), 2):
        for again in (False, True):
            for old, new in ((first, 2**40), (second, first), (2**40, second)):
                sql.run(f"UPDATE {name} SET position = $1 WHERE position = $2", new, old)
            if not again:
                note(("exchanged", first, second))
    # A chain fact beside an event that is none would have the true one left out.
    fact = "chain_id = 7, block_hash = '\\x01', transaction_hash = '\\x02', log_index = 3"
    sql.run(f"UPDATE {name} SET {fact} WHERE position = 2")
    note("a fact more")
    none = "chain_id = NULL, block_hash = NULL, transaction_hash = NULL, log_index = NULL"
    sql.run(f"UPDATE {name} SET {none} WHERE position = 2")
    for row in rows[:1]:
        sql.run(f"UPDATE {name} SET {none} WHERE position = $1", row[0])
        note(("a fact less", row[0]))
        sets = ", ".join(f"{column} = ${number}" for number, column in enumerate(columns[-4:], 2))
        sql.run(f"UPDATE {name} SET {sets} WHERE position = $1", row[0], *row[-4:])
    assert found_at() is NOTHING
    assert missed == []
