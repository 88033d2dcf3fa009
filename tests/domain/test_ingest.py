"""Facts enter the log in order, exactly once, with the cursor in the same append."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.application.ingest import Ingestor
from domain.chain.events import AnomalyDetected, ChainAdopted, ChainAdvanced, FinalityAdvanced
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import Unavailable, VersionConflict, WrongChain
from domain.kernel.event import Event
from domain.kernel.ids import Position, StreamName, Version
from domain.kernel.money import Wei
from domain.kernel.streams import Network, chain_stream, node_stream, stake_stream
from domain.node.events import NodeDeregistered, NodeJailed, NodeRegistered
from domain.stake.events import CreditClaimed
from tests.support.chain_fakes import DEPLOYMENT, InventedChain, account, word
from tests.support.memory import MemoryLog

NETWORK = Network(DEPLOYMENT.chain_id, DEPLOYMENT.arbiter)
CHAIN = chain_stream(NETWORK)
NODE = account(0x51)


def joined(number: int) -> tuple[StreamName, Event]:
    node = account(number)
    return node_stream(NETWORK, node), NodeRegistered(node=node, metadata_uri="ipfs://x")


def left(number: int) -> tuple[StreamName, Event]:
    node = account(number)
    return node_stream(NETWORK, node), NodeDeregistered(node=node)


def claimed(amount: int) -> tuple[StreamName, Event]:
    fact = CreditClaimed(account=NODE, amount_wei=Wei(amount), credit_wei=Wei(0))
    return stake_stream(NETWORK, NODE), fact


def everything(log: MemoryLog) -> Sequence[RecordedEvent]:
    return log.read(Position(0), 1_000_000)


def facts_of(log: MemoryLog) -> list[Event]:
    return [each.event for each in everything(log) if each.provenance is not None]


def chain_with(*facts: tuple[StreamName, Event]) -> InventedChain:
    chain = InventedChain()
    chain.mine_empty(2)
    for fact in facts:
        chain.mine(fact)
    return chain


def test_a_ledger_begins_with_the_adoption_of_its_deployment() -> None:
    log = MemoryLog()
    Ingestor(log, chain_with(), DEPLOYMENT).adopt()
    (first,) = everything(log)
    assert isinstance(first.event, ChainAdopted)
    assert first.stream == CHAIN
    assert first.event.genesis_hash == DEPLOYMENT.genesis_hash


def test_a_second_start_adopts_nothing_again() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    Ingestor(log, chain, DEPLOYMENT).step()
    before = everything(log)
    Ingestor(log, chain, DEPLOYMENT).step()
    assert everything(log) == before


def test_facts_and_cursor_stand_in_one_append() -> None:
    class CountingLog(MemoryLog):
        appends: list[int]

        def append(
            self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
        ) -> Sequence[RecordedEvent]:
            recorded = super().append(events, expected)
            self.appends = [*getattr(self, "appends", []), len(events)]
            return recorded

    log = CountingLog()
    chain = chain_with(joined(1), claimed(5))
    progress = Ingestor(log, chain, DEPLOYMENT).step()
    assert (progress.facts, progress.at_head) == (2, True)
    assert log.appends == [0, 1, 3]
    cursor = everything(log)[-1].event
    assert isinstance(cursor, ChainAdvanced)
    assert (cursor.first_block, cursor.last_block, cursor.facts) == (3, 4, 2)
    assert cursor.last_block_hash == chain.head().hash


def test_a_deployment_of_another_chain_is_refused_and_nothing_is_written() -> None:
    log = MemoryLog()
    with pytest.raises(WrongChain, match="first block"):
        Ingestor(log, chain_with(), replace(DEPLOYMENT, genesis_hash=word(1))).step()
    assert everything(log) == []


def test_a_ledger_that_follows_another_deployment_under_this_name_is_refused() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    Ingestor(log, chain, DEPLOYMENT).step()
    before = everything(log)
    other = replace(DEPLOYMENT, registry=account(0xEE))
    with pytest.raises(WrongChain, match="another deployment"):
        Ingestor(log, chain, other).step()
    assert everything(log) == before


def test_an_illegal_fact_is_recorded_and_an_anomaly_stands_beside_it() -> None:
    log = MemoryLog()
    progress = Ingestor(log, chain_with(left(1)), DEPLOYMENT).step()
    assert (progress.facts, progress.anomalies) == (1, 1)
    _, fact, beside, _ = everything(log)
    assert isinstance(fact.event, NodeDeregistered)
    assert isinstance(beside.event, AnomalyDetected)
    assert beside.stream == fact.stream == beside.event.subject
    assert fact.provenance is not None
    assert beside.event.transaction_hash == fact.provenance.transaction_hash
    assert beside.provenance is None


def test_rules_see_facts_of_earlier_batches_also_after_a_restart() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    Ingestor(log, chain, DEPLOYMENT).step()
    chain.mine(left(1))
    assert Ingestor(log, chain, DEPLOYMENT).step().anomalies == 0
    chain.mine(left(1))
    assert Ingestor(log, chain, DEPLOYMENT).step().anomalies == 1


def test_rules_see_the_fact_before_in_the_same_batch() -> None:
    log = MemoryLog()
    jailed = NodeJailed(node=account(1), stake_wei=Wei(0), min_stake_wei=Wei(9))
    chain = chain_with(joined(1), (node_stream(NETWORK, account(1)), jailed), left(1))
    assert Ingestor(log, chain, DEPLOYMENT).step().anomalies == 0


def test_an_idle_chain_does_not_grow_the_log() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    before = everything(log)
    for _ in range(30):
        chain.mine_empty(10)
        assert ingestor.step().at_head
    # That the one block with a fact became safe and final is news; that others did is none.
    news = [each.event for each in everything(log)[len(before) :]]
    assert [
        (each.safe_block, each.final_block) for each in news if isinstance(each, FinalityAdvanced)
    ] == [(3, 0), (3, 3)]
    assert len(news) == 2


def test_a_thousand_empty_blocks_are_worth_a_cursor() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    chain.mine_empty(1_200)
    while not ingestor.step().at_head:
        pass
    cursors = [each.event for each in everything(log) if isinstance(each.event, ChainAdvanced)]
    assert [each.facts for each in cursors] == [1, *(0 for _ in cursors[1:])]
    assert cursors[-1].last_block > 1_000
    assert all(after.first_block == before.last_block + 1 for before, after in pairwise(cursors))


def test_cursors_cover_every_block_once_whatever_was_empty() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    chain.mine_empty(20)
    ingestor.step()
    chain.mine(joined(2))
    ingestor.step()
    cursors = [each.event for each in everything(log) if isinstance(each.event, ChainAdvanced)]
    assert [(each.first_block, each.last_block) for each in cursors] == [(3, 3), (4, 24)]


def test_a_reorganisation_of_empty_blocks_above_the_cursor_is_read_again() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    chain.mine_empty(10)
    ingestor.step()
    chain.reorganise(8)
    del chain.blocks[9:]
    chain.mine(joined(2))
    assert ingestor.step().facts == 1
    assert facts_of(log)[-1] == joined(2)[1]


@pytest.mark.parametrize("blocks", [1, 5])
def test_a_chain_that_reorganises_while_it_is_read_is_not_recorded(blocks: int) -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    chain.mine_empty(blocks - 1)
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.adopt()
    before = everything(log)
    chain.during_facts = lambda: chain.reorganise(2)
    with pytest.raises(Unavailable, match="while it was read" if blocks > 1 else "no block"):
        ingestor.step()
    assert everything(log) == before
    chain.during_facts = None
    assert ingestor.step().facts == 0


def test_a_node_behind_the_ledger_is_told_apart_from_a_reorganisation() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    chain.blocks.pop()
    before = everything(log)
    with pytest.raises(Unavailable, match="already read"):
        ingestor.step()
    assert everything(log) == before


def test_two_writers_record_each_fact_once() -> None:
    log, chain = MemoryLog(), chain_with(joined(1))
    first, second = (Ingestor(log, chain, DEPLOYMENT) for _ in range(2))
    first.adopt()
    second.adopt()
    for number in range(2, 12):
        chain.mine(joined(number))
        first.step()
        second.step()
        second.step()
        first.step()
    assert facts_of(log) == [joined(number)[1] for number in range(1, 12)]


def test_facts_recorded_beside_the_cursor_are_dropped() -> None:
    class StrictLog(MemoryLog):
        """Like the real log, refuses a chain fact that it has."""

        def append(
            self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
        ) -> Sequence[RecordedEvent]:
            places = [each.provenance for each in events if each.provenance is not None]
            if any(at is not None for at in self.recorded_facts(places)):
                raise VersionConflict("a fact is there already")
            return super().append(events, expected)

    log, chain = StrictLog(), chain_with(joined(1), joined(2))
    known = chain.logs[3][0]
    log.append([NewEvent(stream=known.stream, event=known.event, provenance=known.provenance)], {})
    assert Ingestor(log, chain, DEPLOYMENT).step().facts == 1
    assert facts_of(log) == [joined(1)[1], joined(2)[1]]


def test_an_append_that_fails_leaves_the_ingestor_where_it_was() -> None:
    class BrittleLog(MemoryLog):
        broken = False

        def append(
            self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
        ) -> Sequence[RecordedEvent]:
            if self.broken:
                raise OSError("disk full")
            return super().append(events, expected)

    log, chain = BrittleLog(), chain_with(joined(1))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.step()
    chain.mine(left(1))
    log.broken = True
    with pytest.raises(OSError, match="disk full"):
        ingestor.step()
    log.broken = False
    progress = ingestor.step()
    assert (progress.facts, progress.anomalies) == (1, 0)


def test_a_range_with_too_many_facts_is_read_in_smaller_parts() -> None:
    chain = chain_with(*(joined(number) for number in range(1, 41)))
    chain.most_facts = 6
    log = MemoryLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    steps = 0
    while not ingestor.step().at_head:
        steps += 1
        assert steps < 100
    assert facts_of(log) == [joined(number)[1] for number in range(1, 41)]


def test_a_step_reads_no_more_blocks_than_it_is_told() -> None:
    chain = chain_with(*(joined(number) for number in range(1, 41)))
    ingestor = Ingestor(MemoryLog(), chain, DEPLOYMENT)
    ingestor.step(max_blocks=7)
    assert chain.asked_ranges == [(3, 9)]


@given(
    blocks=st.lists(st.lists(st.integers(1, 5), max_size=3), max_size=30),
    steps=st.lists(st.integers(1, 9), min_size=1, max_size=10),
    restart_at=st.integers(0, 40),
)
def test_however_it_is_batched_and_restarted_the_facts_are_the_same(
    blocks: list[list[int]], steps: list[int], restart_at: int
) -> None:
    chain = InventedChain()
    chain.mine_empty(2)
    for amounts in blocks:
        chain.mine(*(claimed(amount) for amount in amounts))
    log = MemoryLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    for turn in range(60):
        if turn == restart_at:
            ingestor = Ingestor(log, chain, DEPLOYMENT)
        if ingestor.step(steps[turn % len(steps)]).at_head:
            break
    wanted = [claimed(amount)[1] for amounts in blocks for amount in amounts]
    assert facts_of(log) == wanted
