"""Where the reading of a chain stands: its cursor, what can still be replaced, what is final, whether it halted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.application.block_window import BlockWindow, KnownBlock
from domain.application.chain_history import Mark, recent_record
from domain.application.ports import Deployment, EventLog
from domain.chain.events import (
    BlocksOrphaned,
    ChainAdvanced,
    ChainHalted,
    ChainHealed,
    FinalityAdvanced,
)
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position, StreamName, Version

_PAGE_EVENTS: Final = 5_000


class ChainTail:
    """The end of a chain's stream in memory. What it was loaded from is followed by offering it what was appended.

    `cursor` is the height up to which the log says that everything is read; the newest block of `window` may lie
    above it, when blocks without facts were seen.
    """

    def __init__(self, log: EventLog, stream: StreamName, deployment: Deployment) -> None:
        record = recent_record(log, stream)
        self._stream = stream
        self.version: Version = record.version
        self.cursor: int = record.marks[-1].number
        self.halted: ChainHalted | None = record.halted
        self.policy: FinalityAdvanced | None = record.finality
        # The first block is final on every chain.
        genesis = KnownBlock(0, deployment.genesis_hash)
        self.final = record.final or genesis
        self.safe = record.safe or self.final
        since = record.mark_upto(self.final.number) or record.marks[0]
        floor = self.final if self.final.number >= since.number else _block_at(since)
        self.window = window_since(log, deployment, floor, record.first_fact_after(since))

    def take(self, recorded: Sequence[RecordedEvent]) -> None:
        """Take in what was appended: all of it, in order."""
        for each in recorded:
            self.window.take(each)
            if each.stream == self._stream:
                self._follow(each)

    def _follow(self, recorded: RecordedEvent) -> None:
        self.version = recorded.version
        match recorded.event:
            case ChainAdvanced(last_block=number):
                self.cursor = number
            case BlocksOrphaned(fork_block=number, fork_block_hash=block_hash):
                self.cursor = number
                fork = KnownBlock(number, block_hash)
                self.safe = fork if number <= self.safe.number else self.safe
                self.final = fork if number <= self.final.number else self.final
            case FinalityAdvanced() as event:
                self.policy = event
                self.safe = KnownBlock(event.safe_block, event.safe_block_hash)
                self.final = KnownBlock(event.final_block, event.final_block_hash)
            case ChainHalted() as event:
                self.halted = event
            case ChainHealed():
                self.halted = None
            case _:
                pass


def window_since(
    log: EventLog,
    deployment: Deployment,
    floor: KnownBlock,
    since: Position,
    *,
    settles: bool = True,
) -> BlockWindow:
    """Return the blocks known above `floor`; `since` is the position by which everything up to it was recorded."""
    contracts = (
        deployment.token,
        deployment.arbiter,
        deployment.registry,
        deployment.verifier,
        deployment.timelock,
    )
    window = BlockWindow(deployment.chain_id, contracts, floor, settles=settles)
    position = since
    while page := log.read(position, _PAGE_EVENTS):
        for recorded in page:
            window.take(recorded)
        position = page[-1].position
    return window


def _block_at(mark: Mark) -> KnownBlock:
    return KnownBlock(mark.number, mark.hash)
