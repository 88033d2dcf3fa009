"""What the use cases need from the outside. Adapters implement these; nothing here knows how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from domain.application.row_history import KeptRow, RowState, ScopeSpan
from domain.kernel.envelope import NewEvent, Provenance, RecordedEvent
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import (
    Address,
    BlockNumber,
    ChainId,
    Hash32,
    Position,
    StreamName,
    Timestamp,
    Version,
)
from domain.kernel.merkle import ConsistencyProof, InclusionProof, TreeHead

BEFORE_FIRST = Version(0)
"""The version of a stream without events."""

START = Position(0)
"""The position of a log without events."""


class Clock(Protocol):
    """Tells the time; the domain never asks anything else for it."""

    def now_iso(self) -> str:
        """Return the present moment as ISO 8601 in UTC with microseconds and a `Z`."""
        ...


class EventLog(Protocol):
    """The append-only log."""

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        """Append all events or none, in order, and return them with their positions.

        `expected` gives the present version (0: empty) of each stream written to; a stream that is not
        named there is appended to whatever its version is. Raises VersionConflict and writes nothing
        when a stream has moved on or a chain fact is recorded already.
        """
        ...

    def read(
        self,
        after: Position,
        limit: int,
        *,
        names: Sequence[str] = (),
        stream: StreamName | None = None,
    ) -> Sequence[RecordedEvent]:
        """Return up to `limit` events with a position above `after`, in order, optionally filtered."""
        ...

    def read_at(self, positions: Sequence[Position]) -> Sequence[RecordedEvent]:
        """Return the events at `positions`, which rise, in order. Raises CorruptRecord when one is missing."""
        ...

    def read_stream(
        self, stream: StreamName, after: Version = BEFORE_FIRST
    ) -> Sequence[RecordedEvent]:
        """Return the stream's events with a version above `after`, in order."""
        ...

    def last_of_stream(self, stream: StreamName) -> RecordedEvent | None:
        """Return the stream's newest event, or None."""
        ...

    def versions(self, streams: Sequence[StreamName]) -> Mapping[StreamName, Version]:
        """Return the present version of each stream; streams without events are left out."""
        ...

    def recorded_facts(self, facts: Sequence[Provenance]) -> Sequence[Position | None]:
        """Return for each chain fact the position it is recorded at, None when it is not.

        A fact is known by chain, block hash, transaction hash and log index; the rest is not looked at.
        """
        ...

    def head(self) -> Position:
        """Return the highest position, 0 for an empty log."""
        ...

    def wait(self, after: Position, timeout_seconds: float) -> Position:
        """Block until the head is above `after` or the time is over; return the head."""
        ...


class SubjectKeys(Protocol):
    """The keys that personal texts are sealed with, kept outside the log."""

    def destroy(self, subject: Address) -> None:
        """Destroy every key of the subject; when this returns nobody can read what they sealed. Safe to repeat."""
        ...

    def destroyed(self, subject: Address) -> Sequence[str]:
        """Return the ids of the subject's destroyed keys, oldest first."""
        ...

    def is_there(self) -> bool:
        """Tell whether there are keys that this user may read."""
        ...


class LogTree(Protocol):
    """The Merkle tree over the exact stored bytes of the log."""

    def head(self, size: int | None = None) -> TreeHead:
        """Return the root over the first `size` events, all of them when None. Raises InvalidCursor."""
        ...

    def inclusion(self, position: Position, size: int | None = None) -> InclusionProof:
        """Return the proof that an event is in the log of `size` events. Raises InvalidCursor."""
        ...

    def consistency(self, old_size: int, new_size: int | None = None) -> ConsistencyProof:
        """Return the proof that the log of `new_size` events begins with that of `old_size`. Raises InvalidCursor."""
        ...

    def edge(self, size: int) -> Sequence[bytes]:
        """Return the hashes of the fewest complete nodes over the first `size` events, from left to right.

        They are what a tree needs to grow on. Raises InvalidCursor.
        """
        ...

    def extent(self) -> Position:
        """Return the highest position of either the log or its tree: they differ only when somebody changed one."""
        ...

    def indexed_facts(self, until: Position) -> int:
        """Return how many chain facts the index has at positions up to `until`."""
        ...

    def indexed_beyond(self) -> bool:
        """Return whether the index of chain facts has any beyond the last event."""
        ...

    def misplaced(self, after: Position, until: Position) -> Position | None:
        """Return the first position in (after, until] that an index beside the log does not lead to, or None."""
        ...

    def stored(
        self, after: Position, until: Position
    ) -> tuple[Sequence[tuple[Position, bytes]], Sequence[tuple[Position, bytes]]]:
        """Return the stored bytes and the rows of the tree in (after, until], by position, unchecked."""
        ...


class StoredBytes(Protocol):
    """The exact stored bytes of the log: out as they stand, and into another log as they are."""

    def raw(self, after: Position, limit: int) -> Sequence[tuple[Position, bytes]]:
        """Return up to `limit` pairs of position and stored bytes above `after`, in order, unchecked."""
        ...

    def restore(self, after: Position, states: Sequence[bytes]) -> Position:
        """Append events that were stored before, all or none, behind position `after`; return the head.

        Raises VersionConflict when the head is elsewhere, CorruptRecord for bytes that are no event or an event that
        does not follow on what is there, NewerSchema for an event of a later version of the program.
        """
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a read model: `body` is JSON-ready (amounts as decimal strings)."""

    key: str
    scope: str
    body: Mapping[str, object]
    position: Position


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that a projection could not fold into one key: it is skipped there, reported, and stops nothing else.

    `key` is empty when the projection could not even say which rows the event concerns. `error` is one line.
    """

    projection: str
    position: Position
    key: str
    error: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stored projection is: the version of its fold and the last position it has taken in.

    Each reset gives it another `generation`: what was read before is not of these rows.
    """

    version: int
    position: Position
    generation: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ProjectionChange:
    """What the events in (`after`, `checkpoint`] did to one projection.

    `rows` replace the rows of the same keys; `kept` and `spans` are added to their history. `after` is the checkpoint
    that the change was computed from, and `generation` that of its rows, None for any: a store that stands elsewhere
    refuses it, so that two writers never mix. Events parked from `refolded_from` on for the keys `refolded` are dropped
    before `parked` is added: those rows were folded again.
    """

    projection: str
    version: int
    after: Position
    checkpoint: Position
    rows: Sequence[RowState]
    kept: Sequence[KeptRow] = ()
    spans: Sequence[ScopeSpan] = ()
    parked: Sequence[ParkedEvent] = ()
    refolded: Sequence[str] = ()
    refolded_from: Position = START
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block by number and hash."""

    number: BlockNumber
    hash: Hash32
    parent_hash: Hash32
    time: Timestamp


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts stand on a chain."""

    chain_id: ChainId
    genesis_hash: Hash32
    start_block: BlockNumber
    token: Address
    arbiter: Address
    registry: Address
    verifier: Address
    timelock: Address


@dataclass(frozen=True, slots=True)
class TranslatedLog:
    """A chain log as a domain event with its provenance, and the stream it belongs to."""

    stream: StreamName
    event: Event
    provenance: Provenance


class TooManyFacts(Unavailable):
    """A range of blocks holds more facts than are read at once; a shorter range may do."""
