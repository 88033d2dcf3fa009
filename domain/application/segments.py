"""An export of the log as sealed segments, and how it is checked with nothing but itself and a signed head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.application.upkeep import OnProgress
from domain.kernel.errors import EvidenceMismatch
from domain.kernel.ids import Position
from domain.kernel.merkle import Checkpoint, TreeHead, leaf_hash
from domain.kernel.segment import Segment, check_content, check_link


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where an export begins: behind the events of `head`, in the log whose first leaf has the hash `origin`."""

    origin: bytes
    head: TreeHead


class Segments(Protocol):
    """An export: segments in order. Its answers come from outside and are not trusted."""

    def beginning(self) -> Beginning | None:
        """Return where it begins, None when nothing is there yet. Raises EvidenceMismatch and NewerSchema."""
        ...

    def described(self) -> Iterator[Segment]:
        """Yield what is said of each segment, in order. Raises EvidenceMismatch for what cannot be read."""
        ...

    def states(self, segment: Segment) -> Sequence[bytes]:
        """Return the segment's stored bytes. Raises EvidenceMismatch when its file is not the one described."""
        ...


class SegmentSink(Segments, Protocol):
    """An export that can grow."""

    def begin(self, beginning: Beginning) -> None:
        """Start an empty export. Raises Unavailable."""
        ...

    def add(self, segment: Segment, states: Sequence[bytes]) -> None:
        """Add a segment, all or nothing, and be on the disk then. Raises Unavailable.

        The sizes and the hash that the segment has are not looked at: they are those of the file that is made.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outline:
    """What an export says it holds: the events behind position `after` of the log that ends at `head`."""

    origin: bytes
    after: Position
    head: TreeHead
    segments: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What an export or an import came to, and how much of it was done now."""

    outline: Outline
    new_segments: int
    new_events: int


def linked(segments: Segments, beginning: Beginning) -> Iterator[Segment]:
    """Yield what is said of each segment after a check that it follows on the one before. Raises EvidenceMismatch."""
    head = beginning.head
    for segment in segments.described():
        check_link(head, segment)
        head = segment.head
        yield segment


def begun(segments: Segments) -> Beginning:
    """Return where the export begins. Raises EvidenceMismatch when it has no beginning."""
    beginning = segments.beginning()
    if beginning is None:
        raise EvidenceMismatch("the export has no beginning", hint="was it copied whole?")
    return beginning


def check_outline(segments: Segments, checkpoint: Checkpoint | None = None) -> Outline:
    """Check that the segments described follow on each other, up to a signed head; their files are not read.

    Raises EvidenceMismatch when something does not fit.
    """
    beginning = begun(segments)
    head, count = beginning.head, 0
    signed = head if checkpoint is None else checkpoint.head
    found = signed == head
    for segment in linked(segments, beginning):
        head, count = segment.head, count + 1
        found = found or signed == head
        if signed.size == head.size and signed != head:
            raise EvidenceMismatch(
                f"{segment}: its root is not the one that was signed for {signed.size} events",
                hint="the export was changed and made anew, or the checkpoint is of another log",
            )
    if not found:
        raise EvidenceMismatch(
            f"the checkpoint is of {signed.size} events, and no segment ends there",
            hint=f"the export reaches position {head.size}; was it cut off?",
        )
    return Outline(beginning.origin, Position(beginning.head.size), head, count)


def check_segments(
    segments: Segments, checkpoint: Checkpoint | None = None, on_progress: OnProgress | None = None
) -> Outline:
    """Check everything that an export holds: files, events, roots, proofs and the signed head.

    Raises EvidenceMismatch naming segment and position.
    """
    outline = check_outline(segments, checkpoint)
    beginning = begun(segments)
    head = beginning.head
    for segment in linked(segments, beginning):
        checked_states(segments, segment, beginning)
        head = segment.head
        if on_progress is not None:
            on_progress(head.size, outline.head.size)
    if head != outline.head:
        raise EvidenceMismatch("the export was changed while it was checked", hint="check it again")
    return outline


def checked_states(segments: Segments, segment: Segment, beginning: Beginning) -> Sequence[bytes]:
    """Return the segment's stored bytes, which are those of its root. Raises EvidenceMismatch."""
    states = segments.states(segment)
    check_content(segment, states)
    if segment.after == 0 and leaf_hash(states[0]) != beginning.origin:
        raise EvidenceMismatch(
            f"{segment}: the event at position 1 is not the one that the export is named after"
        )
    return states
