"""A persistence module of the `eventsourcing` library: the ledger's log in one SQLite file.

    PERSISTENCE_MODULE=adapters.eventstore.sqlite
    SQLITE_DBNAME=ledger.db
    ORIGINATOR_ID_TYPE=text

Beside what the library's own SQLite module does: positions that are never used twice, appends to many streams with
their versions looked up in the same transaction, an index that makes a doubled chain fact impossible, tables that
refuse UPDATE and DELETE, and subscriptions.
"""

from __future__ import annotations

from typing import cast

from eventsourcing import sqlite as library
from eventsourcing.utils import Environment, EnvType, strtobool

from adapters.eventstore.database import check_database, parse_db_name, prepare_database
from adapters.eventstore.log_recorder import LedgerApplicationRecorder, LedgerProcessRecorder
from adapters.eventstore.pool import LedgerDatastore
from adapters.eventstore.stream_recorder import LedgerAggregateRecorder


class Factory(library.SQLiteFactory):
    """Makes the ledger's recorders from the library's environment variables.

    SQLITE_DBNAME names the file, ORIGINATOR_ID_TYPE is `text` or `uuid`, SQLITE_READONLY (default no) opens it for
    reading only. Raises InvalidInput, Unavailable, ForeignDatabase and NewerSchema before anything is written.
    """

    SQLITE_READONLY = "SQLITE_READONLY"

    aggregate_recorder_class = LedgerAggregateRecorder
    application_recorder_class = LedgerApplicationRecorder
    # Ours is put together from the same parts as the library's, but does not inherit from it.
    process_recorder_class = cast(type[library.SQLiteProcessRecorder], LedgerProcessRecorder)

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        path = parse_db_name(self.env.get(self.SQLITE_DBNAME) or "")
        self.readonly = strtobool(self.env.get(self.SQLITE_READONLY) or "no")
        if self.readonly:
            check_database(path, readonly=True)
        else:
            prepare_database(path)
        self.datastore: LedgerDatastore = LedgerDatastore(
            path,
            readonly=self.readonly,
            single_row_tracking=self.datastore.single_row_tracking,
            originator_id_type=self.datastore.originator_id_type,
        )

    def env_create_table(self) -> bool:
        """Return whether recorders create the tables that are missing."""
        return not self.readonly and super().env_create_table()
