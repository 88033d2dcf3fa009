"""What a fault costs, whom it makes pay, and where the bounty goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.actors import GOVERNOR, NODES, PAUSE_GUARD, REQUESTER, STRANGER
from tests.contracts.evm import only
from tests.contracts.network import Network, refused
from tests.contracts.reference.stakes import NodeStatus
from tests.contracts.reference.tasks import Fault, TaskStatus
from tests.contracts.reference.terms import AGPT, DAY, Policy

NODE, SECOND, THIRD, FOURTH = NODES[:4]


@pytest.fixture
def net() -> Network:
    network = Network()
    network.join(NODE, SECOND, THIRD)
    return network


def fail(net: Network, task_id: str) -> list[str]:
    """Let the present attempt fail; return the names of the arbiter's logs."""
    return [log.event for log in net.finish(task_id, valid=False) if log.contract != "AGPT"]


def test_a_missed_deadline_and_an_invalid_proof_cost_the_same(net: Network) -> None:
    invalid = net.running(NODE)
    by_proof = only(net.finish(invalid, valid=False), "NodeSlashed").args
    late = net.running(SECOND)
    net.chain.warp(3601)
    by_time = only(net.act(STRANGER, "expireProof", late), "NodeSlashed").args
    assert by_proof["amount"] == by_time["amount"] == 5 * AGPT
    assert (by_proof["fault"], by_time["fault"]) == (Fault.INVALID_PROOF, Fault.MISSED_DEADLINE)
    assert (by_proof["pool"], by_time["pool"]) == (5 * AGPT, 10 * AGPT)


def test_each_fault_slashes_once(net: Network) -> None:
    task_id = net.running(NODE)
    net.finish(task_id, valid=False)
    pool = net.read("slashPool")
    assert refused(lambda: net.act(STRANGER, "resolve", task_id, 1, b"")) == "WrongTaskStatus"
    net.chain.warp(2 * DAY)
    assert refused(lambda: net.act(STRANGER, "expireProof", task_id)) == "WrongTaskStatus"
    assert refused(lambda: net.act(STRANGER, "expireVerification", task_id)) == "WrongTaskStatus"
    assert net.read("slashPool") == pool


def _steep(policy: Policy) -> Policy:
    return replace(policy, slash_bps=1000, min_stake=AGPT)


def test_queued_withdrawals_stay_slashable_until_they_unlock() -> None:
    net = Network(_steep)
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", 60 * AGPT)
    net.act(NODE, "requestWithdrawal", 935 * AGPT)
    task_id = net.running(NODE)
    slashed = only(net.finish(task_id, valid=False), "NodeSlashed")
    # A tenth of 1000: 5 that were locked, then all 60 of the oldest withdrawal, then 35 of the next.
    assert slashed.args["amount"] == 100 * AGPT
    assert [entry["amount"] for entry in net.node(NODE)["withdrawals"]] == [0, 900 * AGPT]
    assert slashed.args["balance"] == {"available": 0, "locked": 0, "unbonding": 900 * AGPT}


def test_what_has_unlocked_is_out_of_reach_even_before_it_is_withdrawn() -> None:
    net = Network(_steep)
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", 990 * AGPT)
    net.chain.warp(14 * DAY - 60)
    task_id = net.running(NODE, proof_seconds=60)
    net.chain.warp(61)
    slashed = only(net.act(STRANGER, "expireProof", task_id), "NodeSlashed")
    # A tenth of 1000 is due, but only the 10 that were locked are left to take.
    assert slashed.args["bonded"] == 1000 * AGPT
    assert slashed.args["amount"] == 10 * AGPT
    assert net.node(NODE)["withdrawals"][0]["amount"] == 990 * AGPT


def test_a_withdrawal_is_slashable_in_the_last_second_before_it_unlocks() -> None:
    net = Network(_steep)
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", 990 * AGPT)
    net.chain.warp(14 * DAY - 62)
    task_id = net.running(NODE, proof_seconds=60)
    net.chain.warp(61)
    slashed = only(net.act(STRANGER, "expireProof", task_id), "NodeSlashed")
    assert slashed.args["amount"] == 100 * AGPT


