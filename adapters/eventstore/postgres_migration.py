"""From one layout of a schema to the next, in the caller's transaction."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from typing import Final

from adapters.eventstore.postgres_append import stored_edge
from adapters.eventstore.postgres_pool import Connection
from adapters.eventstore.postgres_settings import identifier
from adapters.eventstore.postgres_tables import (
    EVENTS,
    FACT_COLUMNS,
    HEAD_SUFFIX,
    MARKER,
    SNAPSHOTS,
    fact_index_statement,
    qualified,
)
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord
from domain.kernel.merkle import Frontier

BUILD_ROWS: Final = 5_000

STEPS: Final[dict[int, str]] = {2: "the Merkle tree is built over all events"}
"""What brings a schema to each layout from the one below it."""


async def bring_up(
    connection: Connection, schema: str, layout: int, on_progress: OnProgress | None
) -> None:
    """Bring a schema of an older layout to the present one. Raises CorruptRecord for a log with gaps."""
    assert layout == 1
    await connection.execute("SET LOCAL statement_timeout = 0")
    for table in (EVENTS, SNAPSHOTS):
        there = await connection.fetchval("SELECT to_regclass($1)", qualified(schema, table))
        if there is not None:
            await _plant(connection, schema, table, on_progress if table == EVENTS else None)
    await connection.execute(f"UPDATE {qualified(schema, MARKER)} SET version = 2")


async def _plant(
    connection: Connection, schema: str, table: str, on_progress: OnProgress | None
) -> None:
    """Give each event its leaf, and the head the edge. Layout 1 held no chain facts."""
    name, head = qualified(schema, table), qualified(schema, table + HEAD_SUFFIX)
    trigger = identifier(f"{table}_append_only")
    columns = ", ".join(
        f"ADD COLUMN {column} {kind}"
        for column, kind in {"hashes": "bytea", **FACT_COLUMNS}.items()
    )
    # Nobody reads or writes until this is committed.
    await connection.execute(f"LOCK TABLE {name}, {head} IN ACCESS EXCLUSIVE MODE")
    await connection.execute(f"ALTER TABLE {name} {columns}, DISABLE TRIGGER {trigger}")
    await connection.execute(f"ALTER TABLE {head} ADD COLUMN edge bytea NOT NULL DEFAULT ''")
    size = await connection.fetchval(f"SELECT position FROM {head}")
    frontier = Frontier()
    for after in range(0, size, BUILD_ROWS):
        rows = await connection.fetch(
            f"SELECT position, state FROM {name} WHERE position > $1 ORDER BY position LIMIT $2",
            after,
            min(BUILD_ROWS, size - after),
        )
        positions = [row["position"] for row in rows]
        if positions != list(range(after + 1, min(after + BUILD_ROWS, size) + 1)):
            raise CorruptRecord(
                f"events are missing after position {after}",
                hint="they were removed with another tool: restore a copy of the database",
            )
        await connection.execute(
            f"UPDATE {name} AS event SET hashes = new.hashes "
            "FROM unnest($1::bigint[], $2::bytea[]) AS new (position, hashes) "
            "WHERE event.position = new.position",
            positions,
            frontier.add(row["state"] for row in rows),
        )
        if on_progress is not None:
            on_progress(positions[-1], size)
    await connection.execute(f"UPDATE {head} SET edge = $1", stored_edge(frontier))
    checks = f"CHECK (num_nulls({', '.join(FACT_COLUMNS)}) IN (0, {len(FACT_COLUMNS)}))"
    await connection.execute(
        f"ALTER TABLE {name} ALTER COLUMN hashes SET NOT NULL, ADD {checks}, "
        f"ENABLE ALWAYS TRIGGER {trigger}"
    )
    await connection.execute(fact_index_statement(schema, table))
