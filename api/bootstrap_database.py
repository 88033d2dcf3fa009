"""The composition root's part for databases: which adapters stand behind a ledger's name.

What PostgreSQL needs is imported where it is used, so that a command on a file starts fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from adapters.eventstore.database import parse_db_name
from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_settings import is_postgres, parse_target
from adapters.eventstore.rewriting import rewrite_file
from adapters.file_lock import only_one
from adapters.readmodels.sqlite import SqliteReadModels
from api.settings import db_setting, keyring_setting
from domain.application.ports import Clock
from domain.application.upkeep import Access, DatabaseMigration, DatabaseStatus, OnProgress
from domain.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from adapters.readmodels.postgres import PostgresReadModels

Parts: TypeAlias = "tuple[LedgerLog, SqliteReadModels | PostgresReadModels, Callable[[], None]]"
"""A log, its read models, and what writes the database anew without what was deleted from them."""


def ledger_name(db: str) -> str:
    """Return the name of a ledger as it may be shown: no URL's password is in it. Raises InvalidInput."""
    return parse_target(db).name if is_postgres(db) else str(parse_db_name(db))


def ledger_exists(db: str) -> bool:
    """Tell whether there is something at a ledger's place. Raises InvalidInput, ForeignDatabase and Unavailable."""
    if is_postgres(db):
        from adapters.eventstore.postgres_log import postgres_log_exists

        return postgres_log_exists(db)
    path = parse_db_name(db)
    return path.exists() and path.stat().st_size > 0


@contextmanager
def opened_parts(db: str, clock: Clock, *, readonly: bool) -> Iterator[Parts]:
    """Open log and read models, with `readonly` to write nothing. Raises as opening a ledger does."""
    with opened_log(db, clock, readonly=readonly) as log:
        if is_postgres(db):
            from adapters.readmodels.postgres import PostgresReadModels

            with PostgresReadModels(db, readonly=readonly) as in_schema:
                yield log, in_schema, in_schema.rewrite
        else:
            with SqliteReadModels(db, readonly=readonly) as in_file:
                yield log, in_file, partial(rewrite_file, parse_db_name(db))


def only_rebuild(db: str) -> AbstractContextManager[None]:
    """Return what is held while read models are built beside the served ones. Raises Unavailable when it is taken."""
    if is_postgres(db):
        from adapters.eventstore.postgres_log import only_one_in_schema

        return only_one_in_schema(db, f"a rebuild of the read models in `{ledger_name(db)}`")
    path = parse_db_name(db)
    lock = path.with_name(f"{path.name}.rebuild.lock")
    return only_one(lock, f"a rebuild of the read models in `{path.name}`")


def opened_log(db: str, clock: Clock, *, readonly: bool) -> LedgerLog:
    """Open the log alone, without read models; to be closed. Raises as opening a ledger does."""
    keyring = keyring_setting()
    if is_postgres(db):
        from adapters.eventstore.postgres_log import open_postgres_log

        return open_postgres_log(db, clock, readonly=readonly, keyring=keyring)
    return open_log(db, clock, readonly=readonly, keyring=keyring)


def database_status(db: str | None) -> DatabaseStatus:
    """Return what the ledger's database is; writes nothing.

    Raises InvalidInput when none is named or there is none, ForeignDatabase, Unavailable and CorruptRecord.
    """
    name = db_setting(db)
    if is_postgres(name):
        from adapters.eventstore.postgres_upkeep import status_of_schema

        return status_of_schema(name)
    from adapters.eventstore.upkeep import status_of

    return status_of(parse_db_name(name))


def migrate_database(db: str | None, on_progress: OnProgress | None = None) -> DatabaseMigration:
    """Bring the ledger's database to the present layout, all of it or not at all.

    Raises as `database_status` does, and NewerSchema.
    """
    name = db_setting(db)
    if is_postgres(name):
        from adapters.eventstore.postgres_upkeep import migrate_schema

        return migrate_schema(name, on_progress)
    from adapters.eventstore.upkeep import migrate_file

    return migrate_file(parse_db_name(name), on_progress)


def grant_statements(db: str | None, role: str, *, access: Access) -> tuple[str, ...]:
    """Return the statements that let a role of PostgreSQL write to the ledger or only read it; runs none.

    Raises InvalidInput for a ledger in a file or a name that no role can have, and what opening a ledger raises.
    """
    name = db_setting(db)
    if not is_postgres(name):
        raise InvalidInput(
            "a ledger in a file has no roles",
            hint="the permissions of the file say who may do what",
        )
    from adapters.eventstore.postgres_upkeep import grants_of
    from adapters.readmodels.schema import TABLE_NAMES

    return grants_of(name, role, access=access, rebuilt=TABLE_NAMES)
