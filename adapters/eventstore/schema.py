"""The tables of the log in SQLite.

Streams, names, branches and blocks are interned: a row of the log holds small integers. What a row is says `runs.py`.
The other tables can be computed from the rows: where each version of a stream stands, which names a block of positions
holds, where each chain fact is recorded. The head is kept apart as well, so that rows removed at the end are missed.
"""

# ruff: noqa: S608 - table names are constants of ours
from __future__ import annotations

FACTS_TABLE_SUFFIX = "_facts"
STREAM_INDEX_SUFFIX = "_by_stream"
NAME_INDEX_SUFFIX = "_by_name"
HEAD_TABLE_SUFFIX = "_head"


def interned_table(table: str, kind: str) -> str:
    """Return the name of the table that interns `kind` (`stream`, `name`, `branch`) for `table`."""
    return f"{table}_{kind}"


def log_statements(table: str) -> list[str]:
    """Return the statements that create `table` and what it refers to, with the triggers that keep them append-only."""
    statements = []
    for kind in ("stream", "name", "branch"):
        interned = interned_table(table, kind)
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {interned} (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"
        )
        statements += _frozen(interned, _taken(interned, "id = NEW.id", "text = NEW.text"))
    by_stream, by_name = table + STREAM_INDEX_SUFFIX, table + NAME_INDEX_SUFFIX
    return [
        *statements,
        (
            f"CREATE TABLE IF NOT EXISTS {table} ("
            "position INTEGER PRIMARY KEY, "
            "branch_id INTEGER NOT NULL, "
            "places BLOB NOT NULL, "
            "hashes BLOB NOT NULL, "
            "states BLOB NOT NULL)"
        ),
        *_frozen(table, f"NEW.position <= (SELECT MAX(position) FROM {table})"),
        (
            f"CREATE TABLE IF NOT EXISTS {by_stream} ("
            "branch_id INTEGER NOT NULL, "
            "stream_id INTEGER NOT NULL, "
            "version INTEGER NOT NULL, "
            "position INTEGER NOT NULL, "
            "PRIMARY KEY (branch_id, stream_id, version)) WITHOUT ROWID"
        ),
        *_frozen(by_stream),
        (
            f"CREATE TABLE IF NOT EXISTS {by_name} ("
            "name_id INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (name_id, block)) WITHOUT ROWID"
        ),
        *_frozen(by_name),
        *_head_statements(table),
    ]


def fact_statements(table: str) -> list[str]:
    """Return the statements that create the index of chain facts: each log of a block once, and at which position."""
    block, facts = f"{table}_block", table + FACTS_TABLE_SUFFIX
    return [
        (
            f"CREATE TABLE IF NOT EXISTS {block} ("
            "id INTEGER PRIMARY KEY, chain_id INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE (chain_id, hash))"
        ),
        *_frozen(
            block, _taken(block, "id = NEW.id", "chain_id = NEW.chain_id AND hash = NEW.hash")
        ),
        # Blocks are numbered as they arrive, so the index grows at its end instead of at random places.
        (
            f"CREATE TABLE IF NOT EXISTS {facts} ("
            "block_id INTEGER NOT NULL, "
            "log_index INTEGER NOT NULL, "
            "position INTEGER NOT NULL, "
            "PRIMARY KEY (block_id, log_index)) WITHOUT ROWID"
        ),
        *_frozen(facts),
    ]


def _head_statements(table: str) -> list[str]:
    head = table + HEAD_TABLE_SUFFIX
    refusal = f"BEGIN SELECT RAISE(ABORT, '{head} is append-only'); END"
    return [
        (
            f"CREATE TABLE IF NOT EXISTS {head} ("
            "id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL)"
        ),
        f"INSERT OR IGNORE INTO {head} SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM {head})",
        *(
            f"CREATE TRIGGER IF NOT EXISTS {head}_{trigger} {refusal}"
            for trigger in (
                f"only_rises BEFORE UPDATE ON {head} WHEN NEW.id <> 1 OR NEW.position < OLD.position",
                f"no_delete BEFORE DELETE ON {head}",
                f"no_replace BEFORE INSERT ON {head} WHEN EXISTS (SELECT 1 FROM {head})",
            )
        ),
    ]


def _taken(table: str, *keys: str) -> str:
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)


def _frozen(table: str, taken: str = "") -> list[str]:
    # INSERT OR REPLACE deletes without firing DELETE triggers, so rows whose key is `taken` are refused on insert too.
    # The indexes go without it: it would cost as much as they do, and whoever reads holds them against the rows.
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    triggers = [
        f"{table}_no_update BEFORE UPDATE ON {table}",
        f"{table}_no_delete BEFORE DELETE ON {table}",
    ]
    if taken:
        triggers.append(f"{table}_no_replace BEFORE INSERT ON {table} WHEN {taken}")
    return [f"CREATE TRIGGER IF NOT EXISTS {trigger} {refusal}" for trigger in triggers]
