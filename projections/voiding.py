"""Undoes what was folded from events that do not stand any more, in the batch that says so.

The rows that those events touched go back to what they were before the first of them, and the events since then that
stand are folded into them again. The result holds from the position of the verdict on; what was believed before it
stays readable as of an earlier position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from domain.application.ports import EventLog, ParkedEvent
from domain.application.row_history import RowState
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from domain.kernel.position_range import PositionSet
from projections.folding import BatchFold, Folded, Step, parked_event
from projections.projection import Body, Projection
from projections.standing import Standing, is_verdict, named_by, verdicts

_PAGE: Final = 5_000

Place = tuple[str, str]
"""Projection and key."""

BodyBefore = Callable[[Projection, str], Body | None]
"""Returns a row's body as of the position below `since`, None for no row."""


class VoidingFold:
    """A batch with verdicts in it: what they name is folded again where they stand, the rest as in any batch.

    The events since the earliest one that is named are kept in memory: as many as the chain's finality lets a
    reorganisation reach back.
    """

    def __init__(
        self, log: EventLog, projections: Sequence[Projection], events: Sequence[RecordedEvent]
    ) -> None:
        self._projections = projections
        self._verdicts = [recorded for recorded in events if is_verdict(recorded)]
        first = events[0].position
        self._earlier, self.since = _reach(log, self._verdicts, first)
        self._past = BatchFold(projections, list(_between(log, self.since, first)))
        self._batch = BatchFold(projections, events)
        self._touched = [self._named(verdict) for verdict in self._verdicts]
        self.refolded: dict[str, dict[str, None]] = {p.name: {} for p in projections}
        for touched in self._touched:
            for name, key in touched:
                self.refolded[name][key] = None
        self._events = self._events_by_place()

    @property
    def keys(self) -> Mapping[str, Mapping[str, None]]:
        """Which rows the batch needs, by projection."""
        return {name: {**mine, **self.refolded[name]} for name, mine in self._batch.keys.items()}

    @property
    def parked(self) -> Mapping[str, Sequence[ParkedEvent]]:
        """What is parked from `since` on, of the rows that were folded again, and what the batch parked."""
        return self._batch.parked

    def run(
        self, before: Mapping[str, Mapping[str, RowState]], body_before: BodyBefore
    ) -> dict[str, Folded]:
        """Return what becomes of each projection. `before` has the rows among `keys` that exist."""
        folded = {name: Folded() for name in self._batch.keys}
        standing = Standing()
        for verdict in self._earlier:
            standing.take(verdict)
        bodies: dict[Place, Body | None] = {}
        done = Position(0)
        for verdict, touched in zip(self._verdicts, self._touched, strict=True):
            at = verdict.position
            self._batch.advance(self._steps(done, Position(at - 1)), before, folded)
            standing.take(verdict)
            self._forgive(touched, at)
            for projection in self._projections:
                for key in (key for name, key in touched if name == projection.name and key):
                    place = (projection.name, key)
                    if place not in bodies:
                        bodies[place] = body_before(projection, key)
                    body = self._fold_again(projection, key, bodies[place], standing, at)
                    mine = folded[projection.name]
                    row = mine.open(key, before[projection.name].get(key))
                    if body is not None or row.born:
                        mine.set(row, None if body is None else projection.scope_of(body), body, at)
            self._park_lost(touched, standing, at)
            self._batch.advance(self._steps(Position(at - 1), at), before, folded)
            _keep(folded, touched, at)
            done = at
        self._batch.advance(self._steps(done, None), before, folded)
        return folded

    def _named(self, verdict: RecordedEvent) -> dict[Place, None]:
        """Return the rows that the events named by a verdict touch; key "" where a fold could not tell."""
        named = PositionSet(named_by(verdict))
        touched: dict[Place, None] = {}
        for fold in (self._past, self._batch):
            for projection, recorded, keys in fold.steps():
                if recorded.position in named:
                    for key in keys:
                        touched[projection.name, key] = None
            for name, lost in fold.parked.items():
                if any(event.position in named for event in lost):
                    touched[name, ""] = None
        return touched

    def _events_by_place(self) -> dict[Place, list[RecordedEvent]]:
        """Return all events since `since` that touch each row that is folded again, in order."""
        found: dict[Place, list[RecordedEvent]] = {}
        for projection, recorded, keys in (*self._past.steps(), *self._batch.steps()):
            for key in keys:
                if key in self.refolded[projection.name]:
                    found.setdefault((projection.name, key), []).append(recorded)
        self._lost = {
            name: [*lost, *self._batch.parked[name]] for name, lost in self._past.parked.items()
        }
        return found

    def _steps(self, after: Position, until: Position | None) -> list[Step]:
        return [
            step
            for step in self._batch.steps()
            if step[1].position > after and (until is None or step[1].position <= until)
        ]

    def _fold_again(
        self, projection: Projection, key: str, body: Body | None, standing: Standing, at: Position
    ) -> Body | None:
        for recorded in self._events.get((projection.name, key), ()):
            if recorded.position >= at:
                break
            if standing.stands(recorded.position):
                try:
                    after = projection.evolve(key, body, recorded)
                    projection.scope_of(after)
                    body = after
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    report = parked_event(projection, recorded, key, error)
                    self._batch.parked[projection.name].append(report)
        return body

    def _forgive(self, touched: Mapping[Place, None], at: Position) -> None:
        """Drop what the batch parked of rows that are folded again: it is found anew."""
        for name, parked in self._batch.parked.items():
            parked[:] = [e for e in parked if (name, e.key) not in touched or e.position >= at]

    def _park_lost(self, touched: Mapping[Place, None], standing: Standing, at: Position) -> None:
        for name, lost in self._lost.items():
            if (name, "") in touched:
                self._batch.parked[name] += [
                    event
                    for event in lost
                    if event.position < at and standing.stands(event.position)
                ]


def _reach(
    log: EventLog, found: Sequence[RecordedEvent], first: Position
) -> tuple[Sequence[RecordedEvent], Position]:
    """Return the verdicts before `first` that count, and the position from which events are folded again.

    A verdict in between may itself name earlier events; what was held as of a position below those knows nothing of it.
    """
    since = min((first, *(each.first for v in found for each in named_by(v))))
    while True:
        earlier = list(verdicts(log, Position(since - 1), Position(first - 1)))
        lowest = min((each.first for v in earlier for each in named_by(v)), default=since)
        if lowest >= since:
            return earlier, since
        since = lowest


def _between(log: EventLog, first: Position, end: Position) -> Iterator[RecordedEvent]:
    """Yield the events in [first, end)."""
    at = Position(first - 1)
    while at < end - 1:
        page = log.read(at, min(_PAGE, end - 1 - at))
        if not page:
            return
        yield from page
        at = page[-1].position


def _keep(folded: Mapping[str, Folded], touched: Mapping[Place, None], at: Position) -> None:
    """Keep the rows as the verdict left them: the events before it do not lead there."""
    for name, key in touched:
        row = folded[name].open_rows.get(key)
        if row is not None and row.position == at and row.kept_at != at:
            folded[name].kept.append(row.keep())
