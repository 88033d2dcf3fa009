"""Counts chain facts while a log is checked, to find what its index of them has too much.

An index that names a fact which the log does not hold would have it left out when the chain tells it.
"""

from __future__ import annotations

from domain.application.ports import EventLog, LogTree
from domain.kernel.ids import Position

_PAGE_EVENTS = 1_000


class FactTally:
    """How many facts the log holds up to some positions, in order."""

    def __init__(self) -> None:
        self._marks = [(Position(0), 0)]

    def add(self, until: Position, facts: int) -> None:
        """Count the facts of the events up to `until` that were not counted before."""
        self._marks.append((until, self._marks[-1][1] + facts))

    def surplus(self, log: EventLog, tree: LogTree) -> Position | None:
        """Return the first position for which the index has more facts than the log, or None.

        What it has beyond the last position counts for the one after it. Facts that it lacks are not looked for.
        """
        until, facts = self._marks[-1]
        if tree.indexed_facts(until) == facts:
            return Position(until + 1) if tree.indexed_beyond() else None
        low, high = 0, len(self._marks) - 1
        while low < high:
            middle = (low + high) // 2
            position, before = self._marks[middle]
            if tree.indexed_facts(position) > before:
                high = middle
            else:
                low = middle + 1
        return self._first_within(log, tree, low)

    def _first_within(self, log: EventLog, tree: LogTree, mark: int) -> Position:
        """Return the position within the events before a mark; the marks before it agree with the index."""
        if mark == 0:
            return Position(0)
        (after, facts), (until, _) = self._marks[mark - 1], self._marks[mark]
        while after < until:
            for event in log.read(after, min(_PAGE_EVENTS, until - after)):
                facts += event.provenance is not None
                after = event.position
                if tree.indexed_facts(after) > facts:
                    return after
        return until
