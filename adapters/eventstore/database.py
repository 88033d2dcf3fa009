"""The ledger's SQLite file: its name, the marks that say it is ours, and what its errors mean.

A file is ours when its header carries our `application_id`; `user_version` is the layout of its tables
(https://www.sqlite.org/fileformat2.html, "The Database Header"). Every check here runs before anything is written.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from eventsourcing.persistence import ConnectionPoolClosedError

from domain.kernel.errors import (
    CorruptRecord,
    ForeignDatabase,
    InternalError,
    InvalidInput,
    LedgerError,
    NewerSchema,
    OlderSchema,
    Unavailable,
)

APPLICATION_ID = 0x41475054
"""`AGPT` in ASCII."""

SCHEMA_VERSION = 3
"""Layout of the tables in the file; a program refuses a file with a higher one.

1: the log and its facts, a row for each event. 2: with the Merkle tree in a table of its own. 3: runs of events with
their part of the tree (`runs.py`). Opening a file of a lower one for writing brings it up to the present one.
"""

PAGE_BYTES = 16_384
"""Of new files. Four times SQLite's default: appends write many bytes one after the other."""

BUSY_TIMEOUT_SECONDS = 5
_RETRY_SECONDS = 0.02

_SMALLEST_BYTES = 512
"""A database is at least one page, and this is the smallest page."""

_CREATE_HINT = (
    "name the ledger with --db or AGENTGPT_DB; `agentgpt run` and `agentgpt demo` make a new one"
)


def parse_db_name(db: str) -> Path:
    """Return the file that `db` names: a path, or a URL in SQLAlchemy's spelling.

    `sqlite:///ledger.db` is relative to the working folder, `sqlite:////var/lib/ledger.db` is absolute.
    Raises InvalidInput for anything else, such as another database's URL or a database in memory.
    """
    text = db.strip()
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() in {"postgres", "postgresql"}:
        raise InvalidInput(
            "a database of PostgreSQL is named where only a file will do",
            hint="name a file, for example --db ledger.db or sqlite:///ledger.db",
        )
    if separator:
        if scheme.lower() != "sqlite" or not rest.startswith("/"):
            raise InvalidInput(
                f"`{scheme[:20]}://` is not a database that the ledger knows",
                hint="name a file as a path, as sqlite:///relative.db or as sqlite:////absolute/path.db",
            )
        text = rest[1:]
    if not text or "\x00" in text or text == ":memory:":
        raise InvalidInput(
            "the ledger needs a file, not a database in memory",
            hint="name one, for example --db ledger.db",
        )
    # A process may change its working folder later; the ledger stays where it is.
    return Path(text).absolute()


def uri_of(path: Path, mode: str) -> str:
    """Return the SQLite URI of `path`; `mode` is `ro`, `rw` or `rwc`."""
    return f"file:{quote(str(path))}?mode={mode}"


def check_database(path: Path, *, readonly: bool) -> bool:
    """Return whether `path` already is a ledger of ours; False when it is absent or empty and may become one.

    Writes nothing. Raises InvalidInput (a directory, no database at all, absent but `readonly`), Unavailable (no
    permission), ForeignDatabase (another program's), NewerSchema (a later version of this program wrote it) and, when
    `readonly`, OlderSchema (an earlier one did).
    """
    application_id, user_version, is_empty = _marks_in_file(path, readonly=readonly)
    if is_empty and application_id == 0 and _has_write_ahead_log(path):
        # Somebody was interrupted while making a database; its marks may still be in the write-ahead log.
        application_id, user_version, is_empty = _marks_of(path)
    if is_empty and application_id == 0:
        if readonly:
            raise InvalidInput(f"there is no ledger at `{path}`", hint=_CREATE_HINT)
        return False
    if application_id != APPLICATION_ID:
        raise ForeignDatabase(
            f"`{path}` is a database of another program",
            hint="name another file; nothing was written to this one",
        )
    if user_version > SCHEMA_VERSION:
        raise NewerSchema(
            f"`{path}` was written by a later version of the program "
            f"(layout {user_version}, this one knows {SCHEMA_VERSION})",
            hint="update the program, or name another file",
        )
    if readonly and user_version < SCHEMA_VERSION and _has_write_ahead_log(path):
        # A file that was just brought up may have its mark in the write-ahead log still.
        _, user_version, _ = _marks_of(path)
    if readonly and user_version < SCHEMA_VERSION:
        raise OlderSchema(
            f"`{path}` was written by an earlier version of the program (layout {user_version})",
            hint="`agentgpt db migrate` brings it up to date, and so does what opens it for writing",
        )
    return True


