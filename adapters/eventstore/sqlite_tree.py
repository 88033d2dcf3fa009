"""The stored tree of a log in SQLite, read in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.index_check import IndexCheck
from adapters.eventstore.tree import TreeTable
from domain.kernel.ids import Position


class SqliteStoredTree:
    """Implements `StoredTree` over one cursor, so that every answer is of the same moment."""

    def __init__(
        self,
        tree: TreeTable,
        indexes: IndexCheck,
        cursor: SQLiteCursor,
        last_position: Callable[[SQLiteCursor], int],
    ) -> None:
        self._tree = tree
        self._indexes = indexes
        self._cursor = cursor
        self._last_position = last_position

    def size(self) -> int:
        """Return how many leaves the tree has."""
        return self._tree.size(self._cursor)

    def last_position(self) -> int:
        """Return the highest position that has or ever had an event, as far as the database can tell."""
        return self._last_position(self._cursor)

    def nodes(self, places: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """Return complete nodes by level and index. Raises CorruptRecord for one that is not there."""
        hash_at = self._tree.hash_at(self._cursor)
        return [hash_at(level, index) for level, index in places]

    def rows(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the rows of the tree in (after, until] by position, unchecked."""
        return self._tree.rows(self._cursor, after, until)

    def indexed_facts(self, until: int | None) -> int:
        """Return how many chain facts the index has at positions up to `until`; with None, beyond the last event."""
        return self._indexes.facts(self._cursor, until)

    def misplaced(self, after: int, until: int) -> int | None:
        """Return the first position in (after, until] that an index of the log's own does not lead to, or None."""
        return self._indexes.first_misplaced(self._cursor, after, until)

    def states(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the stored bytes of the events in (after, until] by position, unchecked."""
        return self._tree.states(self._cursor, after, until)
