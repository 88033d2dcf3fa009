"""Roots and proofs of the log in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eventsourcing.domain import EventSourcingError
from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.database import explain
from adapters.eventstore.log_recorder import LedgerApplicationRecorder
from domain.kernel.errors import CorruptRecord, InvalidCursor
from domain.kernel.ids import Position
from domain.kernel.merkle import (
    ConsistencyProof,
    InclusionProof,
    TreeHead,
    consistency_hashes,
    inclusion_hashes,
    root_of,
)


class SqliteLogTree:
    """Implements the `LogTree` port; every answer is taken at one moment of the file."""

    def __init__(self, recorder: LedgerApplicationRecorder, path: Path) -> None:
        self._recorder = recorder
        self._tree = recorder.tree
        self._path = path

    def head(self, size: int | None = None) -> TreeHead:
        """Return the root over the first `size` events, all of them when None. Raises InvalidCursor."""
        with self._reading() as c:
            size = self._size(c, size)
            return TreeHead(size, root_of(self._tree.hash_at(c), size))

    def inclusion(self, position: Position, size: int | None = None) -> InclusionProof:
        """Return the proof that an event is in the log of `size` events. Raises InvalidCursor and CorruptRecord."""
        with self._reading() as c:
            size = self._size(c, size)
            if not 1 <= position <= size:
                raise InvalidCursor(
                    f"{position} is not a position of a log of {size} events",
                    hint=f"positions are 1 to {size}",
                )
            hashes = inclusion_hashes(self._tree.hash_at(c), position - 1, size)
            states = self._tree.states(c, position - 1, position)
        if not states or not isinstance(states[0][1], bytes):
            raise CorruptRecord(
                f"there is no event at position {position}",
                hint="it was removed with another tool: restore a copy of the database",
            )
        return InclusionProof(position, size, states[0][1], hashes)

    def consistency(self, old_size: int, new_size: int | None = None) -> ConsistencyProof:
        """Return the proof that the log of `new_size` events begins with that of `old_size`. Raises InvalidCursor."""
        with self._reading() as c:
            new_size = self._size(c, new_size)
            if not 0 <= old_size <= new_size:
                raise InvalidCursor(
                    f"a log of {new_size} events does not begin with one of {old_size}",
                    hint="name the smaller size first",
                )
            hashes = consistency_hashes(self._tree.hash_at(c), old_size, new_size)
        return ConsistencyProof(old_size, new_size, hashes)

    def extent(self) -> Position:
        """Return the highest position of either the log or its tree: they differ only when somebody changed one."""
        with self._reading() as c:
            return Position(max(self._tree.size(c), self._recorder.last_position(c)))

    def stored(
        self, after: Position, until: Position
    ) -> tuple[Sequence[tuple[Position, bytes]], Sequence[tuple[Position, bytes]]]:
        """Return the stored bytes and the rows of the tree in (after, until], by position, unchecked."""
        with self._reading() as c:
            return self._tree.states(c, after, until), self._tree.rows(c, after, until)

    def _size(self, c: SQLiteCursor, size: int | None) -> int:
        whole = self._tree.size(c)
        if size is not None and not 0 <= size <= whole:
            raise InvalidCursor(
                f"the log has {whole} events, not {size}", hint=f"sizes are 0 to {whole}"
            )
        return whole if size is None else size

    @contextmanager
    def _reading(self) -> Iterator[SQLiteCursor]:
        try:
            with self._recorder.datastore.transaction(commit=False) as c:
                yield c
        except EventSourcingError as error:
            raise explain(error, self._path) from error
