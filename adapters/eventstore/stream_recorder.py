"""The `eventsourcing` library's aggregate recorder over append-only tables: streams of events, in one dense order."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from uuid import UUID

from eventsourcing import sqlite as library
from eventsourcing.persistence import StoredEvent

from adapters.eventstore.former_layouts import FormerLog, columns_of
from adapters.eventstore.interning import Interner
from adapters.eventstore.log_store import LogRow, NewRow
from adapters.eventstore.pool import LedgerDatastore
from adapters.eventstore.queries import versions_of_stream
from adapters.eventstore.run_table import RunTable
from adapters.eventstore.runs import NumberedRow
from adapters.eventstore.schema import interned_table, log_statements
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import MAIN_BRANCH

_CREATED = re.compile(r"CREATE (?:UNIQUE )?(?:TABLE|INDEX|TRIGGER) IF NOT EXISTS (\w+)")


class LedgerAggregateRecorder(library.SQLiteAggregateRecorder):
    """Streams of events in an append-only table."""

    datastore: LedgerDatastore

    def __init__(
        self, datastore: library.SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        if not isinstance(datastore, LedgerDatastore):
            raise TypeError("the ledger's recorders need the ledger's datastore")
        super().__init__(datastore, events_table_name)
        table = events_table_name
        self.streams = Interner[str](interned_table(table, "stream"), ("text",))
        self.names = Interner[str](interned_table(table, "name"), ("text",))
        self.branches = Interner[str](interned_table(table, "branch"), ("text",))
        self.runs = RunTable(table)
        self._appending = threading.Lock()
        self._on_progress: OnProgress | None = None

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that create the tables; safe to run again."""
        return log_statements(self.events_table_name)

    def create_table(self) -> None:
        """Create what is missing; a complete log is opened without waiting for its writer."""
        if not self.has_tables():
            super().create_table()

    def _create_table(self, c: library.SQLiteCursor) -> None:
        """Create what is missing; what a former layout holds is taken over. Raises CorruptRecord."""
        former = FormerLog.find(c, self.events_table_name)
        if former is not None:
            former.set_aside(c)
        super()._create_table(c)
        if former is not None:
            self._take_over(c, former)

    def _take_over(self, c: library.SQLiteCursor, former: FormerLog) -> None:
        branch_id = self.branches.find(c, MAIN_BRANCH) or 0
        done = 0
        for events in former.batches(c):
            for event in events:
                if event.branch_id != branch_id:
                    raise CorruptRecord(f"position {event.position} is not on the main branch")
            columns, states = columns_of(events)
            former.check(events, self.runs.write(c, done, branch_id, columns, states))
            done += len(events)
            if self._on_progress is not None:
                self._on_progress(done, former.head)
        former.drop(c)
        # Nothing is committed yet.
        self._rolled_back()

    def bring_up(self, on_progress: OnProgress | None) -> None:
        """Create what is missing, as `create_table` does, and tell how many events of all are converted."""
        self._on_progress = on_progress
        self.create_table()

    def has_tables(self) -> bool:
        """Return whether every table, index and trigger is there."""
        wanted = {name for text in self.create_table_statements for name in _CREATED.findall(text)}
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT name FROM sqlite_master")
            return wanted <= {row[0] for row in c.fetchall()}

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: object
    ) -> Sequence[int] | None:
        """Append events of any number of streams in one transaction. Raises the library's IntegrityError."""
        with self._append_transaction() as c:
            return self._insert_events(c, stored_events, **kwargs)

    def _insert_events(
        self, c: library.SQLiteCursor, stored_events: Sequence[StoredEvent], **_: object
    ) -> Sequence[int] | None:
        self._insert_rows(c, rows_of(stored_events), self.runs.head(c))
        return None

    @contextmanager
    def _append_transaction(self) -> Iterator[library.SQLiteCursor]:
        # One append at a time: what a transaction taught the caches is settled before the next one begins.
        with self._appending:
            try:
                self.datastore.pool.check_in_place()
                with self.datastore.transaction(commit=True) as c:
                    yield c
            except BaseException:
                self._rolled_back()
                raise
            self._committed()

    def _committed(self) -> None:
        for interner in (self.streams, self.names, self.branches):
            interner.confirm()

    def _rolled_back(self) -> None:
        for interner in (self.streams, self.names, self.branches):
            interner.forget()
        self.runs.forget()

    def _insert_rows(self, c: library.SQLiteCursor, rows: Sequence[NewRow], head: int) -> int:
        """Insert rows after `head`; return the new head."""
        return self._insert_columns(c, *zip(*rows, strict=True), head=head) if rows else head

    def _insert_columns(
        self,
        c: library.SQLiteCursor,
        streams: Sequence[str],
        versions: Sequence[int],
        names: Sequence[str],
        states: Sequence[bytes],
        *,
        head: int,
    ) -> int:
        branch_id = self.branches.intern(c, MAIN_BRANCH)
        columns = (self.streams.intern_all(c, streams), versions, self.names.intern_all(c, names))
        self.runs.write(c, head, branch_id, columns, states)
        return head + len(states)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's events by version."""
        rows = self.select_stream(
            stream_text(originator_id), gt=gt, lte=lte, desc=desc, limit=limit
        )
        convert = self.convert_originator_id
        return [
            StoredEvent(convert(stream), version, name, state)
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
        with self.datastore.transaction(commit=False) as c:
            branch_id = self.branches.find(c, MAIN_BRANCH)
            stream_id = self.streams.find(c, stream)
            name_ids = self._name_ids(c, names)
            if branch_id is None or stream_id is None or (names and not name_ids):
                return []
            text, params = versions_of_stream(
                self.events_table_name,
                (branch_id, stream_id),
                gt=gt,
                lte=lte,
                after=after,
                desc=desc,
                limit=None if names else limit,
            )
            rows = self.runs.of_stream(c, stream_id, text, params)
            if names:
                rows = islice((row for row in rows if row[3] in name_ids), limit)
            return self._named(c, rows)

    def _name_ids(self, c: library.SQLiteCursor, names: Collection[str]) -> list[int]:
        found = (self.names.find(c, name) for name in dict.fromkeys(names))
        return [name_id for name_id in found if name_id is not None]

    def _named(self, c: library.SQLiteCursor, rows: Iterable[NumberedRow]) -> list[LogRow]:
        # All rows first: looking names up takes the cursor.
        numbered = list(rows)
        stream_of, name_of = self.streams.key, self.names.key
        named: list[LogRow] = []
        for position, stream_id, version, name_id, state in numbered:
            stream, name = stream_of(c, stream_id), name_of(c, name_id)
            if stream is None or name is None:
                raise CorruptRecord(
                    f"position {position} refers to a stream or name that is not there"
                )
            named.append((position, stream, version, name, state))
        return named


def stream_text(originator_id: UUID | str) -> str:
    """Return an originator id as it is stored."""
    return originator_id if isinstance(originator_id, str) else originator_id.hex


def rows_of(stored_events: Sequence[StoredEvent]) -> list[NewRow]:
    """Return the library's stored events as rows."""
    return [
        (stream_text(event.originator_id), event.originator_version, event.topic, event.state)
        for event in stored_events
    ]
