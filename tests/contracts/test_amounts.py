"""Python and Solidity compute the same price, slash and split; driven on the real contract, overflow included."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.ids import Timestamp
from domain.kernel.money import WEI_MAX, Wei
from domain.kernel.stake_balance import StakeBalance
from domain.stake.slashing import slash_stake
from domain.stake.withdrawals import PendingWithdrawal
from domain.task.bounty import split_bounty
from domain.task.pricing import PriceOverflow, calculate_compute_cost
from tests.contracts.abi import Reverted
from tests.contracts.actors import GOVERNOR, NODES, REQUESTER, STRANGER
from tests.contracts.evm import only
from tests.contracts.network import Network
from tests.contracts.reference.facts import UINT128_MAX
from tests.contracts.reference.terms import AGPT, DAY

pytestmark = pytest.mark.slow

RATE_MAX = 10**24
rates = st.one_of(st.integers(0, RATE_MAX), st.sampled_from((0, 1, 10**18, RATE_MAX)))
# Small and ordinary numbers, any number of bits, and what lies around each place where 256 bits run out.
quantities = st.one_of(
    st.integers(0, 10**6),
    st.integers(0, 256).flatmap(lambda bits: st.integers(0, 2**bits - 1)),
    st.builds(
        lambda rate, off: min(WEI_MAX, max(0, WEI_MAX // max(1, rate) + off)),
        st.sampled_from((RATE_MAX, RATE_MAX * 2, RATE_MAX * 22, RATE_MAX * 44, 1)),
        st.integers(-2, 2),
    ),
)


@cache
def rich_network() -> Network:
    """Return a network whose accounts hold as much as 128 bits can say."""
    net = Network(lambda policy: replace(policy, min_stake=AGPT), cap=2**140, purse=8 * UINT128_MAX)
    for node in NODES:
        net.act(node, "registerNode", "")
    return net


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(
    gpu_rate=rates, memory_rate=rates, hours=quantities, memory=quantities, priority=st.booleans()
)
def test_python_and_solidity_charge_the_same_price(
    gpu_rate: int, memory_rate: int, hours: int, memory: int, priority: bool
) -> None:
    net = rich_network()
    with net.chain.rolled_back():
        policy = replace(net.policy, gpu_rate=gpu_rate, memory_rate=memory_rate)
        net.act(GOVERNOR, "setPolicy", policy.abi())
        charged = _quote(net, hours, memory, priority=priority)
    try:
        computed = calculate_compute_cost(
            gpu_hours=hours,
            memory_gb=memory,
            priority=priority,
            gpu_rate_wei=Wei(gpu_rate),
            memory_rate_wei=Wei(memory_rate),
        )
    except PriceOverflow:
        assert charged == "Panic"
    else:
        assert charged == computed


def _quote(net: Network, hours: int, memory: int, *, priority: bool) -> int | str:
    """Return the contract's price, or how it fails."""
    try:
        return int(net.read("calculateComputeCost", hours, memory, priority))
    except Reverted as reverted:
        return reverted.name


whole_stakes = st.one_of(
    st.integers(AGPT, 10**6 * AGPT),
    st.integers(60, 127).flatmap(lambda bits: st.integers(2**bits, 2 ** (bits + 1) - 1)),
    st.sampled_from((AGPT, AGPT + 1, UINT128_MAX - 1, UINT128_MAX)),
)
percents = st.integers(0, 100)


