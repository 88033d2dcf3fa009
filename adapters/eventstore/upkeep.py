"""The life of a ledger's file: which layout it has, and how it is brought up to the present one."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.database import (
    SCHEMA_VERSION,
    check_database,
    connect,
    explain,
    marks_of,
)
from adapters.eventstore.log_recorder import LedgerApplicationRecorder
from adapters.eventstore.pool import LedgerDatastore
from domain.application.upkeep import DatabaseMigration, DatabaseStatus, OnProgress
from domain.kernel.errors import InvalidInput, NewerSchema, OlderSchema

TABLE: Final = "stored_events"

STEPS: Final[dict[int, str]] = {
    2: "the Merkle tree is built over all events",
    3: "events are packed into runs, and their hashes stand beside them",
}
"""What brings a file to each layout from the one below it."""


def status_of(path: Path) -> DatabaseStatus:
    """Return what the file is; writes nothing.

    Raises InvalidInput for what is absent or no database, ForeignDatabase, Unavailable and CorruptRecord.
    """
    # Ours, though of another layout: that is what is asked for.
    with suppress(OlderSchema, NewerSchema):
        check_database(path, readonly=True)
    _, layout = marks_of(path)
    files = (path, path.with_name(f"{path.name}-wal"))
    return DatabaseStatus(
        name=str(path),
        kind="sqlite",
        layout=layout,
        newest_layout=SCHEMA_VERSION,
        bytes=sum(file.stat().st_size for file in files if file.is_file()),
        events=None if layout > SCHEMA_VERSION else _events(path),
        steps=tuple(STEPS[number] for number in range(layout + 1, SCHEMA_VERSION + 1)),
    )


def migrate_file(path: Path, on_progress: OnProgress | None = None) -> DatabaseMigration:
    """Bring the file to the present layout, in one transaction: interrupted, it stays as it was.

    Does nothing to a file that has it already. Raises as `status_of` does, and NewerSchema.
    """
    before = status_of(path)
    check_database(path, readonly=False)
    try:
        with closing(LedgerDatastore(path, originator_id_type="text")) as datastore:
            recorder = LedgerApplicationRecorder(datastore, TABLE)
            recorder.bring_up(on_progress)
            events = recorder.max_notification_id() or 0
    except EventSourcingError as error:
        raise explain(error, path) from error
    return DatabaseMigration(before.layout, SCHEMA_VERSION, events)


def _events(path: Path) -> int:
    try:
        with closing(connect(path, "ro")) as connection:
            row = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (TABLE,)
            ).fetchone()
            if row is None:
                raise InvalidInput(f"`{path}` holds no log", hint="name the ledger's own file")
            (head,) = connection.execute(f"SELECT MAX(position) FROM {TABLE}").fetchone()  # noqa: S608 - a constant
            return int(head or 0)
    except sqlite3.Error as error:
        raise explain(error, path) from error
