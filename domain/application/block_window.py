"""The blocks that are not final yet, as the log tells them: what can still be replaced, and what hangs on it.

A pure fold over the events after the newest final cursor. Every block with facts is in it, and every end of a
batch; blocks between them are known to hold no facts, so a fork is found exactly enough: what lies above the
newest known block that the chain still has is voided, and nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdvanced,
    FinalityAdvanced,
)
from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.ids import Address, ChainId, Hash32, Position
from domain.kernel.position_range import PositionRange, PositionSet, ranges_of

BLOCKS_MAX: Final = 50_000
"""How many blocks are kept; older ones count as beyond finality."""

FactKey: TypeAlias = tuple[Hash32, Hash32, int]
"""Block hash, transaction hash, log index: a fact of one chain."""


@dataclass(slots=True)
class KnownBlock:
    """A block whose hash is known; `hash` is None before the first block of a deployment.

    `recorded` is False for a block that no event speaks of. `facts` maps each of its facts to its position and
    those of the anomalies beside it.
    """

    number: int
    hash: Hash32 | None
    recorded: bool = True
    facts: dict[FactKey, list[Position]] = field(default_factory=dict)

    @property
    def positions(self) -> list[Position]:
        """Positions of its facts and of the anomalies beside them."""
        return [position for places in self.facts.values() for position in places]


@dataclass(frozen=True, slots=True)
class Voiding:
    """What stops standing when everything above a fork goes: how many facts, and which positions."""

    facts: int
    ranges: tuple[PositionRange, ...]


class BlockWindow:
    """Known blocks from the newest final one, the `floor`, up to the newest one read, in order of height.

    Unless it `settles`, the floor stays where it was, whatever is called final.
    """

    def __init__(
        self,
        chain_id: ChainId,
        contracts: Iterable[Address],
        floor: KnownBlock,
        *,
        settles: bool = True,
    ) -> None:
        self._settles = settles
        self._chain_id = chain_id
        self._contracts = frozenset(contracts)
        self._blocks = [floor]
        self._orphaned: dict[FactKey, tuple[KnownBlock, list[Position]]] = {}
        # The fact that was taken in last: anomalies stand right behind theirs.
        self._beside: tuple[FactKey, list[Position]] | None = None

    @property
    def floor(self) -> KnownBlock:
        """The block that can be replaced no more."""
        return self._blocks[0]

    @property
    def newest(self) -> KnownBlock:
        """The highest block known."""
        return self._blocks[-1]

    @property
    def blocks(self) -> Sequence[KnownBlock]:
        """All of them, from the floor up."""
        return self._blocks

    @property
    def has_orphans(self) -> bool:
        """Tell whether there are voided facts that may come back."""
        return bool(self._orphaned)

    def take(self, recorded: RecordedEvent) -> None:
        """Take in an event of the log; only those of this deployment change anything."""
        provenance = recorded.provenance
        if provenance is not None:
            if self._is_ours(provenance):
                self._take_fact(recorded.position, provenance)
            return
        match recorded.event:
            case AnomalyDetected() as anomaly:
                self._take_anomaly(recorded.position, anomaly)
            case ChainAdvanced(last_block=number, last_block_hash=block_hash):
                self.see(number, block_hash, recorded=True)
            case BlocksOrphaned() as event:
                self._orphan(event)
            case BlocksRestored(restored=ranges):
                self._restore(ranges)
            case FinalityAdvanced(final_block=number, final_block_hash=block_hash):
                self.see(number, block_hash, recorded=True)
                if self._settles:
                    self.settle(number)
            case _:
                pass

    def see(self, number: int, block_hash: Hash32, *, recorded: bool = False) -> KnownBlock:
        """Remember the hash of a block above the floor; return the block as it is known now."""
        if number < self.floor.number:
            return self.floor
        at = bisect_left(self._blocks, number, key=_number_of)
        if at < len(self._blocks) and self._blocks[at].number == number:
            known = self._blocks[at]
            known.recorded = known.recorded or recorded
            return known
        known = KnownBlock(number, block_hash, recorded)
        self._blocks.insert(at, known)
        if len(self._blocks) > BLOCKS_MAX:
            del self._blocks[0]
        return known

    def forget_above(self, number: int) -> None:
        """Forget blocks above a height that no event speaks of: ones without facts that were only seen."""
        at = bisect_left(self._blocks, number + 1, key=_number_of)
        del self._blocks[max(1, at) :]

    def settle(self, number: int) -> None:
        """Make the newest known block up to a height the floor: nothing below it can be replaced."""
        at = bisect_left(self._blocks, number + 1, key=_number_of) - 1
        if at > 0:
            del self._blocks[:at]
            # What is final is never voided, so nothing is to be known of its facts.
            self._blocks[0].facts = {}
        if self._orphaned:
            floor = self.floor.number
            self._orphaned = {
                key: entry for key, entry in self._orphaned.items() if entry[0].number > floor
            }

    def recorded_upto(self, number: int) -> KnownBlock | None:
        """Return the highest block up to a height that an event speaks of, None when there is none in the window."""
        at = bisect_left(self._blocks, number + 1, key=_number_of)
        return next((block for block in reversed(self._blocks[:at]) if block.recorded), None)

    def voiding_above(self, number: int) -> Voiding:
        """Return what stops standing when the blocks above a height go."""
        gone = [block for block in self._blocks if block.number > number]
        positions = sorted(position for block in gone for position in block.positions)
        return Voiding(sum(len(block.facts) for block in gone), ranges_of(positions))

    def orphaned_positions(self, fact: Provenance) -> Sequence[Position] | None:
        """Return where a voided fact and the anomalies beside it stand, None for one that is not among them."""
        entry = self._orphaned.get(_key_of(fact))
        return None if entry is None else entry[1]

    def _is_ours(self, provenance: Provenance) -> bool:
        return provenance.chain_id == self._chain_id and provenance.contract in self._contracts

    def _take_fact(self, position: Position, provenance: Provenance) -> None:
        self._beside = None
        if provenance.block_number <= self.floor.number:
            return
        block = self.newest
        # Mostly the block that the fact before was in.
        if block.number != provenance.block_number or not block.recorded:
            block = self.see(provenance.block_number, provenance.block_hash, recorded=True)
        if block.hash == provenance.block_hash:
            places = block.facts[_key_of(provenance)] = [position]
            self._beside = (_key_of(provenance), places)

    def _take_anomaly(self, position: Position, anomaly: AnomalyDetected) -> None:
        if self._beside is None:
            return
        (_, transaction_hash, log_index), places = self._beside
        if (transaction_hash, log_index) == (anomaly.transaction_hash, anomaly.log_index):
            places.append(position)

    def _orphan(self, event: BlocksOrphaned) -> None:
        self._beside = None
        at = bisect_left(self._blocks, event.fork_block + 1, key=_number_of)
        for block in self._blocks[at:]:
            for key, places in block.facts.items():
                self._orphaned[key] = (block, places)
        del self._blocks[at:]
        if self._blocks:
            self.see(event.fork_block, event.fork_block_hash, recorded=True)
        else:
            # A healed chain: the fork lies below what was final.
            self._blocks = [KnownBlock(event.fork_block, event.fork_block_hash)]

    def _restore(self, ranges: Sequence[PositionRange]) -> None:
        restored = PositionSet(ranges)
        back = [key for key, (_, places) in self._orphaned.items() if places[0] in restored]
        for key in back:
            old, places = self._orphaned.pop(key)
            assert old.hash is not None
            block = self.see(old.number, old.hash, recorded=True)
            block.facts[key] = places


def _number_of(block: KnownBlock) -> int:
    return block.number


def _key_of(fact: Provenance) -> FactKey:
    return fact.block_hash, fact.transaction_hash, fact.log_index
