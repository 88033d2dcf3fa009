"""Whatever a chain replaces, what stands in the log is what a ledger holds that only saw the surviving branch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest

from domain.application.batch import RestoredFact
from domain.application.block_window import BlockWindow, Voiding
from domain.application.chain_reading import ChainReader
from domain.application.fork_search import Fork, Standpoint, find_fork
from domain.application.healing import IngestionHalted
from domain.application.ingest import Ingestor
from domain.application.ports import BlockRef
from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdvanced,
    ChainHalted,
    ChainHealed,
    FinalityAdvanced,
)
from domain.chain.finality import FinalityRule
from domain.kernel.errors import RuleRejected, Unavailable, VersionConflict
from domain.kernel.event import Event
from domain.kernel.ids import StreamName
from domain.kernel.position_range import ranges_of
from domain.kernel.streams import node_stream
from domain.node.events import NodeDeregistered
from tests.support.chain_fakes import DEPLOYMENT, account
from tests.support.forking_chain import NETWORK, ForkingChain, Placed, joined, some_facts
from tests.support.memory import MemoryLog
from tests.support.reorg_runs import (
    POLICY,
    StrictLog,
    change,
    disturb,
    everything,
    follow,
    fresh,
    standing,
)


def own(log: MemoryLog, kind: type[Event]) -> list[Event]:
    return [each.event for each in everything(log) if isinstance(each.event, kind)]


def left(number: int) -> Placed:
    node = account(number)
    return node_stream(NETWORK, node), NodeDeregistered(node=node)


def chain_of(blocks: int) -> ForkingChain:
    chain = ForkingChain()
    chain.mine()
    chain.mine()
    for number in range(1, blocks + 1):
        chain.mine(joined(number))
    return chain


@pytest.mark.parametrize("new_blocks", [1, 2, 3, 9])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_reorganisation_is_one_append_that_voids_and_reads_the_new_branch(
    new_blocks: int, restarted: bool
) -> None:
    chain, log = chain_of(6), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    before = everything(log)
    believed = standing(log)
    chain.fork_at(6)
    for number in range(new_blocks):
        chain.mine(joined(100 + number))
    if restarted:
        ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    progress = ingestor.step()
    assert (progress.orphaned, progress.facts) == (2, new_blocks)
    assert standing(log) == standing(fresh(chain))
    assert everything(log)[: len(before)] == before
    assert standing(log, at=len(before)) == believed
    orphaned, *rest = [each.event for each in everything(log)[len(before) :]]
    assert isinstance(orphaned, BlocksOrphaned)
    assert (orphaned.fork_block, orphaned.orphaned_last_block) == (6, 8)
    assert orphaned.fork_block_hash == chain.blocks[6].hash
    cursors = [each for each in rest if isinstance(each, ChainAdvanced)]
    assert (cursors[0].first_block, cursors[-1].last_block) == (7, 6 + new_blocks)


def test_facts_below_the_fork_stay_though_their_batch_reached_above_it() -> None:
    chain, log = chain_of(6), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    assert len(own(log, ChainAdvanced)) == 1
    chain.fork_at(7)
    chain.mine(joined(50))
    ingestor.step()
    (orphaned,) = own(log, BlocksOrphaned)
    assert isinstance(orphaned, BlocksOrphaned)
    assert orphaned.facts == 1
    assert standing(log) == standing(fresh(chain))


def test_blocks_that_come_back_are_restored_and_not_recorded_twice() -> None:
    chain, log = chain_of(3), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    chain.mine(left(77))
    follow(ingestor)
    chain.fork_at(3)
    chain.mine(joined(50))
    follow(ingestor)
    facts = len([each for each in everything(log) if each.provenance])
    for restart in (False, True):
        chain.return_to(0)
        if restart:
            ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
        progress = ingestor.step()
        assert progress.facts == 0
        assert progress.restored > 0
        assert standing(log) == standing(fresh(chain))
    assert len([each for each in everything(log) if each.provenance]) == facts
    assert any(isinstance(event, AnomalyDetected) for _, event, _ in standing(log)) is (
        left(77)[1] in [event for _, event, _ in standing(log)]
    )
    first = own(log, BlocksRestored)[0]
    assert isinstance(first, BlocksRestored)
    assert (first.first_block, first.last_block, first.facts) == (4, 6, 3)
    # A fact and the anomaly beside it come back together.
    assert first.restored[-1].last - first.restored[-1].first >= 1


def test_a_reorganisation_to_a_lower_height_is_found_by_its_hash() -> None:
    chain, log = chain_of(8), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    chain.fork_at(5)
    chain.mine(joined(50))
    assert ingestor.step().orphaned == 5
    assert standing(log) == standing(fresh(chain))


def test_rules_are_judged_on_what_stands() -> None:
    chain, log = chain_of(0), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    chain.mine(joined(1))
    follow(ingestor)
    chain.fork_at(2)
    chain.mine(left(1))
    assert ingestor.step().anomalies == 1
    chain.return_to(0)
    chain.mine(left(1))
    assert ingestor.step().anomalies == 0


def test_a_writer_notices_what_another_one_undid_though_its_own_branch_is_back() -> None:
    chain, log = chain_of(3), StrictLog()
    first, second = (Ingestor(log, chain, DEPLOYMENT, POLICY) for _ in range(2))
    follow(first)
    chain.fork_at(3)
    chain.mine(joined(50))
    follow(second)
    chain.return_to(0)
    follow(first)
    assert standing(log) == standing(fresh(chain))


def test_a_branch_without_facts_and_cursor_leaves_no_trace() -> None:
    chain, log = chain_of(3), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    before = everything(log)
    for _ in range(3):
        chain.mine()
        follow(ingestor)
    chain.fork_at(6)
    chain.mine()
    chain.mine()
    follow(ingestor)
    assert own(log, BlocksOrphaned) == []
    assert [
        e.event for e in everything(log)[len(before) :] if not isinstance(e.event, FinalityAdvanced)
    ] == []


@pytest.mark.parametrize("seed", range(150))
def test_any_run_ends_like_one_that_saw_the_surviving_branch_only(seed: int) -> None:
    check_a_run(seed)


def check_a_run(seed: int) -> None:
    """Follow a chain through seeded forks, returns, restarts and changes in the middle of a step."""
    chance = Random(seed)
    chain, log = ForkingChain(), StrictLog()
    # Two that write to one log, as two processes would.
    writers = [Ingestor(log, chain, DEPLOYMENT, POLICY) for _ in range(2)]
    if chance.random() < 0.3:
        chain.on_call = lambda: disturb(chance, chain)
    beliefs: dict[int, list[tuple[StreamName, Event, object]]] = {}
    for _ in range(40):
        change(chance, chain)
        action = chance.randrange(10)
        if action == 0:
            writers[0] = Ingestor(log, chain, DEPLOYMENT, POLICY)
        if action < 7:
            for _ in range(chance.randrange(1, 4)):
                writer = writers[chance.random() < 0.2]
                try:
                    writer.step(max_blocks=chance.choice([1, 3, 50, 2_000]))
                except IngestionHalted:
                    raise
                except Unavailable:
                    pass
            beliefs[log.head()] = standing(log)
    chain.on_call = None
    while len(chain.blocks) <= chain.highest:
        chain.mine(*some_facts(chance))
    follow(writers[0])
    assert standing(log) == standing(fresh(chain))
    assert [each[2] for each in standing(log) if each[2]] == [
        each.provenance for each in chain.facts_on_chain() if each.provenance.block_number >= 3
    ]
    for head, believed in beliefs.items():
        assert standing(log, at=head) == believed


def no_revert(window: BlockWindow, number: int) -> Voiding:
    del window, number
    return Voiding(0, ())


def half_a_revert(window: BlockWindow, number: int) -> Voiding:
    gone = [at for block in window.blocks if block.number > number for at in block.positions]
    return Voiding(len(gone), ranges_of(sorted(gone)[: len(gone) // 2]))


def facts_without_anomalies(window: BlockWindow, number: int) -> Voiding:
    gone = [
        places[0]
        for block in window.blocks
        if block.number > number
        for places in block.facts.values()
    ]
    return Voiding(len(gone), ranges_of(sorted(gone)))


def one_block_too_few(window: BlockWindow, number: int) -> Voiding:
    return REAL_VOIDING(window, number + 1)


REAL_VOIDING = BlockWindow.voiding_above


@pytest.mark.parametrize(
    "defect", [no_revert, half_a_revert, facts_without_anomalies, one_block_too_few]
)
def test_a_defect_in_what_is_voided_is_caught(
    defect: Callable[[BlockWindow, int], Voiding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BlockWindow, "voiding_above", defect)
    assert caught_in_a_run()


def test_a_fork_that_is_looked_for_too_high_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_high(reader: ChainReader, window: BlockWindow, head: BlockRef) -> Fork:
        fork = find_fork(reader, window, head)
        above = [block for block in window.blocks if fork.block.number < block.number < head.number]
        wrong = replace(fork, block=above[0]) if above else fork
        return wrong if fork.standpoint is Standpoint.REPLACED else fork

    monkeypatch.setattr("domain.application.ingest.find_fork", too_high)
    assert caught_in_a_run()


def test_facts_that_come_back_and_are_not_restored_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("domain.application.batch._restoring", restores_nothing)
    assert caught_in_a_run()


def restores_nothing(facts: Sequence[RestoredFact]) -> BlocksRestored:
    at = facts[0].fact.provenance
    return BlocksRestored(
        first_block=at.block_number,
        last_block=at.block_number,
        last_block_hash=at.block_hash,
        facts=0,
        restored=(),
    )


def caught_in_a_run() -> bool:
    """Tell whether one of the seeded runs ends in a failure."""
    for seed in range(30):
        try:
            check_a_run(seed)
        except (AssertionError, VersionConflict):
            return True
    return False


def halted_chain() -> tuple[ForkingChain, StrictLog, Ingestor]:
    chain, log = chain_of(40), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    chain.fork_at(20)
    for number in range(30):
        chain.mine(joined(200 + number))
    with pytest.raises(IngestionHalted, match="block 26 was final"):
        ingestor.step()
    return chain, log, ingestor


def test_a_reorganisation_below_what_is_final_halts_and_keeps_the_evidence() -> None:
    chain, log, ingestor = halted_chain()
    (halted,) = own(log, ChainHalted)
    assert isinstance(halted, ChainHalted)
    assert halted.final_block == 26
    assert halted.found_hash == chain.blocks[26].hash
    assert (halted.head_block, halted.head_block_hash) == (50, chain.blocks[50].hash)
    assert halted.endpoint == "the forking node"
    assert halted.fork_block <= 20
    before = everything(log)
    for again in (ingestor, Ingestor(log, chain, DEPLOYMENT, POLICY)):
        with pytest.raises(IngestionHalted):
            again.step()
    assert everything(log) == before


def test_a_halted_chain_is_healed_once_a_second_endpoint_agrees() -> None:
    chain, log, ingestor = halted_chain()
    before = everything(log)
    healer = Ingestor(log, chain, DEPLOYMENT, POLICY)
    with pytest.raises(RuleRejected, match="one endpoint alone"):
        healer.heal([])
    other = ForkingChain(label="another", blocks=list(chain.leaves[0]), logs=chain.logs)
    other.blocks = list(chain.leaves[0])
    with pytest.raises(RuleRejected, match="disagree"):
        healer.heal([other])
    assert everything(log) == before
    witness = ForkingChain(label="witness", logs=chain.logs)
    witness.blocks = chain.blocks[:-3]
    progress = healer.heal([witness])
    assert progress.orphaned == 40 - 18
    (healed,) = own(log, ChainHealed)
    assert isinstance(healed, ChainHealed)
    assert (healed.fork_block, healed.head_block) == (20, 47)
    assert healed.endpoints == ("the forking node", "witness")
    follow(ingestor)
    assert standing(log) == standing(fresh(chain))
    with pytest.raises(RuleRejected, match="not halted"):
        healer.heal([witness])


def test_a_chain_that_was_right_after_all_goes_on_where_it_was() -> None:
    chain, log, ingestor = halted_chain()
    chain.return_to(0)
    witness = ForkingChain(label="witness", logs=chain.logs)
    witness.blocks = list(chain.blocks)
    progress = Ingestor(log, chain, DEPLOYMENT, POLICY).heal([witness])
    assert progress.orphaned == 0
    assert own(log, BlocksOrphaned) == []
    chain.mine(joined(99))
    follow(ingestor)
    assert standing(log) == standing(fresh(chain))


TAGGED = replace(
    POLICY, name="tagged", safe=FinalityRule(tag="safe"), final=FinalityRule(tag="finalized")
)


def test_a_policy_that_contradicts_the_chain_is_refused_before_anything_is_written() -> None:
    chain, log = chain_of(10), StrictLog()
    chain.tags = {"safe": 9, "finalized": 4}
    with pytest.raises(RuleRejected, match="only 3 is safe"):
        Ingestor(log, chain, DEPLOYMENT, TAGGED).adopt()
    assert everything(log) == []


def test_tags_say_what_is_safe_and_final() -> None:
    chain, log = chain_of(10), StrictLog()
    chain.tags = {"safe": 4, "finalized": 9}
    follow(Ingestor(log, chain, DEPLOYMENT, TAGGED))
    newest = own(log, FinalityAdvanced)[-1]
    assert isinstance(newest, FinalityAdvanced)
    assert (newest.safe_block, newest.final_block, newest.policy) == (8, 3, "tagged")


def test_what_is_final_does_not_go_back_when_the_tag_does() -> None:
    chain, log = chain_of(10), StrictLog()
    chain.tags = {"safe": 2, "finalized": 4}
    ingestor = Ingestor(log, chain, DEPLOYMENT, TAGGED)
    follow(ingestor)
    before = everything(log)
    chain.mine(joined(60))
    chain.tags = {"safe": 2, "finalized": 9}
    with pytest.raises(Unavailable, match="was so before"):
        ingestor.step()
    assert everything(log) == before
    chain.tags = {"safe": 2, "finalized": 4}
    follow(ingestor)
    assert standing(log) == standing(fresh(chain))


def test_a_batch_ends_at_the_final_and_at_the_safe_block() -> None:
    chain, log = chain_of(40), StrictLog()
    follow(Ingestor(log, chain, DEPLOYMENT, POLICY))
    ends = [each.last_block for each in own(log, ChainAdvanced) if isinstance(each, ChainAdvanced)]
    assert {26, 34, 42} <= set(ends)
