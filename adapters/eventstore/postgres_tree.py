"""The stored Merkle tree of a log in PostgreSQL: each event's row holds its leaf and the nodes that it completes."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

from collections.abc import Sequence

from adapters.eventstore.postgres_pool import PostgresDatastore
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Position
from domain.kernel.merkle import HASH_BYTES, edge_places, node_place


class PostgresStoredTree:
    """Implements `StoredTree`."""

    def __init__(self, datastore: PostgresDatastore, events: str, head: str) -> None:
        self._datastore = datastore
        self._select_size = f"SELECT position FROM {head}"
        self._select_last = f"SELECT max(position) FROM {events}"
        self._select_head = (
            f"SELECT position, edge, (SELECT max(position) FROM {events}) FROM {head}"
        )
        self._select_nodes = select_nodes(events)
        bounds = "position > $1 AND position <= $2"
        # Every event is on the main branch: one that was moved away is missing.
        self._select_states = f"SELECT position, state FROM {events} WHERE {bounds} AND branch_id = 1 ORDER BY position"
        self._count_facts = (
            f"SELECT count(*) FROM {events} WHERE position <= $1 AND chain_id IS NOT NULL"
        )
        self._select_rows = (
            f"SELECT position, hashes FROM {events} WHERE {bounds} ORDER BY position"
        )

    def size(self) -> int:
        """Return how many leaves the tree has: as many as were ever appended."""
        size: int = self._datastore.read(lambda c: c.fetchval(self._select_size))
        return size

    def last_position(self) -> int:
        """Return the highest position that has an event."""
        last: int | None = self._datastore.read(lambda c: c.fetchval(self._select_last))
        return last or 0

    def nodes(self, places: Sequence[tuple[int, int]]) -> Sequence[bytes]:
        """Return complete nodes by level and index. Raises CorruptRecord for one that is not there."""
        if not places:
            return []
        columns = node_columns(places)
        rows = self._datastore.read(lambda c: c.fetch(self._select_nodes, *columns))
        return checked_nodes(rows)

    def rows(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the rows of the tree in (after, until] by position, unchecked."""
        rows = self._datastore.read(lambda c: c.fetch(self._select_rows, after, until))
        return [tuple(row) for row in rows]

    def indexed_facts(self, until: int | None) -> int:
        """Return how many rows up to `until` are chain facts; with None, beyond the last event: none can be there."""
        if until is None:
            return 0
        count: int = self._datastore.read(lambda c: c.fetchval(self._count_facts, until))
        return count

    def misplaced(self, after: int, until: int) -> int | None:  # noqa: ARG002 - as the protocol has it
        """Return the first position at which the stored head is not what the rows say, or None.

        The head is all that repeats what rows say: where the log ends, and the tree's edge there.
        """
        head: int
        head, edge, last = self._datastore.read(lambda c: c.fetchrow(self._select_head))
        if until < (last or 0):
            return None
        if head < (last or 0):
            return max(0, head) + 1
        if edge != b"".join(self.nodes(edge_places(head))):
            return Position(head)
        return None

    def states(self, after: int, until: int) -> Sequence[tuple[Position, bytes]]:
        """Return the stored bytes of the events in (after, until] by position, unchecked."""
        rows = self._datastore.read(lambda c: c.fetch(self._select_states, after, until))
        return [tuple(row) for row in rows]


def select_nodes(events: str) -> str:
    """Return the statement that reads nodes in the order of its parameters, those of `node_columns`."""
    return (
        "SELECT wanted.position, found.hash FROM unnest($1::bigint[], $2::int[]) "
        "WITH ORDINALITY AS wanted (position, place, number) LEFT JOIN LATERAL ("
        f"SELECT substr(hashes, wanted.place, {HASH_BYTES}) AS hash FROM {events} AS event "
        "WHERE event.position = wanted.position LIMIT 1) AS found ON true ORDER BY wanted.number"
    )


def node_columns(places: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Return at which positions nodes are stored, and from which byte on, counted from 1."""
    stored = [node_place(level, index) for level, index in places]
    return [position for position, _ in stored], [offset + 1 for _, offset in stored]


def checked_nodes(rows: Sequence[tuple[int, bytes | None]]) -> list[bytes]:
    """Return the hashes of what `select_nodes` gave. Raises CorruptRecord for one that is not there."""
    nodes = []
    for position, node in rows:
        if node is None or len(node) != HASH_BYTES:
            raise CorruptRecord(
                f"the Merkle tree lacks a hash at position {position}",
                hint="`agentgpt log check` says what else is wrong; restore a copy of the database",
            )
        nodes.append(node)
    return nodes