@settings(max_examples=700, deadline=None, derandomize=True)
@given(
    stake=whole_stakes,
    queued=st.lists(percents, max_size=4),
    keep_max=st.sampled_from((1, AGPT, 2**128)),
    topped_up=st.sampled_from((0, 1, 777, 5 * AGPT)),
    withdrawn_while_running=percents,
    bps=st.integers(1, 1000),
)
def test_python_and_solidity_slash_the_same(
    *,
    stake: int,
    queued: list[int],
    keep_max: int,
    topped_up: int,
    withdrawn_while_running: int,
    bps: int,
) -> None:
    net, node = rich_network(), NODES[0]
    with net.chain.rolled_back():
        long_task = 7 * DAY
        policy = replace(net.policy, slash_bps=bps)
        net.act(GOVERNOR, "setPolicy", policy.abi())
        net.act(node, "stake", stake)
        for percent in queued:
            free = net.node(node)["balance"]["available"]
            # Some entries mature before the fault and others do not.
            amount = min((free - AGPT) * percent // 100, free - AGPT)
            if amount > 0:
                net.act(node, "requestWithdrawal", amount)
            net.chain.warp(3 * DAY)
        free = net.node(node)["balance"]["available"]
        if free - keep_max > AGPT:
            net.act(node, "requestWithdrawal", free - max(keep_max, AGPT))
        task_id = net.running(node, bounty=1, proof_seconds=long_task, life_seconds=30 * DAY)
        balance = net.node(node)["balance"]
        room = UINT128_MAX - sum(balance.values())
        if 0 < topped_up <= room:
            net.act(node, "stake", topped_up)
            if part := topped_up * withdrawn_while_running // 100:
                net.act(node, "requestWithdrawal", part)
        net.chain.warp(long_task + 1)
        before, bonded = net.node(node), net.task(task_id)["bonded"]
        slashed = only(net.act(STRANGER, "expireProof", task_id), "NodeSlashed")
        after = net.node(node)
        now = Timestamp(net.chain.now)
    expected = slash_stake(
        _balance(before), _queue(before), bonded_wei=Wei(bonded), slash_bps=bps, now=now
    )
    assert slashed.args["amount"] == expected.taken_wei
    assert _balance(after) == expected.balance
    assert _queue(after) == expected.queue


def _balance(view: dict[str, dict[str, int]]) -> StakeBalance:
    return StakeBalance(**{f"{part}_wei": Wei(amount) for part, amount in view["balance"].items()})


def _queue(view: dict[str, list[dict[str, int]]]) -> tuple[PendingWithdrawal, ...]:
    return tuple(
        PendingWithdrawal(
            withdrawal_id=entry["id"],
            amount_wei=Wei(entry["amount"]),
            unlock_at=Timestamp(entry["unlockAt"]),
        )
        for entry in view["withdrawals"]
    )


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    bounty=st.one_of(
        st.integers(1, 30),
        st.integers(1, UINT128_MAX),
        st.integers(0, 9).map(lambda off: UINT128_MAX - off),
    ),
    backups=st.integers(1, 8),
)
def test_python_and_solidity_split_a_bounty_the_same(bounty: int, backups: int) -> None:
    net, failing, chosen = rich_network(), NODES[0], NODES[1 : backups + 1]
    with net.chain.rolled_back():
        for node in (failing, *chosen):
            net.act(node, "stake", max(AGPT, bounty))
        task_id = net.running(failing, bounty=bounty, backups=chosen)
        net.chain.warp(3601)
        logs = net.act(STRANGER, "expireProof", task_id)
        redistributed = only(logs, "BountyRedistributed")
        net.finish(task_id, valid=True)
        earned = [net.credit(node) for node in chosen]
    shares = list(split_bounty(Wei(bounty), backups))
    assert redistributed.args["shares"] == shares == earned
    assert sum(earned) == bounty
    assert redistributed.args["beneficiaries"] == list(chosen)


def test_the_price_of_a_posted_task_is_the_quoted_one_and_goes_into_escrow() -> None:
    net = rich_network()
    with net.chain.rolled_back():
        quoted = net.read("calculateComputeCost", 7, 31, True)
        before = net.tokens(REQUESTER)
        task_id = net.post(bounty=5, gpu_hours=7, memory_gb=31, priority=True)
        assert net.task(task_id)["terms"]["computePrice"] == quoted
        assert before - net.tokens(REQUESTER) == quoted + 5


def test_a_price_above_128_bits_is_refused_not_cut() -> None:
    net = rich_network()
    hours = UINT128_MAX // net.policy.gpu_rate
    with net.chain.rolled_back():
        net.post(bounty=1, gpu_hours=hours)
        request = net.request(bounty=1, gpu_hours=hours + 1)
        with pytest.raises(Reverted) as refused:
            net.act(REQUESTER, "postTask", request.abi())
    assert refused.value.name == "SafeCastOverflowedUintDowncast"
