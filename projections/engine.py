"""Keeps the read models at the head of the log.

Each batch of events is folded once for all projections that stand at the same position; the changed rows, the
parked events and the checkpoints are written in one transaction. So a crash loses a batch, never a part of one, and
a projection that is new or has a newer version catches up from position 1 by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from domain.application.ports import EventLog, Progress, ProjectionChange, Row
from domain.kernel.errors import CorruptRecord, NewerSchema
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.folding import BatchFold
from projections.projection import Projection

BATCH_EVENTS = 5_000
HOT_ROWS_MAX = 4_096


class ReadModelStore(Protocol):
    """The side of the read models that the engine writes to."""

    def progress(self, projection: str) -> Progress | None:
        """Return how far the stored projection is, None when nothing of it is stored."""
        ...

    def reset(self, projection: str, version: int) -> None:
        """Drop all rows and parked events of the projection; it stands at position 0 under `version` afterwards."""
        ...

    def get_many(self, projection: str, keys: Sequence[str]) -> Mapping[str, Row]:
        """Return the stored rows among `keys` (up to tens of thousands), by key."""
        ...

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        """Write rows, parked events and checkpoints of all changes in one transaction.

        Raises VersionConflict and writes nothing when a projection's stored version or checkpoint is not the
        change's `version` and `after`.
        """
        ...


class ProjectionEngine:
    """Folds the log into the read models of `projections`. The store lets one engine write at a time.

    The rows touched last are kept at hand, and trusted only while the store stands where this engine left it.
    """

    def __init__(
        self,
        log: EventLog,
        store: ReadModelStore,
        projections: Sequence[Projection],
        *,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._log = log
        self._store = store
        self._projections = {projection.name: projection for projection in projections}
        self._batch_events = batch_events
        self._hot: dict[str, dict[str, Row]] = {name: {} for name in self._projections}
        self._hot_at: dict[str, tuple[int, Position]] = {}
        self._generations: dict[str, int] = {}

    def catch_up(self, until: Position | None = None) -> Position:
        """Fold everything up to `until`, the log's head if not given; return the position that all projections reached.

        Raises NewerSchema when a later version of the program wrote the rows, and what log and store raise.
        """
        target = self._log.head() if until is None else min(until, self._log.head())
        positions = {
            name: self._start(projection) for name, projection in self._projections.items()
        }
        while (start := min(positions.values(), default=target)) < target:
            # Those furthest behind go on alone until they stand where the next ones wait.
            group = [self._projections[name] for name, at in positions.items() if at == start]
            stop = min((at for at in positions.values() if at > start), default=target)
            reached = self._fold(group, start, min(stop, target))
            positions.update((projection.name, reached) for projection in group)
        return min(positions.values(), default=target)

    def refold(self, touched_by: Collection[type[Event]]) -> Position:
        """Drop the rows of the projections that handle one of these events, fold them again, return the position.

        Until then their rows are missing. Raises as `catch_up` does.
        """
        for name, projection in self._projections.items():
            if not projection.handles.isdisjoint(touched_by):
                self._store.reset(name, projection.version)
        return self.catch_up()

    def _start(self, projection: Projection) -> Position:
        progress = self._store.progress(projection.name)
        if progress is not None and progress.version == projection.version:
            self._generations[projection.name] = progress.generation
            if self._hot_at.get(projection.name) != (progress.generation, progress.position):
                # Another engine has been here: what is at hand is older than what is stored.
                self._hot[projection.name].clear()
            return progress.position
        if progress is not None and progress.version > projection.version:
            raise NewerSchema(
                f"the read model `{projection.name}` was written by a later version of the program",
                hint="use that version, or delete the read models: they are rebuilt from the log",
            )
        self._store.reset(projection.name, projection.version)
        fresh = self._store.progress(projection.name)
        self._generations[projection.name] = fresh.generation if fresh is not None else 0
        self._hot[projection.name].clear()
        return Position(0)

    def _fold(self, group: Sequence[Projection], start: Position, stop: Position) -> Position:
        events = self._log.read(start, min(self._batch_events, stop - start))
        if not events or not start < events[0].position <= events[-1].position <= stop:
            raise CorruptRecord(
                f"the log does not give the events between {start} and {stop}",
                hint="check the log with `agentgpt audit replay`",
            )
        reached = events[-1].position
        fold = BatchFold(group, events)
        changed = fold.run({p.name: self._rows(p.name, fold.keys[p.name]) for p in group})
        changes = [
            ProjectionChange(
                projection=p.name,
                version=p.version,
                after=start,
                checkpoint=reached,
                rows=tuple(changed[p.name].values()),
                parked=tuple(fold.parked[p.name]),
                generation=self._generations[p.name],
            )
            for p in group
        ]
        self._store.apply(changes)
        for projection in group:
            self._keep(projection.name, changed[projection.name])
            self._hot_at[projection.name] = (self._generations[projection.name], reached)
        return reached

    def _rows(self, name: str, keys: Mapping[str, None]) -> Mapping[str, Row]:
        hot = self._hot[name]
        known = {key: hot[key] for key in keys if key in hot}
        missing = [key for key in keys if key not in known]
        if missing:
            known.update(self._store.get_many(name, missing))
        return known

    def _keep(self, name: str, changed: Mapping[str, Row]) -> None:
        hot = self._hot[name]
        for key, row in changed.items():
            hot.pop(key, None)
            hot[key] = row
        for key in list(hot)[: max(0, len(hot) - HOT_ROWS_MAX)]:
            del hot[key]
