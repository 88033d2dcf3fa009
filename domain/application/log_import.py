"""Takes an export into an empty log, or into one that holds a beginning of it: the same bytes at the same positions."""

from __future__ import annotations

from collections.abc import Sequence

from domain.application.ports import LogTree, StoredBytes
from domain.application.segments import (
    Beginning,
    Outline,
    Segments,
    Transfer,
    begun,
    check_outline,
    checked_states,
    linked,
)
from domain.application.upkeep import OnProgress
from domain.kernel.errors import CorruptRecord, DifferentLog, EvidenceMismatch, VersionConflict
from domain.kernel.ids import Position
from domain.kernel.merkle import Checkpoint, TreeHead
from domain.kernel.segment import Segment


def import_log(
    segments: Segments,
    stored: StoredBytes,
    tree: LogTree,
    *,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> Transfer:
    """Append what the export holds and the log does not.

    What the export says is checked as a whole first, up to a signed head where there is one; then each segment before
    its events are appended, all or none, and the log's root after it. Raises DifferentLog when the log holds something
    else, EvidenceMismatch naming segment and position, NewerSchema, and what writing to the log raises.
    """
    outline = check_outline(segments, checkpoint)
    beginning = begun(segments)
    had = tree.head()
    _check_common(segments, beginning, tree, had)
    added = 0
    for segment in linked(segments, beginning):
        if segment.last <= had.size:
            continue
        states = checked_states(segments, segment, beginning)
        held = max(0, had.size - segment.after)
        if held and _head_within(segment, states[:held]) != had:
            raise _another_log(had.size)
        _append(stored, tree, segment, states[held:])
        added += 1
        if on_progress is not None:
            on_progress(segment.last, outline.head.size)
    return Transfer(outline, added, max(0, outline.head.size - had.size))


def check_start(segments: Segments, checkpoint: Checkpoint | None = None) -> Outline:
    """Check what an export says as a whole and the events of its first segment: enough to make a database for it.

    Raises EvidenceMismatch.
    """
    outline = check_outline(segments, checkpoint)
    beginning = begun(segments)
    for segment in linked(segments, beginning):
        checked_states(segments, segment, beginning)
        break
    return outline


def _check_common(segments: Segments, beginning: Beginning, tree: LogTree, had: TreeHead) -> None:
    """Check that log and export agree at the last end of a segment that both of them reach."""
    common = beginning.head
    if had.size < common.size:
        raise DifferentLog(
            f"the export begins behind position {common.size}, and the ledger ends at {had.size}",
            hint="import the export that ends there first",
        )
    for segment in linked(segments, beginning):
        if segment.last > had.size:
            break
        common = segment.head
    if tree.head(common.size) != common:
        raise _another_log(common.size)


def _append(stored: StoredBytes, tree: LogTree, segment: Segment, states: Sequence[bytes]) -> None:
    try:
        stored.restore(Position(segment.last - len(states)), states)
    except CorruptRecord as error:
        raise EvidenceMismatch(
            f"{segment}: {error.message}", hint="nothing of this segment was written"
        ) from error
    except VersionConflict as error:
        raise DifferentLog(
            f"the ledger was written to meanwhile: {error.message}",
            hint="stop whatever writes to it, then import into a new database",
        ) from error
    if tree.head(segment.last) != segment.head:
        raise CorruptRecord(
            f"{segment} was written, but the ledger's root is not that of the export",
            hint="`agentgpt log check` looks closer; start again with a new database",
        )


def _head_within(segment: Segment, states: Sequence[bytes]) -> TreeHead:
    frontier = segment.frontier()
    frontier.add(states)
    return TreeHead(frontier.size, frontier.root())


def _another_log(size: int) -> DifferentLog:
    return DifferentLog(
        f"the first {size} events of the ledger are not those of the export",
        hint="import into a new database, or into one that was being filled from this export",
    )
