"""Roots and proofs of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.log_store import LogStore, StoredTree
from domain.kernel.errors import CorruptRecord, InvalidCursor
from domain.kernel.ids import Position
from domain.kernel.merkle import (
    HASH_BYTES,
    ConsistencyProof,
    HashAt,
    InclusionProof,
    TreeHead,
    consistency_hashes,
    edge_places,
    inclusion_hashes,
    root_of,
)

Result = TypeVar("Result")


class LedgerLogTree:
    """Implements the `LogTree` port; every answer is of one moment of the database."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def head(self, size: int | None = None) -> TreeHead:
        """Return the root over the first `size` events, all of them when None. Raises InvalidCursor."""
        with self._reading() as stored:
            whole = _size(stored, size)
            return TreeHead(whole, _computed(stored, lambda hash_at: root_of(hash_at, whole)))

    def inclusion(self, position: Position, size: int | None = None) -> InclusionProof:
        """Return the proof that an event is in the log of `size` events. Raises InvalidCursor and CorruptRecord."""
        with self._reading() as stored:
            whole = _size(stored, size)
            if not 1 <= position <= whole:
                raise InvalidCursor(
                    f"{position} is not a position of a log of {whole} events",
                    hint=f"positions are 1 to {whole}",
                )
            hashes = _computed(
                stored, lambda hash_at: inclusion_hashes(hash_at, position - 1, whole)
            )
            states = stored.states(position - 1, position)
        if not states or not isinstance(states[0][1], bytes):
            raise CorruptRecord(
                f"there is no event at position {position}",
                hint="it was removed with another tool: restore a copy of the database",
            )
        return InclusionProof(position, whole, states[0][1], hashes)

    def consistency(self, old_size: int, new_size: int | None = None) -> ConsistencyProof:
        """Return the proof that the log of `new_size` events begins with that of `old_size`. Raises InvalidCursor."""
        with self._reading() as stored:
            whole = _size(stored, new_size)
            if not 0 <= old_size <= whole:
                raise InvalidCursor(
                    f"a log of {whole} events does not begin with one of {old_size}",
                    hint="name the smaller size first",
                )
            hashes = _computed(stored, lambda hash_at: consistency_hashes(hash_at, old_size, whole))
        return ConsistencyProof(old_size, whole, hashes)

    def edge(self, size: int) -> Sequence[bytes]:
        """Return the hashes of the fewest complete nodes over the first `size` events. Raises InvalidCursor."""
        with self._reading() as stored:
            return tuple(stored.nodes(edge_places(_size(stored, size))))

    def extent(self) -> Position:
        """Return the highest position of either the log or its tree: they differ only when somebody changed one."""
        with self._reading() as stored:
            return Position(max(stored.size(), stored.last_position()))

    def indexed_facts(self, until: Position) -> int:
        """Return how many chain facts the index has at positions up to `until`."""
        with self._reading() as stored:
            return stored.indexed_facts(until)

    def indexed_beyond(self) -> bool:
        """Return whether the index of chain facts has any beyond the last event."""
        with self._reading() as stored:
            return stored.indexed_facts(None) > 0

    def misplaced(self, after: Position, until: Position) -> Position | None:
        """Return the first position in (after, until] that an index beside the log does not lead to, or None."""
        with self._reading() as stored:
            found = stored.misplaced(after, until)
        return None if found is None else Position(found)

    def stored(
        self, after: Position, until: Position
    ) -> tuple[Sequence[tuple[Position, bytes]], Sequence[tuple[Position, bytes]]]:
        """Return the stored bytes and the rows of the tree in (after, until], by position, unchecked."""
        with self._reading() as stored:
            return stored.states(after, until), stored.rows(after, until)

    @contextmanager
    def _reading(self) -> Iterator[StoredTree]:
        try:
            with self._store.reading_tree() as stored:
                yield stored
        except EventSourcingError as error:
            raise self._store.explain(error) from error


def _size(stored: StoredTree, size: int | None) -> int:
    whole = stored.size()
    if size is not None and not 0 <= size <= whole:
        raise InvalidCursor(
            f"the log has {whole} events, not {size}", hint=f"sizes are 0 to {whole}"
        )
    return whole if size is None else size


def _computed(stored: StoredTree, compute: Callable[[HashAt], Result]) -> Result:
    """Return what `compute` makes of the nodes that it asks for, which are read all at once.

    It is called twice: first to see which nodes it needs.
    """
    wanted: dict[tuple[int, int], None] = {}

    def note(level: int, index: int) -> bytes:
        wanted[level, index] = None
        return bytes(HASH_BYTES)

    compute(note)
    found = dict(zip(wanted, stored.nodes(list(wanted)), strict=True))
    return compute(lambda level, index: found[level, index])
