"""Keeps the read models at the head of the log.

Each batch of events is folded once for all projections that stand at the same position; the changed rows, the
parked events and the checkpoints are written in one transaction. So a crash loses a batch, never a part of one, and
a projection that is new or has a newer version catches up from position 1 by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from domain.application.ports import START, EventLog, ParkedEvent, Progress, ProjectionChange
from domain.application.row_history import RowState
from domain.chain.events import ChainAdvanced
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import CorruptRecord, NewerSchema
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.folding import BatchFold, Folded, fold_past
from projections.projection import Body, Projection
from projections.standing import is_verdict
from projections.store import ReadModelStore
from projections.voiding import VoidingFold

BATCH_EVENTS = 2_000
HOT_ROWS_MAX = 512
"""Of each projection. More of both costs memory, and time too: the garbage collector looks through all of it."""
APPEND_EVENTS_MAX = 100_000
"""As many as the log takes in one append."""

_CURSORS_MAX = 100
"""In so many cursors of all chains the one of a verdict's append is looked for: it is the next one of its chain."""


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
        self._hot: dict[str, dict[str, RowState]] = {name: {} for name in self._projections}
        self._hot_at: dict[str, tuple[int, Position]] = {}
        self._generations: dict[str, int] = {}

    def catch_up(self, until: Position | None = None) -> Position:
        """Fold everything up to `until`, the log's head if not given; return the position that all projections reached.

        Raises NewerSchema when a later version of the program wrote the rows, and what log and store raise.
        """
        target = self._log.head() if until is None else min(until, self._log.head())
        standing = self._store.standing()
        current, outdated = self._sorted(standing)
        reached = self._advance(current, target, standing)
        if not outdated:
            return reached

        def meanwhile(_: Position) -> None:
            if until is None:
                self._advance(current, self._log.head(), self._store.standing())

        return min(reached, self._replace(outdated, target, meanwhile))

    def _sorted(
        self, standing: Mapping[str, Progress]
    ) -> tuple[Sequence[Projection], Sequence[Projection]]:
        """Return the projections to go on with, and those whose stored rows an earlier version of the fold wrote."""
        for name, projection in self._projections.items():
            if name in standing and standing[name].version > projection.version:
                raise NewerSchema(
                    f"the read model `{name}` was written by a later version of the program",
                    hint="use that version, or delete the read models: they are rebuilt from the log",
                )
        outdated = [
            projection
            for name, projection in self._projections.items()
            if name in standing and standing[name].version < projection.version
        ]
        return [p for p in self._projections.values() if p not in outdated], outdated

    def _replace(
        self,
        outdated: Sequence[Projection],
        target: Position,
        meanwhile: Callable[[Position], None],
    ) -> Position:
        """Build projections beside their old rows, which are served until then, and switch."""
        built = RebuildBeside(self._log, self._store, outdated, batch_events=self._batch_events)
        reached = built.run(target, meanwhile)
        served = [self._store.progress(projection.name) for projection in outdated]
        if all(progress is None or progress.position <= reached for progress in served):
            self._store.switch([projection.name for projection in outdated])
        return reached

    def _advance(
        self,
        projections: Sequence[Projection],
        target: Position,
        standing: Mapping[str, Progress],
    ) -> Position:
        positions = {each.name: self._start(each, standing.get(each.name)) for each in projections}
        while (start := min(positions.values(), default=target)) < target:
            # Those furthest behind go on alone until they stand where the next ones wait.
            group = [self._projections[name] for name, at in positions.items() if at == start]
            stop = min((at for at in positions.values() if at > start), default=target)
            reached = self._fold(group, start, min(stop, target), target)
            positions.update((projection.name, reached) for projection in group)
        return min(positions.values(), default=target)

    def refold(self, touched_by: Collection[type[Event]]) -> Position:
        """Drop the rows of the projections that handle one of these events, fold them again, return the position.

        Their past goes with them. Until then their rows are missing. Raises as `catch_up` does.
        """
        for name, projection in self._projections.items():
            if not projection.handles.isdisjoint(touched_by):
                self._store.drop(name)
                self._store.reset(name, projection.version)
        return self.catch_up()

    def _start(self, projection: Projection, progress: Progress | None) -> Position:
        if progress is not None and progress.version == projection.version:
            self._generations[projection.name] = progress.generation
            if self._hot_at.get(projection.name) != (progress.generation, progress.position):
                # Another engine has been here: what is at hand is older than what is stored.
                self._hot[projection.name].clear()
            return progress.position
        self._store.reset(projection.name, projection.version)
        fresh = self._store.progress(projection.name)
        self._generations[projection.name] = fresh.generation if fresh is not None else 0
        self._hot[projection.name].clear()
        return Position(0)

    def _fold(
        self, group: Sequence[Projection], start: Position, stop: Position, target: Position
    ) -> Position:
        events = self._events(start, min(self._batch_events, stop - start))
        if any(is_verdict(recorded) for recorded in events):
            return self._fold_verdicts(group, start, self._whole_append(events, target))
        return self._fold_plain(group, start, events)

    def _fold_plain(
        self, group: Sequence[Projection], start: Position, events: Sequence[RecordedEvent]
    ) -> Position:
        fold = BatchFold(group, events)
        folded = fold.run({p.name: self._states(p.name, fold.keys[p.name]) for p in group})
        changes = [
            _change(
                p, start, events[-1].position, folded[p.name], parked=tuple(fold.parked[p.name])
            )
            for p in group
        ]
        return self._apply(changes)

    def _fold_verdicts(
        self, group: Sequence[Projection], start: Position, events: Sequence[RecordedEvent]
    ) -> Position:
        fold = VoidingFold(self._log, group, events)

        def body_before(projection: Projection, key: str) -> Body | None:
            at = Position(fold.since - 1)
            past = self._store.past(projection.name, key, at) if at else None
            if past is None:
                return None
            return fold_past(projection, key, past.body, self._log.read_at(past.touched))

        before = {p.name: self._states(p.name, fold.keys[p.name]) for p in group}
        folded = fold.run(before, body_before)
        changes = [
            _change(
                p,
                start,
                events[-1].position,
                folded[p.name],
                parked=tuple(fold.parked[p.name]),
                refolded=tuple(fold.refolded[p.name]),
                refolded_from=fold.since,
            )
            for p in group
        ]
        return self._apply(changes)

    def _events(self, start: Position, limit: int) -> Sequence[RecordedEvent]:
        events = self._log.read(start, limit)
        if not events or not start < events[0].position <= events[-1].position <= start + limit:
            raise CorruptRecord(
                f"the log does not give the events between {start} and {start + limit}",
                hint="check the log with `agentgpt audit replay`",
            )
        return events

    def _whole_append(
        self, events: Sequence[RecordedEvent], target: Position
    ) -> Sequence[RecordedEvent]:
        """Return the events up to the cursor that was appended with the last verdict among them.

        So readers see in one step what a chain took back and what it put there instead.
        """
        last = next(recorded for recorded in reversed(events) if is_verdict(recorded))
        cursors = self._log.read(last.position, _CURSORS_MAX, names=(ChainAdvanced.NAME,))
        end = next((each.position for each in cursors if each.stream == last.stream), None)
        if end is None or end > min(target, last.position + APPEND_EVENTS_MAX):
            return events
        more = list(events)
        while more[-1].position < end:
            more += self._events(more[-1].position, min(BATCH_EVENTS, end - more[-1].position))
        return more

    def _apply(self, found: Sequence[ProjectionChange]) -> Position:
        generations = self._generations
        changes = [replace(each, generation=generations[each.projection]) for each in found]
        self._store.apply(changes)
        for change in changes:
            self._keep(change.projection, change.rows)
            self._hot_at[change.projection] = (generations[change.projection], change.checkpoint)
        return changes[0].checkpoint

    def _states(self, name: str, keys: Mapping[str, None]) -> Mapping[str, RowState]:
        hot = self._hot[name]
        known = {key: hot[key] for key in keys if key in hot}
        missing = [key for key in keys if key not in known]
        if missing:
            known.update(self._store.states(name, missing))
        return known

    def _keep(self, name: str, changed: Sequence[RowState]) -> None:
        hot = self._hot[name]
        # Of more than that, none but the last would stay.
        for row in changed[-HOT_ROWS_MAX:]:
            hot.pop(row.key, None)
            hot[row.key] = row
        for key in list(hot)[: max(0, len(hot) - HOT_ROWS_MAX)]:
            del hot[key]


