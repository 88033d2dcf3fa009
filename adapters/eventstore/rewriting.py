"""Writes the ledger's file anew, so that nothing of what was deleted from the read models is left in it.

SQLite keeps deleted content in free pages, in the free space of pages, and in the write-ahead log until that is
started again (https://www.sqlite.org/lang_vacuum.html, https://www.sqlite.org/pragma.html#pragma_wal_checkpoint).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.eventstore.database import connect, explain
from domain.kernel.errors import Unavailable


def rewrite_file(path: Path) -> None:
    """Write the file anew and empty its write-ahead log; other processes may have it open.

    Takes seconds for a million events, and as much free space as the file has. Raises Unavailable when another process
    keeps the file busy or the disk is full; then nothing has changed, and the call can be repeated.
    """
    try:
        with closing(connect(path, "rw")) as connection:
            # The copy is too large for memory; it holds nothing that was deleted.
            connection.execute("PRAGMA temp_store=FILE")
            connection.execute("VACUUM")
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise explain(error, path) from error
    if busy:
        raise Unavailable(
            f"another process reads `{path}`, so its write-ahead log could not be emptied",
            hint="try again, or stop the other process first",
        )
