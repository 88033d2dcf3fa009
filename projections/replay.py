"""Rebuilds the read models in memory from position 1 and names every difference from the stored ones.

What does not stand at the end is never folded here, while the engine folds it and undoes it later: so the two reach the
same rows by different ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from domain.application.ports import EventLog, ParkedEvent, Row
from domain.application.read_models import ReadModels, RowReader
from domain.application.row_history import RowState
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from domain.kernel.position_range import PositionSet
from projections.engine import BATCH_EVENTS
from projections.folding import BatchFold, row_of
from projections.projection import Projection
from projections.standing import Standing, named_by, verdicts

DIFFERENCES_MAX = 1_000
PARKED_MAX = 10_000
"""How many parked events are compared, from the oldest on."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the log says the read models are at `position`: rows by projection and key, and what was parked."""

    position: Position
    rows: Mapping[str, Mapping[str, Row]]
    parked: Sequence[ParkedEvent]

    @property
    def row_count(self) -> int:
        """How many rows all projections have together."""
        return sum(len(rows) for rows in self.rows.values())


class DifferenceKind(StrEnum):
    """How a stored row differs from the replayed one."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    CHANGED = "changed"
    CHECKPOINT = "checkpoint"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not what the log says. `field` is the path inside the row, empty when it is about all of it."""

    projection: str
    key: str
    kind: DifferenceKind
    field: str
    replayed: object
    stored: object

    def __str__(self) -> str:
        place = f"{self.projection} {self.key} {self.field}".rstrip()
        return f"{place}: {self.kind}, the log says {self.replayed!r}, stored is {self.stored!r}"


def replay(
    log: EventLog,
    projections: Sequence[Projection],
    until: Position | None = None,
    *,
    batch_events: int = BATCH_EVENTS,
    on_batch: Callable[[Position], None] | None = None,
) -> Replayed:
    """Fold the log from position 1 up to `until`, its head if not given, with nothing stored taken into account.

    `on_batch` is told each position that is reached.
    """
    target = log.head() if until is None else min(until, log.head())
    rows: dict[str, dict[str, RowState]] = {projection.name: {} for projection in projections}
    parked: list[ParkedEvent] = []
    undone = _Undone(list(verdicts(log, Position(0), target)))
    position = Position(0)
    while position < target:
        events = log.read(position, min(batch_events, target - position))
        if not events:
            break
        undone.note(BatchFold(projections, undone.named(events)))
        fold = BatchFold(projections, undone.standing(events))
        for name, folded in fold.run(rows).items():
            rows[name].update(folded.states())
            parked.extend(fold.parked[name])
        position = events[-1].position
        if on_batch is not None:
            on_batch(position)
    return Replayed(position, undone.told(rows), parked)


class _Undone:
    """What does not stand in the end, and which rows the verdicts changed."""

    def __init__(self, found: Sequence[RecordedEvent]) -> None:
        self._final = Standing()
        self._ranges: list[tuple[Position, PositionSet]] = []
        for verdict in found:
            self._final.take(verdict)
            self._ranges.append((verdict.position, PositionSet(named_by(verdict))))
        self._last: dict[tuple[str, str], Position] = {}

    def standing(self, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """Return the events that stand."""
        if not self._ranges:
            return events
        return [event for event in events if self._final.stands(event.position)]

    def named(self, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
        """Return the events that any verdict names."""
        return [event for event in events if self._last_verdict(event.position)]

    def note(self, fold: BatchFold) -> None:
        """Note where the rows that named events touch were changed by a verdict."""
        for projection, recorded, keys in fold.steps():
            at = self._last_verdict(recorded.position)
            for key in keys:
                place = (projection.name, key)
                self._last[place] = max(at, self._last.get(place, Position(0)))

    def told(self, rows: Mapping[str, Mapping[str, RowState]]) -> Mapping[str, Mapping[str, Row]]:
        """Return the rows as readers see them: a verdict is a change like any other."""
        told: dict[str, dict[str, Row]] = {}
        for name, states in rows.items():
            told[name] = {}
            for key, state in states.items():
                row = row_of(state)
                if row is not None:
                    at = self._last.get((name, key), Position(0))
                    told[name][key] = replace(row, position=max(row.position, at))
        return told

    def _last_verdict(self, position: Position) -> Position:
        return next(
            (at for at, ranges in reversed(self._ranges) if position in ranges), Position(0)
        )


def compare(
    replayed: Replayed, store: ReadModels, *, limit: int = DIFFERENCES_MAX
) -> list[Difference]:
    """Return up to `limit` differences between what the log says and what is stored, none when they are equal."""
    return list(islice(_differences(replayed, store), limit))


def compare_rows(
    replayed: Replayed, rows: RowReader, *, limit: int = DIFFERENCES_MAX
) -> list[Difference]:
    """Return up to `limit` differences between what the log says and rows as of the position of the replay.

    What was parked is not compared: a store tells only what is parked now.
    """
    return list(islice(_all_row_differences(replayed, rows), limit))


def _differences(replayed: Replayed, store: ReadModels) -> Iterator[Difference]:
    yield from _all_row_differences(replayed, store)
    yield from _parked_differences(replayed, store.parked(limit=PARKED_MAX))


def _all_row_differences(replayed: Replayed, store: RowReader) -> Iterator[Difference]:
    for name, expected in replayed.rows.items():
        checkpoint = store.checkpoint(name)
        if checkpoint != replayed.position:
            yield Difference(name, "", DifferenceKind.CHECKPOINT, "", replayed.position, checkpoint)
        seen: set[str] = set()
        for stored in store.rows(name):
            seen.add(stored.key)
            row = expected.get(stored.key)
            if row is None:
                yield Difference(name, stored.key, DifferenceKind.UNEXPECTED, "", None, stored.body)
            else:
                yield from _row_differences(name, row, stored)
        for key in sorted(expected.keys() - seen):
            yield Difference(name, key, DifferenceKind.MISSING, "", expected[key].body, None)


def _row_differences(projection: str, expected: Row, stored: Row) -> Iterator[Difference]:
    for field, mine, theirs in _unequal("", _plain(expected), _plain(stored)):
        yield Difference(projection, stored.key, DifferenceKind.CHANGED, field, mine, theirs)


def _plain(row: Row) -> Mapping[str, object]:
    return {"scope": row.scope, "position": row.position, "body": row.body}


_ABSENT = "(absent)"


def _unequal(path: str, mine: object, theirs: object) -> Iterator[tuple[str, object, object]]:
    """Yield the innermost places where two JSON-like values differ."""
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        for name in sorted(mine.keys() | theirs.keys()):
            inner = f"{path}.{name}" if path else str(name)
            yield from _unequal(inner, mine.get(name, _ABSENT), theirs.get(name, _ABSENT))
    elif type(mine) is not type(theirs) or mine != theirs:
        yield path, mine, theirs


def _parked_differences(replayed: Replayed, stored: Sequence[ParkedEvent]) -> Iterator[Difference]:
    def places(parked: Sequence[ParkedEvent]) -> Mapping[tuple[str, str, Position], str]:
        return {(event.projection, event.key, event.position): event.error for event in parked}

    oldest = sorted(
        replayed.parked, key=lambda event: (event.position, event.projection, event.key)
    )
    mine, theirs = places(oldest[:PARKED_MAX]), places(stored)
    for place in sorted(mine.keys() | theirs.keys()):
        if mine.get(place) != theirs.get(place):
            projection, key, position = place
            field = f"position {position}"
            yield Difference(
                projection, key, DifferenceKind.PARKED, field, mine.get(place), theirs.get(place)
            )