class RebuildBeside:
    """Builds projections beside those that are served. It can stop at any batch and go on later, in another process."""

    def __init__(
        self,
        log: EventLog,
        store: ReadModelStore,
        projections: Sequence[Projection],
        *,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._store = store.beside()
        self._projections = projections
        self._batch_events = batch_events
        self._engine = ProjectionEngine(log, self._store, projections, batch_events=batch_events)

    def run(self, until: Position, on_batch: Callable[[Position], None] | None = None) -> Position:
        """Build up to `until`, tell `on_batch` each position that is reached, and return the last one."""
        for projection in self._projections:
            progress = self._store.progress(projection.name)
            if progress is not None and progress.version != projection.version:
                # Another version of the program began to build it.
                self._store.reset(projection.name, projection.version)
        reached = self._reached()
        while reached < until:
            reached = self._engine.catch_up(Position(min(reached + self._batch_events, until)))
            if on_batch is not None:
                on_batch(reached)
        return reached

    def _reached(self) -> Position:
        found = [self._store.progress(projection.name) for projection in self._projections]
        return min((START if each is None else each.position for each in found), default=START)


def _change(
    projection: Projection,
    after: Position,
    checkpoint: Position,
    folded: Folded,
    *,
    parked: Sequence[ParkedEvent],
    refolded: Sequence[str] = (),
    refolded_from: Position = START,
) -> ProjectionChange:
    return ProjectionChange(
        projection=projection.name,
        version=projection.version,
        after=after,
        checkpoint=checkpoint,
        rows=tuple(folded.states().values()),
        kept=folded.kept,
        spans=folded.spans,
        parked=parked,
        refolded=refolded,
        refolded_from=refolded_from,
    )
