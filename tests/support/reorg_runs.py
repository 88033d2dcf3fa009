"""Runs over chains that fork: seeded changes, what stands in a log, and the ledger that only saw what survived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from domain.application.healing import IngestionHalted
from domain.application.ingest import Ingestor, IngestProgress
from domain.application.standing import VoidedPositions
from domain.chain.finality import FinalityPolicy, FinalityRule
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import Unavailable, VersionConflict
from domain.kernel.event import Event
from domain.kernel.ids import Position, StreamName, Version
from domain.kernel.streams import chain_stream
from tests.support.chain_fakes import DEPLOYMENT
from tests.support.forking_chain import NETWORK, ForkingChain, some_facts
from tests.support.memory import MemoryLog

CHAIN = chain_stream(NETWORK)


def counting(safe: int, final: int) -> FinalityPolicy:
    return FinalityPolicy(
        name="counting",
        version=1,
        title="",
        chain_ids=(),
        safe=FinalityRule(confirmations=safe),
        final=FinalityRule(confirmations=final),
        sla_seconds=1,
        notes="",
        sources=(),
    )


POLICY = counting(8, 16)


class StrictLog(MemoryLog):
    """Like the real log, refuses a chain fact that it has."""

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        places = [each.provenance for each in events if each.provenance is not None]
        if any(at is not None for at in self.recorded_facts(places)):
            raise VersionConflict("a fact is there already")
        return super().append(events, expected)


def everything(log: MemoryLog) -> Sequence[RecordedEvent]:
    return log.read(Position(0), 10_000_000)


def standing(log: MemoryLog, at: int | None = None) -> list[tuple[StreamName, Event, object]]:
    """Return what stands as of a position, besides the ledger's own reading."""
    events = everything(log)[:at]
    voided = VoidedPositions()
    for recorded in events:
        voided.take(recorded.event)
    return [
        (each.stream, each.event, each.provenance)
        for each in events
        if each.stream != CHAIN and voided.stands(each.position)
    ]


def fresh(chain: ForkingChain) -> StrictLog:
    """Return the log of a ledger that only ever saw the branch at hand."""
    log = StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    while not ingestor.step().at_head:
        pass
    return log


def follow(ingestor: Ingestor) -> IngestProgress:
    for _ in range(200):
        try:
            progress = ingestor.step()
        except IngestionHalted:
            raise
        except Unavailable:
            continue
        if progress.at_head:
            return progress
    raise AssertionError("the head was not reached")


def change(chance: Random, chain: ForkingChain) -> None:
    """Mine, fork or return to an earlier branch, never below what any head has made final."""
    lowest = max(0, chain.highest - 16)
    action = chance.randrange(6)
    if action < 3:
        for _ in range(chance.randrange(1, 6)):
            chain.mine(*some_facts(chance))
    elif action < 5:
        height = chance.randrange(lowest, len(chain.blocks))
        chain.fork_at(height)
        for _ in range(chance.randrange(0, 8)):
            chain.mine(*some_facts(chance))
    else:
        fitting = [
            at
            for at, leaf in enumerate(chain.leaves)
            if leaf[: lowest + 1] == chain.blocks[: lowest + 1] and len(leaf) > lowest
        ]
        if fitting:
            chain.return_to(chance.choice(fitting))


def disturb(chance: Random, chain: ForkingChain) -> None:
    """Now and then, replace the newest block in the middle of a step."""
    if chance.random() < 0.05 and len(chain.blocks) - 2 > chain.highest - 16:
        chain.fork_at(max(0, len(chain.blocks) - 2))
        chain.mine(*some_facts(chance))
