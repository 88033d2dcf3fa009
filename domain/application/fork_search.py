"""Where the chain leaves what the ledger has read: found by hashes alone.

A block's hash fixes all its ancestors, so the known blocks that the chain still has are the lower ones: a binary
search finds the newest of them. That a node has no block proves nothing, it may be behind; another hash at the same
height does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from domain.application.block_window import BlockWindow, KnownBlock
from domain.application.chain_history import ChainRecord, Mark, read_back
from domain.application.chain_reading import ChainReader
from domain.application.ports import BlockRef, EventLog
from domain.kernel.errors import Unavailable
from domain.kernel.ids import BlockNumber, Position, StreamName


class Standpoint(Enum):
    """How the blocks that the ledger knows lie to the chain that a node shows."""

    ON_CHAIN = auto()
    REPLACED = auto()
    REPLACED_BELOW_FINAL = auto()


@dataclass(frozen=True, slots=True)
class Fork:
    """The newest known block that the chain has, and what that means for those above it."""

    standpoint: Standpoint
    block: KnownBlock


def find_fork(reader: ChainReader, window: BlockWindow, head: BlockRef) -> Fork:
    """Return where the chain with this head leaves the known blocks.

    Raises Unavailable when the node is behind what the ledger has read and contradicts none of it.
    """
    newest = window.newest
    if is_on_chain(reader, newest.number, newest.hash, head):
        return Fork(Standpoint.ON_CHAIN, newest)
    comparable = [block for block in window.blocks if block.number <= head.number]
    low, high = 0, len(comparable)
    while low < high:
        middle = (low + high) // 2
        block = comparable[middle]
        if is_on_chain(reader, block.number, block.hash, head):
            low = middle + 1
        else:
            high = middle
    if low == len(comparable):
        if comparable and not any(block.recorded for block in window.blocks[low:]):
            # The node is behind blocks that no event speaks of: reading them again costs nothing.
            return Fork(Standpoint.REPLACED, comparable[-1])
        # Also when nothing is comparable: the node's head lies below everything that is not final.
        raise Unavailable(
            f"the node's newest block is {head.number}, below block {newest.number} that "
            "this ledger has already read",
            hint="the node may still be catching up; a chain that was started anew needs a new ledger",
        )
    if low == 0:
        return Fork(Standpoint.REPLACED_BELOW_FINAL, window.floor)
    return Fork(Standpoint.REPLACED, comparable[low - 1])


def is_on_chain(reader: ChainReader, number: int, block_hash: str | None, head: BlockRef) -> bool:
    """Tell whether the chain with this head has the block; asks the node only when the head does not say."""
    if block_hash is None:
        return True
    if number > head.number:
        return False
    if number == head.number:
        return head.hash == block_hash
    if number == head.number - 1:
        return head.parent_hash == block_hash
    return reader.block(BlockNumber(number)).hash == block_hash


def newest_common_mark(
    log: EventLog, stream: StreamName, reader: ChainReader, head: BlockRef
) -> tuple[Mark, Position]:
    """Return the newest end of a batch that the chain still has, however far back it lies.

    The position is one below every fact that stands above it.
    """

    def stands(mark: Mark) -> bool:
        return is_on_chain(reader, mark.number, mark.hash, head)

    def reaches_common(record: ChainRecord) -> bool:
        return bool(record.marks) and stands(record.marks[0])

    record = read_back(log, stream, reaches_common)
    marks = record.marks
    # The first mark of a whole stream is the deployment's start, which every chain of it has.
    low, high = 1, len(marks)
    while low < high:
        middle = (low + high) // 2
        if stands(marks[middle]):
            low = middle + 1
        else:
            high = middle
    common = marks[low - 1]
    return common, record.first_fact_after(common)
