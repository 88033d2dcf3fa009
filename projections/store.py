"""What the engine needs of the store that keeps read models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.application.ports import Progress, ProjectionChange
from domain.application.row_history import PastRow, RowState
from domain.kernel.ids import Position


class ReadModelStore(Protocol):
    """The side of the read models that the engine writes to."""

    def progress(self, projection: str) -> Progress | None:
        """Return how far the stored projection is, None when nothing of it is stored."""
        ...

    def standing(self) -> Mapping[str, Progress]:
        """Return how far each stored projection is, by name, all at one moment."""
        ...

    def reset(self, projection: str, version: int) -> None:
        """Drop all rows of the projection, their past and parked events; it is at position 0 of `version` then."""
        ...

    def states(self, projection: str, keys: Sequence[str]) -> Mapping[str, RowState]:
        """Return the stored rows among `keys` (up to tens of thousands), by key, also those that are not any more."""
        ...

    def past(self, projection: str, key: str, at: Position) -> PastRow | None:
        """Return what makes up the row as of a position not above the checkpoint, or None."""
        ...

    def beside(self) -> ReadModelStore:
        """Return the same store's place for read models that are built beside those that are served."""
        ...

    def switch(self, projections: Sequence[str]) -> None:
        """Serve what was built beside, all from one moment on, and delete what was served before.

        Raises VersionConflict and changes nothing when a projection was not built, or not as far as it is served.
        """
        ...

    def drop(self, projection: str) -> bool:
        """Delete what was built of the projection beside the served rows; return whether there was anything."""
        ...

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        """Write rows, history, parked events and checkpoints of all changes in one transaction.

        Raises VersionConflict and writes nothing when a projection's stored version or checkpoint is not the
        change's `version` and `after`.
        """
        ...
