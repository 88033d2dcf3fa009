"""Reads what rows were, within a transaction of the caller's.

A kept row and the one after it (or the newest row) bracket a position: the later one's tail names the events that lead
there from the earlier one. So a key costs three look-ups, whatever the log's length.
"""

# ruff: noqa: S608 - the statements are put together from constants of ours; values are always bound
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from eventsourcing.sqlite import SQLiteCursor

from adapters.readmodels.span_nodes import FEW_KEYS, nodes_at
from adapters.readmodels.stored_rows import read_body, read_tail
from domain.application.row_history import PastRow
from domain.kernel.ids import Position

FIRST_CHARACTER: Final = "\0"
LAST_CHARACTER: Final = "\U0010ffff"

_NEWEST: Final = (
    "SELECT position, scope, tail, body FROM read_model_row "
    "WHERE projection_id = ? AND key = ? AND born <= ?"
)
_EARLIER: Final = (
    "SELECT position, scope, body FROM read_model_history "
    "WHERE projection_id = ? AND key = ? AND position <= ? ORDER BY position DESC LIMIT 1"
)
_LATER: Final = (
    "SELECT tail FROM read_model_history "
    "WHERE projection_id = ? AND key = ? AND position > ? ORDER BY position LIMIT 1"
)
_KEYS: Final = "projection_id = ? AND key >= ? AND key < ?"
_BORN: Final = f"SELECT key FROM read_model_row WHERE {_KEYS} AND born <= ? ORDER BY key LIMIT ?"
_BORN_EARLY: Final = (
    "SELECT key FROM read_model_row INDEXED BY read_model_row_by_birth "
    f"WHERE {_KEYS} AND born <= ? ORDER BY key LIMIT ?"
)
_IN_SCOPE: Final = (
    "SELECT key FROM read_model_row INDEXED BY read_model_row_by_scope "
    f"WHERE {_KEYS} AND scope = ? AND scope_since <= ? "
    f"UNION ALL SELECT key FROM read_model_span WHERE {_KEYS} AND scope = ? AND since <= ? AND until > ? "
    "ORDER BY key LIMIT ?"
)
_FEW_NOW: Final = (
    "SELECT key FROM read_model_row INDEXED BY read_model_row_by_scope_since "
    "WHERE projection_id = ? AND scope = ? AND scope_since <= ? LIMIT ?"
)
_FEW_THEN: Final = (
    "SELECT key FROM read_model_span INDEXED BY read_model_span_by_node "
    "WHERE projection_id = ? AND scope = ? AND node IN ({}) AND until > ? AND since <= ? LIMIT ?"
)
_COUNTS: Final = (
    "SELECT scope, count(*) FROM read_model_row "
    "WHERE projection_id = ? AND scope IS NOT NULL AND scope_since <= ? GROUP BY scope "
    "UNION ALL SELECT scope, count(*) FROM read_model_span "
    "WHERE projection_id = ? AND since <= ? AND until > ? GROUP BY scope"
)


def key_bounds(after: str, prefix: str) -> tuple[str, str]:
    """Return the first key that may be in a page, and one above its last.

    Of two lower bounds SQLite would look up one and walk from there to the other.
    """
    return max(prefix, after + FIRST_CHARACTER), prefix + LAST_CHARACTER


def past_row(
    c: SQLiteCursor, projection_id: int, projection: str, key: str, at: Position
) -> PastRow | None:
    """Return what makes up the row as of `at`, or None when it was not born."""
    c.execute(_NEWEST, (projection_id, key, at))
    newest = c.fetchone()
    if newest is None:
        return None
    position, scope, tail, body = newest
    if position <= at:
        return PastRow(key, scope, read_body(projection, key, body), Position(position), ())
    c.execute(_EARLIER, (projection_id, key, at))
    base = c.fetchone() or (0, None, None)
    c.execute(_LATER, (projection_id, key, at))
    later = c.fetchone()
    touched = read_tail(projection, key, tail if later is None else later[0])
    return PastRow(
        key,
        base[1],
        read_body(projection, key, base[2]),
        Position(base[0]),
        tuple(p for p in touched if p <= at),
    )


def past_keys(
    c: SQLiteCursor,
    projection_id: int,
    at: Position,
    *,
    checkpoint: Position,
    after: str,
    limit: int,
    scope: str | None,
    prefix: str,
) -> Sequence[str]:
    """Return up to `limit` keys above `after` in key order that were born, or in `scope`, as of `at`."""
    bounds = key_bounds(after, prefix)
    keys = (projection_id, *bounds)
    few = None if scope is None else _few_in_scope(c, projection_id, at, checkpoint, scope)
    if few is not None:
        return [key for key in few if bounds[0] <= key < bounds[1]][:limit]
    params: tuple[object, ...]
    if scope is not None:
        statement = _IN_SCOPE
        params = (*keys, scope, at, *keys, scope, at, at, limit)
    else:
        # Few were born early on: sorting those is less than walking over all that came later.
        statement = _BORN_EARLY if at * at < limit * checkpoint else _BORN
        params = (*keys, at, limit)
    c.execute(statement, params)
    return [key for (key,) in c.fetchall()]


def _few_in_scope(
    c: SQLiteCursor, projection_id: int, at: Position, head: Position, scope: str
) -> Sequence[str] | None:
    """Return the keys that were in a scope, sorted; None when they are many: then a page of them is full soon."""
    c.execute(_FEW_NOW, (projection_id, scope, at, FEW_KEYS + 1))
    keys = [key for (key,) in c.fetchall()]
    if len(keys) > FEW_KEYS:
        return None
    nodes = nodes_at(at, head)
    statement = _FEW_THEN.format(", ".join("?" * len(nodes)))
    c.execute(statement, (projection_id, scope, *nodes, at, at, FEW_KEYS + 1))
    keys += [key for (key,) in c.fetchall()]
    return sorted(keys) if len(keys) <= FEW_KEYS else None


def past_counts(c: SQLiteCursor, projection_id: int, at: Position) -> Mapping[str, int]:
    """Return how many rows each scope had as of `at`."""
    c.execute(_COUNTS, (projection_id, at, projection_id, at, at))
    counts: Counter[str] = Counter()
    for scope, rows in c.fetchall():
        counts[scope] += rows
    return counts
