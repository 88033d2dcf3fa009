"""Appends whose answer may be lost on the way: whether one stands is proven by what the log holds, not guessed.

An append has a fence when a stream's present version is expected, or when it carries a chain fact: it can stand once at
most. Repeated as it is, it is then either written, or refused because something stands in its place; and what stands
there is it, or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from domain.application.ports import EventLog
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import Unavailable, VersionConflict
from domain.kernel.ids import Position, StreamName, Version

_PAGE_EVENTS: Final = 1_000


def append_surely(
    log: EventLog, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
) -> Sequence[RecordedEvent]:
    """Append as the log does; when the answer is lost, repeat it once, and tell success from a conflict.

    Raises what the log's `append` raises. After Unavailable the outcome is open still: `find_append` tells it once the
    log answers again.
    """
    try:
        return log.append(events, expected)
    except Unavailable:
        if not is_fenced(events, expected):
            raise
    try:
        return log.append(events, expected)
    except VersionConflict:
        found = find_append(log, events, expected)
        if found is None:
            raise
        return found


def is_fenced(events: Sequence[NewEvent], expected: Mapping[StreamName, Version]) -> bool:
    """Tell whether the append can stand once at most."""
    return any(new.provenance is not None or new.stream in expected for new in events)


def find_append(
    log: EventLog, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
) -> Sequence[RecordedEvent] | None:
    """Return the events as the log holds them when exactly this append stands there, else None; also without a fence.

    Exactly this: at positions in a row the same events, of the same streams, with the same provenance, actor,
    causation and correlation, at the versions that follow on the expected ones. When they were recorded may differ.
    """
    first = _first_position(log, events, expected)
    if first is None or first < 1:
        return None
    standing: list[RecordedEvent] = []
    while len(standing) < len(events):
        after = Position(first - 1 + len(standing))
        page = log.read(after, min(_PAGE_EVENTS, len(events) - len(standing)))
        if not page:
            return None
        standing += page
    reached = dict(expected)
    for new, recorded in zip(events, standing, strict=True):
        if new.stream in reached:
            reached[new.stream] = Version(reached[new.stream] + 1)
        if not _is(recorded, new) or recorded.version != reached.get(new.stream, recorded.version):
            return None
    return standing


def _first_position(
    log: EventLog, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
) -> int | None:
    """Return where the append begins if it stands, by the first of its events that can be looked up."""
    for index, new in enumerate(events):
        if new.provenance is not None:
            (position,) = log.recorded_facts([new.provenance])
            return None if position is None else position - index
        if new.stream in expected:
            # None before it is of the same stream, or it would have been looked up.
            later = log.read_stream(new.stream, expected[new.stream])
            return later[0].position - index if later else None
    return None


def _is(recorded: RecordedEvent, new: NewEvent) -> bool:
    return (
        recorded.stream == new.stream
        and recorded.event == new.event
        and recorded.provenance == new.provenance
        and recorded.actor == new.actor
        and recorded.causation_id == new.causation_id
        and recorded.correlation_id == new.correlation_id
    )
