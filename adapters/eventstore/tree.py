"""The Merkle tree over the log's stored bytes, in a table of its own beside the log.

One row for each event: its leaf hash and the hashes of the nodes it completes, lowest first. The row of position p so
holds one hash and one more for each factor of two in p, and rows are only ever added at the end.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.queries import RowInsert
from adapters.eventstore.schema import TREE_TABLE_SUFFIX, interned_table
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import MAIN_BRANCH, Position
from domain.kernel.merkle import HASH_BYTES, Frontier, HashAt, node_place

BUILD_ROWS = 5_000


class TreeTable:
    """Reads and writes the tree beside the log `table`, always in the caller's transaction."""

    def __init__(self, table: str) -> None:
        tree = table + TREE_TABLE_SUFFIX
        self._insert = RowInsert(tree, ("position", "hashes"))
        self._select_size = f"SELECT MAX(position) FROM {tree}"
        self._select_hash = f"SELECT substr(hashes, ?, {HASH_BYTES}) FROM {tree} WHERE position = ?"
        self._select_rows = (
            f"SELECT position, hashes FROM {tree} WHERE position > ? AND position <= ? "
            "ORDER BY position"
        )
        # Every event is on the main branch: one that was moved away is missing. The plus sign keeps SQLite from walking
        # the index that begins with the branch instead of the positions asked for.
        self._select_states = (
            f"SELECT position, state FROM {table} WHERE position > ? AND position <= ? "
            f"AND +branch_id = (SELECT id FROM {interned_table(table, 'branch')} WHERE text = '{MAIN_BRANCH}') "
            "ORDER BY position"
        )
        # The edge of the tree as this process left it; true as long as the head is where it was then.
        self._frontier: Frontier | None = None

    def extend(self, c: SQLiteCursor, head: int, states: Iterable[bytes]) -> None:
        """Add the leaves of the events that follow `head`. Raises CorruptRecord for a tree that ends elsewhere."""
        frontier = self._frontier
        if frontier is None or frontier.size != head:
            frontier = Frontier(self._checked_size(c, head), self.hash_at(c))
        # A failure on the way must not leave an edge behind that no row stands for.
        self._frontier = None
        rows = enumerate(frontier.add(states), head + 1)
        self._insert.run(c, [value for row in rows for value in row])
        self._frontier = frontier

    def forget(self) -> None:
        """Drop what the transaction taught, which was rolled back."""
        self._frontier = None

    def build(self, c: SQLiteCursor, head: int, on_progress: OnProgress | None = None) -> None:
        """Add the leaves of all events up to `head` to an empty tree. Raises CorruptRecord for a gap."""
        for after in range(0, head, BUILD_ROWS):
            events = self.states(c, after, min(after + BUILD_ROWS, head))
            if [position for position, _ in events] != list(
                range(after + 1, min(after + BUILD_ROWS, head) + 1)
            ):
                raise CorruptRecord(
                    f"events are missing after position {after}",
                    hint="they were removed with another tool: restore a copy of the database",
                )
            self.extend(c, after, (state for _, state in events))
            if on_progress is not None:
                on_progress(min(after + BUILD_ROWS, head), head)
        # Nothing is committed yet.
        self.forget()

    def size(self, c: SQLiteCursor) -> int:
        """Return how many leaves the tree has."""
        c.execute(self._select_size)
        return cast(int, c.fetchone()[0] or 0)

    def hash_at(self, c: SQLiteCursor) -> HashAt:
        """Return a reader of complete nodes; it raises CorruptRecord for one that is not there."""

        def read(level: int, index: int) -> bytes:
            position, offset = node_place(level, index)
            c.execute(self._select_hash, (offset + 1, position))
            row = c.fetchone()
            if row is None or not isinstance(row[0], bytes) or len(row[0]) != HASH_BYTES:
                raise CorruptRecord(
                    f"the Merkle tree lacks a hash at position {position}",
                    hint="`agentgpt log check` says what else is wrong; restore a copy of the database",
                )
            return row[0]

        return read

    def rows(self, c: SQLiteCursor, after: int, until: int) -> list[tuple[Position, bytes]]:
        """Return the rows of the tree in (after, until] by position, unchecked."""
        c.sqlite_cursor.row_factory = None
        c.execute(self._select_rows, (after, until))
        return cast(list[tuple[Position, bytes]], c.fetchall())

    def states(self, c: SQLiteCursor, after: int, until: int) -> list[tuple[Position, bytes]]:
        """Return the stored bytes of the events in (after, until] by position, unchecked."""
        c.sqlite_cursor.row_factory = None
        c.execute(self._select_states, (after, until))
        return cast(list[tuple[Position, bytes]], c.fetchall())

    def _checked_size(self, c: SQLiteCursor, head: int) -> int:
        size = self.size(c)
        if size != head:
            raise CorruptRecord(
                f"the log ends at position {head} but its Merkle tree at {size}",
                hint="one of them was changed with another tool: restore a copy of the database",
            )
        return size