def test_a_top_up_during_the_attempt_neither_adds_to_the_slash_nor_shields_from_it(
    net: Network,
) -> None:
    task_id = net.running(NODE)
    net.act(NODE, "stake", 5000 * AGPT)
    slashed = only(net.finish(task_id, valid=False), "NodeSlashed")
    assert slashed.args["amount"] == 5 * AGPT
    assert slashed.args["balance"]["available"] == 5995 * AGPT


def test_a_node_that_a_slash_brings_below_the_minimum_is_jailed(net: Network) -> None:
    net.join(FOURTH, amount=100 * AGPT)
    task_id = net.running(FOURTH, backups=(SECOND,))
    assert fail(net, task_id) == [
        "NodeSlashed",
        "NodeJailed",
        "BountyRedistributed",
        "TaskAssigned",
    ]
    assert net.node(FOURTH)["status"] == NodeStatus.JAILED


def test_logs_of_a_fault_come_in_the_order_of_what_happens(net: Network) -> None:
    assert fail(net, net.running(NODE, backups=(SECOND,))) == [
        "NodeSlashed",
        "BountyRedistributed",
        "TaskAssigned",
    ]
    assert fail(net, net.running(NODE)) == ["NodeSlashed", "BountyReturned", "TaskReopened"]


def test_the_bounty_goes_to_eligible_backups_in_their_order_and_the_rest_to_the_first(
    net: Network,
) -> None:
    net.join(FOURTH, amount=99 * AGPT)
    task_id = net.running(NODE, bounty=11, backups=(THIRD, NODE, FOURTH, NODES[5], SECOND))
    logs = net.finish(task_id, valid=False)
    shared = only(logs, "BountyRedistributed").args
    # Not the node that failed, not the jailed one, not one that never joined.
    assert shared["beneficiaries"] == [THIRD, SECOND]
    assert shared["shares"] == [6, 5]
    assert only(logs, "TaskAssigned").args["node"] == THIRD


def test_shares_are_reserved_and_claimable_only_once_the_task_completes(net: Network) -> None:
    task_id = net.running(NODE, bounty=11, gpu_hours=1, backups=(SECOND, THIRD))
    net.finish(task_id, valid=False)
    assert net.task(task_id)["shares"] == [6, 5]
    assert (net.credit(SECOND), net.credit(THIRD)) == (0, 0)

    logs = net.finish(task_id, valid=True)
    assert only(logs, "TaskCompleted").args["bountyPaid"] == 0
    assert (net.credit(SECOND), net.credit(THIRD)) == (6 + net.policy.gpu_rate, 5)
    assert net.task(task_id)["bountyLeft"] == 0


def test_a_backup_keeps_its_share_even_when_another_node_completes_the_task(net: Network) -> None:
    net.join(FOURTH)
    task_id = net.running(NODE, bounty=11, backups=(SECOND,), life_seconds=9 * DAY)
    net.finish(task_id, valid=False)
    net.submit(task_id)
    net.chain.warp(DAY + 1)
    net.act(STRANGER, "expireVerification", task_id)
    net.assign(task_id, FOURTH)
    net.finish(task_id, valid=True)
    assert (net.credit(SECOND), net.credit(FOURTH)) == (11, 0)


def test_a_later_fault_redistributes_anew_among_those_still_eligible(net: Network) -> None:
    task_id = net.running(NODE, bounty=11, backups=(SECOND, THIRD))
    net.finish(task_id, valid=False)
    shared = only(net.finish(task_id, valid=False), "BountyRedistributed").args
    assert (shared["epoch"], shared["beneficiaries"], shared["shares"]) == (2, [THIRD], [11])
    net.finish(task_id, valid=True)
    assert (net.credit(SECOND), net.credit(THIRD)) == (0, 11)