def prepare_database(path: Path) -> None:
    """Make `path` a ledger file of ours if it is not one yet: WAL mode and the marks.

    Raises as check_database does, and Unavailable when the file cannot be made.
    """
    if check_database(path, readonly=False):
        return
    try:
        with closing(connect(path, "rwc")) as connection:
            connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
            _use_write_ahead_log(connection)
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have been faster; what it made of the file is checked again.
            application_id, _, is_empty = _read_marks(connection)
            if application_id == 0 and is_empty:
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise explain(error, path) from error
    check_database(path, readonly=False)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # While another process does the same, SQLite refuses at once instead of waiting.
    for _ in range(int(BUSY_TIMEOUT_SECONDS / _RETRY_SECONDS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Return a connection in autocommit mode that any thread may use, one at a time."""
    connection = sqlite3.connect(
        uri_of(path, mode),
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_SECONDS,
    )
    # A file may come from anywhere: its schema must not call functions with side effects.
    connection.execute("PRAGMA trusted_schema=OFF")
    # Memory of sorts stays in memory; nothing of the ledger leaks into temporary files.
    connection.execute("PRAGMA temp_store=MEMORY")
    if mode == "ro":
        connection.execute("PRAGMA query_only=ON")
    return connection


def explain(error: BaseException, path: Path) -> LedgerError:
    """Return the ledger's error for one of SQLite's, or of the library's around one of SQLite's."""
    if isinstance(error, LedgerError):
        return error
    if isinstance(error, ConnectionPoolClosedError):
        return InternalError(f"the ledger `{path}` was closed")
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, sqlite3.Error):
        cause = cause.__cause__
    # https://www.sqlite.org/rescode.html: extended codes carry the primary one in the low byte.
    extended = getattr(cause, "sqlite_errorcode", None) or 0
    if extended in (sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_READONLY_CANTINIT):
        return Unavailable(
            f"the folder of `{path}` cannot be written, and even reading needs a file beside it",
            hint="let this user write to the folder, or read a copy in another one",
        )
    match extended & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Unavailable(
                f"another process kept `{path}` locked for more than {BUSY_TIMEOUT_SECONDS} seconds",
                hint="try again; if it stays, find the process that writes to the file",
            )
        case sqlite3.SQLITE_FULL:
            return Unavailable(
                f"no space is left for `{path}`; nothing was written",
                hint="free some space, then try again",
            )
        case sqlite3.SQLITE_READONLY:
            return InvalidInput(
                f"`{path}` cannot be written",
                hint="it was opened for reading, or its permissions forbid it",
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return Unavailable(
                f"`{path}` cannot be opened", hint="check that its folder exists and may be written"
            )
        case sqlite3.SQLITE_IOERR:
            return Unavailable(
                f"the disk under `{path}` does not answer: {cause}", hint="check the disk"
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CorruptRecord(
                f"the database file `{path}` is damaged: {cause}",
                hint="restore a copy, or follow the chain again into a new file",
            )
    if isinstance(error, TimeoutError):
        return Unavailable(
            f"all connections to `{path}` are in use",
            hint="try again, or send fewer requests at once",
        )
    return InternalError(f"the database `{path}` refused: {cause or error}")


def _marks_in_file(path: Path, *, readonly: bool) -> tuple[int, int, bool]:
    """Return what `_read_marks` does for the file alone, without its write-ahead log; an absent file is empty.

    Only SQLite may open the file: when a process closes a file, it loses all its locks on it, those of its open
    connections too (https://www.sqlite.org/howtocorrupt.html, 2.2), and then another process takes itself for the last
    one and deletes the write-ahead log.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise InvalidInput(
                f"the folder of `{path}` does not exist", hint="make it first, or name another file"
            ) from None
        return 0, 0, True
    except NotADirectoryError:
        raise InvalidInput(f"`{path.parent}` is not a folder", hint="name another file") from None
    except OSError as error:
        raise _not_opened(path, error.strerror) from error
    if stat.S_ISDIR(found.st_mode):
        raise InvalidInput(f"`{path}` is a directory", hint="name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise InvalidInput(f"`{path}` is not a regular file", hint="name another file")
    wanted = os.R_OK if readonly else os.R_OK | os.W_OK
    if not os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids):
        raise _not_opened(path, "permission denied")
    try:
        # Immutable: it takes no lock, looks at no other file and makes none.
        uri = f"{uri_of(path, 'ro')}&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            marks = _read_marks(connection)
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT and _has_write_ahead_log(path):
            # Whoever copied it into the file was interrupted: the file says that it is longer than it is.
            return _marks_of(path)
        if (
            0 < found.st_size < _SMALLEST_BYTES
            or error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB
        ):
            raise InvalidInput(
                f"`{path}` is not a database",
                hint="name another file, or move this one out of the way",
            ) from error
        raise explain(error, path) from error
    # SQLite takes a part of a page for a whole one.
    if found.st_size % page_bytes and not _has_write_ahead_log(path):
        raise CorruptRecord(
            f"`{path}` is cut off in the middle of a page, after {found.st_size} bytes",
            hint="restore a copy, or follow the chain again into a new file",
        )
    return marks


def _not_opened(path: Path, reason: str | None) -> Unavailable:
    return Unavailable(
        f"`{path}` cannot be opened: {reason}",
        hint="check the permissions of the file and its folder",
    )


def _has_write_ahead_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.is_file() and log.stat().st_size > 0


def marks_of(path: Path) -> tuple[int, int]:
    """Return the application id and the layout that the file carries, those in its write-ahead log included.

    Raises Unavailable and CorruptRecord.
    """
    return _marks_of(path)[:2]


def _marks_of(path: Path) -> tuple[int, int, bool]:
    try:
        with closing(connect(path, "ro")) as connection:
            return _read_marks(connection)
    except sqlite3.Error as error:
        raise explain(error, path) from error


def _read_marks(connection: sqlite3.Connection) -> tuple[int, int, bool]:
    """Return application id, user version, and whether there are no tables."""
    row = connection.execute(
        "SELECT (SELECT application_id FROM pragma_application_id),"
        " (SELECT user_version FROM pragma_user_version), NOT EXISTS (SELECT 1 FROM sqlite_master)"
    ).fetchone()
    return int(row[0]), int(row[1]), bool(row[2])
