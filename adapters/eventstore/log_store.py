"""What the log needs of the database that holds it. SQLite's recorder and PostgreSQL's both give it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.kernel.errors import LedgerError
from domain.kernel.ids import Position

NewRow: TypeAlias = tuple[str, int, str, bytes]
"""Stream, version, name, bytes to store."""

LogRow: TypeAlias = tuple[int, str, int, str, bytes]
"""Position, stream, version, name, stored bytes."""

FactKey: TypeAlias = tuple[int, bytes, bytes, int]
"""Chain id, block hash, transaction hash, log index."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one append writes: rows in order, and which of them (by index) are which chain facts."""

    rows: Sequence[NewRow]
    facts: Sequence[tuple[int, FactKey]] = ()


Plan: TypeAlias = Callable[[int, Mapping[str, int]], Batch]
"""From the present head and the present versions of the streams asked for (0: empty) to the batch to append.

It may be called again, when somebody else appended after it was called, and must not use the log.
"""


class HeadWaiter(Protocol):
    """Knows when the head rises."""

    def wait_above(self, after: int, timeout_seconds: float) -> bool:
        """Block until the head is above `after`; False when the time is over or the log was closed."""
        ...


class StoredTree(Protocol):
    """The stored tree and the bytes it is over, as they are at one moment."""

    def size(self) -> int:
        """Return how many leaves the tree has."""
        ...

    def last_position(self) -> int:
        """Return the highest position that has or ever had an event, as far as the database can tell."""
        ...

    def nodes(self, places: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """Return complete nodes by level and index. Raises CorruptRecord for one that is not there."""
        ...

    def rows(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the rows of the tree in (after, until] by position, unchecked."""
        ...

    def indexed_facts(self, until: int | None) -> int:
        """Return how many chain facts the index has at positions up to `until`; with None, beyond the last event."""
        ...

    def misplaced(self, after: int, until: int) -> int | None:
        """Return the first position in (after, until] that an index of the log's own does not lead to, or None."""
        ...

    def states(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the stored bytes of the events in (after, until] by position, unchecked."""
        ...


class LogStore(Protocol):
    """A log in a database. Methods raise the `eventsourcing` library's errors, which `explain` makes the ledger's."""

    @property
    def watch(self) -> HeadWaiter:
        """What waits for the head."""
        ...

    def explain(self, error: BaseException) -> LedgerError:
        """Return the ledger's error for one of the library's."""
        ...

    def append(self, streams: Collection[str], plan: Plan) -> Sequence[int]:
        """Append the batch that `plan` makes of the present head and versions of `streams`; return its positions.

        Nothing can come between what the plan saw and what is written. An exception of the plan writes nothing and
        goes through. Raises the library's IntegrityError for a version or fact that is there already.
        """
        ...

    def select_positions(
        self, after: int, limit: int, *, stop: int | None = None, names: Sequence[str] = ()
    ) -> Sequence[LogRow]:
        """Return up to `limit` rows with positions in (after, stop], in order, of some names only."""
        ...

    def select_stream(
        self,
        stream: str,
        *,
        gt: int | None = None,
        after: int | None = None,
        names: Sequence[str] = (),
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[LogRow]:
        """Return a stream's rows by version: versions above `gt`, positions above `after`, of some names only."""
        ...

    def select_at(self, positions: Sequence[int]) -> Sequence[LogRow]:
        """Return the rows at `positions`, in order; those that are not there are left out."""
        ...

    def select_raw(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return up to `limit` pairs of position and stored bytes above `after`, in order."""
        ...

    def versions(self, streams: Collection[str]) -> Mapping[str, int]:
        """Return the present version of each stream, 0 for an empty one, all at one moment."""
        ...

    def fact_positions(self, keys: Sequence[FactKey]) -> Sequence[int | None]:
        """Return for each chain fact the position it is recorded at, or None."""
        ...

    def max_notification_id(self) -> int | None:
        """Return the last position, or None for an empty log."""
        ...

    def reading_tree(self) -> AbstractContextManager[StoredTree]:
        """Open the tree for reading."""
        ...
