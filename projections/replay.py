"""Rebuilds the read models in memory from position 1 and names every difference from the stored ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from domain.application.ports import EventLog, ParkedEvent, ReadModels, Row
from domain.kernel.ids import Position
from projections.engine import BATCH_EVENTS
from projections.folding import BatchFold
from projections.projection import Projection

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
    rows: dict[str, dict[str, Row]] = {projection.name: {} for projection in projections}
    parked: list[ParkedEvent] = []
    position = Position(0)
    while position < target:
        events = log.read(position, min(batch_events, target - position))
        if not events:
            break
        fold = BatchFold(projections, events)
        for name, changed in fold.run(rows).items():
            rows[name].update(changed)
            parked.extend(fold.parked[name])
        position = events[-1].position
        if on_batch is not None:
            on_batch(position)
    return Replayed(position, rows, parked)


def compare(
    replayed: Replayed, store: ReadModels, *, limit: int = DIFFERENCES_MAX
) -> list[Difference]:
    """Return up to `limit` differences between what the log says and what is stored, none when they are equal."""
    return list(islice(_differences(replayed, store), limit))


def _differences(replayed: Replayed, store: ReadModels) -> Iterator[Difference]:
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
    yield from _parked_differences(replayed, store.parked(limit=PARKED_MAX))


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