def test_with_nobody_eligible_the_bounty_returns_at_once_and_only_once(net: Network) -> None:
    task_id = net.running(NODE, bounty=11, gpu_hours=1, backups=(FOURTH,))
    assert fail(net, task_id) == ["NodeSlashed", "BountyReturned", "TaskReopened"]
    assert net.credit(REQUESTER) == 11

    # A backup that becomes eligible later finds no bounty any more; the price is still there for who does the work.
    net.join(FOURTH)
    net.assign(task_id, SECOND)
    assert fail(net, task_id) == ["NodeSlashed", "TaskAssigned"]
    completed = only(net.finish(task_id, valid=True), "TaskCompleted").args
    assert completed["node"] == FOURTH
    assert (completed["bountyPaid"], completed["computePaid"]) == (0, net.policy.gpu_rate)
    assert net.credit(REQUESTER) == 11


def test_shares_are_void_when_the_task_ends_without_a_result(net: Network) -> None:
    task_id = net.running(NODE, bounty=11, gpu_hours=1, backups=(SECOND,))
    net.finish(task_id, valid=False)
    net.submit(task_id)
    net.chain.warp(30 * DAY)
    net.act(STRANGER, "expireVerification", task_id)
    refunded = only(net.act(STRANGER, "expireTask", task_id), "TaskRefunded").args
    assert (refunded["bountyRefund"], refunded["computeRefund"]) == (11, net.policy.gpu_rate)
    assert net.credit(SECOND) == 0
    assert net.task(task_id)["beneficiaries"] == []


def test_the_task_goes_to_the_first_backup_that_is_idle_and_strong_enough(net: Network) -> None:
    net.join(FOURTH, amount=150 * AGPT)
    busy = net.running(SECOND)
    task_id = net.running(NODE, bounty=200 * AGPT, backups=(SECOND, FOURTH, THIRD))
    logs = net.finish(task_id, valid=False)
    # All three are eligible for a share: SECOND works on another task, FOURTH has too little for this one.
    assert only(logs, "BountyRedistributed").args["beneficiaries"] == [SECOND, FOURTH, THIRD]
    assert only(logs, "TaskAssigned").args["node"] == THIRD
    assert net.task(busy)["node"] == SECOND


def test_a_pause_stops_the_reassignment_but_not_the_slash(net: Network) -> None:
    task_id = net.running(NODE, backups=(SECOND,))
    net.act(PAUSE_GUARD, "pause")
    assert fail(net, task_id) == ["NodeSlashed", "BountyRedistributed", "TaskReopened"]
    assert net.task(task_id)["status"] == TaskStatus.IDLE


def test_there_is_no_reassignment_when_too_little_of_the_task_s_life_is_left(net: Network) -> None:
    task_id = net.running(NODE, backups=(SECOND,), proof_seconds=3600, life_seconds=7200)
    net.chain.warp(3601)
    logs = net.act(STRANGER, "expireProof", task_id)
    assert [log.event for log in logs] == ["NodeSlashed", "BountyRedistributed", "TaskReopened"]


def test_a_policy_with_a_higher_minimum_makes_weak_backups_ineligible(net: Network) -> None:
    task_id = net.running(NODE, bounty=11, backups=(SECOND, THIRD))
    net.act(THIRD, "stake", 1000 * AGPT)
    net.act(GOVERNOR, "setPolicy", replace(net.policy, min_stake=1500 * AGPT).abi())
    shared = only(net.finish(task_id, valid=False), "BountyRedistributed").args
    assert shared["beneficiaries"] == [THIRD]


def test_many_faults_never_take_more_than_there_is() -> None:
    net = Network(_steep)
    net.join(NODE, amount=2 * AGPT)
    taken = 0
    while net.node(NODE)["status"] == NodeStatus.ACTIVE:
        task_id = net.running(NODE, bounty=1)
        taken += only(net.finish(task_id, valid=False), "NodeSlashed").args["amount"]
    left = net.node(NODE)["balance"]["available"]
    assert taken + left == 2 * AGPT
    assert left < AGPT
    assert net.read("slashPool") == taken
