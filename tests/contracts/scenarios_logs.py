"""Each event of the arbiter, with every argument written out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.contracts.actors import (
    ADMIN,
    GOVERNOR,
    NODES,
    PAUSE_GUARD,
    REQUESTER,
    SCHEDULER_BOT,
    STRANGER,
    word,
)
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_BYTES32, Log
from tests.contracts.reference.registry import version_hash_of, workflow_id_of
from tests.contracts.reference.roles import SCHEDULER
from tests.contracts.reference.tasks import Fault, RefundCause, task_id_of
from tests.contracts.reference.terms import AGPT, DAY
from tests.contracts.scenarios import tells

ARBITER, TOKEN, REGISTRY, VERIFIER, TIMELOCK = (
    "HeavyComputeArbiter",
    "AGPT",
    "WorkflowRegistry",
    "AttesterVerifier",
    "TimelockController",
)
NODE, SECOND, THIRD = NODES[:3]
FLOW = workflow_id_of(REQUESTER, "flow")
FIRST_VERSION = version_hash_of(FLOW, ZERO_BYTES32, word(1))
SECOND_VERSION = version_hash_of(FLOW, FIRST_VERSION, word(2))

Told = tuple[list[Log], Mapping[str, Any]]


def balance(available: int, locked: int = 0, unbonding: int = 0) -> dict[str, int]:
    return {"available": available, "locked": locked, "unbonding": unbonding}


# Nodes and stake.


@tells(ARBITER, "NodeRegistered")
def registered(net: Network) -> Told:
    logs = net.act(NODE, "registerNode", "ipfs://node")
    return logs, {"node": NODE, "metadataURI": "ipfs://node"}


@tells(ARBITER, "NodeDeregistered")
def deregistered(net: Network) -> Told:
    net.join(NODE)
    return net.act(NODE, "deregisterNode"), {"node": NODE}


@tells(ARBITER, "NodeJailed")
def jailed(net: Network) -> Told:
    net.join(NODE)
    logs = net.act(NODE, "requestWithdrawal", 900 * AGPT + 1)
    return logs, {"node": NODE, "stake": 100 * AGPT - 1, "minStake": 100 * AGPT}


@tells(ARBITER, "NodeUnjailed")
def unjailed(net: Network) -> Told:
    net.join(NODE, amount=99 * AGPT)
    logs = net.act(NODE, "stake", AGPT)
    return logs, {"node": NODE, "stake": 100 * AGPT, "minStake": 100 * AGPT}


@tells(ARBITER, "Staked")
def staked(net: Network) -> Told:
    net.join(NODE, amount=5 * AGPT)
    logs = net.act(NODE, "stake", 3)
    return logs, {"node": NODE, "amount": 3, "balance": balance(5 * AGPT + 3)}


@tells(ARBITER, "WithdrawalQueued")
def withdrawal_queued(net: Network) -> Told:
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", 1)
    logs = net.act(NODE, "requestWithdrawal", AGPT)
    return logs, {
        "node": NODE,
        "withdrawalId": 2,
        "amount": AGPT,
        "unlockAt": net.chain.now + 14 * DAY,
        "balance": balance(999 * AGPT - 1, 0, AGPT + 1),
    }


@tells(ARBITER, "StakeWithdrawn")
def stake_withdrawn(net: Network) -> Told:
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", AGPT)
    net.chain.warp(14 * DAY)
    logs = net.act(NODE, "withdraw")
    wanted = {"node": NODE, "withdrawalId": 1, "amount": AGPT, "balance": balance(999 * AGPT)}
    return logs, wanted


# Tasks.


@tells(ARBITER, "TaskPosted")
def task_posted(net: Network) -> Told:
    request = net.request(
        spec_hash=word(4),
        bounty=7,
        gpu_hours=3,
        memory_gb=5,
        priority=True,
        proof_seconds=100,
        life_seconds=2000,
        backups=(SECOND, NODE),
    )
    logs = net.act(REQUESTER, "postTask", request.abi())
    terms = {
        "versionHash": ZERO_BYTES32,
        "specHash": word(4),
        "bounty": 7,
        # (3 * (3e16 + 7) + 5 * (1e14 + 3)) * 22 / 10, rounded down
        "computePrice": 199_100_000_000_000_079,
        "gpuHours": 3,
        "memoryGB": 5,
        "priority": True,
        "expiresAt": net.chain.now + 2000,
        "proofSeconds": 100,
        "verifySeconds": DAY,
        "slashBps": 50,
        "verifier": net.verifier.address,
        "backups": [SECOND, NODE],
    }
    task_id = task_id_of(31_337, net.arbiter.address, REQUESTER, request.salt)
    posted = {"taskId": task_id, "requester": REQUESTER, "workflowId": ZERO_BYTES32}
    return logs, {**posted, "terms": terms}


@tells(ARBITER, "TaskAssigned")
def task_assigned(net: Network) -> Told:
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", 300 * AGPT)
    task_id = net.post()
    return net.assign(task_id, NODE), {
        "taskId": task_id,
        "node": NODE,
        "epoch": 1,
        "bonded": 1000 * AGPT,
        "proofDeadline": net.chain.now + 3600,
        "balance": balance(0, 700 * AGPT, 300 * AGPT),
    }


@tells(ARBITER, "ProofSubmitted")
def proof_submitted(net: Network) -> Told:
    net.join(NODE)
    task_id = net.running(NODE)
    return net.submit(task_id, proof_hash=word(77)), {
        "taskId": task_id,
        "node": NODE,
        "epoch": 1,
        "proofHash": word(77),
        "verifyDeadline": net.chain.now + DAY,
    }


@tells(ARBITER, "TaskCompleted")
def task_completed(net: Network) -> Told:
    net.join(NODE)
    task_id = net.running(NODE, bounty=5 * AGPT, gpu_hours=2)
    price = 2 * net.policy.gpu_rate
    return net.finish(task_id, valid=True), {
        "taskId": task_id,
        "node": NODE,
        "epoch": 1,
        "bountyPaid": 5 * AGPT,
        "computePaid": price,
        "credit": 5 * AGPT + price,
        "balance": balance(1000 * AGPT),
    }


@tells(ARBITER, "NodeSlashed")
def node_slashed(net: Network) -> Told:
    net.join(NODE, amount=1000 * AGPT + 1)
    task_id = net.running(NODE)
    return net.finish(task_id, valid=False), {
        "taskId": task_id,
        "node": NODE,
        "epoch": 1,
        "fault": Fault.INVALID_PROOF,
        # Half a percent of 1000 AGPT and one wei, and the fraction of a wei counts whole.
        "amount": 5 * AGPT + 1,
        "bonded": 1000 * AGPT + 1,
        "pool": 5 * AGPT + 1,
        "balance": balance(995 * AGPT),
    }


@tells(ARBITER, "BountyRedistributed")
def bounty_redistributed(net: Network) -> Told:
    net.join(NODE, SECOND, THIRD)
    task_id = net.running(NODE, bounty=101, backups=(THIRD, NODES[3], SECOND))
    return net.finish(task_id, valid=False), {
        "taskId": task_id,
        "epoch": 1,
        "bounty": 101,
        "beneficiaries": [THIRD, SECOND],
        "shares": [51, 50],
    }


@tells(ARBITER, "BountyReturned")
def bounty_returned(net: Network) -> Told:
    net.join(NODE)
    task_id = net.running(NODE, bounty=101, backups=(SECOND,))
    returned = {"taskId": task_id, "requester": REQUESTER, "epoch": 1, "amount": 101, "credit": 101}
    return net.finish(task_id, valid=False), returned


@tells(ARBITER, "BountyShareCredited")
def bounty_share_credited(net: Network) -> Told:
    net.join(NODE, SECOND)
    task_id = net.running(NODE, bounty=101, gpu_hours=1, backups=(SECOND,))
    net.finish(task_id, valid=False)
    return net.finish(task_id, valid=True), {
        "taskId": task_id,
        "beneficiary": SECOND,
        "epoch": 2,
        "amount": 101,
        # The backup did the work itself, so the price is its own as well.
        "credit": 101 + net.policy.gpu_rate,
    }


@tells(ARBITER, "TaskReopened")
def task_reopened(net: Network) -> Told:
    net.join(NODE)
    task_id = net.running(NODE)
    return net.finish(task_id, valid=False), {"taskId": task_id, "epoch": 2}


@tells(ARBITER, "VerificationExpired")
def verification_expired(net: Network) -> Told:
    net.join(NODE)
    task_id = net.verifying(NODE)
    net.chain.warp(DAY + 1)
    logs = net.act(STRANGER, "expireVerification", task_id)
    return logs, {"taskId": task_id, "node": NODE, "epoch": 1, "balance": balance(1000 * AGPT)}


@tells(ARBITER, "TaskRefunded")
def task_refunded(net: Network) -> Told:
    task_id = net.post(bounty=9, gpu_hours=1)
    net.chain.warp(DAY + 1)
    return net.act(STRANGER, "expireTask", task_id), {
        "taskId": task_id,
        "requester": REQUESTER,
        "epoch": 1,
        "cause": RefundCause.EXPIRED,
        "bountyRefund": 9,
        "computeRefund": net.policy.gpu_rate,
        "credit": 9 + net.policy.gpu_rate,
    }


# Credits, pool, policy, pause, roles.


@tells(ARBITER, "CreditClaimed")
def credit_claimed(net: Network) -> Told:
    net.act(REQUESTER, "cancelTask", net.post(bounty=9))
    return net.act(REQUESTER, "claim"), {"account": REQUESTER, "amount": 9, "credit": 0}


@tells(ARBITER, "SlashPoolReleased")
def slash_pool_released(net: Network) -> Told:
    net.join(NODE)
    net.finish(net.running(NODE), valid=False)
    logs = net.act(GOVERNOR, "releaseSlashPool", STRANGER, AGPT)
    return logs, {"recipient": STRANGER, "amount": AGPT, "pool": 4 * AGPT, "credit": AGPT}


@tells(ARBITER, "PolicyChanged")
def policy_changed(net: Network) -> Told:
    policy = replace(net.policy, slash_bps=77)
    return net.act(GOVERNOR, "setPolicy", policy.abi()), {"policy": policy.logged()}


@tells(ARBITER, "Paused")
def paused(net: Network) -> Told:
    return net.act(PAUSE_GUARD, "pause"), {"account": PAUSE_GUARD}


@tells(ARBITER, "Unpaused")
def unpaused(net: Network) -> Told:
    net.act(PAUSE_GUARD, "pause")
    return net.act(PAUSE_GUARD, "unpause"), {"account": PAUSE_GUARD}


@tells(ARBITER, "RoleGranted")
def scheduler_appointed(net: Network) -> Told:
    logs = net.act(ADMIN, "grantRole", SCHEDULER, STRANGER)
    return logs, {"role": SCHEDULER, "account": STRANGER, "sender": ADMIN}


@tells(ARBITER, "RoleRevoked")
def scheduler_dismissed(net: Network) -> Told:
    logs = net.act(ADMIN, "revokeRole", SCHEDULER, SCHEDULER_BOT)
    return logs, {"role": SCHEDULER, "account": SCHEDULER_BOT, "sender": ADMIN}
