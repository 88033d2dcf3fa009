"""What the stream of a chain says, read from its end: cursors, finality, halts.

The stream of an old ledger is long, so it is read backwards in growing pieces, only as far as it is needed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.application.block_window import BLOCKS_MAX, KnownBlock
from domain.application.ports import EventLog
from domain.chain.events import (
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
    ChainHalted,
    FinalityAdvanced,
)
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Hash32, Position, StreamName, Version

_FIRST_SPAN: Final = 64


@dataclass(frozen=True, slots=True)
class Mark:
    """A block up to which everything is read, and the position from which on that holds.

    `hash` is None before the deployment's first block.
    """

    number: int
    hash: Hash32 | None
    position: Position


class ChainRecord:
    """A fold of the newest events of a chain's stream.

    `marks` are the ends of batches that stand, ascending; the first may be any one of a longer row. `finality` is the
    newest word on what is final, None when the events read do not say; `final` is what follows from it.
    """

    def __init__(self, events: Sequence[RecordedEvent]) -> None:
        self.version = Version(0)
        self.marks: list[Mark] = []
        self.safe: KnownBlock | None = None
        self.final: KnownBlock | None = None
        self.finality: FinalityAdvanced | None = None
        self.halted: ChainHalted | None = None
        self._restored: list[tuple[Position, Position]] = []
        for recorded in events:
            self._take(recorded)

    def mark_upto(self, number: int) -> Mark | None:
        """Return the newest end of a batch up to a height, None when the events read hold none."""
        at = bisect_right(self.marks, number, key=lambda mark: mark.number)
        return self.marks[at - 1] if at else None

    def first_fact_after(self, mark: Mark) -> Position:
        """Return a position below every fact that stands above the mark's block.

        That is the mark's own, unless facts that were recorded earlier came back after it.
        """
        earlier = [first for position, first in self._restored if position > mark.position]
        return min([mark.position, *(Position(first - 1) for first in earlier)])

    def _take(self, recorded: RecordedEvent) -> None:
        self.version = recorded.version
        self.halted = None
        match recorded.event:
            case ChainAdopted(start_block=start):
                self.marks = [Mark(start - 1, None, recorded.position)]
            case ChainAdvanced(last_block=number, last_block_hash=block_hash):
                self.marks.append(Mark(number, block_hash, recorded.position))
            case BlocksOrphaned(fork_block=number, fork_block_hash=block_hash):
                del self.marks[
                    bisect_right(self.marks, int(number), key=lambda mark: mark.number) :
                ]
                self.marks.append(Mark(number, block_hash, recorded.position))
                fork = KnownBlock(number, block_hash)
                if self.safe is not None and self.safe.number >= number:
                    self.safe = fork
                if self.final is not None and self.final.number >= number:
                    self.final = fork
            case BlocksRestored(restored=ranges):
                self._restored += [(recorded.position, each.first) for each in ranges[:1]]
            case FinalityAdvanced() as event:
                self.finality = event
                self.safe = KnownBlock(event.safe_block, event.safe_block_hash)
                self.final = KnownBlock(event.final_block, event.final_block_hash)
            case ChainHalted() as event:
                self.halted = event
            case _:
                pass


def read_back(
    log: EventLog, stream: StreamName, enough: Callable[[ChainRecord], bool]
) -> ChainRecord:
    """Return the record of the newest events, of so many that `enough` holds, or of all.

    Raises CorruptRecord when the stream has no events.
    """
    newest = log.last_of_stream(stream)
    if newest is None:
        raise CorruptRecord(f"the stream `{stream}` lost its events")
    span = _FIRST_SPAN
    while True:
        after = Version(max(0, newest.version - span))
        record = ChainRecord(log.read_stream(stream, after))
        if after == 0 or enough(record):
            return record
        span *= 4


def recent_record(log: EventLog, stream: StreamName) -> ChainRecord:
    """Return the record back to the newest batch that is final, or of as many batches as a window holds."""

    def reaches_final(record: ChainRecord) -> bool:
        return len(record.marks) > BLOCKS_MAX or (
            record.final is not None and record.mark_upto(record.final.number) is not None
        )

    return read_back(log, stream, reaches_final)
