"""Attempts at a task: who may try, under which terms, and what an earlier attempt can no longer do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.actors import GOVERNOR, JUDGE, NODES, REQUESTER, SCHEDULER_BOT, STRANGER, word
from tests.contracts.evm import only
from tests.contracts.network import Network, refused
from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32
from tests.contracts.reference.registry import version_hash_of, workflow_id_of
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import AGPT, DAY

NODE, SECOND, THIRD = NODES[:3]


@pytest.fixture
def net() -> Network:
    network = Network()
    network.join(NODE, SECOND, THIRD)
    return network


def test_a_late_proof_of_an_earlier_epoch_is_refused(net: Network) -> None:
    task_id = net.running(NODE, backups=(SECOND,))
    net.chain.warp(3601)
    net.act(STRANGER, "expireProof", task_id)
    assert net.task(task_id)["epoch"] == 2

    late = refused(lambda: net.act(NODE, "submitProof", task_id, 1, word(1)))
    assert late == "NotAssignedNode"
    assert refused(lambda: net.act(SECOND, "submitProof", task_id, 1, word(1))) == "WrongEpoch"


def test_a_verdict_on_an_earlier_epoch_says_nothing_about_the_next(net: Network) -> None:
    """The same node, the same proof: only the epoch tells the two attempts apart."""
    task_id = net.running(NODE, life_seconds=5 * DAY)
    net.submit(task_id, proof_hash=word(9))
    first_claim = net.read("claimOf", task_id)
    net.chain.warp(DAY + 1)
    net.act(STRANGER, "expireVerification", task_id)
    net.assign(task_id, NODE)
    net.submit(task_id, proof_hash=word(9))

    net.send(net.verifier, "attest", net.arbiter.address, first_claim, False, sender=JUDGE)
    assert refused(lambda: net.resolve(task_id)) == "VerdictPending"
    assert refused(lambda: net.act(STRANGER, "resolve", task_id, 1, b"")) == "WrongEpoch"


def test_running_tasks_keep_their_policy(net: Network) -> None:
    task_id = net.running(NODE, gpu_hours=10, backups=(SECOND,))
    before = net.task(task_id)["terms"]
    policy = replace(
        net.policy,
        gpu_rate=0,
        memory_rate=0,
        slash_bps=1000,
        verify_seconds=1,
        min_proof_seconds=5,
        max_proof_seconds=6,
        verifier=net.token.address,
    )
    net.act(GOVERNOR, "setPolicy", policy.abi())

    assert net.task(task_id)["terms"] == before
    net.submit(task_id)
    assert net.task(task_id)["verifyDeadline"] == net.chain.now + DAY
    net.judge(task_id, valid=False)
    logs = net.resolve(task_id)
    assert only(logs, "NodeSlashed").args["amount"] == 5 * AGPT
    # The next attempt runs under the old terms as well, and pays the old price.
    assert only(logs, "TaskAssigned").args["proofDeadline"] == net.chain.now + 3600
    completed = only(net.finish(task_id, valid=True), "TaskCompleted")
    assert completed.args["computePaid"] == 10 * net.policy.gpu_rate


def test_running_tasks_keep_the_version_they_were_posted_for(net: Network) -> None:
    flow = workflow_id_of(REQUESTER, "flow")
    net.send(net.registry, "registerWorkflow", "flow", sender=REQUESTER)
    first = version_hash_of(flow, ZERO_BYTES32, word(1))
    second = version_hash_of(flow, first, word(2))
    for content, parent in ((1, ZERO_BYTES32), (2, first)):
        args = (flow, word(content), parent, "")
        net.send(net.registry, "publishVersion", *args, sender=REQUESTER)
    task_id = net.running(NODE, workflow_id=flow, version_hash=second)
    net.send(net.registry, "emergencyRollback", first, sender=GOVERNOR)

    assert net.task(task_id)["terms"]["versionHash"] == second
    assert only(net.finish(task_id, valid=True), "TaskCompleted").args["node"] == NODE
    # New tasks are for the version that is active now.
    stale = refused(lambda: net.post(workflow_id=flow, version_hash=second))
    assert stale == "VersionNotActive"
    net.post(workflow_id=flow, version_hash=first)


def test_a_node_may_take_a_task_for_itself_but_not_for_another(net: Network) -> None:
    task_id = net.post()
    assert refused(lambda: net.act(NODE, "assign", task_id, SECOND)) == "NotScheduler"
    assert only(net.act(NODE, "assign", task_id, NODE), "TaskAssigned").args["node"] == NODE


def test_an_attempt_locks_the_whole_free_stake(net: Network) -> None:
    task_id = net.running(NODE)
    assert net.node(NODE)["balance"] == {
        "available": 0,
        "locked": 1000 * AGPT,
        "unbonding": 0,
    }
    assert net.node(NODE)["taskId"] == task_id


def test_what_is_at_risk_with_a_node_never_exceeds_its_free_stake(net: Network) -> None:
    exact = net.post(bounty=1000 * AGPT - net.policy.gpu_rate, gpu_hours=1)
    above = net.post(bounty=1000 * AGPT - net.policy.gpu_rate + 1, gpu_hours=1)
    assert refused(lambda: net.assign(above, NODE)) == "InsufficientStake"
    net.assign(exact, NODE)


def test_queued_stake_bonds_an_attempt_until_it_matures(net: Network) -> None:
    net.act(NODE, "requestWithdrawal", 100 * AGPT)
    net.chain.warp(14 * DAY - 1)
    net.act(NODE, "requestWithdrawal", 200 * AGPT)
    net.chain.warp(1)
    # The first has matured and could be gone tomorrow; the second has just been queued.
    assigned = only(net.assign(net.post(), NODE), "TaskAssigned")
    assert assigned.args["bonded"] == 900 * AGPT
    assert assigned.args["balance"] == {
        "available": 0,
        "locked": 700 * AGPT,
        "unbonding": 300 * AGPT,
    }


def test_the_last_second_for_an_attempt_is_the_one_that_ends_with_the_task(net: Network) -> None:
    task_id = net.post(proof_seconds=3600, life_seconds=DAY)
    net.chain.warp(DAY - 3600)
    net.assign(task_id, NODE)
    task = net.task(task_id)
    assert task["proofDeadline"] == task["terms"]["expiresAt"]


def test_a_proof_is_in_time_in_the_second_of_its_deadline(net: Network) -> None:
    task_id = net.running(NODE)
    net.chain.warp(3600)
    net.submit(task_id)
    assert net.task(task_id)["status"] == TaskStatus.VERIFYING


def test_a_verdict_counts_after_its_deadline_as_long_as_nobody_let_it_lapse(net: Network) -> None:
    task_id = net.verifying(NODE)
    net.chain.warp(2 * DAY)
    net.judge(task_id, valid=True)
    assert only(net.resolve(task_id), "TaskCompleted").args["node"] == NODE


def test_a_lapsed_verification_leaves_the_node_free_to_try_again(net: Network) -> None:
    task_id = net.verifying(NODE, life_seconds=5 * DAY)
    net.chain.warp(DAY + 1)
    net.act(STRANGER, "expireVerification", task_id)

    task = net.task(task_id)
    assert (task["status"], task["epoch"], task["node"]) == (TaskStatus.IDLE, 2, ZERO_ADDRESS)
    assert (task["bonded"], task["proofHash"]) == (0, ZERO_BYTES32)
    assert not net.read("hasFailed", task_id, NODE)
    assert net.read("slashPool") == 0
    net.assign(task_id, NODE)


def test_a_requester_cannot_cancel_once_an_attempt_was_made(net: Network) -> None:
    task_id = net.verifying(NODE, life_seconds=5 * DAY)
    net.chain.warp(DAY + 1)
    net.act(STRANGER, "expireVerification", task_id)
    assert refused(lambda: net.act(REQUESTER, "cancelTask", task_id)) == "AlreadyAttempted"


@pytest.mark.parametrize("status", ["assigned", "verifying", "completed", "refunded"])
def test_only_an_idle_task_is_assigned(net: Network, status: str) -> None:
    match status:
        case "assigned":
            task_id = net.running(NODE)
        case "verifying":
            task_id = net.verifying(NODE)
        case "completed":
            task_id = net.running(NODE)
            net.finish(task_id, valid=True)
        case _:
            task_id = net.post()
            net.act(REQUESTER, "cancelTask", task_id)
    assert refused(lambda: net.act(SCHEDULER_BOT, "assign", task_id, SECOND)) == "WrongTaskStatus"


def test_two_requesters_may_use_the_same_salt(net: Network) -> None:
    first = net.post(salt=word(1))
    second = net.post(salt=word(1), requester=STRANGER)
    assert first != second
