"""Connections to the ledger's file, for the `eventsourcing` library's recorders.

The library opens write transactions with a deferred BEGIN, which can fail half way when two processes write, and
lets some of SQLite's errors through unwrapped; both are put right here.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from eventsourcing import persistence
from eventsourcing import sqlite as library

from adapters.eventstore.database import connect, uri_of
from adapters.eventstore.headwatch import HeadWatch
from domain.kernel.errors import DifferentLog

POOL_SIZE = 12
POOL_OVERFLOW = 4
POOL_TIMEOUT_SECONDS = 10.0
CACHE_KIBIBYTES = 8_192
DRAIN_SECONDS = 5.0

_LIBRARY_ERRORS: tuple[tuple[type[sqlite3.Error], type[persistence.PersistenceError]], ...] = (
    (sqlite3.IntegrityError, persistence.IntegrityError),
    (sqlite3.OperationalError, persistence.OperationalError),
    (sqlite3.DataError, persistence.DataError),
    (sqlite3.InternalError, persistence.InternalError),
    (sqlite3.NotSupportedError, persistence.NotSupportedError),
    (sqlite3.ProgrammingError, persistence.ProgrammingError),
    (sqlite3.DatabaseError, persistence.DatabaseError),
    (sqlite3.InterfaceError, persistence.InterfaceError),
)


def as_library_error(error: sqlite3.Error) -> persistence.PersistenceError:
    """Return the library's exception for one of SQLite's."""
    for theirs, ours in _LIBRARY_ERRORS:
        if isinstance(error, theirs):
            return ours(error)
    return persistence.PersistenceError(error)


class LedgerConnection(library.SQLiteConnection):
    """A connection whose write transactions take the write lock at once."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[library.SQLiteCursor]:
        """Yield a cursor in a transaction; commit it, or roll it back on any exception or when not `commit`.

        Raises the library's exceptions in place of SQLite's.
        """
        try:
            cursor = self.cursor()
            with cursor:
                cursor.execute("BEGIN IMMEDIATE" if commit else "BEGIN")
                try:
                    yield cursor
                    if commit:
                        self.commit()
                finally:
                    # Does nothing after a commit.
                    self.rollback()
        except sqlite3.Error as error:
            raise as_library_error(error) from error


class LedgerPool(library.SQLiteConnectionPool):
    """A pool of connections to one file."""

    def __init__(self, path: Path, *, readonly: bool, durable: bool) -> None:
        self._draining = False
        self._identity: tuple[int, int] | None = None
        self.path = path
        self.mode = "ro" if readonly else "rw"
        # In WAL mode (https://www.sqlite.org/pragma.html#pragma_synchronous): with FULL an acknowledged commit survives
        # a power cut, with NORMAL the last ones may be lost, but the file stays whole.
        self.synchronous = "FULL" if durable else "NORMAL"
        super().__init__(
            db_name=uri_of(path, self.mode),
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_TIMEOUT_SECONDS,
        )

    def get_connection(
        self, timeout: float | None = None, *, is_writer: bool | None = None
    ) -> library.SQLiteConnection:
        """Return a connection; its user puts it back. Raises the library's ConnectionPoolClosedError."""
        if self._draining:
            raise persistence.ConnectionPoolClosedError
        return super().get_connection(timeout, is_writer=is_writer)

    def refuse(self) -> None:
        """Hand out no more connections; those in use stay."""
        self._draining = True

    def close(self) -> None:
        """Close every connection, those in use as soon as they are put back.

        A connection must not be closed under a thread that reads from it, so one that is kept for long is left to
        whoever keeps it.
        """
        self.refuse()
        with self._put_condition:
            self._put_condition.wait_for(lambda: not self._in_use, DRAIN_SECONDS)
            self._in_use.clear()
        super().close()

    def check_in_place(self) -> None:
        """Raise DifferentLog when the file is not the one any more that was opened first.

        What is written to a file that lost its name is lost with it.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise DifferentLog(
                f"`{self.path}` was removed while it was open: {error.strerror}",
                hint="nothing was written; put it back, or start again with a new one",
            ) from error
        identity = (status.st_dev, status.st_ino)
        if self._identity is None:
            self._identity = identity
        if identity != self._identity:
            raise DifferentLog(
                f"`{self.path}` was replaced by another file while it was open",
                hint="nothing was written; start again to go on with the file that is there now",
            )

    def _create_connection(self) -> library.SQLiteConnection:
        try:
            connection = connect(self.path, self.mode)
            connection.execute(f"PRAGMA synchronous={self.synchronous}")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
        except sqlite3.Error as error:
            raise as_library_error(error) from error
        connection.row_factory = sqlite3.Row
        try:
            self.check_in_place()
        except DifferentLog:
            connection.close()
            raise
        return LedgerConnection(sqlite_conn=connection, max_age=self.max_age)


class LedgerDatastore(library.SQLiteDatastore):
    """Transactions on one ledger file, and the watches over the heads of its tables.

    `durable` commits survive a power cut; without it the last ones may be lost, which is enough
    for what can be rebuilt.
    """

    pool: LedgerPool

    def __init__(
        self,
        path: Path,
        *,
        readonly: bool = False,
        durable: bool = True,
        single_row_tracking: bool = True,
        originator_id_type: Literal["uuid", "text"] = "uuid",
    ) -> None:
        self._watches: dict[str, HeadWatch] = {}
        super().__init__(
            uri_of(path, "rw"),
            single_row_tracking=single_row_tracking,
            originator_id_type=originator_id_type,
        )
        self.path = path
        self.readonly = readonly
        self.pool = LedgerPool(path, readonly=readonly, durable=durable)

    def watch(self, table: str) -> HeadWatch:
        """Return the watch over the head of `table`."""
        return self._watches.setdefault(
            table, HeadWatch(self.path, f"SELECT MAX(position) FROM {table}")
        )

    def close(self) -> None:
        """Stop the watches, which wakes whoever waits, and close every connection."""
        self.pool.refuse()
        # The pool's connections go last: only one that may write clears the write-ahead log away.
        for watch in self._watches.values():
            watch.close()
        super().close()
