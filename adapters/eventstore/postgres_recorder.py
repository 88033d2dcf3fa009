"""The `eventsourcing` library's aggregate and tracking recorders over PostgreSQL."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    IntegrityError,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)

from adapters.eventstore.log_store import Batch, LogRow, NewRow
from adapters.eventstore.postgres_append import Appender
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_schema import create_log, create_others, create_tracking
from adapters.eventstore.postgres_tables import EVENTS, MAIN_BRANCH_ID, TRACKING, qualified

LOG_COLUMNS: Final = "position, stream, version, name, state"


class PostgresAggregateRecorder(AggregateRecorder):
    """Streams of events in an append-only table."""

    def __init__(self, datastore: PostgresDatastore, events_table_name: str = EVENTS) -> None:
        self.datastore = datastore
        self.events_table_name = events_table_name
        self._events = qualified(datastore.schema, events_table_name)
        self._appender = Appender(datastore, events_table_name)

    def create_table(self) -> None:
        """Create the tables if they are missing. Raises ForeignDatabase, NewerSchema and CorruptRecord."""
        create_log(self.datastore, self.events_table_name)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction. Raises the library's IntegrityError."""
        self._insert(stored_events, **kwargs)
        return None

    def _insert(self, stored_events: Sequence[StoredEvent], **_: object) -> range:
        batch = Batch(rows_of(stored_events))
        if not batch.rows:
            return range(0)
        return self._appender.append((), lambda _head, _versions: batch)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's events with versions in (gt, lte], by version."""
        stream = _stream_of(originator_id)
        rows = self.select_stream(stream, gt=gt, lte=lte, desc=desc, limit=limit)
        return [
            StoredEvent(self._originator_id(stream), version, name, state)
            for _, stream, version, name, state in rows
        ]

    def select_stream(
        self,
        stream: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        after: int | None = None,
        names: Sequence[str] = (),
        desc: bool = False,
        limit: int | None = None,
    ) -> list[LogRow]:
        """Return a stream's rows by version: versions in (gt, lte], positions above `after`, of some names only."""
        wanted = findable(names)
        if not findable([stream]) or (names and not wanted):
            return []
        bounds, params = "branch_id = $1 AND stream = $2", [MAIN_BRANCH_ID, stream]
        for condition, value in (
            ("version >", gt),
            ("version <=", lte),
            ("position >", after),
            ("name = ANY", wanted or None),
        ):
            if value is not None:
                params.append(value)
                bounds += f" AND {condition} (${len(params)})"
        # A limit of null is none.
        text = (
            f"SELECT {LOG_COLUMNS} FROM {self._events} WHERE {bounds} "
            f"ORDER BY version {'DESC' if desc else 'ASC'} LIMIT ${len(params) + 1}"
        )
        return self._rows(text, *params, limit)

    def _rows(self, text: str, *params: object) -> list[LogRow]:
        rows = self.datastore.read(lambda connection: connection.fetch(text, *params))
        return [tuple(row) for row in rows]

    def _originator_id(self, stream: str) -> UUID | str:
        return stream if self.datastore.originator_id_type == "text" else UUID(stream)


class PostgresTrackingRecorder(TrackingRecorder):
    """How far events of other applications were processed: one row for each application, which only rises.

    A view subclasses this, names its tables in `construct_create_table_statements`, and calls `_insert_tracking` in
    the transaction in which it writes.
    """

    def __init__(self, datastore: PostgresDatastore) -> None:
        self.datastore = datastore
        self._prepare_tracking(datastore.schema)

    def _prepare_tracking(self, schema: str) -> None:
        table = qualified(schema, TRACKING)
        self._select_tracking = f"SELECT notification_id FROM {table} WHERE application_name = $1"
        self._upsert_tracking = (
            f"INSERT INTO {table} AS present VALUES ($1, $2) ON CONFLICT (application_name) DO UPDATE "
            "SET notification_id = excluded.notification_id "
            "WHERE present.notification_id < excluded.notification_id RETURNING notification_id"
        )

    def construct_create_table_statements(self) -> list[str]:
        """Return a view's own statements, which must be safe to run again."""
        return []

    def create_table(self) -> None:
        """Create the tables if they are missing. Raises ForeignDatabase and NewerSchema."""
        create_tracking(self.datastore)
        statements = self.construct_create_table_statements()
        if statements:
            create_others(self.datastore, statements)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record `tracking`. Raises the library's IntegrityError unless it is above what is recorded."""
        self.datastore.write(lambda connection: self._insert_tracking(connection, tracking))

    async def _insert_tracking(self, connection: Connection, tracking: Tracking) -> None:
        recorded = await connection.fetchval(
            self._upsert_tracking, tracking.application_name, tracking.notification_id
        )
        if recorded is None:
            raise IntegrityError(
                f"{tracking.application_name} {tracking.notification_id} was processed before"
            )

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far the named application was processed, or None."""
        number: int | None = self.datastore.read(
            lambda connection: connection.fetchval(self._select_tracking, application_name)
        )
        return number


def findable(texts: Sequence[str]) -> list[str]:
    """Return each text once, without those that no row can hold: PostgreSQL's texts are UTF-8 without NUL."""
    return [text for text in dict.fromkeys(texts) if "\x00" not in text and _is_unicode(text)]


def rows_of(stored_events: Sequence[StoredEvent]) -> list[NewRow]:
    """Return the library's stored events as rows."""
    return [
        (_stream_of(event.originator_id), event.originator_version, event.topic, event.state)
        for event in stored_events
    ]


def _is_unicode(text: str) -> bool:
    # Half of a surrogate pair is none.
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _stream_of(originator_id: UUID | str) -> str:
    return originator_id if isinstance(originator_id, str) else originator_id.hex
