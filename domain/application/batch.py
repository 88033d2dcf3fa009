"""What one append of the ingestion holds: what a reorganisation undoes, facts, anomalies, cursors, finality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.application.block_window import KnownBlock, Voiding
from domain.application.chain_tail import ChainTail
from domain.application.legality import Legality
from domain.application.ports import BlockRef, TranslatedLog
from domain.application.standing import Standing
from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdvanced,
    ChainHealed,
    FinalityAdvanced,
)
from domain.chain.finality import FinalityHeights, FinalityPolicy
from domain.kernel.envelope import NewEvent
from domain.kernel.event import Event
from domain.kernel.ids import BlockNumber, Position, StreamName
from domain.kernel.position_range import PositionRange, ranges_of


@dataclass(frozen=True, slots=True)
class RestoredFact:
    """A voided fact whose block is back, and where it and the anomalies beside it stand."""

    fact: TranslatedLog
    positions: Sequence[Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Blocks as they were read: `fresh` facts are not in the log yet, `restored` ones are.

    `first` is the block after the cursor. `ends` are the headers at which the blocks are cut into batches, so that no
    batch holds both final blocks and others; the last one is the end.
    """

    first: BlockNumber
    ends: Sequence[BlockRef]
    fresh: Sequence[TranslatedLog]
    restored: Sequence[RestoredFact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What a reorganisation takes back before the reading begins; `healed` when it goes below what was final."""

    orphaned: BlocksOrphaned | None = None
    healed: ChainHealed | None = None

    def __bool__(self) -> bool:
        return self.orphaned is not None or self.healed is not None


NOTHING_UNDONE = Undone()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is to be recorded in one append; nothing of it need be there."""

    undone: Undone
    reading: Reading | None
    finality: FinalityAdvanced | None

    def __bool__(self) -> bool:
        return bool(self.undone) or self.reading is not None or self.finality is not None


@dataclass(slots=True)
class Batch:
    """The events of one append, and how many facts they add, void and restore."""

    events: list[NewEvent] = field(default_factory=list)
    facts: int = 0
    anomalies: int = 0
    orphaned: int = 0
    restored: int = 0


def orphaned(fork: BlockRef, newest: KnownBlock, voiding: Voiding) -> BlocksOrphaned:
    """Return the event that voids everything above a fork."""
    assert newest.hash is not None
    return BlocksOrphaned(
        fork_block=fork.number,
        fork_block_hash=fork.hash,
        fork_block_time=fork.time,
        orphaned_last_block=BlockNumber(newest.number),
        orphaned_last_block_hash=newest.hash,
        facts=voiding.facts,
        voided=voiding.ranges,
    )


def build_batch(
    stream: StreamName, contents: Contents, legality: Legality, standing: Standing
) -> Batch:
    """Return everything that one append holds. Rules are judged on what will stand then."""
    batch = Batch()
    undone, reading, finality = contents.undone, contents.reading, contents.finality
    if undone.orphaned is not None:
        batch.orphaned = undone.orphaned.facts
    for event in (undone.orphaned, undone.healed):
        if event is not None:
            batch.events.append(NewEvent(stream=stream, event=event))
    if reading is not None:
        standing.refresh()
        gone = undone.orphaned.voided if undone.orphaned is not None else ()
        stands = standing.after(gone, _ranges(reading.restored))
        legality.prepare((fact.stream for fact in reading.fresh), stands)
        _add_reading(batch, stream, reading, legality)
    if finality is not None:
        batch.events.append(NewEvent(stream=stream, event=finality))
    return batch


def _add_reading(batch: Batch, stream: StreamName, reading: Reading, legality: Legality) -> None:
    """Add each batch of blocks with its cursor behind it: by a cursor's position, nothing above its block stands."""
    fresh, back = list(reversed(reading.fresh)), list(reversed(reading.restored))
    first = reading.first
    for end in reading.ends:
        restored: list[RestoredFact] = []
        while back and back[-1].fact.provenance.block_number <= end.number:
            restored.append(back.pop())
        if restored:
            batch.events.append(NewEvent(stream=stream, event=_restoring(restored)))
            batch.restored += len(restored)
        count = 0
        while fresh and fresh[-1].provenance.block_number <= end.number:
            _add_fact(batch, fresh.pop(), legality)
            count += 1
        advanced = ChainAdvanced(
            first_block=first,
            last_block=end.number,
            last_block_hash=end.hash,
            last_block_time=end.time,
            facts=count,
        )
        batch.events.append(NewEvent(stream=stream, event=advanced))
        batch.facts += count
        first = BlockNumber(end.number + 1)


def finality_after(
    tail: ChainTail,
    reading: Reading | None,
    undone: Undone,
    heights: FinalityHeights,
    policy: FinalityPolicy,
) -> FinalityAdvanced | None:
    """Return the event that says what is safe and final once the reading is recorded, None when that is no news.

    Only blocks that events speak of are named: between them nothing changes an answer.
    """
    fork = undone.orphaned
    safe, final = tail.safe, tail.final
    if fork is not None:
        below = KnownBlock(fork.fork_block, fork.fork_block_hash)
        safe = below if below.number <= safe.number else safe
        final = below if below.number <= final.number else final
    new_safe = _newest(tail, reading, fork, heights.safe, safe)
    new_final = _newest(tail, reading, fork, heights.final, final)
    if new_safe.number <= safe.number and new_final.number <= final.number:
        return None
    if new_safe.number < new_final.number:
        new_safe = new_final
    assert new_safe.hash is not None
    assert new_final.hash is not None
    return FinalityAdvanced(
        safe_block=BlockNumber(new_safe.number),
        safe_block_hash=new_safe.hash,
        final_block=BlockNumber(new_final.number),
        final_block_hash=new_final.hash,
        policy=policy.name,
        policy_version=policy.version,
    )


def _newest(
    tail: ChainTail,
    reading: Reading | None,
    fork: BlocksOrphaned | None,
    height: int,
    before: KnownBlock,
) -> KnownBlock:
    """Return the highest block up to a height that is recorded, or is about to be; never one below `before`."""
    candidates = [before]
    known = tail.window.recorded_upto(height if fork is None else min(height, fork.fork_block))
    if known is not None and known.hash is not None:
        candidates.append(known)
    if reading is not None:
        read = [(end.number, end.hash) for end in reading.ends]
        facts = [*reading.fresh, *(each.fact for each in reading.restored)]
        read += [(fact.provenance.block_number, fact.provenance.block_hash) for fact in facts]
        candidates += [KnownBlock(*place) for place in read if place[0] <= height]
    return max(candidates, key=lambda block: block.number)


def _restoring(facts: Sequence[RestoredFact]) -> BlocksRestored:
    first, last = facts[0].fact.provenance, facts[-1].fact.provenance
    return BlocksRestored(
        first_block=first.block_number,
        last_block=last.block_number,
        last_block_hash=last.block_hash,
        facts=len(facts),
        restored=_ranges(facts),
    )


def _ranges(facts: Sequence[RestoredFact]) -> tuple[PositionRange, ...]:
    return ranges_of(sorted(at for each in facts for at in each.positions))


def _add_fact(batch: Batch, fact: TranslatedLog, legality: Legality) -> None:
    event: Event = fact.event
    batch.events.append(NewEvent(stream=fact.stream, event=event, provenance=fact.provenance))
    for broken in legality.judge(fact.stream, event):
        anomaly = AnomalyDetected(
            subject=fact.stream,
            fact_name=event.NAME,
            transaction_hash=fact.provenance.transaction_hash,
            log_index=fact.provenance.log_index,
            rule=broken.rule,
            detail=broken.detail,
        )
        batch.events.append(NewEvent(stream=fact.stream, event=anomaly))
        batch.anomalies += 1
