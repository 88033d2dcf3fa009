"""Takes the log out as sealed segments. An export can be gone on with: what is sealed already stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.application.ports import LogTree, StoredBytes
from domain.application.segments import Beginning, Outline, SegmentSink, Transfer, linked
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord, DifferentLog, InvalidCursor, InvalidInput
from domain.kernel.ids import Position
from domain.kernel.merkle import Frontier, TreeHead
from domain.kernel.segment import (
    LENGTH_BYTES,
    SEGMENT_BYTES_AIMED_AT,
    SEGMENT_BYTES_MAX,
    SEGMENT_EVENTS,
    Segment,
)

_PAGE_EVENTS: Final = 1_024


def export_log(
    stored: StoredBytes,
    tree: LogTree,
    sink: SegmentSink,
    *,
    until: Position,
    after: Position | None = None,
    on_progress: OnProgress | None = None,
) -> Transfer:
    """Add to an export what the log holds up to `until`, at least 1; a new one begins behind `after`, 0 when None.

    Every event is hashed and held against the log's tree on the way. Raises DifferentLog when the export is of another
    log, InvalidCursor for an `after` that cannot be, CorruptRecord when the log does not agree with its tree.
    """
    so_far = _so_far(tree, sink, until, after)
    frontier = Frontier.of_edge(so_far.head.size, tree.edge(so_far.head.size))
    added = 0
    while frontier.size < until:
        segment, states = _next_segment(stored, tree, frontier, until)
        sink.add(segment, states)
        added += 1
        if on_progress is not None:
            on_progress(frontier.size, until)
    head = TreeHead(frontier.size, frontier.root())
    outline = Outline(so_far.origin, so_far.after, head, so_far.segments + added)
    return Transfer(outline, added, head.size - so_far.head.size)


def _so_far(tree: LogTree, sink: SegmentSink, until: Position, after: Position | None) -> Outline:
    """Begin the export, or make sure that the one that is there is of this log."""
    origin = tree.head(1).root
    beginning = sink.beginning()
    if beginning is None:
        start = after or Position(0)
        if not 0 <= start <= until:
            raise InvalidCursor(
                f"the log has {until} events, so none comes after {start}",
                hint=f"name 0 to {until}",
            )
        sink.begin(Beginning(origin, tree.head(start)))
        return Outline(origin, start, tree.head(start), 0)
    start = Position(beginning.head.size)
    if after is not None and after != start:
        raise InvalidCursor(
            f"the export that is there begins behind position {start}, not {after}",
            hint="leave --after out to go on with it, or name a new folder",
        )
    head, count = beginning.head, 0
    for segment in linked(sink, beginning):
        head, count = segment.head, count + 1
    if beginning.origin != origin or head.size > until or tree.head(head.size) != head:
        raise DifferentLog(
            f"the export holds {head.size} events of a log, and this one does not begin with them",
            hint="name another folder, or the database that was exported there",
        )
    return Outline(origin, start, head, count)


def _next_segment(
    stored: StoredBytes, tree: LogTree, frontier: Frontier, until: Position
) -> tuple[Segment, Sequence[bytes]]:
    """Return the segment that follows and its events, which are in the frontier then."""
    after, edge = Position(frontier.size), frontier.edge()
    stop = min(until, Position((after // SEGMENT_EVENTS + 1) * SEGMENT_EVENTS))
    states = _states(stored, after, stop)
    last = Position(after + len(states))
    frontier.add(states)
    head = tree.head(last)
    if head.root != frontier.root():
        raise CorruptRecord(
            f"the events from position {after + 1} to {last} do not agree with their Merkle tree",
            hint="none of them was exported; `agentgpt log check` names the position",
        )
    return Segment(
        after=after,
        last=last,
        edge=edge,
        root=head.root,
        proof=tree.consistency(after, last).hashes,
        content_bytes=0,
        file_bytes=0,
        sha256=b"",
    ), states


def _states(stored: StoredBytes, after: Position, stop: Position) -> Sequence[bytes]:
    """Return the stored bytes of the events behind `after`, up to `stop` or until a segment is full."""
    states: list[bytes] = []
    size = 0
    while after + len(states) < stop:
        due = Position(after + len(states))
        page = stored.raw(due, min(_PAGE_EVENTS, stop - due))
        if not page:
            raise CorruptRecord(
                f"there is no event at position {due + 1}", hint="`agentgpt log check` looks closer"
            )
        for position, state in page:
            # Whoever changed the database may have put something else there.
            if not isinstance(state, bytes):
                raise CorruptRecord(f"the stored bytes at position {position} are not bytes")
            size += LENGTH_BYTES + len(state)
            if size > SEGMENT_BYTES_AIMED_AT and states:
                return states
            if size > SEGMENT_BYTES_MAX:
                raise InvalidInput(
                    f"the event at position {position} has {len(state)} bytes, too many for a segment"
                )
            states.append(state)
    return states
