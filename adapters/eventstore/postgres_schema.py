"""The tables of the log in PostgreSQL, the marks that say they are ours, and who may do what with them.

A log `t` is two tables. `t` holds the events. `t_head` has one row with the last position: an append raises it and
keeps its lock until it is committed, so positions are dense, and become visible in their order.
"""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from typing import Final, Literal

from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_settings import PostgresTarget, identifier
from domain.kernel.errors import CorruptRecord, ForeignDatabase, NewerSchema, OlderSchema

APPLICATION: Final = "agentgpt-ledger"
SCHEMA_VERSION: Final = 1
"""Layout of the tables; a program refuses a schema with a higher one."""

MARKER: Final = "ledger_schema"
TRACKING: Final = "tracking"
EVENTS: Final = "stored_events"
SNAPSHOTS: Final = "stored_snapshots"
HEAD_SUFFIX: Final = "_head"

MAIN_BRANCH_ID: Final = 1
"""The branch of what really happened."""

_CREATION_LOCK: Final = 0x41475054
"""`AGPT` in ASCII: held while tables are made, so that two programs that start at once do not meet."""

_EVENT_COLUMNS: Final = {
    "position": "bigint",
    "branch_id": "integer",
    "stream": "text",
    "version": "bigint",
    "name": "text",
    "state": "bytea",
}
_MARKER_COLUMNS: Final = {"application": "text", "version": "integer"}
_TRACKING_COLUMNS: Final = {"application_name": "text", "notification_id": "bigint"}
_HEAD_COLUMNS: Final = {"single": "boolean", "position": "bigint"}
_FOREIGN_HINT: Final = "name another schema with POSTGRES_SCHEMA; nothing was written to this one"


def qualified(schema: str, table: str) -> str:
    """Return a table's name, quoted, with its schema."""
    return f"{identifier(schema)}.{identifier(table)}"


def check_target(datastore: PostgresDatastore) -> bool:
    """Return whether the schema already is a ledger of ours; False when it may become one. Writes nothing.

    Raises ForeignDatabase (it holds tables of our names that are another program's), NewerSchema and OlderSchema.
    """
    return datastore.read(lambda connection: _check(connection, datastore.target))


async def _check(connection: Connection, target: PostgresTarget) -> bool:
    where = f"schema `{target.schema}` of {target.place}"
    columns = await _columns(connection, target.schema, MARKER)
    if not columns:
        for table in (EVENTS, EVENTS + HEAD_SUFFIX, SNAPSHOTS, SNAPSHOTS + HEAD_SUFFIX, TRACKING):
            if await _columns(connection, target.schema, table):
                raise ForeignDatabase(
                    f"{where} has a table `{table}` of another program", hint=_FOREIGN_HINT
                )
        return False
    rows = []
    if columns == _MARKER_COLUMNS:
        marker = qualified(target.schema, MARKER)
        rows = await connection.fetch(f"SELECT application, version FROM {marker} LIMIT 2")
    if len(rows) != 1 or rows[0]["application"] != APPLICATION:
        raise ForeignDatabase(f"{where} belongs to another program", hint=_FOREIGN_HINT)
    version = rows[0]["version"]
    if version > SCHEMA_VERSION:
        raise NewerSchema(
            f"{where} was written by a later version of the program "
            f"(layout {version}, this one knows {SCHEMA_VERSION})",
            hint="update the program, or name another schema",
        )
    if version < SCHEMA_VERSION:
        raise OlderSchema(f"{where} has layout {version}, which no version of the program wrote")
    return True


async def _columns(connection: Connection, schema: str, table: str) -> dict[str, str]:
    # The catalogue, unlike information_schema, also shows what the present role may not read.
    rows = await connection.fetch(
        "SELECT a.attname, format_type(a.atttypid, NULL) AS type FROM pg_catalog.pg_attribute a "
        "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped",
        schema,
        table,
    )
    return {row["attname"]: row["type"] for row in rows}


def create_log(datastore: PostgresDatastore, table: str) -> None:
    """Create the log `table` if it is missing, and check that it is whole.

    Raises ForeignDatabase for a table of another shape, CorruptRecord when events were taken from its end.
    """
    wanted = {table: _EVENT_COLUMNS, table + HEAD_SUFFIX: _HEAD_COLUMNS}
    _create(datastore, wanted, log_statements(datastore.schema, table))
    name, head = (qualified(datastore.schema, each) for each in (table, table + HEAD_SUFFIX))

    async def ends(connection: Connection) -> tuple[int | None, int]:
        row = await connection.fetchrow(
            f"SELECT (SELECT position FROM {head}), (SELECT max(position) FROM {name})"
        )
        return row[0], row[1] or 0

    reached, last = datastore.read(ends)
    if reached != last:
        raise CorruptRecord(
            f"the log ends at position {last} but once reached {reached}",
            hint="events were removed with another tool: restore a copy of the database",
        )


