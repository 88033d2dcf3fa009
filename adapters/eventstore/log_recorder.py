"""The `eventsourcing` library's application and process recorders: the whole log, with its index of chain facts."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from eventsourcing import sqlite as library
from eventsourcing.persistence import Notification, ProcessRecorder, StoredEvent, Tracking

from adapters.eventstore.database import SCHEMA_VERSION, explain
from adapters.eventstore.facts import FactIndex
from adapters.eventstore.interning import CACHE_ENTRIES
from adapters.eventstore.log_store import FactKey, LogRow, NewRow, Plan
from adapters.eventstore.queries import rows_by_position
from adapters.eventstore.schema import (
    TREE_TABLE_SUFFIX,
    fact_statements,
    log_statements,
    tree_statements,
)
from adapters.eventstore.sqlite_tree import SqliteStoredTree
from adapters.eventstore.stream_recorder import LedgerAggregateRecorder, rows_of
from adapters.eventstore.subscription import LedgerSubscription
from adapters.eventstore.tree import TreeTable
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord, LedgerError
from domain.kernel.ids import MAIN_BRANCH


class LedgerApplicationRecorder(LedgerAggregateRecorder, library.SQLiteApplicationRecorder):
    """The log: all streams in one dense order of positions from 1, with an index of chain facts and a Merkle tree."""

    def __init__(
        self, datastore: library.SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name)
        table = events_table_name
        self.select_max_notification_id_statement = f"SELECT MAX(position) FROM {table}"
        self._select_version = (
            f"SELECT MAX(version) FROM {table} WHERE branch_id = ? AND stream_id = ?"
        )
        self._select_raw = (
            f"SELECT position, state FROM {table} WHERE position > ? ORDER BY position LIMIT ?"
        )
        self.facts = FactIndex(table)
        self.tree = TreeTable(table)
        self.watch = self.datastore.watch(table)
        # Versions by stream, true as long as the head is where it was when they were read.
        self._versions: dict[str, int] = {}
        self._versions_head = -1
        self._on_progress: OnProgress | None = None

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that create the tables; safe to run again."""
        table = self.events_table_name
        return [*log_statements(table), *fact_statements(table), *tree_statements(table)]

    def _create_table(self, c: library.SQLiteCursor) -> None:
        """Create what is missing. A log of the layout without a tree gets one over all its events.

        Raises CorruptRecord when the tree was taken out of a file of the present layout.
        """
        c.execute("SELECT user_version FROM pragma_user_version")
        layout = c.fetchone()[0]
        tree = self.events_table_name + TREE_TABLE_SUFFIX
        c.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (tree,))
        had_tree = c.fetchone()[0]
        super()._create_table(c)
        head = 0 if had_tree else self._head(c)
        if head and layout >= SCHEMA_VERSION:
            raise _no_tree()
        if head:
            self.tree.build(c, head, self._on_progress)
        if layout < SCHEMA_VERSION:
            c.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def bring_up(self, on_progress: OnProgress | None) -> None:
        """Create what is missing, as `create_table` does, and tell how many events of all are converted."""
        self._on_progress = on_progress
        self.create_table()

    def has_log(self) -> bool:
        """Return whether the file holds a log to read, with its triggers or without.

        Raises CorruptRecord for a log whose tree was taken away.
        """
        table = self.events_table_name
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            there = {row[0] for row in c.fetchall()}
        if table in there and table + TREE_TABLE_SUFFIX not in there:
            raise _no_tree()
        return table in there

    def append(self, streams: Collection[str], plan: Plan) -> Sequence[int]:
        """Append the batch that `plan` makes of the present head and versions of `streams`; return its positions.

        All in one write transaction: nothing can come between what the plan saw and what is written. An exception
        of the plan rolls back and goes through. Raises the library's IntegrityError for a version or fact that is
        there already.
        """
        with self._append_transaction() as c:
            head = self._head(c)
            batch = plan(head, self._present_versions(c, streams, head))
            last = self._insert_rows(c, batch.rows, head)
            self.facts.insert(c, ((head + 1 + index, key) for index, key in batch.facts))
            for stream, version, _, _ in batch.rows:
                self._versions[stream] = version
            self._versions_head = last
        self.watch.announce(last)
        return range(head + 1, last + 1)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction; return their positions.

        Raises the library's IntegrityError for a version that is there already.
        """
        positions = super().insert_events(stored_events, **kwargs)
        if positions:
            self.watch.announce(positions[-1])
        return positions

    def _insert_events(
        self, c: library.SQLiteCursor, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        head = self._head(c)
        last = self._insert_rows(c, rows_of(stored_events), head)
        return list(range(head + 1, last + 1))

    def _insert_rows(self, c: library.SQLiteCursor, rows: Sequence[NewRow], head: int) -> int:
        last = super()._insert_rows(c, rows, head)
        if rows:
            self.tree.extend(c, head, [state for _, _, _, state in rows])
        return last

    def _committed(self) -> None:
        super()._committed()
        self.facts.blocks.confirm()

    def _rolled_back(self) -> None:
        super()._rolled_back()
        self.facts.blocks.forget()
        self.tree.forget()
        self._versions_head = -1

    def _present_versions(
        self, c: library.SQLiteCursor, streams: Collection[str], head: int
    ) -> Mapping[str, int]:
        known = self._versions
        if self._versions_head != head or len(known) + len(streams) > CACHE_ENTRIES:
            known = self._versions = {}
        for stream in streams:
            if stream not in known:
                known[stream] = self._version(c, stream)
        return known

    def _version(self, c: library.SQLiteCursor, stream: str) -> int:
        branch_id = self.branches.find(c, MAIN_BRANCH)
        stream_id = self.streams.find(c, stream)
        if branch_id is None or stream_id is None:
            return 0
        c.execute(self._select_version, (branch_id, stream_id))
        return cast(int, c.fetchone()[0] or 0)

    def last_position(self, c: library.SQLiteCursor) -> int:
        """Return the highest position that has a row."""
        c.execute(self.select_max_notification_id_statement)
        return cast(int, c.fetchone()[0] or 0)

    def explain(self, error: BaseException) -> LedgerError:
        """Return the ledger's error for one of SQLite's or of the library's."""
        return explain(error, self.datastore.path)

    @contextmanager
    def reading_tree(self) -> Iterator[SqliteStoredTree]:
        """Open the tree for reading, in one transaction."""
        with self.datastore.transaction(commit=False) as c:
            yield SqliteStoredTree(self.tree, c, self.last_position)

    def versions(self, streams: Collection[str]) -> dict[str, int]:
        """Return the present version of each stream, 0 for an empty one, all at one moment."""
        with self.datastore.transaction(commit=False) as c:
            return {stream: self._version(c, stream) for stream in streams}

    def fact_positions(self, keys: Sequence[FactKey]) -> list[int | None]:
        """Return for each chain fact the position it is recorded at, or None."""
        with self.datastore.transaction(commit=False) as c:
            return self.facts.positions(c, keys)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return up to `limit` events in order of position, from `start` to `stop`."""
        after = 0 if start is None else start - inclusive_of_start
        convert = self.convert_originator_id
        return [
            Notification(convert(stream), version, name, state, position)
            for position, stream, version, name, state in self.select_positions(
                after, limit, stop=stop, names=topics
            )
        ]

    def select_positions(
        self, after: int, limit: int, *, stop: int | None = None, names: Sequence[str] = ()
    ) -> list[LogRow]:
        """Return up to `limit` rows with positions in (after, stop], in order, of some names only."""
        with self.datastore.transaction(commit=False) as c:
            name_ids = self._name_ids(c, names)
            if names and not name_ids:
                return []
            text, params = rows_by_position(self.events_table_name, after, limit, stop, name_ids)
            return self._fetch(c, text, params)

    def select_raw(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` pairs of position and stored bytes above `after`, in order."""
        with self.datastore.transaction(commit=False) as c:
            c.sqlite_cursor.row_factory = None
            c.execute(self._select_raw, (after, limit))
            return cast(list[tuple[int, bytes]], c.fetchall())

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> LedgerSubscription:
        """Return an iterator over present and future events above position `gt`."""
        return LedgerSubscription(self, self.watch, gt=gt, topics=topics)


class LedgerProcessRecorder(
    library.SQLiteTrackingRecorder, LedgerApplicationRecorder, ProcessRecorder
):
    """The log with tracking records written in the same transaction."""

    def __init__(
        self, datastore: library.SQLiteDatastore, *, events_table_name: str = "stored_events"
    ) -> None:
        super().__init__(datastore, events_table_name=events_table_name)

    def _insert_events(
        self, c: library.SQLiteCursor, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        positions = super()._insert_events(c, stored_events, **kwargs)
        tracking = kwargs.get("tracking")
        if isinstance(tracking, Tracking):
            self._insert_tracking(c, tracking)
        return positions


def _no_tree() -> CorruptRecord:
    return CorruptRecord(
        "the Merkle tree of the log is not there",
        hint="it was removed with another tool: restore a copy of the database",
    )
