"""Ledger files as earlier versions of the program wrote them, by the statements that they used."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import orjson

from domain.kernel.merkle import Frontier

APPLICATION_ID = 0x41475054

INTERNED = "CREATE TABLE stored_events_{kind} (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"
LOG = (
    (
        "CREATE TABLE stored_events (position INTEGER PRIMARY KEY AUTOINCREMENT, branch_id INTEGER NOT NULL, "
        "stream_id INTEGER NOT NULL, version INTEGER NOT NULL, name_id INTEGER NOT NULL, state BLOB NOT NULL)"
    ),
    "CREATE UNIQUE INDEX stored_events_by_stream ON stored_events (branch_id, stream_id, version)",
    "CREATE INDEX stored_events_by_name ON stored_events (name_id)",
)
FACTS = (
    (
        "CREATE TABLE stored_events_block (id INTEGER PRIMARY KEY, chain_id INTEGER NOT NULL, hash BLOB NOT NULL, "
        "UNIQUE (chain_id, hash))"
    ),
    (
        "CREATE TABLE stored_events_facts (block_id INTEGER NOT NULL, log_index INTEGER NOT NULL, "
        "transaction_hash BLOB NOT NULL, position INTEGER NOT NULL, "
        "PRIMARY KEY (block_id, log_index, transaction_hash)) WITHOUT ROWID"
    ),
)
TREE = "CREATE TABLE stored_events_tree (position INTEGER PRIMARY KEY, hashes BLOB NOT NULL)"

GUARDED = {
    "stored_events_stream": "id = NEW.id",
    "stored_events_name": "id = NEW.id",
    "stored_events_branch": "id = NEW.id",
    "stored_events": "position = NEW.position",
    "stored_events_block": "id = NEW.id",
    "stored_events_facts": "",
    "stored_events_tree": "position = NEW.position",
}


def write_former(path: Path, layout: int, states: Sequence[bytes]) -> None:
    """Write a file of layout 1 or 2 that holds events with these stored bytes, facts and all."""
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA journal_mode=WAL")
        sql.execute(f"PRAGMA application_id={APPLICATION_ID}")
        sql.execute(f"PRAGMA user_version={layout}")
        for kind in ("stream", "name", "branch"):
            sql.execute(INTERNED.format(kind=kind))
        for statement in (*LOG, *FACTS, *((TREE,) if layout > 1 else ())):
            sql.execute(statement)
        for table, key in GUARDED.items():
            if layout > 1 or table != "stored_events_tree":
                _guard(sql, table, key)
        for position, state in enumerate(states, 1):
            _insert(sql, position, orjson.loads(state), state)
        if layout > 1:
            sql.executemany(
                "INSERT INTO stored_events_tree VALUES (?, ?)", enumerate(Frontier().add(states), 1)
            )


def _guard(sql: sqlite3.Connection, table: str, key: str) -> None:
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    sql.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refusal}")
    sql.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusal}")
    if key:
        sql.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) {refusal}"
        )


def _number(sql: sqlite3.Connection, kind: str, text: str) -> int:
    table = f"stored_events_{kind}"
    found = sql.execute(f"SELECT id FROM {table} WHERE text = ?", (text,)).fetchone()
    if found is None:
        found = sql.execute(
            f"INSERT INTO {table} (text) VALUES (?) RETURNING id", (text,)
        ).fetchone()
    return int(found[0])


def _insert(
    sql: sqlite3.Connection, position: int, envelope: dict[str, object], state: bytes
) -> None:
    stream, name = str(envelope["stream"]), str(envelope["name"])
    sql.execute(
        "INSERT INTO stored_events (branch_id, stream_id, version, name_id, state) VALUES (?, ?, ?, ?, ?)",
        (
            _number(sql, "branch", str(envelope["branch"])),
            _number(sql, "stream", stream),
            envelope["version"],
            _number(sql, "name", name),
            state,
        ),
    )
    origin = envelope["provenance"]
    if not isinstance(origin, dict):
        return
    block = (origin["chain_id"], bytes.fromhex(origin["block_hash"][2:]))
    sql.execute(
        "INSERT OR IGNORE INTO stored_events_block (chain_id, hash) SELECT ?1, ?2 WHERE NOT EXISTS "
        "(SELECT 1 FROM stored_events_block WHERE chain_id = ?1 AND hash = ?2)",
        block,
    )
    (block_id,) = sql.execute(
        "SELECT id FROM stored_events_block WHERE chain_id = ? AND hash = ?", block
    ).fetchone()
    transaction = bytes.fromhex(origin["transaction_hash"][2:])
    sql.execute(
        "INSERT INTO stored_events_facts VALUES (?, ?, ?, ?)",
        (block_id, origin["log_index"], transaction, position),
    )
