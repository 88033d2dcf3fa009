"""What PostgreSQL's errors mean: for the `eventsourcing` library, and for the ledger."""

from __future__ import annotations

from typing import Final

import asyncpg
from eventsourcing import persistence

from adapters.eventstore.postgres_settings import PostgresTarget
from domain.kernel.errors import (
    CorruptRecord,
    InternalError,
    InvalidInput,
    LedgerError,
    Unavailable,
)

_BY_CLASS: Final[dict[str, type[persistence.PersistenceError]]] = {
    # https://www.postgresql.org/docs/current/errcodes-appendix.html: the first two characters are the class.
    "08": persistence.OperationalError,
    "22": persistence.DataError,
    "23": persistence.IntegrityError,
    "0A": persistence.NotSupportedError,
    "21": persistence.ProgrammingError,
    "42": persistence.ProgrammingError,
    "3F": persistence.ProgrammingError,
    "XX": persistence.InternalError,
}
_STATE: Final = "sqlstate"


def as_library_error(error: BaseException, target: PostgresTarget) -> persistence.PersistenceError:
    """Return the library's exception for one of asyncpg's or of the network; its text holds no secret."""
    text = target.redact(str(error)) or type(error).__name__
    kind: type[persistence.PersistenceError]
    state = ""
    if isinstance(error, asyncpg.PostgresError):
        # Whatever the server was unable to do just now is operational: shutting down, out of space, a time-out.
        state = error.sqlstate or ""
        kind = _BY_CLASS.get(state[:2], persistence.OperationalError)
    elif isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        kind = persistence.DataError
    elif isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        kind = persistence.InterfaceError
    elif isinstance(error, OSError | TimeoutError):
        kind = persistence.OperationalError
        text = f"PostgreSQL at {target.place} does not answer: {text}"
    else:
        kind = persistence.PersistenceError
    found = kind(text)
    setattr(found, _STATE, state)
    return found


def is_lost_connection(error: BaseException) -> bool:
    """Return whether the library's `error` may be gone with a new connection."""
    return isinstance(error, persistence.OperationalError | persistence.InterfaceError)


def explain(error: BaseException, target: PostgresTarget) -> LedgerError:
    """Return the ledger's error for one of the library's around one of PostgreSQL's."""
    if isinstance(error, LedgerError):
        return error
    where = target.where
    if isinstance(error, persistence.ConnectionPoolClosedError):
        return InternalError(f"the ledger in {where} was closed")
    state, text = getattr(error, _STATE, ""), str(error)
    match state:
        case "25006":
            return InvalidInput(
                f"{where} cannot be written",
                hint="it was opened for reading, or the server is a standby",
            )
        case "42501":
            return InvalidInput(
                f"the role may not do that in {where}: {text}",
                hint="`agentgpt db grant ROLE` prints what a role needs, for the owner to run",
            )
        case "28000" | "28P01" | "3D000":
            return InvalidInput(
                f"PostgreSQL refuses the connection to {target.place}: {text}",
                hint="check the user, the password and the database in the URL",
            )
        case "53100":
            return Unavailable(
                f"no space is left for {where}; nothing was written",
                hint="free some space, then try again",
            )
        case "42P01" | "42703" | "3F000" | "XX001" | "XX002":
            return CorruptRecord(
                f"the ledger in {where} is damaged: {text}", hint="restore a copy of the database"
            )
    if isinstance(error, persistence.DataError):
        return InvalidInput(f"PostgreSQL cannot hold that: {text}", hint="nothing was written")
    if is_lost_connection(error):
        return Unavailable(
            text, hint="try again; to repeat an append is safe, it is never recorded twice"
        )
    return InternalError(f"the database refused: {text}")
