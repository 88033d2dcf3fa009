"""Stored bytes in a list with their Merkle tree, to make exports of anything: also of what no ledger would write."""

from __future__ import annotations

from collections.abc import Sequence

from domain.kernel.errors import InvalidCursor
from domain.kernel.ids import Position
from domain.kernel.merkle import (
    ConsistencyProof,
    Frontier,
    InclusionProof,
    TreeHead,
    consistency_hashes,
    inclusion_hashes,
    node_place,
    root_of,
)


class StoredList:
    """Implements the `LogTree` port and of `StoredBytes` what an export needs."""

    def __init__(self, states: Sequence[bytes]) -> None:
        self.states = list(states)
        self._nodes = Frontier().add(self.states)

    def raw(self, after: Position, limit: int) -> Sequence[tuple[Position, bytes]]:
        page = self.states[after : after + limit]
        return [(Position(position), state) for position, state in enumerate(page, after + 1)]

    def restore(self, after: Position, states: Sequence[bytes]) -> Position:
        raise NotImplementedError

    def head(self, size: int | None = None) -> TreeHead:
        size = len(self.states) if size is None else size
        if not 0 <= size <= len(self.states):
            raise InvalidCursor(f"{size}")
        return TreeHead(size, root_of(self._hash_at, size))

    def edge(self, size: int) -> Sequence[bytes]:
        return Frontier(size, self._hash_at).edge()

    def inclusion(self, position: Position, size: int | None = None) -> InclusionProof:
        whole = self.head(size).size
        hashes = inclusion_hashes(self._hash_at, position - 1, whole)
        return InclusionProof(position, whole, self.states[position - 1], hashes)

    def consistency(self, old_size: int, new_size: int | None = None) -> ConsistencyProof:
        new = self.head(new_size).size
        return ConsistencyProof(old_size, new, consistency_hashes(self._hash_at, old_size, new))

    def misplaced(self, after: Position, until: Position) -> Position | None:
        return None

    def extent(self) -> Position:
        return Position(len(self.states))

    def indexed_facts(self, until: Position) -> int:
        raise NotImplementedError

    def indexed_beyond(self) -> bool:
        raise NotImplementedError

    def stored(
        self, after: Position, until: Position
    ) -> tuple[Sequence[tuple[Position, bytes]], Sequence[tuple[Position, bytes]]]:
        nodes = enumerate(self._nodes[after:until], after + 1)
        return self.raw(after, until - after), [(Position(at), node) for at, node in nodes]

    def _hash_at(self, level: int, index: int) -> bytes:
        position, offset = node_place(level, index)
        return self._nodes[position - 1][offset : offset + 32]
