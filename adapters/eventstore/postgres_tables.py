"""The tables of a log in PostgreSQL, statement by statement, and who may do what with them.

A log `t` is two tables. `t` holds the events, each with what it adds to the Merkle tree and with the chain fact that it
is. `t_head` has one row: the last position, and the edge of the tree there. An append raises it and keeps its lock
until it is committed: positions are dense, become visible in their order, and each append sees the edge it builds on.
"""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.eventstore.postgres_settings import identifier
from domain.application.upkeep import Access

APPLICATION: Final = "agentgpt-ledger"
SCHEMA_VERSION: Final = 2
"""Layout of the tables; a program refuses a schema with a higher one.

1: events and their heads. 2: with the Merkle tree and the chain facts. Opening layout 1 for writing builds the tree.
"""

MARKER: Final = "ledger_schema"
TRACKING: Final = "tracking"
EVENTS: Final = "stored_events"
SNAPSHOTS: Final = "stored_snapshots"
HEAD_SUFFIX: Final = "_head"

MAIN_BRANCH_ID: Final = 1
"""The branch of what really happened."""

FORMER_EVENT_COLUMNS: Final = {
    "position": "bigint",
    "branch_id": "integer",
    "stream": "text",
    "version": "bigint",
    "name": "text",
    "state": "bytea",
}
FACT_COLUMNS: Final = {
    "chain_id": "bigint",
    "block_hash": "bytea",
    "transaction_hash": "bytea",
    "log_index": "bigint",
}
EVENT_COLUMNS: Final = FORMER_EVENT_COLUMNS | {"hashes": "bytea"} | FACT_COLUMNS
HEAD_COLUMNS: Final = {"single": "boolean", "position": "bigint", "edge": "bytea"}
MARKER_COLUMNS: Final = {"application": "text", "version": "integer"}
TRACKING_COLUMNS: Final = {"application_name": "text", "notification_id": "bigint"}


def qualified(schema: str, table: str) -> str:
    """Return a table's name, quoted, with its schema."""
    return f"{identifier(schema)}.{identifier(table)}"


def marker_statements(schema: str) -> list[str]:
    """Return the statements that create the schema, the mark that says it is ours, and what the triggers call."""
    marker = qualified(schema, MARKER)
    refuse = qualified(schema, "ledger_refuse")
    rise = qualified(schema, "ledger_rise")
    return [
        f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}",
        f"CREATE TABLE {marker} (application text NOT NULL, version integer NOT NULL)",
        f"INSERT INTO {marker} VALUES ('{APPLICATION}', {SCHEMA_VERSION})",
        f"CREATE UNIQUE INDEX ON {marker} ((true))",
        (
            f"CREATE OR REPLACE FUNCTION {refuse}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
            "END$$"
        ),
        (
            f"CREATE OR REPLACE FUNCTION {rise}() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "IF NEW.position < OLD.position OR NEW.single <> OLD.single THEN "
            "RAISE EXCEPTION '% only rises', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; "
            "END IF; RETURN NEW; END$$"
        ),
    ]


def log_statements(schema: str, table: str) -> list[str]:
    """Return the statements that create `table` and its head, with the triggers that keep it append-only."""
    name, head = qualified(schema, table), qualified(schema, table + HEAD_SUFFIX)
    refuse, rise = qualified(schema, "ledger_refuse"), qualified(schema, "ledger_rise")
    return [
        # Texts compare by their bytes: faster, and the same whatever the database's language.
        (
            f"CREATE TABLE IF NOT EXISTS {name} ("
            "position bigint PRIMARY KEY CHECK (position > 0), "
            "branch_id integer NOT NULL, "
            'stream text COLLATE "C" NOT NULL, '
            "version bigint NOT NULL, "
            'name text COLLATE "C" NOT NULL, '
            "state bytea NOT NULL, "
            "hashes bytea NOT NULL, "
            f"{', '.join(f'{column} {kind}' for column, kind in FACT_COLUMNS.items())}, "
            f"CHECK (num_nulls({', '.join(FACT_COLUMNS)}) IN (0, {len(FACT_COLUMNS)})))"
        ),
        (
            f"CREATE UNIQUE INDEX IF NOT EXISTS {identifier(table + '_by_stream')} "
            f"ON {name} (branch_id, stream, version)"
        ),
        f"CREATE INDEX IF NOT EXISTS {identifier(table + '_by_name')} ON {name} (name, position)",
        fact_index_statement(schema, table),
        (
            f"CREATE TABLE IF NOT EXISTS {head} "
            "(single boolean PRIMARY KEY DEFAULT true CHECK (single), position bigint NOT NULL, "
            "edge bytea NOT NULL DEFAULT '')"
        ),
        f"INSERT INTO {head} (position) VALUES (0) ON CONFLICT DO NOTHING",
        *_always(name, f"{table}_append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", refuse),
        *_always(head, f"{table}_head_stays", "BEFORE DELETE OR TRUNCATE", refuse),
        *_always(head, f"{table}_head_rises", "BEFORE UPDATE", rise, each="ROW"),
    ]


def fact_index_statement(schema: str, table: str) -> str:
    """Return the statement for the index that makes a doubled chain fact impossible."""
    return (
        f"CREATE UNIQUE INDEX IF NOT EXISTS {identifier(table + '_by_fact')} "
        f"ON {qualified(schema, table)} ({', '.join(FACT_COLUMNS)}) WHERE chain_id IS NOT NULL"
    )


def tracking_statement(schema: str) -> str:
    """Return the statement that creates the table of tracking records."""
    return (
        f"CREATE TABLE IF NOT EXISTS {qualified(schema, TRACKING)} "
        '(application_name text COLLATE "C" PRIMARY KEY, notification_id bigint NOT NULL)'
    )


def _always(
    table: str, trigger: str, when: str, function: str, *, each: str = "STATEMENT"
) -> list[str]:
    name = identifier(trigger)
    return [
        f"CREATE OR REPLACE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()",
        # Otherwise a session with session_replication_role = replica would slip past it.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    ]


def grant_statements(
    role: str,
    *,
    schema: str,
    access: Access,
    logs: Sequence[str],
    tracking: bool = False,
    rebuilt: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the statements that give an existing role what a writer or a reader of `logs` needs, and no more.

    To be run by the owner of the schema after the tables exist. Without them a role can do nothing; with the writer's
    it can append, but neither change, remove or empty anything nor switch the triggers off. Only what is `rebuilt` from
    the log it may do with as it likes.
    """
    to, inside = identifier(role), identifier(schema)
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {inside} FROM {to}",
        f"REVOKE CREATE ON SCHEMA {inside} FROM {to}",
        f"GRANT USAGE ON SCHEMA {inside} TO {to}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {inside} TO {to}",
    ]
    if access == "writer":
        tables = ", ".join(qualified(schema, each) for each in logs)
        heads = ", ".join(qualified(schema, each + HEAD_SUFFIX) for each in logs)
        statements += [
            f"GRANT INSERT ON {tables} TO {to}",
            f"GRANT UPDATE (position, edge) ON {heads} TO {to}",
        ]
        if tracking:
            name = qualified(schema, TRACKING)
            statements.append(f"GRANT INSERT, UPDATE (notification_id) ON {name} TO {to}")
        if rebuilt:
            names = ", ".join(qualified(schema, each) for each in rebuilt)
            statements.append(f"GRANT INSERT, UPDATE, DELETE ON {names} TO {to}")
    return tuple(statements)
