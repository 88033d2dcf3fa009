"""The Merkle tree over the log's stored bytes, in the rows of the log itself.

Each event has its leaf hash and the hashes of the nodes it completes, lowest first: one hash, and one more for each
factor of two in its position. They are only ever added, with the events.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.runs import BrokenRun, count_of, hash_within, hashes_of, unpack
from adapters.eventstore.schema import interned_table
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import MAIN_BRANCH, Position
from domain.kernel.merkle import HASH_BYTES, Frontier, HashAt, node_place


class TreeTable:
    """Reads and grows the tree of the log `table`, always in the caller's transaction."""

    def __init__(self, table: str) -> None:
        self._select_size = f"SELECT MAX(position) FROM {table}"
        self._select_run = (
            f"SELECT position, places, hashes FROM {table} WHERE position >= ? "
            "ORDER BY position LIMIT 1"
        )
        # Every event is on the main branch: one that was moved away is missing.
        self._select_runs = (
            f"SELECT position, places, hashes, states FROM {table} WHERE position > ? AND branch_id = "
            f"(SELECT id FROM {interned_table(table, 'branch')} WHERE text = '{MAIN_BRANCH}') ORDER BY position"
        )
        # The edge of the tree as this process left it; true as long as the head is where it was then.
        self._frontier: Frontier | None = None

    def grow(self, c: SQLiteCursor, head: int, states: Sequence[bytes]) -> list[bytes]:
        """Return what the events that follow `head` add to the tree. Raises CorruptRecord for a tree with a gap."""
        frontier = self._frontier
        if frontier is None or frontier.size != head:
            frontier = Frontier(head, self.hash_at(c))
        # A failure on the way must not leave an edge behind that no row stands for.
        self._frontier = None
        hashes = frontier.add(states)
        self._frontier = frontier
        return hashes

    def forget(self) -> None:
        """Drop what the transaction taught, which was rolled back."""
        self._frontier = None

    def size(self, c: SQLiteCursor) -> int:
        """Return how many leaves the tree has."""
        c.execute(self._select_size)
        return cast(int, c.fetchone()[0] or 0)

    def hash_at(self, c: SQLiteCursor) -> HashAt:
        """Return a reader of complete nodes; it raises CorruptRecord for one that is not there."""

        def read(level: int, index: int) -> bytes:
            at, offset = node_place(level, index)
            c.execute(self._select_run, (at,))
            found = b""
            if (row := c.fetchone()) is not None:
                position, places, hashes = row
                try:
                    count = count_of(places)
                except BrokenRun:
                    count = 0
                if isinstance(hashes, bytes) and position - count < at:
                    found = hash_within(position, count, hashes, at, offset)
            if len(found) != HASH_BYTES:
                raise CorruptRecord(
                    f"the Merkle tree lacks a hash at position {at}",
                    hint="`agentgpt log check` says what else is wrong; restore a copy of the database",
                )
            return found

        return read

    def rows(self, c: SQLiteCursor, after: int, until: int) -> list[tuple[Position, bytes]]:
        """Return what each event in (after, until] adds to the tree by position, unchecked."""
        c.sqlite_cursor.row_factory = None
        c.execute(self._select_runs, (after,))
        rows: list[tuple[int, bytes]] = []
        while (row := c.fetchone()) is not None:
            position, places, hashes, _ = row
            try:
                count = count_of(places)
            except BrokenRun:
                continue
            if isinstance(hashes, bytes):
                rows += hashes_of(position, count, hashes)
            if position >= until:
                break
        return cast(list[tuple[Position, bytes]], _between(rows, after, until))

    def states(self, c: SQLiteCursor, after: int, until: int) -> list[tuple[Position, bytes]]:
        """Return the stored bytes of the events in (after, until] by position, unchecked.

        A row that cannot be taken apart stands for one event, of no bytes at all.
        """
        c.sqlite_cursor.row_factory = None
        c.execute(self._select_runs, (after,))
        rows: list[tuple[int, object]] = []
        while (row := c.fetchone()) is not None:
            position, places, _, states = row
            try:
                rows += [(place[0], place[4]) for place in unpack(position, places, states)]
            except BrokenRun:
                due = rows[-1][0] + 1 if rows else max(after, 0) + 1
                rows.append((min(position, due), None))
            if position >= until:
                break
        return cast(list[tuple[Position, bytes]], _between(rows, after, until))


def _between(
    rows: Sequence[tuple[int, object]], after: int, until: int
) -> list[tuple[int, object]]:
    return [row for row in rows if after < row[0] <= until]
