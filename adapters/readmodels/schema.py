"""The tables of the read models, in the file of the log or in one of their own."""

from __future__ import annotations

TABLES = (
    (
        "CREATE TABLE IF NOT EXISTS read_model_projection ("
        "id INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL UNIQUE, "
        "version INTEGER NOT NULL, "
        "position INTEGER NOT NULL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS read_model_row ("
        "projection_id INTEGER NOT NULL, "
        "key TEXT NOT NULL, "
        "scope TEXT NOT NULL, "
        "position INTEGER NOT NULL, "
        "body BLOB NOT NULL, "
        "PRIMARY KEY (projection_id, key)) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS read_model_row_by_scope ON read_model_row (projection_id, scope, key)",
    (
        "CREATE TABLE IF NOT EXISTS read_model_parked ("
        "position INTEGER NOT NULL, "
        "projection_id INTEGER NOT NULL, "
        "key TEXT NOT NULL, "
        "error TEXT NOT NULL, "
        "PRIMARY KEY (position, projection_id, key)) WITHOUT ROWID"
    ),
)
NEWEST_TABLE = "read_model_parked"
"""All are created in one transaction, so this one is there exactly when the others are."""
