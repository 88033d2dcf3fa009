"""Membership and stake of a node: what is legal, what is flagged, and that every fact is taken in."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.ids import Timestamp
from domain.kernel.money import Wei
from domain.kernel.streams import category_of
from domain.node import rules as node_rules
from domain.node import state as node_state
from domain.node.events import NodeDeregistered, NodeEvent, NodeJailed, NodeRegistered, NodeUnjailed
from domain.node.state import UNKNOWN_NODE, NodeState, NodeStatus
from domain.stake import rules as stake_rules
from domain.stake import state as stake_state
from domain.stake.events import (
    CreditClaimed,
    StakeDeposited,
    StakeEvent,
    StakeWithdrawn,
    WithdrawalQueued,
)
from domain.stake.state import EMPTY_STAKE, StakeState
from tests.support.events import account, events_of, stake
from tests.support.lifecycles import legal_story

NODE = account(1)
JOINED = NodeRegistered(node=NODE, metadata_uri="ipfs://node")
LEFT = NodeDeregistered(node=NODE)
JAILED = NodeJailed(node=NODE, stake_wei=Wei(99), min_stake_wei=Wei(100))
UNJAILED = NodeUnjailed(node=NODE, stake_wei=Wei(100), min_stake_wei=Wei(100))

DEPOSITED = StakeDeposited(node=NODE, amount_wei=Wei(100), balance=stake(100))
QUEUED = WithdrawalQueued(
    node=NODE,
    withdrawal_id=1,
    amount_wei=Wei(30),
    unlock_at=Timestamp(99),
    balance=stake(70, 0, 30),
)
WITHDRAWN = StakeWithdrawn(node=NODE, withdrawal_id=1, amount_wei=Wei(30), balance=stake(70))
CLAIMED = CreditClaimed(account=NODE, amount_wei=Wei(5), credit_wei=Wei(0))


def node_after(*events: NodeEvent) -> NodeState:
    return reduce(node_state.evolve, events, UNKNOWN_NODE)


def stake_after(*events: StakeEvent) -> StakeState:
    return reduce(stake_state.evolve, events, EMPTY_STAKE)


def test_a_node_joins_is_jailed_tops_up_leaves_and_joins_again() -> None:
    state = UNKNOWN_NODE
    for event, status in (
        (JOINED, NodeStatus.ACTIVE),
        (JAILED, NodeStatus.JAILED),
        (UNJAILED, NodeStatus.ACTIVE),
        (LEFT, NodeStatus.EXITED),
        (JOINED, NodeStatus.ACTIVE),
    ):
        assert node_rules.violations(state, event) == ()
        state = node_state.evolve(state, event)
        assert state.status is status


def test_a_jailed_node_may_leave() -> None:
    assert node_rules.violations(node_after(JOINED, JAILED), LEFT) == ()


@pytest.mark.parametrize(
    ("history", "event", "rule"),
    [
        ((JOINED,), JOINED, "node.registered.wrong_status"),
        ((), LEFT, "node.deregistered.wrong_status"),
        ((JOINED, LEFT), LEFT, "node.deregistered.wrong_status"),
        ((JOINED, JAILED), JAILED, "node.jailed.wrong_status"),
        ((JOINED,), UNJAILED, "node.unjailed.wrong_status"),
        ((JOINED,), replace(JAILED, stake_wei=Wei(100)), "node.jailed.enough_stake"),
        (
            (JOINED, JAILED),
            replace(UNJAILED, stake_wei=Wei(99)),
            "node.unjailed.too_little_stake",
        ),
    ],
)
def test_an_illegal_fact_about_a_node_names_the_rule(
    history: tuple[NodeEvent, ...], event: NodeEvent, rule: str
) -> None:
    found = node_rules.violations(node_after(*history), event)
    assert rule in {violation.rule for violation in found}


def test_stake_is_deposited_queued_and_withdrawn() -> None:
    state = EMPTY_STAKE
    for event in (DEPOSITED, QUEUED, WITHDRAWN, CLAIMED):
        assert stake_rules.violations(state, event) == ()
        state = stake_state.evolve(state, event)
    assert state.balance == stake(70)
    assert state.queue == ()


def test_a_slash_between_two_facts_is_no_violation() -> None:
    after_a_slash = replace(DEPOSITED, balance=stake(199))
    assert stake_rules.violations(stake_after(DEPOSITED), after_a_slash) == ()


@pytest.mark.parametrize(
    ("history", "event", "rule"),
    [
        ((), replace(DEPOSITED, balance=stake(101)), "stake.balance.unexplained"),
        ((), replace(DEPOSITED, amount_wei=Wei(0)), "stake.deposited.zero_amount"),
        ((DEPOSITED,), replace(QUEUED, withdrawal_id=2), "stake.withdrawal_queued.wrong_id"),
        ((DEPOSITED,), replace(QUEUED, amount_wei=Wei(0)), "stake.withdrawal_queued.zero_amount"),
        ((DEPOSITED,), WITHDRAWN, "stake.withdrawn.not_queued"),
        (
            (DEPOSITED, QUEUED),
            replace(WITHDRAWN, amount_wei=Wei(31), balance=stake(69)),
            "stake.withdrawn.too_much",
        ),
        ((DEPOSITED, QUEUED), replace(WITHDRAWN, balance=stake(71)), "stake.balance.unexplained"),
        ((), replace(CLAIMED, credit_wei=Wei(1)), "credit.claimed.not_whole"),
    ],
)
def test_an_illegal_fact_about_stake_names_the_rule(
    history: tuple[StakeEvent, ...], event: StakeEvent, rule: str
) -> None:
    found = stake_rules.violations(stake_after(*history), event)
    assert rule in {violation.rule for violation in found}


def test_a_ninth_queued_withdrawal_is_flagged() -> None:
    queued = [replace(QUEUED, withdrawal_id=number) for number in range(1, 10)]
    found = stake_rules.violations(stake_after(DEPOSITED, *queued[:8]), queued[8])
    assert "stake.withdrawal_queued.full" in {violation.rule for violation in found}


@given(nodes=st.lists(events_of(NodeEvent)), stakes=st.lists(events_of(StakeEvent)))
def test_every_fact_is_taken_in_and_judged_whatever_came_before(
    nodes: list[NodeEvent], stakes: list[StakeEvent]
) -> None:
    node, balance = UNKNOWN_NODE, EMPTY_STAKE
    for membership in nodes:
        node_rules.violations(node, membership)
        node = node_state.evolve(node, membership)
    for event in stakes:
        stake_rules.violations(balance, event)
        balance = stake_state.evolve(balance, event)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_legal_story_breaks_no_rule_of_nodes_and_stakes(seed: int) -> None:
    nodes: dict[str, NodeState] = {}
    stakes: dict[str, StakeState] = {}
    for fact in legal_story(seed, 150):
        match category_of(fact.stream):
            case "node":
                assert isinstance(fact.event, NodeEvent)
                node = nodes.get(fact.stream, UNKNOWN_NODE)
                assert node_rules.violations(node, fact.event) == ()
                nodes[fact.stream] = node_state.evolve(node, fact.event)
            case "stake":
                assert isinstance(fact.event, StakeEvent)
                account_state = stakes.get(fact.stream, EMPTY_STAKE)
                assert stake_rules.violations(account_state, fact.event) == ()
                stakes[fact.stream] = stake_state.evolve(account_state, fact.event)
            case _:
                pass
