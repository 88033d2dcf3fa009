"""Tokens that call back, verifiers that fail or lie, callers that starve a call, and constructors given nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts import hostile
from tests.contracts.abi import Reverted, contract_abi
from tests.contracts.actors import (
    ADMIN,
    GOVERNOR,
    JUDGE,
    NODES,
    REQUESTER,
    STRANGER,
    default_policy,
    word,
)
from tests.contracts.evm import CHAIN_ID, Chain, Contract, Halted, only
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_ADDRESS
from tests.contracts.reference.tasks import task_id_of
from tests.contracts.reference.terms import AGPT, DAY, TaskRequest

NODE = NODES[0]
ARBITER_ABI = contract_abi("HeavyComputeArbiter")


class Thief:
    """A token that pays itself back: it is node, requester and creditor of an arbiter that trusts it."""

    def __init__(self, reentry: bytes) -> None:
        self.chain = Chain()
        verifier = self.chain.deploy("AttesterVerifier", ADMIN, sender=ADMIN)
        registry = self.chain.deploy("WorkflowRegistry", ADMIN, GOVERNOR, sender=ADMIN)
        self.address = hostile.install(self.chain, hostile.puppet(STRANGER, reentry))
        policy = default_policy(verifier.address)
        self.arbiter: Contract = self.chain.deploy(
            "HeavyComputeArbiter",
            self.address,
            registry.address,
            ADMIN,
            policy.abi(),
            sender=ADMIN,
        )
        self.call("registerNode", "")
        self.call("stake", 1000 * AGPT)
        self.call("requestWithdrawal", 9 * AGPT)
        request = TaskRequest(salt=word(1), bounty=7 * AGPT)
        self.call("postTask", request.abi())
        self.call("cancelTask", self.task_id(word(1)))
        self.chain.warp(policy.unbonding_seconds)

    def task_id(self, salt: str) -> str:
        return task_id_of(CHAIN_ID, self.arbiter.address, self.address, salt)

    def call(self, function: str, *args: Any) -> None:
        data = hostile.order(self.arbiter.address, ARBITER_ABI.calldata(function, args))
        self.chain.send_raw(self.address, data, sender=STRANGER)

    def arm(self) -> None:
        self.chain.send_raw(self.address, b"\x01", sender=STRANGER)

    def owed(self) -> tuple[Any, Any]:
        chain, arbiter = self.chain, self.arbiter
        return chain.read(arbiter, "credit", self.address), chain.read(
            arbiter, "node", self.address
        )


GUARDED: dict[str, tuple[Any, ...]] = {
    "claim": (),
    "withdraw": (),
    "stake": (AGPT,),
    "postTask": (TaskRequest(salt=word(2)).abi(),),
}


@pytest.mark.parametrize("outer", GUARDED)
@pytest.mark.parametrize("inner", GUARDED)
def test_a_token_that_calls_back_is_refused_and_gains_nothing(outer: str, inner: str) -> None:
    thief = Thief(ARBITER_ABI.calldata(inner, GUARDED[inner]))
    before = thief.owed()
    thief.arm()
    with pytest.raises(Reverted) as refused:
        thief.call(outer, *GUARDED[outer])
    assert refused.value.name == "ReentrancyGuardReentrantCall"
    assert thief.owed() == before


def test_the_lock_of_one_transaction_does_not_outlive_it() -> None:
    thief = Thief(b"")
    thief.call("claim")
    thief.call("withdraw")
    assert thief.owed()[0] == 0


@pytest.mark.parametrize("function", ["claim", "withdraw"])
def test_calls_that_the_lock_leaves_open_find_the_books_already_closed(function: str) -> None:
    """Inside a payment, what was just paid is gone already: cancelling and asking again brings no second payment."""
    again = ARBITER_ABI.calldata("requestWithdrawal", (991 * AGPT + 1,))
    thief = Thief(again)
    thief.arm()
    with pytest.raises(Reverted) as refused:
        thief.call(function)
    assert refused.value.name == "InsufficientStake"


def test_a_token_that_says_no_stops_the_call() -> None:
    chain = Chain()
    token = hostile.install(chain, hostile.answers(0))
    arbiter = _arbiter_for(chain, token)
    chain.send(arbiter, "registerNode", "", sender=NODE)
    with pytest.raises(Reverted) as refused:
        chain.send(arbiter, "stake", 5, sender=NODE)
    assert refused.value.name == "SafeERC20FailedOperation"
    assert refused.value.arguments == {"token": token}
    assert chain.read(arbiter, "node", NODE)["balance"]["available"] == 0


def _arbiter_for(chain: Chain, token: str) -> Contract:
    verifier = chain.deploy("AttesterVerifier", ADMIN, sender=ADMIN)
    registry = chain.deploy("WorkflowRegistry", ADMIN, GOVERNOR, sender=ADMIN)
    policy = default_policy(verifier.address).abi()
    return chain.deploy("HeavyComputeArbiter", token, registry.address, ADMIN, policy, sender=ADMIN)


# Verifiers.

UNDECIDED = {
    "reverts": hostile.REVERTS,
    "burns all gas": hostile.BURNS_ALL_GAS,
    "loops for ever": hostile.LOOPS_FOR_EVER,
    "says pending": hostile.answers(0),
    "says 3": hostile.answers(3),
    "says 2 to the 256 less 1": hostile.answers(2**256 - 1),
    "says 1 in the wrong place": hostile.answers(1 << 128),
    "says too little": hostile.answers(1, size=31),
    "says nothing": hostile.answers(size=0),
    "says very much": hostile.answers(0, size=200_000),
}


def _verifying_under(runtime: bytes) -> tuple[Network, str]:
    """Return a network whose verifier is this code, and a task that waits for its verdict past the deadline."""
    net = Network()
    net.join(NODE)
    policy = replace(net.policy, verifier=hostile.install(net.chain, runtime))
    net.act(GOVERNOR, "setPolicy", policy.abi())
    task_id = net.verifying(NODE)
    net.chain.warp(DAY + 1)
    return net, task_id


@pytest.mark.parametrize("runtime", UNDECIDED.values(), ids=UNDECIDED.keys())
def test_no_verifier_can_hold_a_task_or_a_node_for_ever(runtime: bytes) -> None:
    net, task_id = _verifying_under(runtime)
    logs = net.act(STRANGER, "expireVerification", task_id)
    assert [log.event for log in logs] == ["VerificationExpired", "TaskReopened"]
    assert net.node(NODE)["balance"]["available"] == 1000 * AGPT


@pytest.mark.parametrize("runtime", UNDECIDED.values(), ids=UNDECIDED.keys())
def test_what_is_not_a_verdict_resolves_nothing(runtime: bytes) -> None:
    net, task_id = _verifying_under(runtime)
    before = net.task(task_id)
    with pytest.raises((Reverted, Halted)):
        net.resolve(task_id)
    assert net.task(task_id) == before


@pytest.mark.parametrize("verdict", [1, 2])
def test_a_verdict_is_a_verdict_however_much_is_said_after_it(verdict: int) -> None:
    net, task_id = _verifying_under(hostile.answers(verdict, size=100_000))
    with pytest.raises(Reverted) as refused:
        net.act(STRANGER, "expireVerification", task_id)
    assert refused.value.name == "VerdictGiven"


def test_no_amount_of_gas_frees_a_node_from_a_verdict() -> None:
    net = Network()
    net.join(NODE)
    task_id = net.verifying(NODE)
    net.judge(task_id, valid=False)
    net.chain.warp(DAY + 1)
    outcomes = set()
    for gas in range(30_000, 1_250_000, 5_000):
        try:
            net.chain.send(net.arbiter, "expireVerification", task_id, sender=NODE, gas=gas)
        except Reverted as reverted:
            outcomes.add(reverted.name)
        except Halted:
            outcomes.add("out of gas")
        else:
            pytest.fail(f"freed with {gas} gas")
    assert {"GasTooLow", "VerdictGiven"} <= outcomes <= {"out of gas", "GasTooLow", "VerdictGiven"}


def test_the_requester_is_never_the_verifier() -> None:
    net = Network()
    owner = STRANGER
    address = hostile.install(net.chain, hostile.puppet(owner))
    net.act(GOVERNOR, "setPolicy", replace(net.policy, verifier=address).abi())
    data = net.arbiter.abi.calldata("postTask", (net.request().abi(),))
    with pytest.raises(Reverted) as refused:
        net.chain.send_raw(address, hostile.order(net.arbiter.address, data), sender=owner)
    assert refused.value.name == "RequesterConflict"
    assert refused.value.arguments == {"account": address}


def test_a_verdict_given_to_another_arbiter_says_nothing_here() -> None:
    net = Network()
    net.join(NODE)
    task_id = net.verifying(NODE)
    claim = net.read("claimOf", task_id)
    net.send(net.verifier, "attest", STRANGER, claim, False, sender=JUDGE)
    with pytest.raises(Reverted) as refused:
        net.resolve(task_id)
    assert refused.value.name == "VerdictPending"


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 2},
        {"taskId": word(1)},
        {"node": NODES[1]},
        {"requester": STRANGER},
        {"specHash": word(1)},
        {"proofHash": word(1)},
    ],
)
def test_a_verdict_on_another_claim_says_nothing_about_this_one(change: dict[str, Any]) -> None:
    net = Network()
    net.join(NODE)
    task_id = net.verifying(NODE)
    claim = net.read("claimOf", task_id) | change
    attested = net.send(net.verifier, "attest", net.arbiter.address, claim, True, sender=JUDGE)
    only(attested, "ProofAttested")
    with pytest.raises(Reverted) as refused:
        net.resolve(task_id)
    assert refused.value.name == "VerdictPending"


# Constructors.


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("AGPT", (ZERO_ADDRESS, 1)),
        ("AttesterVerifier", (ZERO_ADDRESS,)),
        ("WorkflowRegistry", (ZERO_ADDRESS, GOVERNOR)),
        ("WorkflowRegistry", (ADMIN, ZERO_ADDRESS)),
        ("HeavyComputeArbiter", (ZERO_ADDRESS, REQUESTER, ADMIN, "policy")),
        ("HeavyComputeArbiter", (REQUESTER, ZERO_ADDRESS, ADMIN, "policy")),
        ("HeavyComputeArbiter", (REQUESTER, REQUESTER, ZERO_ADDRESS, "policy")),
    ],
)
def test_no_contract_is_deployed_with_a_zero_address(name: str, args: tuple[Any, ...]) -> None:
    net = Network()
    given = [net.policy.abi() if arg == "policy" else arg for arg in args]
    with pytest.raises(Reverted) as refused:
        net.chain.deploy(name, *given, sender=ADMIN)
    assert refused.value.name == "ZeroAddress"


def test_no_arbiter_is_deployed_with_a_policy_out_of_bounds() -> None:
    net = Network()
    policy = replace(net.policy, slash_bps=1001).abi()
    with pytest.raises(Reverted) as refused:
        net.chain.deploy("HeavyComputeArbiter", REQUESTER, REQUESTER, ADMIN, policy, sender=ADMIN)
    assert refused.value.arguments == {"field": "slashBps"}
