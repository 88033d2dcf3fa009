"""The life of a ledger's schema in PostgreSQL: its layout, how it is brought up to date, and who may use it."""

# ruff: noqa: S608 - names are checked and quoted
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.postgres_errors import explain
from adapters.eventstore.postgres_log import check_readable, no_ledger
from adapters.eventstore.postgres_migration import STEPS
from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_schema import has_log, layout_of, migrate
from adapters.eventstore.postgres_settings import PostgresTarget, parse_target
from adapters.eventstore.postgres_tables import (
    EVENTS,
    HEAD_SUFFIX,
    SCHEMA_VERSION,
    grant_statements,
    qualified,
)
from domain.application.upkeep import Access, DatabaseMigration, DatabaseStatus, OnProgress


def status_of_schema(db: str) -> DatabaseStatus:
    """Return what the schema that the URL names is; writes nothing.

    Raises InvalidInput when it holds no ledger, ForeignDatabase and Unavailable.
    """
    target = parse_target(db)
    with _opened(target, readonly=True) as datastore:
        return _status(datastore)


def _status(datastore: PostgresDatastore) -> DatabaseStatus:
    layout = layout_of(datastore)
    if layout == 0 or not has_log(datastore, EVENTS):
        raise no_ledger(datastore.target)
    size = (
        "SELECT pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'"
    )
    return DatabaseStatus(
        name=datastore.target.name,
        kind="postgresql",
        layout=layout,
        newest_layout=SCHEMA_VERSION,
        bytes=sum(row[0] for row in datastore.read(lambda c: c.fetch(size, datastore.schema))),
        events=None if layout > SCHEMA_VERSION else _events(datastore),
        steps=tuple(STEPS[number] for number in range(layout + 1, SCHEMA_VERSION + 1)),
    )


def migrate_schema(db: str, on_progress: OnProgress | None = None) -> DatabaseMigration:
    """Bring the schema to the present layout, in one transaction: interrupted, it stays as it was.

    Does nothing to one that has it already. Raises as `status_of_schema` does, NewerSchema, and CorruptRecord for a log
    with gaps.
    """
    target = parse_target(db)
    with _opened(target, readonly=False) as datastore:
        _status(datastore)
        before = migrate(datastore, on_progress)
        return DatabaseMigration(before, SCHEMA_VERSION, _events(datastore))


def grants_of(db: str, role: str, *, access: Access, rebuilt: Sequence[str]) -> tuple[str, ...]:
    """Return the statements that let a role use the ledger that the URL names; runs none.

    Raises InvalidInput when there is no ledger or no role can have the name, OlderSchema, and what opening raises.
    """
    target = parse_target(db)
    statements = grant_statements(
        role, schema=target.schema, access=access, logs=(EVENTS,), rebuilt=rebuilt
    )
    with _opened(target, readonly=True) as datastore:
        check_readable(datastore)
    return statements


def _events(datastore: PostgresDatastore) -> int:
    head = qualified(datastore.schema, EVENTS + HEAD_SUFFIX)
    events: int = datastore.read(lambda c: c.fetchval(f"SELECT position FROM {head}"))
    return events


@contextmanager
def _opened(target: PostgresTarget, *, readonly: bool) -> Iterator[PostgresDatastore]:
    try:
        with closing(PostgresDatastore(target, readonly=readonly)) as datastore:
            yield datastore
    except EventSourcingError as error:
        raise explain(error, target) from error
