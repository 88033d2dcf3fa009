"""Opens the ledger's log in a schema of PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.log import LedgerLog
from adapters.eventstore.postgres_errors import explain
from adapters.eventstore.postgres_log_recorder import PostgresApplicationRecorder
from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_schema import check_log, check_target, has_log
from adapters.eventstore.postgres_settings import PostgresTarget, parse_target
from adapters.eventstore.postgres_tables import EVENTS, SCHEMA_VERSION
from adapters.keyring.file import Keyring
from domain.application.ports import Clock
from domain.kernel.errors import InvalidInput, OlderSchema, Unavailable

_NO_KEYRING: Final = Path(os.devnull, "none")
"""There can be no file below one that is not a folder."""

_SCHEMA_LOCK: Final = 0x41475055
"""Its neighbour is held while tables are made."""

CREATE_HINT: Final = (
    "name the ledger with --db or AGENTGPT_DB; `agentgpt run` and `agentgpt demo` make a new one"
)


def open_postgres_log(
    db: str, clock: Clock, *, readonly: bool = False, keyring: Path | None = None
) -> LedgerLog:
    """Open the ledger in the schema that the URL `db` names, and make it when it is not there.

    The keys of personal texts are in the file `keyring`, which is needed to write; without it a reader sees those
    texts as sealed. With `readonly` nothing is made or changed. Raises InvalidInput, Unavailable, ForeignDatabase,
    NewerSchema, CorruptRecord and, with `readonly`, OlderSchema; has written nothing then.
    """
    target = parse_target(db)
    if keyring is None and not readonly:
        raise InvalidInput(
            "nothing says where the keys of personal texts are to be kept",
            hint="name a file with AGENTGPT_KEYRING, outside the database; all who write need the same one",
        )
    try:
        datastore = PostgresDatastore(target, readonly=readonly, originator_id_type="text")
        try:
            if readonly:
                check_readable(datastore)
            recorder = PostgresApplicationRecorder(datastore, EVENTS)
            if readonly:
                check_log(datastore, EVENTS)
            else:
                recorder.create_table()
        except BaseException:
            datastore.close()
            raise
    except EventSourcingError as error:
        raise explain(error, target) from error
    return LedgerLog(recorder, clock, datastore.close, Keyring(keyring or _NO_KEYRING, clock))


@contextmanager
def only_one_in_schema(db: str, what: str) -> Iterator[None]:
    """Hold a lock on the schema that the URL names, against all who ask for it, wherever they run.

    Raises Unavailable at once when somebody holds it, with `what` for what that one does. A lost connection gives the
    lock up.
    """
    target = parse_target(db)
    statement = "SELECT pg_try_advisory_lock($1, hashtext($2))"
    try:
        with (
            closing(PostgresDatastore(target, pool_size=1)) as datastore,
            datastore.holding(statement, _SCHEMA_LOCK, target.schema) as held,
        ):
            if not held:
                raise Unavailable(
                    f"{what} is already running", hint="wait for it, or stop that process"
                )
            yield
    except EventSourcingError as error:
        raise explain(error, target) from error


def postgres_log_exists(db: str) -> bool:
    """Return whether the schema that the URL names holds a ledger. Raises as `open_postgres_log` does."""
    target = parse_target(db)
    try:
        with closing(PostgresDatastore(target, readonly=True)) as datastore:
            return check_target(datastore) > 0 and has_log(datastore, EVENTS)
    except EventSourcingError as error:
        raise explain(error, target) from error


def check_readable(datastore: PostgresDatastore) -> None:
    """Check that the schema holds a ledger of the present layout.

    Raises InvalidInput when there is none, ForeignDatabase, NewerSchema, OlderSchema and the library's errors.
    """
    layout = check_target(datastore)
    if layout == 0 or not has_log(datastore, EVENTS):
        raise no_ledger(datastore.target)
    if layout < SCHEMA_VERSION:
        raise OlderSchema(
            f"{datastore.target.where} was written by an earlier version of the program (layout {layout})",
            hint="`agentgpt db migrate` brings it up to date, and so does what opens it for writing",
        )


def no_ledger(target: PostgresTarget) -> InvalidInput:
    """Return the error for a schema without a ledger."""
    return InvalidInput(f"there is no ledger in {target.where}", hint=CREATE_HINT)
