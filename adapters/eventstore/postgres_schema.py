"""Whose schema it is, which layout it has, and how it comes to have the present one."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from typing import Final

from adapters.eventstore.postgres_append import frontier_of
from adapters.eventstore.postgres_migration import bring_up
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore, Work
from adapters.eventstore.postgres_settings import PostgresTarget
from adapters.eventstore.postgres_tables import (
    APPLICATION,
    EVENT_COLUMNS,
    EVENTS,
    HEAD_COLUMNS,
    HEAD_SUFFIX,
    MARKER,
    MARKER_COLUMNS,
    SCHEMA_VERSION,
    SNAPSHOTS,
    TRACKING,
    TRACKING_COLUMNS,
    log_statements,
    marker_statements,
    qualified,
    tracking_statement,
)
from adapters.eventstore.postgres_tree import checked_nodes, node_columns, select_nodes
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord, ForeignDatabase, NewerSchema
from domain.kernel.merkle import edge_places

_CREATION_LOCK: Final = 0x41475054
"""`AGPT` in ASCII: held while tables are made, so that two programs that start at once do not meet."""

_MIGRATION_SECONDS: Final = 3_600.0
_FOREIGN_HINT: Final = (
    "name another one, with ?schema= in the URL or POSTGRES_SCHEMA; nothing was written to this one"
)


def layout_of(datastore: PostgresDatastore) -> int:
    """Return the layout of the ledger in the schema, 0 when there is none but may be one. Writes nothing.

    Raises ForeignDatabase when it holds tables of our names that are another program's.
    """
    return datastore.read(lambda connection: _layout(connection, datastore.target))


def check_target(datastore: PostgresDatastore) -> int:
    """Return what `layout_of` does. Raises also NewerSchema, for a layout that this program does not know."""
    return datastore.read(lambda connection: _known_layout(connection, datastore.target))


async def _known_layout(connection: Connection, target: PostgresTarget) -> int:
    layout = await _layout(connection, target)
    if layout > SCHEMA_VERSION:
        raise NewerSchema(
            f"{target.where} was written by a later version of the program "
            f"(layout {layout}, this one knows {SCHEMA_VERSION})",
            hint="update the program, or name another schema",
        )
    return layout


async def _layout(connection: Connection, target: PostgresTarget) -> int:
    columns = await _columns(connection, target.schema, MARKER)
    if not columns:
        for table in (EVENTS, EVENTS + HEAD_SUFFIX, SNAPSHOTS, SNAPSHOTS + HEAD_SUFFIX, TRACKING):
            if await _columns(connection, target.schema, table):
                raise ForeignDatabase(
                    f"{target.where} has a table `{table}` of another program", hint=_FOREIGN_HINT
                )
        return 0
    rows = []
    if columns == MARKER_COLUMNS:
        marker = qualified(target.schema, MARKER)
        rows = await connection.fetch(f"SELECT application, version FROM {marker} LIMIT 2")
    if len(rows) != 1 or rows[0]["application"] != APPLICATION or rows[0]["version"] < 1:
        raise ForeignDatabase(f"{target.where} belongs to another program", hint=_FOREIGN_HINT)
    layout: int = rows[0]["version"]
    return layout


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

    Raises ForeignDatabase for a table of another shape, CorruptRecord when events or leaves were taken from its end.
    """
    wanted = {table: EVENT_COLUMNS, table + HEAD_SUFFIX: HEAD_COLUMNS}
    _create(datastore, wanted, log_statements(datastore.schema, table))
    check_log(datastore, table)


def has_log(datastore: PostgresDatastore, table: str) -> bool:
    """Return whether the schema holds the log `table`."""
    return bool(datastore.read(lambda connection: _columns(connection, datastore.schema, table)))


def check_log(datastore: PostgresDatastore, table: str) -> None:
    """Check that the log ends where its head says, and its tree too. Raises CorruptRecord."""
    name, head = (qualified(datastore.schema, each) for each in (table, table + HEAD_SUFFIX))

    async def check(connection: Connection) -> None:
        reached, edge, last = await connection.fetchrow(
            f"SELECT position, edge, (SELECT max(position) FROM {name}) FROM {head}"
        )
        if reached != (last or 0):
            raise CorruptRecord(
                f"the log ends at position {last or 0} but once reached {reached}",
                hint="events were removed with another tool: restore a copy of the database",
            )
        frontier_of(reached, edge)
        places = node_columns(edge_places(reached))
        nodes = checked_nodes(await connection.fetch(select_nodes(name), *places))
        if b"".join(nodes) != edge:
            raise CorruptRecord(
                f"the Merkle tree of {reached} events does not have the edge that the head names",
                hint="one of them was changed with another tool: restore a copy of the database",
            )

    datastore.read(check)


def create_tracking(datastore: PostgresDatastore) -> None:
    """Create the table of tracking records if it is missing. Raises ForeignDatabase for one of another shape."""
    _create(datastore, {TRACKING: TRACKING_COLUMNS}, [tracking_statement(datastore.schema)])


def create_others(
    datastore: PostgresDatastore, statements: list[str], *, missing: Work[bool] | None = None
) -> None:
    """Run statements for tables beside the log, one program at a time.

    Only when `missing` still says so then; without it they must be safe to run again.
    """
    _create(datastore, {}, statements, missing)


def create_all(datastore: PostgresDatastore) -> None:
    """Create every table that the grants name."""
    create_log(datastore, EVENTS)
    create_log(datastore, SNAPSHOTS)
    create_tracking(datastore)


def migrate(datastore: PostgresDatastore, on_progress: OnProgress | None = None) -> int:
    """Bring an older layout up, all of it or not at all; return the layout before.

    Raises ForeignDatabase, NewerSchema, and CorruptRecord for a log with gaps.
    """

    async def run(connection: Connection) -> int:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _CREATION_LOCK)
            layout = await _known_layout(connection, datastore.target)
            if 0 < layout < SCHEMA_VERSION:
                await bring_up(connection, datastore.schema, layout, on_progress)
            return layout

    return datastore.write(run, limit_seconds=_MIGRATION_SECONDS)


def _create(
    datastore: PostgresDatastore,
    wanted: dict[str, dict[str, str]],
    statements: list[str],
    others_missing: Work[bool] | None = None,
) -> None:
    async def missing(connection: Connection) -> bool:
        if others_missing is not None:
            return await others_missing(connection)
        found = not wanted
        for table, columns in wanted.items():
            present = await _columns(connection, datastore.schema, table)
            if present and present != columns:
                raise ForeignDatabase(
                    f"{datastore.target.where} has a table `{table}` of another program",
                    hint=_FOREIGN_HINT,
                )
            found = found or not present
        return found or not await _known_layout(connection, datastore.target)

    async def create(connection: Connection) -> None:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _CREATION_LOCK)
            if not await missing(connection):
                return
            if not await _known_layout(connection, datastore.target):
                for statement in marker_statements(datastore.schema):
                    await connection.execute(statement)
            for statement in statements:
                await connection.execute(statement)

    if 0 < check_target(datastore) < SCHEMA_VERSION:
        migrate(datastore)
    # A complete schema is opened without the right to make one.
    if datastore.read(missing):
        datastore.write(create)
