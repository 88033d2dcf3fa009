"""Runs of neighbouring positions: how an event names many others in few words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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


class PositionSet:
    """A set of positions kept as ranges: asking costs a binary search, whatever the ranges hold."""

    def __init__(self, ranges: Iterable[PositionRange] = ()) -> None:
        self._firsts: list[Position] = []
        self._lasts: list[Position] = []
        for each in ranges:
            self.add(each)

    def __contains__(self, position: Position) -> bool:
        at = bisect_right(self._firsts, position) - 1
        return at >= 0 and position <= self._lasts[at]

    def __bool__(self) -> bool:
        return bool(self._firsts)

    @property
    def ranges(self) -> tuple[PositionRange, ...]:
        """The ranges, ascending; they neither touch nor overlap."""
        return tuple(map(PositionRange, self._firsts, self._lasts))

    def add(self, added: PositionRange) -> None:
        """Take the positions of a range in; those that are there already stay."""
        # Ranges that overlap the added one or touch it become one with it.
        low = bisect_left(self._lasts, added.first - 1)
        high = bisect_right(self._firsts, added.last + 1)
        first, last = added.first, added.last
        if low < high:
            first = min(first, self._firsts[low])
            last = max(last, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [last]

    def discard(self, removed: PositionRange) -> None:
        """Take the positions of a range out, where they are in."""
        low = bisect_left(self._lasts, removed.first)
        high = bisect_right(self._firsts, removed.last)
        if low >= high:
            return
        left = PositionRange(self._firsts[low], Position(removed.first - 1))
        right = PositionRange(Position(removed.last + 1), self._lasts[high - 1])
        kept = [each for each in (left, right) if each.first <= each.last]
        self._firsts[low:high] = [each.first for each in kept]
        self._lasts[low:high] = [each.last for each in kept]
