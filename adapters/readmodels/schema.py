"""The tables of the read models, in the file of the log or in one of their own."""

# ruff: noqa: S608 - the layout is a constant of ours
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eventsourcing.sqlite import SQLiteCursor

from domain.kernel.errors import NewerSchema, VersionConflict

LAYOUT = 4
"""Layout of these tables. Those of another layout are dropped and filled again from the log.

1: the newest rows only (without a table for the number). 2: rows with their past.
3: read models that are built beside those that are served. 4: spans by node.
"""

TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS read_model_projection ("
        "id INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, "
        "place TEXT NOT NULL, "
        "version INTEGER NOT NULL, "
        "position INTEGER NOT NULL, "
        "UNIQUE (name, place))"
    ),
    # scope and body are NULL for a row that is not any more.
    (
        "CREATE TABLE IF NOT EXISTS read_model_row ("
        "projection_id INTEGER NOT NULL, "
        "key TEXT NOT NULL, "
        "scope TEXT, "
        "position INTEGER NOT NULL, "
        "born INTEGER NOT NULL, "
        "scope_since INTEGER NOT NULL, "
        "tail BLOB NOT NULL, "
        "body BLOB, "
        "PRIMARY KEY (projection_id, key)) WITHOUT ROWID"
    ),
    (
        "CREATE INDEX IF NOT EXISTS read_model_row_by_scope "
        "ON read_model_row (projection_id, scope, key, scope_since)"
    ),
    (
        "CREATE INDEX IF NOT EXISTS read_model_row_by_birth "
        "ON read_model_row (projection_id, born, key)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS read_model_history ("
        "projection_id INTEGER NOT NULL, "
        "key TEXT NOT NULL, "
        "position INTEGER NOT NULL, "
        "scope TEXT, "
        "tail BLOB NOT NULL, "
        "body BLOB, "
        "PRIMARY KEY (projection_id, key, position)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS read_model_span ("
        "projection_id INTEGER NOT NULL, "
        "scope TEXT NOT NULL, "
        "key TEXT NOT NULL, "
        "since INTEGER NOT NULL, "
        "until INTEGER NOT NULL, "
        "node INTEGER NOT NULL, "
        "PRIMARY KEY (projection_id, scope, key, since)) WITHOUT ROWID"
    ),
    (
        "CREATE INDEX IF NOT EXISTS read_model_span_by_node "
        "ON read_model_span (projection_id, scope, node, until)"
    ),
    (
        "CREATE INDEX IF NOT EXISTS read_model_row_by_scope_since "
        "ON read_model_row (projection_id, scope, scope_since)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS read_model_parked ("
        "position INTEGER NOT NULL, "
        "projection_id INTEGER NOT NULL, "
        "key TEXT NOT NULL, "
        "error TEXT NOT NULL, "
        "PRIMARY KEY (position, projection_id, key)) WITHOUT ROWID"
    ),
    "CREATE TABLE IF NOT EXISTS read_model_layout (number INTEGER NOT NULL)",
    f"INSERT INTO read_model_layout SELECT {LAYOUT} WHERE NOT EXISTS (SELECT 1 FROM read_model_layout)",
)
"""All are created in one transaction."""

TABLE_NAMES = (
    "read_model_projection",
    "read_model_row",
    "read_model_history",
    "read_model_span",
    "read_model_parked",
    "read_model_layout",
)

SERVED = "served"
BESIDE = "beside"
RETIRED = "retired"
"""Where a projection's rows are: read by everybody, being built, or replaced and about to be deleted.

The place of retired rows has their id at its end: there may be several.
"""

OF_A_PROJECTION = (
    "read_model_row",
    "read_model_history",
    "read_model_span",
    "read_model_parked",
)
"""What goes when a projection is reset; each has a `projection_id`."""


KEYS = {
    "read_model_row": "projection_id, key",
    "read_model_history": "projection_id, key, position",
    "read_model_span": "projection_id, scope, key, since",
    "read_model_parked": "position, projection_id, key",
}
"""The columns that tell the rows of a table apart."""

ORDERED_BY = {table: columns.replace("projection_id, ", "") for table, columns in KEYS.items()}
"""Their order within a projection."""

DIGEST_COLUMNS = {
    "read_model_row": "key, scope, position, born, scope_since, tail, body",
    "read_model_history": "key, position, scope, tail, body",
    "read_model_span": "scope, key, since, until",
    "read_model_parked": "position, key, error",
}


def check_built(projection: str, positions: Mapping[str, int]) -> None:
    """Raise VersionConflict unless what is beside, by place, is as far as what is served."""
    if BESIDE not in positions:
        raise VersionConflict(
            f"nothing is built beside the read model `{projection}`",
            hint="build it with `agentgpt projections rebuild`",
        )
    if positions[BESIDE] < positions.get(SERVED, 0):
        raise VersionConflict(
            f"the read model `{projection}` is built up to position {positions[BESIDE]}, "
            f"and served at {positions[SERVED]}",
            hint="go on with `agentgpt projections rebuild`",
        )


def has_tables(c: SQLiteCursor, path: Path) -> bool:
    """Return whether there are tables of our layout. Raises NewerSchema for those of a later one."""
    c.execute("SELECT 1 FROM sqlite_master WHERE name = 'read_model_layout'")
    if c.fetchone() is None:
        return False
    c.execute("SELECT number FROM read_model_layout")
    (number,) = c.fetchone() or (0,)
    if number > LAYOUT:
        raise NewerSchema(
            f"the read models in `{path}` were written by a later version of the program",
            hint="use that version",
        )
    return bool(number == LAYOUT)


def create_tables(c: SQLiteCursor) -> None:
    """Create the tables in place of those of another layout: the log fills them again."""
    for table in TABLE_NAMES:
        c.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in TABLES:
        c.execute(statement)
