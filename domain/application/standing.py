"""Which events stand: all but those whose blocks the chain has replaced, and not brought back since.

Whoever folds a stream folds what stands. The log never changes, so what stands at a position is told by the
BlocksOrphaned and BlocksRestored up to it; they are read once and then followed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from domain.application.ports import BEFORE_FIRST, EventLog
from domain.chain.events import BlocksOrphaned, BlocksRestored
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Position, StreamName, Version
from domain.kernel.position_range import PositionRange, PositionSet

Stands: TypeAlias = Callable[[Position], bool]
"""Tells whether the event at a position stands."""

STANDING_NAMES: Final = (BlocksOrphaned.NAME, BlocksRestored.NAME)
"""The events that say what stands, by their stored names."""

_PAGE_EVENTS: Final = 1_000


class VoidedPositions:
    """The positions that do not stand after some events. Offer it every event, in order of position."""

    def __init__(self) -> None:
        self._voided = PositionSet()

    def take(self, event: Event) -> None:
        """Take in what an event says about others; most say nothing."""
        match event:
            case BlocksOrphaned(voided=ranges):
                for each in ranges:
                    self._voided.add(each)
            case BlocksRestored(restored=ranges):
                for each in ranges:
                    self._voided.discard(each)
            case _:
                pass

    def stands(self, position: Position) -> bool:
        """Tell whether the event at a position stands."""
        return position not in self._voided

    def copy(self) -> VoidedPositions:
        """Return one that goes its own way from here."""
        other = VoidedPositions()
        other._voided = PositionSet(self._voided.ranges)
        return other

    @property
    def ranges(self) -> Sequence[PositionRange]:
        """What does not stand, as ascending ranges."""
        return self._voided.ranges


class Standing:
    """What stands in a log right now. The first question reads what there was, later ones only what is new.

    Threads may share it: what is known is replaced as a whole.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._known = (Position(0), VoidedPositions())

    def refresh(self) -> None:
        """Take in what was recorded since the last time."""
        head = self._log.head()
        position, voided = self._known
        if position >= head:
            return
        while position < head:
            page = self._log.read(position, _PAGE_EVENTS, names=STANDING_NAMES)
            if page:
                voided = voided.copy()
            for recorded in page:
                voided.take(recorded.event)
            last = page[-1].position if page else head
            position = last if len(page) == _PAGE_EVENTS else max(head, last)
        self._known = (position, voided)

    def stands(self, position: Position) -> bool:
        """Tell whether the event at a position stands, as far as `refresh` has read."""
        return self._known[1].stands(position)

    def after(self, voided: Sequence[PositionRange], restored: Sequence[PositionRange]) -> Stands:
        """Return what would stand if these ranges were voided, then those restored."""
        out, back = PositionSet(voided), PositionSet(restored)
        if not out and not back:
            return self.stands
        return lambda position: position in back or (position not in out and self.stands(position))

    def of_stream(
        self, stream: StreamName, after: Version = BEFORE_FIRST
    ) -> tuple[Sequence[RecordedEvent], Version]:
        """Return the events of a stream that stand, in order, and the version of its newest event of all.

        The stream is read before the voided positions: what was appended in between shows in the version
        when somebody appends to the stream.
        """
        events = self._log.read_stream(stream, after)
        self.refresh()
        newest = events[-1].version if events else after
        return [event for event in events if self.stands(event.position)], newest
