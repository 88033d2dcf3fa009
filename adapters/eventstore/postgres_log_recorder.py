"""The `eventsourcing` library's application and process recorders over PostgreSQL: the whole log."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
)

from adapters.eventstore.log_store import Batch, FactKey, LogRow, Plan
from adapters.eventstore.postgres_append import channel_of
from adapters.eventstore.postgres_errors import explain
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_recorder import (
    LOG_COLUMNS,
    PostgresAggregateRecorder,
    PostgresTrackingRecorder,
    findable,
    rows_of,
)
from adapters.eventstore.postgres_tables import (
    EVENTS,
    FACT_COLUMNS,
    HEAD_SUFFIX,
    MAIN_BRANCH_ID,
    qualified,
)
from adapters.eventstore.postgres_tree import PostgresStoredTree
from adapters.eventstore.postgres_watch import PostgresHeadWatch, PostgresSubscription
from domain.kernel.errors import LedgerError

_NO_STOP: Final = 2**63 - 1


class PostgresApplicationRecorder(PostgresAggregateRecorder, ApplicationRecorder):
    """The log: all streams in one dense order of positions from 1. Implements `LogStore`."""

    def __init__(self, datastore: PostgresDatastore, events_table_name: str = EVENTS) -> None:
        super().__init__(datastore, events_table_name)
        schema, events = datastore.schema, self._events
        head = qualified(schema, events_table_name + HEAD_SUFFIX)
        self._select_head = f"SELECT position FROM {head}"
        bounds = "position > $1 AND position <= $2"
        self._select = (
            f"SELECT {LOG_COLUMNS} FROM {events} WHERE {bounds} ORDER BY position LIMIT $3"
        )
        # One walk along the index of each name, merged: a rare name does not read the whole log.
        self._select_names = (
            f"SELECT {', '.join(f'found.{column}' for column in LOG_COLUMNS.split(', '))} "
            "FROM unnest($4::text[]) AS wanted (name) CROSS JOIN LATERAL ("
            f"SELECT {LOG_COLUMNS} FROM {events} WHERE name = wanted.name AND {bounds} "
            "ORDER BY position LIMIT $3) AS found ORDER BY found.position LIMIT $3"
        )
        self._select_at = (
            f"SELECT {LOG_COLUMNS} FROM {events} WHERE position = ANY ($1) ORDER BY position"
        )
        self._select_raw = (
            f"SELECT position, state FROM {events} WHERE position > $1 ORDER BY position LIMIT $2"
        )
        self._select_versions = (
            "SELECT wanted.stream, newest.version FROM unnest($1::text[]) AS wanted (stream) "
            f"CROSS JOIN LATERAL (SELECT version FROM {events} WHERE branch_id = {MAIN_BRANCH_ID} "
            "AND stream = wanted.stream ORDER BY version DESC LIMIT 1) AS newest"
        )
        arrays = ", ".join(
            f"${number}::{kind}[]" for number, kind in enumerate(FACT_COLUMNS.values(), 1)
        )
        same = " AND ".join(f"event.{column} = wanted.{column}" for column in FACT_COLUMNS)
        self._select_facts = (
            f"SELECT found.position FROM unnest({arrays}) "
            f"WITH ORDINALITY AS wanted ({', '.join(FACT_COLUMNS)}, place) LEFT JOIN LATERAL ("
            f"SELECT position FROM {events} AS event WHERE {same} LIMIT 1) AS found ON true "
            "ORDER BY wanted.place"
        )
        self._tree = PostgresStoredTree(datastore, events, head)
        self.watch = PostgresHeadWatch(
            datastore, channel_of(schema, events_table_name), self._select_head
        )

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction; return their positions.

        Raises the library's IntegrityError for a version that is there already.
        """
        positions = self._insert(stored_events, **kwargs)
        self._announce(positions)
        return list(positions)

    def append(self, streams: Collection[str], plan: Plan) -> Sequence[int]:
        """Append the batch that `plan` makes of the present head and versions of `streams`; return its positions.

        Nothing can come between what the plan saw and what is written. An exception of the plan writes nothing and
        goes through. Raises the library's IntegrityError for a version or fact that is there already.
        """
        positions = self._appender.append(streams, plan)
        self._announce(positions)
        return positions

    def _announce(self, positions: range) -> None:
        if positions:
            self.watch.announce(positions[-1])

    def explain(self, error: BaseException) -> LedgerError:
        """Return the ledger's error for one of the library's."""
        return explain(error, self.datastore.target)

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
        return [
            Notification(self._originator_id(stream), version, name, state, position)
            for position, stream, version, name, state in self.select_positions(
                after, limit, stop=stop, names=topics
            )
        ]

    def select_positions(
        self, after: int, limit: int, *, stop: int | None = None, names: Sequence[str] = ()
    ) -> list[LogRow]:
        """Return up to `limit` rows with positions in (after, stop], in order, of some names only."""
        params = (after, _NO_STOP if stop is None else stop, limit)
        if names:
            return self._rows(self._select_names, *params, findable(names))
        return self._rows(self._select, *params)

    def select_at(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the rows at `positions`, in order; those that are not there are left out."""
        return self._rows(self._select_at, list(positions))

    def select_raw(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` pairs of position and stored bytes above `after`, in order."""
        rows = self.datastore.read(
            lambda connection: connection.fetch(self._select_raw, after, limit)
        )
        return [tuple(row) for row in rows]

    def versions(self, streams: Collection[str]) -> dict[str, int]:
        """Return the present version of each stream, 0 for an empty one, all at one moment."""
        found = dict.fromkeys(streams, 0)
        wanted = findable(list(found))
        rows = self.datastore.read(
            lambda connection: connection.fetch(self._select_versions, wanted)
        )
        return found | {row["stream"]: row["version"] for row in rows}

    def fact_positions(self, keys: Sequence[FactKey]) -> list[int | None]:
        """Return for each chain fact the position it is recorded at, or None."""
        if not keys:
            return []
        columns = [list(column) for column in zip(*keys, strict=True)]
        rows = self.datastore.read(
            lambda connection: connection.fetch(self._select_facts, *columns)
        )
        return [row["position"] for row in rows]

    @contextmanager
    def reading_tree(self) -> Iterator[PostgresStoredTree]:
        """Open the tree for reading. What is read below a size never changes, so no transaction is needed."""
        yield self._tree

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PostgresSubscription:
        """Return an iterator over present and future events above position `gt`."""
        return PostgresSubscription(self, self.watch, gt=gt, topics=topics)


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

    def _insert(self, stored_events: Sequence[StoredEvent], **kwargs: object) -> range:
        tracking = kwargs.get("tracking")
        if not isinstance(tracking, Tracking):
            return super()._insert(stored_events, **kwargs)
        batch = Batch(rows_of(stored_events))

        async def track(connection: Connection) -> None:
            await self._insert_tracking(connection, tracking)

        return self._appender.append((), lambda _head, _versions: batch, track)
