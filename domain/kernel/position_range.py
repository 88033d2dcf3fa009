"""Runs of neighbouring positions: how an event names many others in few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.kernel.ids import Position


@dataclass(frozen=True, slots=True)
class PositionRange:
    """The positions from `first` to `last`, both included."""

    first: Position
    last: Position


def ranges_of(positions: Iterable[Position]) -> tuple[PositionRange, ...]:
    """Return ascending positions as ascending ranges that neither touch nor overlap."""
    ranges: list[PositionRange] = []
    for position in positions:
        if ranges and position == ranges[-1].last + 1:
            ranges[-1] = PositionRange(ranges[-1].first, position)
        else:
            ranges.append(PositionRange(position, position))
    return tuple(ranges)


def size_of(ranges: Sequence[PositionRange]) -> int:
    """Return how many positions disjoint ranges hold."""
    return sum(each.last - each.first + 1 for each in ranges)
