"""The row of a chain: what is safe and final is so as of the positions that it names, whatever the chain replaced."""

from __future__ import annotations

from random import Random

import pytest

from domain.application.ingest import Ingestor
from domain.chain.events import BlocksOrphaned, ChainAdvanced, ChainHalted, ChainHealed
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import PositionRange
from projections.chains import MARKS_KEPT, REORGS_KEPT, Chains
from projections.projection import Body
from projections.replay import replay
from tests.support.chain_fakes import DEPLOYMENT, word
from tests.support.forking_chain import NETWORK, ForkingChain
from tests.support.memory import MemoryLog
from tests.support.reorg_runs import CHAIN, POLICY, StrictLog, change, follow, standing


def row_of(log: MemoryLog, until: int | None = None) -> Body:
    replayed = replay(log, [Chains()], None if until is None else Position(until))
    assert not replayed.parked
    return replayed.rows["chains"][str(NETWORK)].body


@pytest.mark.parametrize("seed", range(40))
def test_as_of_its_positions_exactly_what_is_safe_and_final_stands(seed: int) -> None:
    chance, chain, log = Random(seed), ForkingChain(), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    final = -1
    for _ in range(30):
        change(chance, chain)
        try:
            ingestor.step(max_blocks=chance.choice([1, 3, 50, 2_000]))
        except Unavailable:
            continue
        row = row_of(log)
        branch: dict[int, str | None] = {block.number: block.hash for block in chain.blocks}
        branch[2] = None if row["head_block"] is None else branch[2]
        head = row["head_block"] or 2
        assert isinstance(head, int)
        assert branch[head] == row["head_block_hash"]
        for level in ("safe", "final"):
            block, at = row[f"{level}_block"], row[f"{level}_position"]
            if block is None or not at:
                continue
            assert isinstance(block, int)
            assert isinstance(at, int)
            assert branch[block] == row[f"{level}_block_hash"]
            believed = [each for _, _, each in standing(log, at=at) if isinstance(each, Provenance)]
            now = [each for _, _, each in standing(log) if isinstance(each, Provenance)]
            assert believed == now[: len(believed)]
            assert all(each.block_number <= block for each in believed)
        assert isinstance(row["final_block"], int | None)
        assert (row["final_block"] or 0) >= final
        final = row["final_block"] or 0


def test_the_final_position_reaches_every_final_fact_of_a_chain_at_rest() -> None:
    chance, chain, log = Random(5), ForkingChain(), StrictLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT, POLICY)
    for _ in range(30):
        change(chance, chain)
        follow(ingestor) if len(chain.blocks) > chain.highest else None
    for _ in range(chain.highest + 40 - len(chain.blocks)):
        chain.mine()
    follow(ingestor)
    row = row_of(log)
    assert standing(log, at=int(str(row["final_position"]))) == standing(log)


def recorded(log: MemoryLog, *events: Event) -> None:
    log.append([NewEvent(stream=CHAIN, event=event) for event in events], {})


def cursor(block: int) -> ChainAdvanced:
    return ChainAdvanced(
        first_block=BlockNumber(block),
        last_block=BlockNumber(block),
        last_block_hash=word(block),
        last_block_time=Timestamp(block),
        facts=0,
    )


def orphaned(fork: int, last: int) -> BlocksOrphaned:
    return BlocksOrphaned(
        fork_block=BlockNumber(fork),
        fork_block_hash=word(fork),
        fork_block_time=Timestamp(fork),
        orphaned_last_block=BlockNumber(last),
        orphaned_last_block_hash=word(last + 1_000),
        facts=2,
        voided=(PositionRange(Position(1_003), Position(1_005)),),
    )


def test_the_newest_reorganisations_are_shown_and_all_are_counted() -> None:
    log = MemoryLog()
    for number in range(50):
        recorded(log, cursor(100 + number), orphaned(95 + number, 100 + number))
    row = row_of(log)
    assert (row["reorg_count"], row["deepest_reorg"]) == (50, 5)
    reorgs = row["reorgs"]
    assert isinstance(reorgs, list)
    assert len(reorgs) == REORGS_KEPT
    assert reorgs[0] == {
        "position": 100,
        "fork_block": 144,
        "fork_block_hash": word(144),
        "orphaned_last_block": 149,
        "orphaned_last_block_hash": word(1_149),
        "depth": 5,
        "voided_facts": 2,
        "voided_events": 3,
    }
    assert (row["head_block"], row["head_block_hash"]) == (144, word(144))


def test_a_row_stays_small_while_nothing_becomes_final() -> None:
    log = MemoryLog()
    for number in range(5 * MARKS_KEPT):
        recorded(log, cursor(number))
    marks = row_of(log)["marks"]
    assert isinstance(marks, list)
    assert len(marks) <= MARKS_KEPT
    assert [each["block"] for each in marks] == sorted({each["block"] for each in marks})
    assert marks[0] == {"position": 1, "block": 0}


def test_a_halted_chain_says_why_until_it_is_healed() -> None:
    log = MemoryLog()
    halted = ChainHalted(
        fork_block=BlockNumber(3),
        fork_block_hash=word(3),
        final_block=BlockNumber(9),
        expected_hash=word(9),
        found_hash=word(99),
        head_block=BlockNumber(20),
        head_block_hash=word(20),
        endpoint="rpc 1",
    )
    recorded(log, cursor(12), halted)
    row = row_of(log)
    assert isinstance(row["halted"], dict)
    assert (row["halted"]["position"], row["halted"]["endpoint"]) == (2, "rpc 1")
    assert Chains().scope_of(row) == "halted"
    healed = ChainHealed(
        fork_block=BlockNumber(3),
        fork_block_hash=word(3),
        head_block=BlockNumber(20),
        head_block_hash=word(20),
        endpoints=("rpc 1", "rpc 2"),
    )
    recorded(log, orphaned(3, 12), healed)
    row = row_of(log)
    assert (row["halted"], row["healed_count"], row["head_block"]) == (None, 1, 3)
    assert Chains().scope_of(row) == "following"
