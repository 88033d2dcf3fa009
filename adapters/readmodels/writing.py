"""Writes what a batch of events made of a projection, within a transaction of the caller's."""

from __future__ import annotations

from typing import Final

from eventsourcing.sqlite import SQLiteCursor

from adapters.readmodels.span_nodes import node_of
from adapters.readmodels.stored_rows import body_bytes, tail_bytes
from domain.application.ports import ProjectionChange

_UPSERT: Final = (
    "INSERT INTO read_model_row "
    "(projection_id, key, scope, position, born, scope_since, tail, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (projection_id, key) DO UPDATE SET "
    "scope = excluded.scope, position = excluded.position, scope_since = excluded.scope_since, "
    "tail = excluded.tail, body = excluded.body"
)
_KEEP: Final = (
    "INSERT INTO read_model_history (projection_id, key, position, scope, tail, body) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_SPAN: Final = (
    "INSERT INTO read_model_span (projection_id, scope, key, since, until, node) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_FORGIVE: Final = (
    "DELETE FROM read_model_parked WHERE projection_id = ? AND key = ? AND position >= ?"
)
_PARK: Final = (
    "INSERT OR REPLACE INTO read_model_parked (position, projection_id, key, error) "
    "VALUES (?, ?, ?, ?)"
)


def write_change(c: SQLiteCursor, projection_id: int, change: ProjectionChange) -> None:
    """Write rows, history, parked events and checkpoint."""
    name = change.projection
    c.executemany(
        _UPSERT,
        [
            (
                projection_id,
                key,
                scope,
                position,
                born,
                scope_since,
                tail_bytes(tail),
                body_bytes(name, key, body),
            )
            for key, scope, body, position, born, scope_since, tail in change.rows
        ],
    )
    c.executemany(
        _KEEP,
        [
            (projection_id, key, position, scope, tail_bytes(tail), body_bytes(name, key, body))
            for key, scope, body, position, tail in change.kept
        ],
    )
    c.executemany(
        _SPAN,
        [
            (
                projection_id,
                span.scope,
                span.key,
                span.since,
                span.until,
                node_of(span.since, span.until),
            )
            for span in change.spans
        ],
    )
    if change.refolded:
        c.executemany(
            _FORGIVE,
            [(projection_id, key, change.refolded_from) for key in change.refolded],
        )
    c.executemany(
        _PARK,
        [(event.position, projection_id, event.key, event.error) for event in change.parked],
    )
    c.execute(
        "UPDATE read_model_projection SET position = ? WHERE id = ?",
        (change.checkpoint, projection_id),
    )
