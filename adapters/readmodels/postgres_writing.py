"""Writes what a batch of events made of a projection, within a transaction of the caller's: one statement a table."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.eventstore.postgres_pool import Connection
from adapters.readmodels.postgres_tables import Statements
from adapters.readmodels.span_nodes import node_of
from adapters.readmodels.stored_rows import body_bytes, tail_bytes
from domain.application.ports import ProjectionChange
from domain.kernel.errors import VersionConflict


async def write_change(connection: Connection, sql: Statements, change: ProjectionChange) -> None:
    """Write rows, history, parked events and checkpoint.

    Raises VersionConflict when the stored version, checkpoint or generation is not the change's, and InternalError for
    a body that is not JSON-ready.
    """
    name = change.projection
    # First, which locks it: whoever else has the same in mind waits, and finds another checkpoint then.
    number = await connection.fetchval(
        sql.advance, name, change.version, change.after, change.checkpoint, change.generation
    )
    if number is None:
        raise VersionConflict(
            f"the read model `{name}` is not at position {change.after} of version {change.version}",
            hint="another process keeps these read models up to date: run only one",
        )
    await _insert(
        connection,
        sql.upsert,
        number,
        (
            (
                *(row.key, row.scope, row.position, row.born, row.scope_since),
                *(tail_bytes(row.tail), body_bytes(name, row.key, row.body)),
            )
            for row in change.rows
        ),
    )
    await _insert(
        connection,
        sql.keep,
        number,
        (
            (
                row.key,
                row.position,
                row.scope,
                tail_bytes(row.tail),
                body_bytes(name, row.key, row.body),
            )
            for row in change.kept
        ),
    )
    await _insert(
        connection,
        sql.list_span,
        number,
        (
            (span.key, span.scope, span.since, span.until, node_of(span.since, span.until))
            for span in change.spans
        ),
    )
    if change.refolded:
        await connection.execute(sql.forgive, number, change.refolded_from, list(change.refolded))
    parked = {(event.key, event.position): event.error for event in change.parked}
    await _insert(connection, sql.park, number, ((*key, error) for key, error in parked.items()))


async def _insert(
    connection: Connection, statement: str, number: int, rows: Iterable[tuple[object, ...]]
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await connection.execute(statement, number, *columns)
