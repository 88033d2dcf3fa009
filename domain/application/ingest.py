"""Takes facts from a chain into the log: in order, exactly once, and never half a batch.

Each batch is one append: the facts of a range of blocks, an anomaly beside each fact that breaks a rule, and
the cursor event. The cursor's (stream, version) is the fence: a second writer, or a batch
tried again after a crash, meets a VersionConflict and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from domain.application.legality import Legality
from domain.application.ports import (
    BlockRef,
    ChainReader,
    Deployment,
    EventLog,
    TooManyFacts,
    TranslatedLog,
)
from domain.application.sure_append import append_surely
from domain.chain.events import AnomalyDetected, ChainAdopted, ChainAdvanced
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import CorruptRecord, Unavailable, VersionConflict, WrongChain
from domain.kernel.ids import BlockNumber, Hash32, Position, Version
from domain.kernel.streams import Network, chain_stream

MAX_BLOCKS: Final = 2_000
"""How many blocks one step reads at most, unless the caller says otherwise."""

_FACTS_AIMED_AT: Final = 4_000
_FIRST_SPAN: Final = 128
_IDLE_BLOCKS: Final = 1_000
"""Empty blocks are read again after a restart until so many have passed; then a cursor event is worth it."""

_GENESIS: Final = BlockNumber(0)


class ChainReorganised(Unavailable):
    """The chain replaced blocks whose facts are in the log. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    """What one step did. `last_block` is the last one read; `position` is the head of the log."""

    facts: int
    anomalies: int
    last_block: BlockNumber
    head_block: BlockNumber
    position: Position
    at_head: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    """A block up to which everything is read. `hash` is None before the deployment's first block."""

    number: int
    hash: Hash32 | None


