"""Reads a range of blocks so that all of it is from one chain, and tells new facts from those that are back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.application.batch import Reading, RestoredFact
from domain.application.block_window import BlockWindow, KnownBlock
from domain.application.chain_reading import ChainReader
from domain.application.ports import BlockRef, EventLog, TooManyFacts, TranslatedLog
from domain.application.standing import Stands
from domain.chain.events import AnomalyDetected
from domain.chain.finality import FinalityHeights
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import Unavailable
from domain.kernel.ids import BlockNumber, Position

_FACTS_AIMED_AT: Final = 4_000
_FIRST_SPAN: Final = 128
_BESIDE_EVENTS: Final = 100
"""How many anomalies may stand beside one fact."""


class RangeReading:
    """Reads ranges whose length adapts to how many facts they hold."""

    def __init__(self, reader: ChainReader) -> None:
        self._reader = reader
        self._span = _FIRST_SPAN

    def read(
        self,
        above: KnownBlock,
        head: BlockRef,
        max_blocks: int,
        heights: FinalityHeights,
        *,
        whole: bool = False,
    ) -> tuple[Sequence[BlockRef], Sequence[TranslatedLog]]:
        """Return the headers at which the blocks above a known one are cut, and their facts in order.

        Up to `max_blocks` of them, fewer when ranges hold many facts; with `whole` only when they hold too many.
        Raises Unavailable when the chain moved meanwhile.
        """
        first = above.number + 1
        span = max_blocks if whole else min(self._span, max_blocks)
        while True:
            last = min(int(head.number), first + span - 1)
            try:
                ends, facts = self._range(above, head, last, heights)
            except TooManyFacts:
                if first == last:
                    raise
                span = self._span = max(1, (last - first + 1) // 2)
            else:
                self._adapt_span(last - first + 1, len(facts), max_blocks)
                return ends, facts

    def _range(
        self, above: KnownBlock, head: BlockRef, last: int, heights: FinalityHeights
    ) -> tuple[Sequence[BlockRef], Sequence[TranslatedLog]]:
        end = head if last == head.number else self._reader.block(BlockNumber(last))
        first = above.number + 1
        if first == last:
            # One block, asked for by its hash, that names the known one as its parent: nothing can move.
            if above.hash not in (None, end.parent_hash):
                raise _moved(end)
            return [end], self._reader.facts_of(end)
        facts = self._reader.facts(BlockNumber(first), BlockNumber(last))
        cuts = sorted({at for at in (heights.safe, heights.final) if first <= at < last})
        ends = [self._reader.block(BlockNumber(at)) for at in cuts]
        # A block's hash fixes all its ancestors, so a range between two standing ends did not change.
        for number, block_hash in ((above.number, above.hash), (end.number, end.hash)):
            if block_hash is not None and (
                self._reader.block(BlockNumber(number)).hash != block_hash
            ):
                raise _moved(end)
        return [*ends, end], facts

    def _adapt_span(self, blocks: int, facts: int, max_blocks: int) -> None:
        if facts > _FACTS_AIMED_AT:
            self._span = max(1, blocks * _FACTS_AIMED_AT // facts)
        elif facts < _FACTS_AIMED_AT // 2 and blocks >= self._span:
            self._span = min(max_blocks, self._span * 2)


def sorted_out(
    first: BlockNumber,
    ends: Sequence[BlockRef],
    facts: Sequence[TranslatedLog],
    window: BlockWindow,
) -> Reading:
    """Return the reading with voided facts that are back apart from new ones."""
    fresh, restored = [], []
    for fact in facts:
        positions = window.orphaned_positions(fact.provenance)
        if positions is None:
            fresh.append(fact)
        else:
            restored.append(RestoredFact(fact, positions))
    return Reading(first=first, ends=ends, fresh=fresh, restored=restored)


def without_recorded(reading: Reading, log: EventLog, stands: Stands) -> Reading:
    """Return the reading without facts that the log turned out to hold; those that do not stand there come back."""
    known = log.recorded_facts([fact.provenance for fact in reading.fresh])
    fresh, restored = [], list(reading.restored)
    for fact, position in zip(reading.fresh, known, strict=True):
        if position is None:
            fresh.append(fact)
        elif not stands(position):
            restored.append(RestoredFact(fact, _with_anomalies(log, position)))
    restored.sort(key=lambda each: each.positions[0])
    return Reading(first=reading.first, ends=reading.ends, fresh=fresh, restored=restored)


def _with_anomalies(log: EventLog, position: Position) -> Sequence[Position]:
    fact, *following = log.read(Position(position - 1), _BESIDE_EVENTS)
    positions = [position]
    for each in following:
        if not _is_beside(each, fact):
            break
        positions.append(each.position)
    return positions


def _is_beside(recorded: RecordedEvent, fact: RecordedEvent) -> bool:
    match recorded.event:
        case AnomalyDetected(transaction_hash=transaction, log_index=index):
            source = fact.provenance
            return source is not None and (
                (source.transaction_hash, source.log_index) == (transaction, index)
            )
        case _:
            return False


def _moved(end: BlockRef) -> Unavailable:
    return Unavailable(
        f"the chain reorganised near block {end.number} while it was read",
        hint="nothing was recorded; the next attempt reads the new blocks",
    )
