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
from adapters.eventstore.former_layouts import FormerLog
from adapters.eventstore.index_check import IndexCheck
from adapters.eventstore.interning import CACHE_ENTRIES
from adapters.eventstore.log_store import FactKey, LogRow, Plan
from adapters.eventstore.schema import (
    FACTS_TABLE_SUFFIX,
    STREAM_INDEX_SUFFIX,
    fact_statements,
    log_statements,
)
from adapters.eventstore.sqlite_tree import SqliteStoredTree
from adapters.eventstore.stream_recorder import LedgerAggregateRecorder, rows_of
from adapters.eventstore.subscription import LedgerSubscription
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
        by_stream = table + STREAM_INDEX_SUFFIX
        self._select_version = (
            f"SELECT MAX(version) FROM {by_stream} WHERE branch_id = ? AND stream_id = ?"
        )
        self.facts = FactIndex(table)
        self._index_check = IndexCheck(table)
        self.watch = self.datastore.watch(table)
        # Versions by stream, true as long as the head is where it was when they were read.
        self._versions: dict[str, int] = {}
        self._versions_head = -1

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that create the tables; safe to run again."""
        table = self.events_table_name
        return [*log_statements(table), *fact_statements(table)]

    def _create_table(self, c: library.SQLiteCursor) -> None:
        """Create what is missing; a log of a former layout is brought up to the present one.

        Raises CorruptRecord for one that was changed, also when its tree was taken away.
        """
        c.execute("SELECT user_version FROM pragma_user_version")
        layout = c.fetchone()[0]
        former = FormerLog.find(c, self.events_table_name)
        if former is not None and former.head and layout > 1 and not former.has_tree:
            raise CorruptRecord(
                "the Merkle tree of the log is not there",
                hint="it was removed with another tool: restore a copy of the database",
            )
        super()._create_table(c)
        if layout < SCHEMA_VERSION:
            c.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _take_over(self, c: library.SQLiteCursor, former: FormerLog) -> None:
        former.move_facts(c, self.events_table_name + FACTS_TABLE_SUFFIX)
        super()._take_over(c, former)

    def has_log(self) -> bool:
        """Return whether the file holds a log to read, with its triggers or without."""
        with self.datastore.transaction(commit=False) as c:
            c.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
                (self.events_table_name,),
            )
            return c.fetchone() is not None

    def append(self, streams: Collection[str], plan: Plan) -> Sequence[int]:
        """Append the batch that `plan` makes of the present head and versions of `streams`; return its positions.

        All in one write transaction: nothing can come between what the plan saw and what is written. An exception
        of the plan rolls back and goes through. Raises the library's IntegrityError for a version or fact that is
        there already.
        """
        with self._append_transaction() as c:
            head = self.runs.head(c)
            batch = plan(head, self._present_versions(c, streams, head))
            if not batch.rows:
                return ()
            written, versions, names, states = zip(*batch.rows, strict=True)
            last = self._insert_columns(c, written, versions, names, states, head=head)
            self.facts.insert(c, head, batch.facts)
            self._versions.update(zip(written, versions, strict=True))
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
        head = self.runs.head(c)
        last = self._insert_rows(c, rows_of(stored_events), head)
        return list(range(head + 1, last + 1))

    def _committed(self) -> None:
        super()._committed()
        self.facts.blocks.confirm()

    def _rolled_back(self) -> None:
        super()._rolled_back()
        self.facts.blocks.forget()
        self._versions_head = -1

    def _present_versions(
        self, c: library.SQLiteCursor, streams: Collection[str], head: int
    ) -> Mapping[str, int]:
        known = self._versions
        if self._versions_head != head or len(known) + len(streams) > CACHE_ENTRIES:
            known = self._versions = {}
        unknown = [stream for stream in streams if stream not in known]
        if unknown:
            branch_id = self.branches.look_up(c, (MAIN_BRANCH,))(MAIN_BRANCH)
            id_of = self.streams.look_up(c, unknown)
            for stream in unknown:
                known[stream] = self._version(c, branch_id, id_of(stream))
        return known

    def _version(
        self, c: library.SQLiteCursor, branch_id: int | None, stream_id: int | None
    ) -> int:
        if branch_id is None or stream_id is None:
            return 0
        c.execute(self._select_version, (branch_id, stream_id))
        return cast(int, c.fetchone()[0] or 0)

    def last_position(self, c: library.SQLiteCursor) -> int:
        """Return the highest position that has or ever had an event, as far as the file can tell."""
        return max(self.runs.heads(c))

    def explain(self, error: BaseException) -> LedgerError:
        """Return the ledger's error for one of SQLite's or of the library's."""
        return explain(error, self.datastore.path)

    @contextmanager
    def reading_tree(self) -> Iterator[SqliteStoredTree]:
        """Open the tree for reading, in one transaction."""
        with self.datastore.transaction(commit=False) as c:
            yield SqliteStoredTree(self.runs.tree, self._index_check, c, self.last_position)

    def versions(self, streams: Collection[str]) -> dict[str, int]:
        """Return the present version of each stream, 0 for an empty one, all at one moment."""
        with self.datastore.transaction(commit=False) as c:
            branch_id = self.branches.find(c, MAIN_BRANCH)
            return {
                stream: self._version(c, branch_id, self.streams.find(c, stream))
                for stream in streams
            }

    def fact_positions(self, keys: Sequence[FactKey]) -> list[int | None]:
        """Return for each chain fact the position it is recorded at, or None."""
        with self.datastore.transaction(commit=False) as c:
            found = self.facts.positions(c, keys)
            there = [(at, index) for index, at in enumerate(found) if at is not None]
            row_at = self.runs.reader(c)
            for at, index in sorted(there):
                row = row_at(at)
                # An index that leads nowhere is not the fact's fault.
                if row is not None and not _is_of(keys[index], row[4]):
                    found[index] = None
            return found

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
            return self._named(c, self.runs.between(c, after, limit, stop, name_ids))

    def select_at(self, positions: Sequence[int]) -> list[LogRow]:
        """Return the rows at `positions`, in order; those that are not there are left out."""
        with self.datastore.transaction(commit=False) as c:
            row_at = self.runs.reader(c)
            rows = [row for row in map(row_at, positions) if row is not None]
            return self._named(c, rows)

    def select_raw(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` pairs of position and stored bytes above `after`, in order."""
        with self.datastore.transaction(commit=False) as c:
            rows = self.runs.between(c, after, limit, None, ())
            return [(position, state) for position, _, _, _, state in rows]

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


def _is_of(key: FactKey, state: bytes) -> bool:
    """Tell whether an event is of the fact's transaction; its place in the block is known to be the fact's."""
    _, _, transaction_hash, log_index = key
    origin = f'"log_index":{log_index},"transaction_hash":"0x{transaction_hash.hex()}"}}'
    return origin.encode() in state
