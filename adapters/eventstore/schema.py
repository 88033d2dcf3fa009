"""The tables of the log in SQLite.

Streams, names, branches and blocks are interned: a row of the log holds small integers beside the stored bytes.
Positions come from AUTOINCREMENT, so SQLite never gives one out twice; as nothing can be deleted and a failed
transaction gives its positions back, they are dense.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

FACTS_TABLE_SUFFIX = "_facts"
TREE_TABLE_SUFFIX = "_tree"


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
        statements += _frozen(interned, "id = NEW.id", "text = NEW.text")
    statements.append(
        f"CREATE TABLE IF NOT EXISTS {table} ("
        "position INTEGER PRIMARY KEY AUTOINCREMENT, "
        "branch_id INTEGER NOT NULL, "
        "stream_id INTEGER NOT NULL, "
        "version INTEGER NOT NULL, "
        "name_id INTEGER NOT NULL, "
        "state BLOB NOT NULL)"
    )
    statements.append(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_by_stream ON {table} (branch_id, stream_id, version)"
    )
    statements.append(f"CREATE INDEX IF NOT EXISTS {table}_by_name ON {table} (name_id)")
    statements += _frozen(
        table,
        "position = NEW.position",
        "branch_id = NEW.branch_id AND stream_id = NEW.stream_id AND version = NEW.version",
    )
    return statements


def fact_statements(table: str) -> list[str]:
    """Return the statements that create the index of chain facts: each fact once, and at which position."""
    block, facts = f"{table}_block", table + FACTS_TABLE_SUFFIX
    return [
        (
            f"CREATE TABLE IF NOT EXISTS {block} ("
            "id INTEGER PRIMARY KEY, chain_id INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE (chain_id, hash))"
        ),
        *_frozen(block, "id = NEW.id", "chain_id = NEW.chain_id AND hash = NEW.hash"),
        # Blocks are numbered as they arrive, so the index grows at its end instead of at random places.
        (
            f"CREATE TABLE IF NOT EXISTS {facts} ("
            "block_id INTEGER NOT NULL, "
            "log_index INTEGER NOT NULL, "
            "transaction_hash BLOB NOT NULL, "
            "position INTEGER NOT NULL, "
            "PRIMARY KEY (block_id, log_index, transaction_hash)) WITHOUT ROWID"
        ),
        *_frozen(facts),
    ]


def tree_statements(table: str) -> list[str]:
    """Return the statements that create the Merkle tree over `table`: what each event adds to it, by position."""
    tree = table + TREE_TABLE_SUFFIX
    return [
        f"CREATE TABLE IF NOT EXISTS {tree} (position INTEGER PRIMARY KEY, hashes BLOB NOT NULL)",
        *_frozen(tree, "position = NEW.position"),
    ]


def _frozen(table: str, *keys: str) -> list[str]:
    # INSERT OR REPLACE deletes without firing DELETE triggers, so rows with one of the same `keys` are guarded on
    # insert too. The facts go without it: it would cost as much as they do, and they only repeat what the log holds.
    taken = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {key})" for key in keys)
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    triggers = [
        f"{table}_no_update BEFORE UPDATE ON {table}",
        f"{table}_no_delete BEFORE DELETE ON {table}",
    ]
    if taken:
        triggers.append(f"{table}_no_replace BEFORE INSERT ON {table} WHEN {taken}")
    return [f"CREATE TRIGGER IF NOT EXISTS {trigger} {refusal}" for trigger in triggers]