def create_tracking(datastore: PostgresDatastore) -> None:
    """Create the table of tracking records if it is missing. Raises ForeignDatabase for one of another shape."""
    statement = (
        f"CREATE TABLE IF NOT EXISTS {qualified(datastore.schema, TRACKING)} "
        '(application_name text COLLATE "C" PRIMARY KEY, notification_id bigint NOT NULL)'
    )
    _create(datastore, {TRACKING: _TRACKING_COLUMNS}, [statement])


def create_others(datastore: PostgresDatastore, statements: list[str]) -> None:
    """Run a view's own statements, one program at a time; they must be safe to run again."""
    _create(datastore, {}, statements)


def _create(
    datastore: PostgresDatastore, wanted: dict[str, dict[str, str]], statements: list[str]
) -> None:
    async def missing(connection: Connection) -> bool:
        found = False
        for table, columns in wanted.items():
            present = await _columns(connection, datastore.schema, table)
            if present and present != columns:
                raise ForeignDatabase(
                    f"schema `{datastore.schema}` of {datastore.target.place} has a table `{table}` "
                    "of another program",
                    hint=_FOREIGN_HINT,
                )
            found = found or not present
        return found or not await _check(connection, datastore.target)

    async def create(connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _CREATION_LOCK)
            if wanted and not await missing(connection):
                return
            if not await _check(connection, datastore.target):
                for statement in _marker_statements(datastore.schema):
                    await connection.execute(statement)
            for statement in statements:
                await connection.execute(statement)

    # A complete schema is opened without the right to make one.
    if not wanted or datastore.read(missing):
        datastore.write(create)


def _marker_statements(schema: str) -> list[str]:
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
            "state bytea NOT NULL)"
        ),
        (
            f"CREATE UNIQUE INDEX IF NOT EXISTS {identifier(table + '_by_stream')} "
            f"ON {name} (branch_id, stream, version)"
        ),
        f"CREATE INDEX IF NOT EXISTS {identifier(table + '_by_name')} ON {name} (name, position)",
        (
            f"CREATE TABLE IF NOT EXISTS {head} "
            "(single boolean PRIMARY KEY DEFAULT true CHECK (single), position bigint NOT NULL)"
        ),
        f"INSERT INTO {head} (position) VALUES (0) ON CONFLICT DO NOTHING",
        *_always(name, f"{table}_append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", refuse),
        *_always(head, f"{table}_head_stays", "BEFORE DELETE OR TRUNCATE", refuse),
        *_always(head, f"{table}_head_rises", "BEFORE UPDATE", rise, each="ROW"),
    ]


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
    role: str, *, schema: str, access: Literal["writer", "reader"]
) -> tuple[str, ...]:
    """Return the statements that give an existing role what a writer or a reader of the log needs, and no more.

    To be run by the owner of the schema after the tables exist. Without them a role can do nothing; with the writer's
    it can append, but neither change, remove or empty anything nor switch the triggers off.
    """
    to, inside = identifier(role), identifier(schema)
    tables = {each: qualified(schema, each) for each in (EVENTS, SNAPSHOTS)}
    heads = [qualified(schema, each + HEAD_SUFFIX) for each in (EVENTS, SNAPSHOTS)]
    tracking, marker = qualified(schema, TRACKING), qualified(schema, MARKER)
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {inside} FROM {to}",
        f"REVOKE CREATE ON SCHEMA {inside} FROM {to}",
        f"GRANT USAGE ON SCHEMA {inside} TO {to}",
        f"GRANT SELECT ON {', '.join([marker, tracking, *tables.values(), *heads])} TO {to}",
    ]
    if access == "writer":
        statements += [
            f"GRANT INSERT ON {', '.join(tables.values())} TO {to}",
            f"GRANT UPDATE (position) ON {', '.join(heads)} TO {to}",
            f"GRANT INSERT, UPDATE (notification_id) ON {tracking} TO {to}",
        ]
    return tuple(statements)


def create_all(datastore: PostgresDatastore) -> None:
    """Create every table that the grants name."""
    create_log(datastore, EVENTS)
    create_log(datastore, SNAPSHOTS)
    create_tracking(datastore)
