"""Sealed segments: runs of stored events outside the ledger, and what ties each to the tree over the whole log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.kernel.errors import EvidenceMismatch, InvalidInput
from domain.kernel.ids import Position
from domain.kernel.merkle import Frontier, TreeHead, extends

SEGMENT_EVENTS: Final = 8_192
"""A segment ends at a multiple of it, so that a full one is one complete node of the tree."""

LENGTH_BYTES: Final = 4
"""What an event takes in a segment beside its own bytes: its length, big-endian."""

SEGMENT_BYTES_AIMED_AT: Final = 16 << 20
SEGMENT_BYTES_MAX: Final = 64 << 20
"""A segment's content, not compressed. More than was aimed at only holds a single event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What is said of one segment: the events in (`after`, `last`].

    `edge` are the complete nodes over the first `after` events, from left to right; `root` is the root over the first
    `last` events, `proof` the proof that it extends the root of the edge. `content_bytes` is the size before
    compression, `file_bytes` and `sha256` are those of the file.
    """

    after: Position
    last: Position
    edge: Sequence[bytes]
    root: bytes
    proof: Sequence[bytes]
    content_bytes: int
    file_bytes: int
    sha256: bytes

    def __str__(self) -> str:
        return f"segment {self.after + 1} to {self.last}"

    @property
    def head(self) -> TreeHead:
        """The log up to and with the segment."""
        return TreeHead(self.last, self.root)

    def frontier(self) -> Frontier:
        """Return the tree that the segment's events are added to. Raises EvidenceMismatch."""
        try:
            return Frontier.of_edge(self.after, self.edge)
        except InvalidInput as error:
            raise EvidenceMismatch(f"{self}: {error.message}") from None


def check_link(before: TreeHead, segment: Segment) -> None:
    """Check that the segment says that it follows on `before`, and proves it. Raises EvidenceMismatch."""
    if segment.after != before.size:
        raise EvidenceMismatch(
            f"{segment} does not follow on position {before.size}",
            hint="segments were removed, doubled or put in another order",
        )
    if not 0 < segment.last - segment.after <= SEGMENT_EVENTS:
        raise EvidenceMismatch(f"{segment} does not hold 1 to {SEGMENT_EVENTS} events")
    if segment.frontier().root() != before.root:
        raise EvidenceMismatch(
            f"{segment} starts from another log than the one that ends at position {before.size}",
            hint="what is said of the segment was changed, or comes from another export",
        )
    if not extends(segment.head, before, segment.proof):
        raise EvidenceMismatch(
            f"{segment}: its root does not extend the one at position {before.size}",
            hint="what is said of the segment was changed",
        )


def check_content(segment: Segment, states: Sequence[bytes]) -> None:
    """Check that the stored bytes are those that the segment's root was made of. Raises EvidenceMismatch."""
    frontier = segment.frontier()
    frontier.add(states)
    if (frontier.size, frontier.root()) != (segment.last, segment.root):
        raise EvidenceMismatch(
            f"{segment}: its events are not those that its root was made of",
            hint="an event was changed, removed, added or moved",
        )
