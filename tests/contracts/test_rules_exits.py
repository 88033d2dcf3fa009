"""Every way out: what is owed can be taken, by its owner, at any time, and nobody's silence keeps anything for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contracts.actors import GOVERNOR, NODES, PAUSE_GUARD, PURSE, REQUESTER, STRANGER
from tests.contracts.evm import only
from tests.contracts.network import Network, refused
from tests.contracts.reference.facts import Log
from tests.contracts.reference.stakes import NodeStatus
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import AGPT, DAY

NODE, SECOND, THIRD = NODES[:3]


@pytest.fixture
def net() -> Network:
    network = Network()
    network.join(NODE, SECOND)
    return network


# Each prepares, and returns the call that must work during a pause and the event that proves it did.
Exit = Callable[[Network], tuple[Callable[[], list[Log]], str]]


def _withdraw(net: Network) -> tuple[Callable[[], list[Log]], str]:
    net.act(NODE, "requestWithdrawal", AGPT)
    net.chain.warp(14 * DAY)
    return lambda: net.act(NODE, "withdraw"), "StakeWithdrawn"


def _request_withdrawal(net: Network) -> tuple[Callable[[], list[Log]], str]:
    return lambda: net.act(NODE, "requestWithdrawal", AGPT), "WithdrawalQueued"


def _deregister(net: Network) -> tuple[Callable[[], list[Log]], str]:
    return lambda: net.act(NODE, "deregisterNode"), "NodeDeregistered"


def _top_up(net: Network) -> tuple[Callable[[], list[Log]], str]:
    return lambda: net.act(NODE, "stake", 1), "Staked"


def _claim(net: Network) -> tuple[Callable[[], list[Log]], str]:
    net.act(REQUESTER, "cancelTask", net.post())
    return lambda: net.act(REQUESTER, "claim"), "CreditClaimed"


def _cancel(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.post()
    return lambda: net.act(REQUESTER, "cancelTask", task_id), "TaskRefunded"


def _expire_task(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.post()
    net.chain.warp(DAY + 1)
    return lambda: net.act(STRANGER, "expireTask", task_id), "TaskRefunded"


def _submit(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.running(NODE)
    return lambda: net.submit(task_id), "ProofSubmitted"


def _judge(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.verifying(NODE)
    return lambda: net.judge(task_id, valid=True), "ProofAttested"


def _complete(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.verifying(NODE)
    net.judge(task_id, valid=True)
    return lambda: net.resolve(task_id), "TaskCompleted"


def _fail(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.verifying(NODE, backups=(SECOND,))
    net.judge(task_id, valid=False)
    return lambda: net.resolve(task_id), "TaskReopened"


def _expire_proof(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.running(NODE)
    net.chain.warp(3601)
    return lambda: net.act(STRANGER, "expireProof", task_id), "NodeSlashed"


def _expire_verification(net: Network) -> tuple[Callable[[], list[Log]], str]:
    task_id = net.verifying(NODE)
    net.chain.warp(DAY + 1)
    return lambda: net.act(STRANGER, "expireVerification", task_id), "VerificationExpired"


def _release_pool(net: Network) -> tuple[Callable[[], list[Log]], str]:
    net.finish(net.running(NODE), valid=False)
    return lambda: net.act(GOVERNOR, "releaseSlashPool", STRANGER, 1), "SlashPoolReleased"


EXITS: dict[str, Exit] = {
    "withdraw": _withdraw,
    "requestWithdrawal": _request_withdrawal,
    "deregisterNode": _deregister,
    "stake": _top_up,
    "claim": _claim,
    "cancelTask": _cancel,
    "expireTask": _expire_task,
    "submitProof": _submit,
    "attest": _judge,
    "resolve a valid proof": _complete,
    "resolve an invalid proof": _fail,
    "expireProof": _expire_proof,
    "expireVerification": _expire_verification,
    "releaseSlashPool": _release_pool,
}


@pytest.mark.parametrize("way", EXITS.values(), ids=EXITS.keys())
def test_pausing_never_locks_funds(net: Network, way: Exit) -> None:
    call, event = way(net)
    net.act(PAUSE_GUARD, "pause")
    only(call(), event)


def test_a_pause_stops_exactly_the_entries(net: Network) -> None:
    task_id = net.post()
    net.act(PAUSE_GUARD, "pause")
    assert refused(lambda: net.act(THIRD, "registerNode", "")) == "EnforcedPause"
    assert refused(net.post) == "EnforcedPause"
    assert refused(lambda: net.assign(task_id, NODE)) == "EnforcedPause"
    net.act(PAUSE_GUARD, "unpause")
    net.act(THIRD, "registerNode", "")
    net.post()
    net.assign(task_id, NODE)


@pytest.mark.parametrize("start", ["idle", "assigned", "verifying"])
def test_from_every_state_a_stranger_can_bring_the_escrow_home(net: Network, start: str) -> None:
    """Nobody but a stranger acts: no node, no requester, no verifier, no scheduler."""
    before = net.tokens(REQUESTER)
    task_id = net.post(bounty=9, gpu_hours=2)
    if start != "idle":
        net.assign(task_id, NODE)
    if start == "verifying":
        net.submit(task_id)
    for _ in range(4):
        net.chain.warp(31 * DAY)
        way = {
            TaskStatus.IDLE: "expireTask",
            TaskStatus.ASSIGNED: "expireProof",
            TaskStatus.VERIFYING: "expireVerification",
        }.get(TaskStatus(net.task(task_id)["status"]))
        if way is None:
            break
        net.act(STRANGER, way, task_id)
    assert net.task(task_id)["status"] == TaskStatus.REFUNDED
    net.act(REQUESTER, "claim")
    assert net.tokens(REQUESTER) == before
    assert net.node(NODE)["balance"]["locked"] == 0


def test_everything_that_came_in_goes_out_again_to_the_wei(net: Network) -> None:
    net.finish(net.running(NODE, bounty=11, gpu_hours=3, backups=(SECOND,)), valid=False)
    net.finish(net.running(NODE, bounty=7, memory_gb=3, priority=True), valid=True)
    running = net.task(net.node(SECOND)["taskId"])
    net.chain.warp(3601)
    assert running["status"] == TaskStatus.ASSIGNED
    net.act(STRANGER, "expireProof", net.node(SECOND)["taskId"])
    net.chain.warp(40 * DAY)
    for posted in net.idle_tasks():
        net.act(STRANGER, "expireTask", posted)
    for node in (NODE, SECOND):
        net.act(node, "deregisterNode")
    net.chain.warp(14 * DAY)
    for node in (NODE, SECOND):
        net.act(node, "withdraw")
    net.act(GOVERNOR, "releaseSlashPool", STRANGER, net.read("slashPool"))
    for account in (NODE, SECOND, REQUESTER, STRANGER):
        if net.credit(account):
            net.act(account, "claim")
    assert net.tokens(net.arbiter.address) == 0
    assert sum(map(net.tokens, (NODE, SECOND, REQUESTER, STRANGER))) == 4 * PURSE


def test_withdrawals_are_paid_by_their_moment_not_by_their_place_in_the_queue(
    net: Network,
) -> None:
    """Governance shortened the waiting time, so the later withdrawal unlocks first."""
    net.act(NODE, "requestWithdrawal", 3)
    net.act(GOVERNOR, "setPolicy", replace(net.policy, unbonding_seconds=8 * DAY).abi())
    net.act(NODE, "requestWithdrawal", 5)
    net.act(NODE, "requestWithdrawal", 6)
    net.chain.warp(8 * DAY)
    logs = [log for log in net.act(NODE, "withdraw") if log.event == "StakeWithdrawn"]
    assert [(log.args["withdrawalId"], log.args["amount"]) for log in logs] == [(2, 5), (3, 6)]
    assert [entry["id"] for entry in net.node(NODE)["withdrawals"]] == [1]
    net.chain.warp(6 * DAY)
    assert only(net.act(NODE, "withdraw"), "StakeWithdrawn").args["amount"] == 3


def test_a_withdrawal_keeps_the_waiting_time_it_was_queued_under(net: Network) -> None:
    net.act(NODE, "requestWithdrawal", 3)
    net.act(GOVERNOR, "setPolicy", replace(net.policy, unbonding_seconds=60 * DAY).abi())
    net.chain.warp(14 * DAY)
    only(net.act(NODE, "withdraw"), "StakeWithdrawn")


def test_an_emptied_withdrawal_still_comes_to_an_end() -> None:
    net = Network(lambda policy: replace(policy, slash_bps=1000, min_stake=AGPT))
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", AGPT)
    net.act(NODE, "requestWithdrawal", 998 * AGPT)
    net.finish(net.running(NODE), valid=False)
    net.chain.warp(14 * DAY)
    logs = [log for log in net.act(NODE, "withdraw") if log.event == "StakeWithdrawn"]
    assert [log.args["amount"] for log in logs] == [0, 900 * AGPT]
    assert net.node(NODE)["withdrawals"] == []


def test_a_withdrawal_makes_room_in_the_queue(net: Network) -> None:
    for _ in range(8):
        net.act(NODE, "requestWithdrawal", 1)
        net.chain.warp(DAY)
    assert refused(lambda: net.act(NODE, "requestWithdrawal", 1)) == "WithdrawalQueueFull"
    net.chain.warp(6 * DAY)
    net.act(NODE, "withdraw")
    assert only(net.act(NODE, "requestWithdrawal", 1), "WithdrawalQueued").args["withdrawalId"] == 9


def test_who_left_can_withdraw_and_join_again_under_the_same_count(net: Network) -> None:
    net.act(NODE, "deregisterNode")
    assert net.node(NODE)["status"] == NodeStatus.EXITED
    assert refused(lambda: net.act(NODE, "requestWithdrawal", 1)) == "WrongNodeStatus"
    # Back again, jailed until it stakes; what it had queued stays queued.
    assert [log.event for log in net.act(NODE, "registerNode", "")] == [
        "NodeRegistered",
        "NodeJailed",
    ]
    assert net.node(NODE)["balance"]["unbonding"] == 1000 * AGPT
    net.act(NODE, "stake", 200 * AGPT)
    queued = only(net.act(NODE, "requestWithdrawal", 1), "WithdrawalQueued")
    assert queued.args["withdrawalId"] == 2
    net.chain.warp(14 * DAY)
    net.act(NODE, "withdraw")
    assert net.tokens(NODE) == PURSE - 200 * AGPT + 1


def test_leaving_with_nothing_queues_nothing(net: Network) -> None:
    net.act(THIRD, "registerNode", "")
    assert [log.event for log in net.act(THIRD, "deregisterNode")] == ["NodeDeregistered"]


def test_a_jailed_node_can_take_its_stake_out(net: Network) -> None:
    net.act(NODE, "requestWithdrawal", 950 * AGPT)
    assert net.node(NODE)["status"] == NodeStatus.JAILED
    net.act(NODE, "requestWithdrawal", 50 * AGPT)
    net.chain.warp(14 * DAY)
    net.act(NODE, "withdraw")
    assert net.tokens(NODE) == PURSE


def test_a_claim_pays_once(net: Network) -> None:
    net.act(REQUESTER, "cancelTask", net.post(bounty=9))
    net.act(REQUESTER, "claim")
    assert net.tokens(REQUESTER) == PURSE
    assert refused(lambda: net.act(REQUESTER, "claim")) == "NothingToClaim"
