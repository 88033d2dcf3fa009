"""A ledger held against its chain: each difference is found, whatever the order in which facts were recorded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from domain.application.chain_audit import (
    ChainAuditResult,
    DifferenceKind,
    adopted_deployments,
    audit_chain,
)
from domain.application.ingest import Ingestor
from domain.application.ports import BlockRef
from domain.kernel.errors import NotFound
from domain.kernel.event import Event
from domain.kernel.ids import ChainId, StreamName
from domain.kernel.money import Wei
from domain.network.events import NetworkPaused
from tests.support.chain_fakes import DEPLOYMENT, InventedChain, account, elsewhere
from tests.support.memory import MemoryLog

BLOCKS = 60


@dataclass(frozen=True)
class Held:
    """A token that says what it is told to say."""

    wei: Wei

    def held_wei(self, at: BlockRef) -> Wei:
        del at
        return self.wei


def fact(number: int) -> tuple[StreamName, Event]:
    stream = StreamName(f"network:{DEPLOYMENT.chain_id}.{DEPLOYMENT.arbiter}")
    return stream, NetworkPaused(by=account(number))


def read_chain() -> tuple[InventedChain, MemoryLog]:
    chain = InventedChain()
    chain.mine_empty(2)
    for number in range(BLOCKS):
        chain.mine(*[fact(10 * number + each) for each in range(number % 3)])
    return chain, taken_in(chain)


def taken_in(chain: InventedChain) -> MemoryLog:
    log = MemoryLog()
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    while not ingestor.step().at_head:
        pass
    return log


def audit(chain: InventedChain, log: MemoryLog, *, held: int = 0) -> ChainAuditResult:
    return audit_chain(log, chain, DEPLOYMENT, state=Held(Wei(held)), limit=100)


def test_a_ledger_that_read_everything_has_no_difference() -> None:
    chain, log = read_chain()
    result = audit(chain, log)
    assert result.differences == []
    assert result.facts == result.logs == BLOCKS


def test_a_log_that_was_never_recorded_is_missing() -> None:
    chain, _ = read_chain()
    gone = chain.logs[14].pop()
    log = taken_in(chain)
    chain.logs[14].append(gone)
    (difference,) = audit(chain, log).differences
    assert difference.kind is DifferenceKind.MISSING
    assert (difference.block_number, difference.log_index) == (14, gone.provenance.log_index)
    assert difference.position is None


def test_a_log_that_the_chain_does_not_have_is_extra_with_its_position() -> None:
    chain, log = read_chain()
    gone = chain.logs[14].pop(0)
    (difference,) = audit(chain, log).differences
    assert difference.kind is DifferenceKind.EXTRA
    assert difference.transaction_hash == gone.provenance.transaction_hash
    assert difference.position is not None


def test_a_log_that_says_something_else_is_different() -> None:
    chain, log = read_chain()
    (one, two) = chain.logs[14]
    chain.logs[14] = [
        type(one)(stream=one.stream, event=two.event, provenance=one.provenance),
        two,
    ]
    (difference,) = audit(chain, log).differences
    assert difference.kind is DifferenceKind.DIFFERENT
    assert "has by" in difference.sentence


def test_a_chain_that_reorganised_since_is_said() -> None:
    chain, log = read_chain()
    chain.reorganise(len(chain.blocks) - 1)
    sentences = [each.sentence for each in audit(chain, log).differences]
    assert "it reorganised since" in sentences[0]


def test_a_balance_that_the_books_do_not_explain_is_a_difference() -> None:
    chain, log = read_chain()
    (difference,) = audit(chain, log, held=5).differences
    assert difference.kind is DifferenceKind.BALANCE
    assert "holds 5 wei" in difference.sentence


def test_a_few_facts_at_a_time_give_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.application.chain_audit._FACTS_AT_ONCE", 3)
    monkeypatch.setattr("domain.application.chain_audit._BLOCKS_AT_ONCE", 7)
    chain, log = read_chain()
    gone = chain.logs[41].pop()
    result = audit(chain, log)
    assert [each.transaction_hash for each in result.differences] == [
        gone.provenance.transaction_hash
    ]
    assert max(last - first for first, last in chain.asked_ranges[-20:]) < 7


def test_no_more_differences_are_named_than_asked_for() -> None:
    chain, log = read_chain()
    for facts in chain.logs.values():
        facts.clear()
    assert len(audit_chain(log, chain, DEPLOYMENT, state=None, limit=4).differences) == 4


def test_a_deployment_that_is_not_followed_is_not_found() -> None:
    chain, log = read_chain()
    assert adopted_deployments(log) == [DEPLOYMENT]
    with pytest.raises(NotFound, match="read nothing of the arbiter"):
        audit_chain(log, chain, elsewhere(DEPLOYMENT, chain_id=ChainId(8)), state=None, limit=10)
