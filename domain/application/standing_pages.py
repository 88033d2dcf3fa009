"""Reads what stands of the log up to a position, page by page: for whoever folds all of it anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from domain.application.ports import EventLog
from domain.application.standing import STANDING_NAMES, VoidedPositions
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position

PAGE_EVENTS: Final = 5_000
START: Final = Position(0)


def voided_at(log: EventLog, until: Position) -> VoidedPositions:
    """Return what does not stand as of a position: what was replaced later stood then."""
    voided = VoidedPositions()
    position = START
    while page := log.read(position, PAGE_EVENTS, names=STANDING_NAMES):
        for recorded in page:
            if recorded.position > until:
                return voided
            voided.take(recorded.event)
        position = page[-1].position
    return voided


def standing_pages(
    log: EventLog, until: Position, *, after: Position = START
) -> Iterator[tuple[Position, Sequence[RecordedEvent]]]:
    """Yield the events in (after, until] that stand as of `until`, with the position that each page reaches."""
    voided = voided_at(log, until)
    position = after
    while position < until:
        page = log.read(position, min(PAGE_EVENTS, until - position))
        if not page:
            return
        position = page[-1].position
        yield position, [recorded for recorded in page if voided.stands(recorded.position)]
