"""The `eventsourcing` library's recorders over PostgreSQL."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)

from adapters.eventstore.postgres_append import Appender, NewRow, channel_of
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_schema import (
    EVENTS,
    HEAD_SUFFIX,
    MAIN_BRANCH_ID,
    TRACKING,
    create_log,
    create_others,
    create_tracking,
    qualified,
)
from adapters.eventstore.postgres_watch import PostgresHeadWatch, PostgresSubscription

_NO_STOP = 2**63 - 1


class PostgresAggregateRecorder(AggregateRecorder):
    """Streams of events in an append-only table."""

    def __init__(self, datastore: PostgresDatastore, events_table_name: str = EVENTS) -> None:
        self.datastore = datastore
        self.events_table_name = events_table_name
        self._events = qualified(datastore.schema, events_table_name)
        self._appender = Appender(datastore.schema, events_table_name)

    def create_table(self) -> None:
        """Create the tables if they are missing. Raises ForeignDatabase, NewerSchema and CorruptRecord."""
        create_log(self.datastore, self.events_table_name)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction. Raises the library's IntegrityError."""
        self._append(stored_events, **kwargs)
        return None

    def _append(self, stored_events: Sequence[StoredEvent], **_: object) -> range:
        rows = [_row_of(event) for event in stored_events]
        if not rows:
            return range(0)
        return self.datastore.write(lambda connection: self._appender.run(connection, rows))

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
        bounds, params = (
            "branch_id = $1 AND stream = $2",
            [MAIN_BRANCH_ID, _stream_of(originator_id)],
        )
        for condition, value in (("version >", gt), ("version <=", lte)):
            if value is not None:
                params.append(value)
                bounds += f" AND {condition} ${len(params)}"
        order = "DESC" if desc else "ASC"
        # A limit of null is none.
        text = (
            f"SELECT stream, version, name, state FROM {self._events} WHERE {bounds} "
            f"ORDER BY version {order} LIMIT ${len(params) + 1}"
        )
        rows = self.datastore.read(lambda connection: connection.fetch(text, *params, limit))
        return [
            StoredEvent(self._originator_id(stream), version, name, state)
            for stream, version, name, state in rows
        ]

    def _originator_id(self, stream: str) -> UUID | str:
        return stream if self.datastore.originator_id_type == "text" else UUID(stream)


class PostgresApplicationRecorder(PostgresAggregateRecorder, ApplicationRecorder):
    """The log: all streams in one dense order of positions from 1."""

    def __init__(self, datastore: PostgresDatastore, events_table_name: str = EVENTS) -> None:
        super().__init__(datastore, events_table_name)
        schema, events = datastore.schema, self._events
        self._select_head = (
            f"SELECT position FROM {qualified(schema, events_table_name + HEAD_SUFFIX)}"
        )
        columns = "position, stream, version, name, state"
        bounds = "position > $1 AND position <= $2"
        self._select = f"SELECT {columns} FROM {events} WHERE {bounds} ORDER BY position LIMIT $3"
        # One walk along the index of each name, merged: a rare name does not read the whole log.
        self._select_names = (
            f"SELECT {', '.join(f'found.{column}' for column in columns.split(', '))} "
            "FROM unnest($4::text[]) AS wanted (name) CROSS JOIN LATERAL ("
            f"SELECT {columns} FROM {events} WHERE name = wanted.name AND {bounds} "
            "ORDER BY position LIMIT $3) AS found ORDER BY found.position LIMIT $3"
        )
        self.watch = PostgresHeadWatch(
            datastore, channel_of(schema, events_table_name), self._select_head
        )

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction; return their positions.

        Raises the library's IntegrityError for a version that is there already.
        """
        positions = self._append(stored_events, **kwargs)
        if positions:
            self.watch.announce(positions[-1])
        return list(positions)

    def max_notification_id(self) -> int | None:
        """Return the last position, or None for an empty log."""
        head: int = self.datastore.read(lambda connection: connection.fetchval(self._select_head))
        return head or None

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return up to `limit` events in order of position, from `start` to `stop`, of some names only."""
        after = 0 if start is None else start - inclusive_of_start
        params: list[object] = [after, _NO_STOP if stop is None else stop, limit]
        text = self._select
        if topics:
            text = self._select_names
            params.append(list(dict.fromkeys(topics)))
        rows = self.datastore.read(lambda connection: connection.fetch(text, *params))
        return [
            Notification(self._originator_id(stream), version, name, state, position)
            for position, stream, version, name, state in rows
        ]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PostgresSubscription:
        """Return an iterator over present and future events above position `gt`."""
        return PostgresSubscription(self, self.watch, gt=gt, topics=topics)


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


class PostgresProcessRecorder(
    PostgresTrackingRecorder, PostgresApplicationRecorder, ProcessRecorder
):
    """The log with tracking records written in the same transaction."""

    def __init__(self, datastore: PostgresDatastore, events_table_name: str = EVENTS) -> None:
        PostgresApplicationRecorder.__init__(self, datastore, events_table_name)
        self._prepare_tracking(datastore.schema)

    def create_table(self) -> None:
        """Create the tables if they are missing. Raises ForeignDatabase, NewerSchema and CorruptRecord."""
        PostgresApplicationRecorder.create_table(self)
        PostgresTrackingRecorder.create_table(self)

    def _append(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> range:
        tracking = kwargs.get("tracking")
        if not isinstance(tracking, Tracking):
            return super()._append(stored_events, **kwargs)
        rows = [_row_of(event) for event in stored_events]

        async def append(connection: Connection) -> range:
            async with connection.transaction():
                # First, because the lock on the head, which everybody needs, is to be short.
                await self._insert_tracking(connection, tracking)
                return await self._appender.run(connection, rows) if rows else range(0)

        return self.datastore.write(append)


def _stream_of(originator_id: UUID | str) -> str:
    return originator_id if isinstance(originator_id, str) else originator_id.hex


def _row_of(event: StoredEvent) -> NewRow:
    return _stream_of(event.originator_id), event.originator_version, event.topic, event.state
