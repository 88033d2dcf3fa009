"""The ledger's log: domain events into the event store and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from eventsourcing.domain import EventSourcingError
from eventsourcing.persistence import InfrastructureFactory, IntegrityError

from adapters.eventstore.codec import Codec
from adapters.eventstore.database import explain, parse_db_name
from adapters.eventstore.envelopes import fact_key
from adapters.eventstore.log_recorder import LedgerApplicationRecorder
from adapters.eventstore.log_store import Batch, FactKey, LogRow, LogStore
from adapters.eventstore.log_tree import LedgerLogTree
from adapters.eventstore.placement import Placement
from adapters.eventstore.restoring import Restoration
from adapters.eventstore.sqlite import Factory
from adapters.keyring.file import KEYRING_SUFFIX, Keyring
from domain.application.catalogue import REGISTRY
from domain.application.ports import BEFORE_FIRST, Clock
from domain.kernel.envelope import NewEvent, Provenance, RecordedEvent
from domain.kernel.errors import (
    CorruptRecord,
    InvalidCursor,
    InvalidInput,
    InvalidPageSize,
    VersionConflict,
)
from domain.kernel.ids import Position, StreamName, Version

READ_LIMIT_MAX: Final = 10_000
APPEND_EVENTS_MAX: Final = 100_000
WAIT_SECONDS_MAX: Final = 3_600.0

_POSITION_MAX: Final = 2**63 - 1
"""The highest integer that the databases hold."""


def open_log(
    db: str, clock: Clock, *, readonly: bool = False, keyring: Path | None = None
) -> LedgerLog:
    """Open the ledger in the file that `db` names (a path or `sqlite:///path`), and make it when it is not there.

    The keys of personal texts are in the file `keyring`, beside the ledger's own where none is named; it is made with
    the first such text. With `readonly` nothing is made or changed. Raises InvalidInput, Unavailable, ForeignDatabase
    or NewerSchema, and has written nothing then.
    """
    path = parse_db_name(db)
    env = {
        "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
        Factory.SQLITE_DBNAME: str(path),
        Factory.ORIGINATOR_ID_TYPE: "text",
        Factory.SQLITE_READONLY: "yes" if readonly else "no",
    }
    try:
        factory = InfrastructureFactory.construct(env)
        try:
            recorder = _recorder_of(factory, path)
        except BaseException:
            factory.close()
            raise
    except EventSourcingError as error:
        raise explain(error, path) from error
    keys = Keyring(keyring or path.with_name(path.name + KEYRING_SUFFIX), clock)
    return LedgerLog(recorder, clock, factory.close, keys)


def _recorder_of(factory: InfrastructureFactory, path: Path) -> LedgerApplicationRecorder:
    recorder = cast(LedgerApplicationRecorder, factory.application_recorder())
    if not recorder.has_log():
        raise InvalidInput(f"`{path}` holds no log", hint="name the ledger's own file")
    return recorder


class LedgerLog:
    """The append-only log in a database; implements the `EventLog` port.

    Any number of threads may use it; processes may share the database. A method of a closed log raises InternalError.
    """

    def __init__(
        self, recorder: LogStore, clock: Clock, close: Callable[[], None], keyring: Keyring
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._close = close
        self._codec = Codec(REGISTRY, keyring=keyring)
        self.keyring = keyring

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wake whoever waits and close the database and the keyring; safe to call again."""
        self._close()
        self.keyring.close()

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        """Append all events or none, in order, and return them with their positions.

        `expected` gives the present version (0: empty) of streams; each one named is checked, also when nothing is
        appended to it. Raises VersionConflict and writes nothing when a stream has moved on or a chain fact is
        recorded already, InvalidInput for a value that cannot be stored, Unavailable for a lock or a full disk.
        """
        if not events:
            return ()
        if len(events) > APPEND_EVENTS_MAX:
            raise InvalidInput(
                f"{len(events)} events are too many for one append",
                hint=f"append at most {APPEND_EVENTS_MAX} at once",
            )
        # The caller's list may change before what was appended is looked at.
        events = tuple(events)
        self._codec.prepare(event.event for event in events)
        placed: list[Placement] = []

        def plan(head: int, versions: Mapping[str, int]) -> Batch:
            for stream, version in expected.items():
                if versions[stream] != version:
                    raise VersionConflict(
                        f"stream `{stream}` is at version {versions[stream]}, not {version}",
                        hint="somebody else appended first: read it again and decide again",
                    )
            placed[:] = [Placement(events, head, versions, self._clock.now_iso())]
            return placed[0].batch(self._codec)

        streams = {event.stream for event in events} | expected.keys()
        with self._explained():
            try:
                self._recorder.append(streams, plan)
            except IntegrityError as error:
                raise self._conflict(events, error) from error
        return placed[0]

    def restore(self, after: Position, states: Sequence[bytes]) -> Position:
        """Append events that were stored before, all or none, behind position `after`; return the head.

        The bytes are stored as they are. Raises VersionConflict when the head is elsewhere, CorruptRecord, naming the
        position, for bytes that are no event or an event that does not follow on what is there, and NewerSchema.
        """
        if len(states) > APPEND_EVENTS_MAX:
            raise InvalidInput(f"{len(states)} events are too many for one append")
        restoration = Restoration(self._codec, after, states)
        with self._explained():
            try:
                self._recorder.append(restoration.streams, restoration.batch)
            except IntegrityError as error:
                facts = [event.provenance for event in restoration.events if event.provenance]
                raise restoration.twice(self.recorded_facts(facts)) from error
        return Position(after + len(states))

    def _conflict(self, events: Sequence[NewEvent], error: IntegrityError) -> VersionConflict:
        facts = [event.provenance for event in events if event.provenance is not None]
        seen: set[FactKey] = set()
        for fact, position in zip(facts, self.recorded_facts(facts), strict=True):
            log = f"log {fact.log_index} of transaction {fact.transaction_hash}"
            if position is not None:
                return VersionConflict(
                    f"{log} is recorded already, at position {position}",
                    hint="leave out the facts that are recorded",
                )
            if fact_key(fact) in seen:
                return VersionConflict(f"{log} is twice in one append", hint="append it once")
            seen.add(fact_key(fact))
        return VersionConflict(f"the log refused the append: {error}")

    def read(
        self,
        after: Position,
        limit: int,
        *,
        names: Sequence[str] = (),
        stream: StreamName | None = None,
    ) -> Sequence[RecordedEvent]:
        """Return up to `limit` (1 to 10 000) events with a position above `after`, in order.

        Only those of `stream` and with one of `names`, where given. Raises InvalidCursor, InvalidPageSize and
        CorruptRecord.
        """
        _check_page(after, limit)
        with self._explained():
            if stream is None:
                rows = self._recorder.select_positions(after, limit, names=names)
                if not names:
                    _check_dense(after, rows)
            else:
                rows = self._recorder.select_stream(stream, after=after, names=names, limit=limit)
        return self._decode(rows)

    def read_at(self, positions: Sequence[Position]) -> Sequence[RecordedEvent]:
        """Return the events at `positions`, which rise, in order. Raises CorruptRecord when one is missing."""
        with self._explained():
            rows = self._recorder.select_at(positions)
        if len(rows) != len(positions):
            there = {row[0] for row in rows}
            missing = next((p for p in positions if p not in there), positions[0])
            raise CorruptRecord(
                f"there is no event at position {missing}",
                hint="check the log with `agentgpt log check`",
            )
        return self._decode(rows)

    def read_stream(
        self, stream: StreamName, after: Version = BEFORE_FIRST
    ) -> Sequence[RecordedEvent]:
        """Return the stream's events with a version above `after`, in order. Raises CorruptRecord."""
        with self._explained():
            rows = self._recorder.select_stream(stream, gt=after)
        return self._decode(rows)

    def last_of_stream(self, stream: StreamName) -> RecordedEvent | None:
        """Return the stream's newest event, or None. Raises CorruptRecord."""
        with self._explained():
            rows = self._recorder.select_stream(stream, desc=True, limit=1)
        return self._decode(rows)[0] if rows else None

    def versions(self, streams: Sequence[StreamName]) -> Mapping[StreamName, Version]:
        """Return the present version of each stream, all at one moment; streams without events are left out."""
        with self._explained():
            found = self._recorder.versions(streams)
        return {StreamName(name): Version(number) for name, number in found.items() if number}

    def recorded_facts(self, facts: Sequence[Provenance]) -> Sequence[Position | None]:
        """Return for each chain fact the position it is recorded at, None when it is not.

        A fact is known by chain, block hash, transaction hash and log index; the rest is not looked at.
        """
        with self._explained():
            found = self._recorder.fact_positions([fact_key(fact) for fact in facts])
        return [None if position is None else Position(position) for position in found]

    def head(self) -> Position:
        """Return the highest position, 0 for an empty log."""
        with self._explained():
            return Position(self._recorder.max_notification_id() or 0)

    def wait(self, after: Position, timeout_seconds: float) -> Position:
        """Block until the head is above `after` or the time (at most an hour) is over; return the head.

        An append of this process wakes at once, one of another process within a few hundredths of a second.
        """
        head = self.head()
        if head > after or timeout_seconds <= 0:
            return head
        self._recorder.watch.wait_above(after, min(timeout_seconds, WAIT_SECONDS_MAX))
        return self.head()

    def raw(self, after: Position, limit: int) -> Sequence[tuple[Position, bytes]]:
        """Return up to `limit` (1 to 10 000) pairs of position and stored bytes above `after`, in order.

        The bytes are as they are stored, unchecked. Raises InvalidCursor and InvalidPageSize.
        """
        _check_page(after, limit)
        with self._explained():
            rows = self._recorder.select_raw(after, limit)
        _check_dense(after, rows)
        return cast(Sequence[tuple[Position, bytes]], rows)

    @property
    def tree(self) -> LedgerLogTree:
        """The Merkle tree over the stored bytes."""
        return LedgerLogTree(self._recorder)

    def _decode(self, rows: Sequence[LogRow]) -> list[RecordedEvent]:
        decode = self._codec.decode
        return [
            decode(state, position=position, stream=stream, version=version, name=name)
            for position, stream, version, name, state in rows
        ]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except EventSourcingError as error:
            raise self._recorder.explain(error) from error


def _check_dense(after: int, rows: Sequence[tuple[int, *tuple[object, ...]]]) -> None:
    if rows and rows[-1][0] != after + len(rows):
        missing = next(due for due, row in enumerate(rows, after + 1) if row[0] != due)
        raise CorruptRecord(
            f"there is no event at position {missing}",
            hint="events were removed with another tool: restore a copy of the database",
        )


def _check_page(after: int, limit: int) -> None:
    if not 0 <= after <= _POSITION_MAX:
        raise InvalidCursor(
            f"{after} is not a position", hint="positions start at 1; 0 reads from the start"
        )
    if not 1 <= limit <= READ_LIMIT_MAX:
        raise InvalidPageSize(
            f"a page of {limit} events is not possible", hint=f"ask for 1 to {READ_LIMIT_MAX}"
        )
