"""What the use cases need of the read models: the port, apart from the others because it is a large one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from domain.application.ports import ParkedEvent, Progress, Row
from domain.application.row_history import PastRow
from domain.kernel.ids import Position


class RowReader(Protocol):
    """Rows of read models at one moment: as they are now, or as of a position."""

    def get(self, projection: str, key: str) -> Row | None:
        """Return one row, or None."""
        ...

    def page(
        self, projection: str, *, after: str, limit: int, scope: str | None = None, prefix: str = ""
    ) -> Sequence[Row]:
        """Return up to `limit` rows with a key above `after` in key order, optionally of one scope or key prefix."""
        ...

    def rows(self, projection: str) -> Iterator[Row]:
        """Yield every row in key order."""
        ...

    def counts(self, projection: str) -> Mapping[str, int]:
        """Return how many rows each scope has, for instance nodes by status."""
        ...

    def checkpoint(self, projection: str) -> Position:
        """Return the position up to which the projection has folded the log, 0 for none."""
        ...


class ReadModels(RowReader, Protocol):
    """Rows that projections wrote, with their past; everything in it can be deleted and rebuilt from the log."""

    def progress(self, projection: str) -> Progress | None:
        """Return how far the stored projection is, None when nothing of it is stored."""
        ...

    def standing(self) -> Mapping[str, Progress]:
        """Return how far each stored projection is, by name, all at one moment."""
        ...

    def beside(self) -> ReadModels:
        """Return the read models that are being built beside those that are served."""
        ...

    def digest(self, projection: str) -> str:
        """Return a SHA-256 over everything that is stored of the projection: equal bytes, equal digest."""
        ...

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        """Return up to `limit` parked events of all projections, in order of position."""
        ...

    def wait_for(self, projection: str, position: Position, timeout_seconds: float) -> bool:
        """Block until the projection has folded `position` or the time is over; return whether it has."""
        ...

    def past(self, projection: str, key: str, at: Position) -> PastRow | None:
        """Return what makes up the row as of a position not above the checkpoint, or None."""
        ...

    def past_page(
        self,
        projection: str,
        at: Position,
        *,
        after: str,
        limit: int,
        scope: str | None = None,
        prefix: str = "",
    ) -> Sequence[PastRow]:
        """Return what makes up a page of rows as of a position.

        Some of them may turn out not to have been there at the time; fewer than `limit` means that no more follow.
        """
        ...

    def past_counts(self, projection: str, at: Position) -> Mapping[str, int]:
        """Return how many rows each scope had as of a position."""
        ...
