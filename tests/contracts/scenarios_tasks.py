"""What the arbiter refuses about tasks and attempts, and with which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.contracts.actors import NODES, PAUSE_GUARD, REQUESTER, SCHEDULER_BOT, STRANGER, word
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import DAY
from tests.contracts.scenarios import Attempt, arbiter_call, refuses

ARBITER = "HeavyComputeArbiter"
NODE = NODES[0]


def _post(net: Network, wanted: Mapping[str, object], **fields: object) -> Attempt:
    request = net.request(**fields).abi()
    return arbiter_call(net, REQUESTER, "postTask", request, wanted=wanted)


@refuses(ARBITER, "ZeroAmount")
def a_task_without_bounty(net: Network) -> Attempt:
    return _post(net, {}, bounty=0)


@refuses(ARBITER, "ZeroAddress")
def a_backup_that_is_nobody(net: Network) -> Attempt:
    return _post(net, {}, backups=(NODE, ZERO_ADDRESS))


@refuses(ARBITER, "UnknownTask")
def a_task_that_was_never_posted(net: Network) -> Attempt:
    return arbiter_call(net, STRANGER, "expireTask", word(1), wanted={"taskId": word(1)})


@refuses(ARBITER, "TaskExists")
def posting_a_salt_twice(net: Network) -> Attempt:
    task_id = net.post(salt=word(5))
    return _post(net, {"taskId": task_id}, salt=word(5))


@refuses(ARBITER, "TaskExists")
def posting_the_salt_of_a_cancelled_task(net: Network) -> Attempt:
    task_id = net.post(salt=word(5))
    net.act(REQUESTER, "cancelTask", task_id)
    return _post(net, {"taskId": task_id}, salt=word(5))


@refuses(ARBITER, "WrongTaskStatus")
def a_proof_for_an_idle_task(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.post()
    wanted = {"taskId": task_id, "status": TaskStatus.IDLE}
    return arbiter_call(net, NODE, "submitProof", task_id, 1, word(1), wanted=wanted)


@refuses(ARBITER, "WrongTaskStatus")
def resolving_a_completed_task_again(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    net.finish(task_id, valid=True)
    wanted = {"taskId": task_id, "status": TaskStatus.COMPLETED}
    return arbiter_call(net, STRANGER, "resolve", task_id, 1, b"", wanted=wanted)


@refuses(ARBITER, "WrongEpoch")
def a_proof_for_another_attempt(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    wanted = {"taskId": task_id, "have": 1, "given": 2}
    return arbiter_call(net, NODE, "submitProof", task_id, 2, word(1), wanted=wanted)


@refuses(ARBITER, "WrongEpoch")
def resolving_another_attempt(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.verifying(NODE)
    wanted = {"taskId": task_id, "have": 1, "given": 0}
    return arbiter_call(net, STRANGER, "resolve", task_id, 0, b"", wanted=wanted)


@refuses(ARBITER, "NotAssignedNode")
def a_proof_from_another_node(net: Network) -> Attempt:
    net.join(*NODES[:2])
    task_id = net.running(NODE)
    wanted = {"taskId": task_id, "caller": NODES[1]}
    return arbiter_call(net, NODES[1], "submitProof", task_id, 1, word(1), wanted=wanted)


@refuses(ARBITER, "NotRequester")
def cancelling_the_task_of_another(net: Network) -> Attempt:
    task_id = net.post()
    wanted = {"taskId": task_id, "caller": STRANGER}
    return arbiter_call(net, STRANGER, "cancelTask", task_id, wanted=wanted)


@refuses(ARBITER, "NotScheduler")
def a_stranger_assigning(net: Network) -> Attempt:
    net.join(NODE)
    return arbiter_call(net, STRANGER, "assign", net.post(), NODE, wanted={"caller": STRANGER})


@refuses(ARBITER, "RequesterConflict")
def a_requester_working_for_itself(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.post(requester=NODE)
    return arbiter_call(net, NODE, "assign", task_id, NODE, wanted={"account": NODE})


@refuses(ARBITER, "RequesterConflict")
def a_requester_as_its_own_backup(net: Network) -> Attempt:
    return _post(net, {"account": REQUESTER}, backups=(NODE, REQUESTER))


@refuses(ARBITER, "TooManyBackups")
def nine_backups(net: Network) -> Attempt:
    return _post(net, {"given": 9, "maximum": 8}, backups=NODES)


@refuses(ARBITER, "DuplicateBackup")
def a_backup_named_twice(net: Network) -> Attempt:
    return _post(net, {"node": NODE}, backups=(NODE, NODES[1], NODE))


@refuses(ARBITER, "NodeFailedTask")
def a_second_try_at_a_failed_task(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    net.finish(task_id, valid=False)
    wanted = {"taskId": task_id, "node": NODE}
    return arbiter_call(net, SCHEDULER_BOT, "assign", task_id, NODE, wanted=wanted)


@refuses(ARBITER, "DurationOutOfBounds")
def too_little_time_for_the_proof(net: Network) -> Attempt:
    return _post(net, {"given": 59, "minimum": 60, "maximum": 7 * DAY}, proof_seconds=59)


@refuses(ARBITER, "DurationOutOfBounds")
def a_life_shorter_than_one_attempt(net: Network) -> Attempt:
    wanted = {"given": 3599, "minimum": 3600, "maximum": 30 * DAY}
    return _post(net, wanted, proof_seconds=3600, life_seconds=3599)


@refuses(ARBITER, "VersionNotActive")
def a_version_without_a_workflow(net: Network) -> Attempt:
    wanted = {"workflowId": ZERO_BYTES32, "versionHash": word(9), "activeVersion": ZERO_BYTES32}
    return _post(net, wanted, version_hash=word(9))


@refuses(ARBITER, "VersionNotActive")
def a_workflow_without_a_version(net: Network) -> Attempt:
    wanted = {"workflowId": word(9), "versionHash": ZERO_BYTES32, "activeVersion": ZERO_BYTES32}
    return _post(net, wanted, workflow_id=word(9))


@refuses(ARBITER, "DeadlinePassed")
def a_proof_a_second_too_late(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    deadline = net.task(task_id)["proofDeadline"]
    net.chain.warp(3601)
    wanted = {"deadline": deadline}
    return arbiter_call(net, NODE, "submitProof", task_id, 1, word(1), wanted=wanted)


@refuses(ARBITER, "DeadlinePassed")
def an_attempt_that_would_outlive_the_task(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.post(proof_seconds=3600, life_seconds=DAY)
    latest = net.chain.now + DAY - 3600
    net.chain.warp(DAY - 3600 + 1)
    wanted = {"deadline": latest}
    return arbiter_call(net, SCHEDULER_BOT, "assign", task_id, NODE, wanted=wanted)


@refuses(ARBITER, "DeadlineNotPassed")
def a_missed_deadline_that_is_not_missed(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    net.chain.warp(3600)
    return arbiter_call(net, STRANGER, "expireProof", task_id, wanted={"deadline": net.chain.now})


@refuses(ARBITER, "DeadlineNotPassed")
def a_verification_that_has_time_left(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.verifying(NODE)
    net.chain.warp(DAY)
    return arbiter_call(
        net, STRANGER, "expireVerification", task_id, wanted={"deadline": net.chain.now}
    )


@refuses(ARBITER, "DeadlineNotPassed")
def a_task_whose_life_is_not_over(net: Network) -> Attempt:
    task_id = net.post(life_seconds=DAY)
    net.chain.warp(DAY)
    return arbiter_call(net, STRANGER, "expireTask", task_id, wanted={"deadline": net.chain.now})


@refuses(ARBITER, "AlreadyAttempted")
def cancelling_after_an_attempt(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.running(NODE)
    net.finish(task_id, valid=False)
    return arbiter_call(net, REQUESTER, "cancelTask", task_id, wanted={"taskId": task_id})


@refuses(ARBITER, "VerdictPending")
def resolving_before_the_verdict(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.verifying(NODE)
    return arbiter_call(net, STRANGER, "resolve", task_id, 1, b"", wanted={"taskId": task_id})


@refuses(ARBITER, "VerdictGiven")
def letting_a_judged_proof_lapse(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.verifying(NODE)
    net.judge(task_id, valid=False)
    net.chain.warp(DAY + 1)
    return arbiter_call(net, STRANGER, "expireVerification", task_id, wanted={"taskId": task_id})


@refuses(ARBITER, "GasTooLow")
def starving_the_verifier(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.verifying(NODE)
    net.judge(task_id, valid=False)
    net.chain.warp(DAY + 1)
    attempt = arbiter_call(net, STRANGER, "expireVerification", task_id, wanted=None)
    return replace(attempt, gas=200_000)


@refuses(ARBITER, "EnforcedPause")
def posting_during_a_pause(net: Network) -> Attempt:
    net.act(PAUSE_GUARD, "pause")
    return _post(net, {})


@refuses(ARBITER, "EnforcedPause")
def assigning_during_a_pause(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.post()
    net.act(PAUSE_GUARD, "pause")
    return arbiter_call(net, SCHEDULER_BOT, "assign", task_id, NODE, wanted={})


@refuses(ARBITER, "SafeCastOverflowedUintDowncast")
def a_price_of_129_bits(net: Network) -> Attempt:
    hours = 2**128 // net.policy.gpu_rate + 1
    wanted = {"bits": 128, "value": hours * net.policy.gpu_rate}
    return _post(net, wanted, gpu_hours=hours)


@refuses("AGPT", "ERC20InsufficientAllowance")
def a_bounty_that_was_not_approved(net: Network) -> Attempt:
    net.send(net.token, "approve", net.arbiter.address, 5, sender=REQUESTER)
    wanted = {"spender": net.arbiter.address, "allowance": 5, "needed": 6}
    return _post(net, wanted, bounty=6)
