"""Appends to a log in PostgreSQL: one statement for a few rows, COPY for many."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, TypeAlias

from adapters.eventstore.postgres_pool import Connection
from adapters.eventstore.postgres_schema import HEAD_SUFFIX, MAIN_BRANCH_ID, qualified

NewRow: TypeAlias = tuple[str, int, str, bytes]
"""Stream, version, name, bytes to store."""

COPY_ROWS: Final = 200
"""From how many rows on COPY is faster, though it takes three more round trips."""

_COLUMNS: Final = ("position", "branch_id", "stream", "version", "name", "state")


def channel_of(schema: str, table: str) -> str:
    """Return the channel on which appends to `table` are announced: any schema's, in at most 63 bytes."""
    return "ledger_" + hashlib.sha256(f"{schema}.{table}".encode()).hexdigest()[:32]


class Appender:
    """Inserts rows into one log, in the caller's transaction or in one of its own.

    Raising the head locks its one row until the transaction ends. PostgreSQL makes a commit visible before it gives
    its locks up, so whoever sees a position sees all below it; and a transaction that fails takes its raise back.
    """

    def __init__(self, schema: str, table: str) -> None:
        head = qualified(schema, table + HEAD_SUFFIX)
        self._schema, self._table = schema, table
        # Waiters are told by the commit itself, so never too early, and in the order of the commits.
        raised = f"raised AS (UPDATE {head} SET position = position + $1 RETURNING position - $1 AS before)"
        told = f"SELECT before, pg_notify('{channel_of(schema, table)}', (before + $1)::text) FROM raised"
        self._raise = f"WITH {raised} {told}"
        self._insert = (
            f"WITH {raised}, inserted AS ("
            f"INSERT INTO {qualified(schema, table)} ({', '.join(_COLUMNS)}) "
            f"SELECT before + place, {MAIN_BRANCH_ID}, stream, version, name, state "
            "FROM raised, unnest($2::text[], $3::bigint[], $4::text[], $5::bytea[]) "
            f"WITH ORDINALITY AS new (stream, version, name, state, place)) {told}"
        )

    async def run(self, connection: Connection, rows: Sequence[NewRow]) -> range:
        """Append `rows`, which must not be none; return their positions."""
        if len(rows) >= COPY_ROWS:
            async with connection.transaction():
                return await self._copy(connection, rows)
        before: int = await connection.fetchval(
            self._insert, len(rows), *map(list, zip(*rows, strict=True))
        )
        return range(before + 1, before + len(rows) + 1)

    async def _copy(self, connection: Connection, rows: Sequence[NewRow]) -> range:
        before: int = await connection.fetchval(self._raise, len(rows))
        await connection.copy_records_to_table(
            self._table,
            schema_name=self._schema,
            columns=_COLUMNS,
            records=[
                (position, MAIN_BRANCH_ID, stream, version, name, state)
                for position, (stream, version, name, state) in enumerate(rows, before + 1)
            ],
        )
        return range(before + 1, before + len(rows) + 1)
