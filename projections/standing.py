"""Which events stand: a reorganisation of a chain is appended to the log, and takes back or gives back earlier events.

Whether an event stands at a position is told by the last `blocks.orphaned` or `blocks.restored` up to there that names
it; an event that none names stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from domain.application.ports import EventLog
from domain.application.standing import STANDING_NAMES
from domain.chain.events import BlocksOrphaned, BlocksRestored
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from domain.kernel.position_range import PositionRange, PositionSet

_PAGE: Final = 1_000
_FIRST: Final = Position(1)


def named_by(recorded: RecordedEvent) -> Sequence[PositionRange]:
    """Return which positions the event takes back or gives back, nothing for any other event.

    Only what is below the event itself counts: nothing that is written down in the log is trusted to be so.
    """
    match recorded.event:
        case BlocksOrphaned(voided=ranges) | BlocksRestored(restored=ranges):
            last = Position(recorded.position - 1)
            clipped = (PositionRange(max(r.first, _FIRST), min(r.last, last)) for r in ranges)
            return [each for each in clipped if each.first <= each.last]
        case _:
            return ()


def is_verdict(recorded: RecordedEvent) -> bool:
    """Tell whether the event changes which others stand."""
    return isinstance(recorded.event, BlocksOrphaned | BlocksRestored)


def verdicts(log: EventLog, after: Position, until: Position) -> Iterator[RecordedEvent]:
    """Yield the events in (after, until] that change which others stand, in order."""
    at = after
    while page := log.read(at, _PAGE, names=STANDING_NAMES):
        for recorded in page:
            if recorded.position > until:
                return
            yield recorded
        at = page[-1].position


class Standing:
    """Which events stand after some verdicts, taken in order."""

    def __init__(self) -> None:
        self._voided = PositionSet()

    def take(self, verdict: RecordedEvent) -> None:
        """Take in the next verdict."""
        change = (
            self._voided.discard if isinstance(verdict.event, BlocksRestored) else self._voided.add
        )
        for each in named_by(verdict):
            change(each)

    def stands(self, position: Position) -> bool:
        """Tell whether the event at the position stands."""
        return position not in self._voided