class Ingestor:
    """Follows one deployment into the log. One at a time is useful; several are harmless."""

    def __init__(self, log: EventLog, reader: ChainReader, deployment: Deployment) -> None:
        self._log = log
        self._reader = reader
        self._deployment = deployment
        self._stream = chain_stream(Network(deployment.chain_id, deployment.arbiter))
        self._legality = Legality(log)
        self._version = Version(0)
        self._cursor = _Mark(-1, None)
        # At or above the cursor: blocks without facts move only this one, and a restart forgets it.
        self._scanned = self._cursor
        self._span = _FIRST_SPAN

    def adopt(self) -> None:
        """Begin to follow the deployment, or go on where the log says we were.

        Raises WrongChain when the chain is not the deployment's or the ledger follows another one under
        this name, and writes nothing then. Raises Unavailable.
        """
        genesis = self._reader.block(_GENESIS)
        if genesis.hash != self._deployment.genesis_hash:
            raise WrongChain(
                f"the chain's first block is {genesis.hash}, the deployment was made on one that "
                f"begins with {self._deployment.genesis_hash}",
                hint="give the deployment file of this chain, or the node of the deployment's chain",
            )
        if self._log.last_of_stream(self._stream) is None:
            event = NewEvent(stream=self._stream, event=_adoption(self._deployment))
            # Somebody else may adopt it just now; whether it was the same one is checked below.
            with suppress(VersionConflict):
                self._log.append([event], {self._stream: Version(0)})
        self._load()

    def step(self, max_blocks: int = MAX_BLOCKS) -> IngestProgress:
        """Read up to `max_blocks` further blocks into the log.

        Raises Unavailable when the node does not answer or contradicts itself, and ChainReorganised
        when recorded blocks are no longer on the chain; nothing is written then, and the next
        call starts from the same place.
        """
        if self._version == 0:
            self.adopt()
        head = self._reader.head()
        self._check_scanned(head)
        first = self._scanned.number + 1
        last = min(head.number, first + min(self._span, max_blocks) - 1)
        if last < first:
            return self._progress(head, 0, 0)
        end = head if last == head.number else self._reader.block(BlockNumber(last))
        try:
            facts = self._reader.facts(BlockNumber(first), BlockNumber(last))
        except TooManyFacts:
            if first == last:
                raise
            self._span = max(1, (last - first + 1) // 2)
            return self._progress(head, 0, 0)
        self._check_unmoved(end)
        self._adapt_span(last - first + 1, len(facts), max_blocks)
        if not facts and last - self._cursor.number < _IDLE_BLOCKS:
            self._scanned = _Mark(end.number, end.hash)
            return self._progress(head, 0, 0)
        return self._record(facts, end, head)

    def _load(self) -> None:
        """Take the cursor from the log, after checking that it is the cursor of our deployment."""
        oldest = self._log.read(Position(0), 1, stream=self._stream)
        newest = self._log.last_of_stream(self._stream)
        if not oldest or newest is None:
            raise CorruptRecord(f"the stream `{self._stream}` lost its events")
        _check_adoption(oldest[0].event, self._deployment)
        self._version = newest.version
        match newest.event:
            case ChainAdvanced(last_block=number, last_block_hash=block_hash):
                self._cursor = _Mark(number, block_hash)
            case ChainAdopted(start_block=start):
                self._cursor = _Mark(start - 1, None)
            case other:
                raise CorruptRecord(f"`{other.NAME}` does not belong in `{self._stream}`")
        self._scanned = self._cursor
        self._legality.forget()

    def _check_scanned(self, head: BlockRef) -> None:
        """Make sure that we stand on the chain; step back to the cursor when only empty blocks moved."""
        if self._stands(self._scanned, head):
            return
        self._scanned = self._cursor
        if self._stands(self._cursor, head):
            return
        if head.number < self._cursor.number:
            raise Unavailable(
                f"the node's newest block is {head.number}, below block {self._cursor.number} that "
                "this ledger has already read",
                hint="the node may still be catching up; a chain that was started anew needs a new ledger",
            )
        raise ChainReorganised(
            f"block {self._cursor.number} was {self._cursor.hash} when it was recorded and is another "
            "one now: the chain reorganised",
            hint="this version does not undo recorded facts; the log is untouched, start a new ledger",
        )

    def _stands(self, mark: _Mark, head: BlockRef) -> bool:
        if mark.hash is None:
            return True
        if head.number <= mark.number:
            return head.number == mark.number and head.hash == mark.hash
        return self._reader.block(BlockNumber(mark.number)).hash == mark.hash

    def _check_unmoved(self, end: BlockRef) -> None:
        """Check after reading that both ends of the range still are on one chain.

        A block's hash fixes all its ancestors, so a range between two standing ends did not change.
        """
        stands = self._scanned.hash is None or (
            self._reader.block(BlockNumber(self._scanned.number)).hash == self._scanned.hash
        )
        if not stands or self._reader.block(end.number).hash != end.hash:
            raise Unavailable(
                f"the chain reorganised near block {end.number} while it was read",
                hint="nothing was recorded; the next attempt reads the new blocks",
            )

    def _adapt_span(self, blocks: int, facts: int, max_blocks: int) -> None:
        if facts > _FACTS_AIMED_AT:
            self._span = max(1, blocks * _FACTS_AIMED_AT // facts)
        elif facts < _FACTS_AIMED_AT // 2 and blocks >= self._span:
            self._span = min(max_blocks, self._span * 2)

    def _record(
        self, facts: Sequence[TranslatedLog], end: BlockRef, head: BlockRef
    ) -> IngestProgress:
        before = self._version
        try:
            return self._append(facts, end, head)
        except VersionConflict:
            self._load()
            if self._version != before:
                # Another writer recorded this range; its cursor is ours now.
                return self._progress(head, 0, 0)
        known = self._log.recorded_facts([fact.provenance for fact in facts])
        fresh = [fact for fact, at in zip(facts, known, strict=True) if at is None]
        return self._append(fresh, end, head)

    def _append(
        self, facts: Sequence[TranslatedLog], end: BlockRef, head: BlockRef
    ) -> IngestProgress:
        self._legality.prepare(fact.stream for fact in facts)
        events: list[NewEvent] = []
        for fact in facts:
            events.append(
                NewEvent(stream=fact.stream, event=fact.event, provenance=fact.provenance)
            )
            events.extend(self._anomalies(fact))
        anomalies = len(events) - len(facts)
        advanced = ChainAdvanced(
            first_block=BlockNumber(self._cursor.number + 1),
            last_block=end.number,
            last_block_hash=end.hash,
            last_block_time=end.time,
            facts=len(facts),
        )
        events.append(NewEvent(stream=self._stream, event=advanced))
        try:
            recorded = append_surely(self._log, events, {self._stream: self._version})
        except BaseException:
            # What was judged above did not enter the log.
            self._legality.forget()
            raise
        self._version = recorded[-1].version
        self._cursor = self._scanned = _Mark(end.number, end.hash)
        self._legality.trim()
        return self._progress(head, len(facts), anomalies)

    def _anomalies(self, fact: TranslatedLog) -> list[NewEvent]:
        return [
            NewEvent(
                stream=fact.stream,
                event=AnomalyDetected(
                    subject=fact.stream,
                    fact_name=fact.event.NAME,
                    transaction_hash=fact.provenance.transaction_hash,
                    log_index=fact.provenance.log_index,
                    rule=broken.rule,
                    detail=broken.detail,
                ),
            )
            for broken in self._legality.judge(fact.stream, fact.event)
        ]

    def _progress(self, head: BlockRef, facts: int, anomalies: int) -> IngestProgress:
        return IngestProgress(
            facts=facts,
            anomalies=anomalies,
            last_block=BlockNumber(self._scanned.number),
            head_block=head.number,
            position=self._log.head(),
            at_head=self._scanned.number >= head.number,
        )


def _adoption(deployment: Deployment) -> ChainAdopted:
    return ChainAdopted(
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        start_block=deployment.start_block,
        token=deployment.token,
        arbiter=deployment.arbiter,
        registry=deployment.registry,
        verifier=deployment.verifier,
        timelock=deployment.timelock,
    )


def _check_adoption(first: object, deployment: Deployment) -> None:
    if first == _adoption(deployment):
        return
    raise WrongChain(
        f"this ledger follows another deployment that has the same arbiter {deployment.arbiter} on "
        f"chain {deployment.chain_id}",
        hint="give the deployment file that this ledger was started with, or a new database",
    )
