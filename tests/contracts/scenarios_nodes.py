"""What the arbiter refuses to nodes, claimants and governance, and with which words."""

from __future__ import annotations

from dataclasses import replace

from tests.contracts.actors import GOVERNOR, JUDGE, NODES, PAUSE_GUARD, SCHEDULER_BOT, STRANGER
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32
from tests.contracts.reference.roles import GOVERNANCE, PAUSER, SCHEDULER
from tests.contracts.reference.stakes import NodeStatus
from tests.contracts.reference.terms import AGPT
from tests.contracts.scenarios import Attempt, arbiter_call, refuses

ARBITER = "HeavyComputeArbiter"
NODE = NODES[0]


@refuses(ARBITER, "ZeroAmount")
def a_stake_of_nothing(net: Network) -> Attempt:
    net.join(NODE)
    return arbiter_call(net, NODE, "stake", 0, wanted={})


@refuses(ARBITER, "ZeroAmount")
def a_withdrawal_of_nothing(net: Network) -> Attempt:
    net.join(NODE)
    return arbiter_call(net, NODE, "requestWithdrawal", 0, wanted={})


@refuses(ARBITER, "ZeroAmount")
def a_release_of_nothing(net: Network) -> Attempt:
    return arbiter_call(net, GOVERNOR, "releaseSlashPool", STRANGER, 0, wanted={})


@refuses(ARBITER, "ZeroAddress")
def a_release_to_nobody(net: Network) -> Attempt:
    return arbiter_call(net, GOVERNOR, "releaseSlashPool", ZERO_ADDRESS, 1, wanted={})


@refuses(ARBITER, "PolicyOutOfBounds")
def a_rate_above_the_bound(net: Network) -> Attempt:
    policy = replace(net.policy, gpu_rate=10**24 + 1).abi()
    return arbiter_call(net, GOVERNOR, "setPolicy", policy, wanted={"field": "gpuRate"})


@refuses(ARBITER, "TextTooLong")
def a_uri_of_257_bytes(net: Network) -> Attempt:
    wanted = {"length": 257, "maximum": 256}
    return arbiter_call(net, NODE, "registerNode", "u" * 257, wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def joining_twice(net: Network) -> Attempt:
    net.join(NODE)
    wanted = {"node": NODE, "status": NodeStatus.ACTIVE}
    return arbiter_call(net, NODE, "registerNode", "", wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def joining_while_jailed(net: Network) -> Attempt:
    net.act(NODE, "registerNode", "")
    wanted = {"node": NODE, "status": NodeStatus.JAILED}
    return arbiter_call(net, NODE, "registerNode", "", wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def leaving_without_having_joined(net: Network) -> Attempt:
    wanted = {"node": NODE, "status": NodeStatus.UNKNOWN}
    return arbiter_call(net, NODE, "deregisterNode", wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def staking_without_having_joined(net: Network) -> Attempt:
    wanted = {"node": STRANGER, "status": NodeStatus.UNKNOWN}
    return arbiter_call(net, STRANGER, "stake", AGPT, wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def staking_after_leaving(net: Network) -> Attempt:
    net.join(NODE)
    net.act(NODE, "deregisterNode")
    wanted = {"node": NODE, "status": NodeStatus.EXITED}
    return arbiter_call(net, NODE, "stake", AGPT, wanted=wanted)


@refuses(ARBITER, "WrongNodeStatus")
def work_for_a_jailed_node(net: Network) -> Attempt:
    net.join(NODE, amount=99 * AGPT)
    wanted = {"node": NODE, "status": NodeStatus.JAILED}
    return arbiter_call(net, SCHEDULER_BOT, "assign", net.post(), NODE, wanted=wanted)


@refuses(ARBITER, "NodeBusy")
def leaving_while_working(net: Network) -> Attempt:
    net.join(NODE)
    wanted = {"node": NODE, "taskId": net.running(NODE)}
    return arbiter_call(net, NODE, "deregisterNode", wanted=wanted)


@refuses(ARBITER, "NodeBusy")
def a_second_task_at_once(net: Network) -> Attempt:
    net.join(NODE)
    wanted = {"node": NODE, "taskId": net.running(NODE)}
    net.act(NODE, "stake", 500 * AGPT)
    return arbiter_call(net, SCHEDULER_BOT, "assign", net.post(), NODE, wanted=wanted)


@refuses(ARBITER, "InsufficientStake")
def withdrawing_more_than_is_free(net: Network) -> Attempt:
    net.join(NODE)
    wanted = {"node": NODE, "have": 1000 * AGPT, "need": 1000 * AGPT + 1}
    return arbiter_call(net, NODE, "requestWithdrawal", 1000 * AGPT + 1, wanted=wanted)


@refuses(ARBITER, "InsufficientStake")
def withdrawing_what_is_locked(net: Network) -> Attempt:
    net.join(NODE)
    net.running(NODE)
    wanted = {"node": NODE, "have": 0, "need": 1}
    return arbiter_call(net, NODE, "requestWithdrawal", 1, wanted=wanted)


@refuses(ARBITER, "InsufficientStake")
def a_task_worth_more_than_the_stake(net: Network) -> Attempt:
    net.join(NODE)
    task_id = net.post(bounty=1000 * AGPT, gpu_hours=1)
    need = 1000 * AGPT + net.policy.gpu_rate
    wanted = {"node": NODE, "have": 1000 * AGPT, "need": need}
    return arbiter_call(net, SCHEDULER_BOT, "assign", task_id, NODE, wanted=wanted)


@refuses(ARBITER, "WithdrawalQueueFull")
def a_ninth_withdrawal(net: Network) -> Attempt:
    net.join(NODE)
    for _ in range(8):
        net.act(NODE, "requestWithdrawal", 1)
    wanted = {"node": NODE, "maximum": 8}
    return arbiter_call(net, NODE, "requestWithdrawal", 1, wanted=wanted)


@refuses(ARBITER, "WithdrawalQueueFull")
def leaving_with_a_full_queue(net: Network) -> Attempt:
    net.join(NODE)
    for _ in range(8):
        net.act(NODE, "requestWithdrawal", 1)
    return arbiter_call(net, NODE, "deregisterNode", wanted={"node": NODE, "maximum": 8})


@refuses(ARBITER, "NothingToWithdraw")
def withdrawing_a_second_too_early(net: Network) -> Attempt:
    net.join(NODE)
    net.act(NODE, "requestWithdrawal", AGPT)
    net.chain.warp(net.policy.unbonding_seconds - 1)
    return arbiter_call(net, NODE, "withdraw", wanted={"node": NODE})


@refuses(ARBITER, "NothingToClaim")
def claiming_nothing(net: Network) -> Attempt:
    return arbiter_call(net, STRANGER, "claim", wanted={"account": STRANGER})


@refuses(ARBITER, "PoolTooSmall")
def releasing_more_than_the_pool(net: Network) -> Attempt:
    wanted = {"have": 0, "need": 1}
    return arbiter_call(net, GOVERNOR, "releaseSlashPool", STRANGER, 1, wanted=wanted)


@refuses(ARBITER, "EnforcedPause")
def joining_during_a_pause(net: Network) -> Attempt:
    net.act(PAUSE_GUARD, "pause")
    return arbiter_call(net, NODE, "registerNode", "", wanted={})


@refuses(ARBITER, "ExpectedPause")
def restarting_what_runs(net: Network) -> Attempt:
    return arbiter_call(net, PAUSE_GUARD, "unpause", wanted={})


@refuses(ARBITER, "AccessControlUnauthorizedAccount")
def a_stranger_setting_the_policy(net: Network) -> Attempt:
    wanted = {"account": STRANGER, "neededRole": GOVERNANCE}
    return arbiter_call(net, STRANGER, "setPolicy", net.policy.abi(), wanted=wanted)


@refuses(ARBITER, "AccessControlUnauthorizedAccount")
def a_stranger_releasing_the_pool(net: Network) -> Attempt:
    wanted = {"account": STRANGER, "neededRole": GOVERNANCE}
    return arbiter_call(net, STRANGER, "releaseSlashPool", STRANGER, 1, wanted=wanted)


@refuses(ARBITER, "AccessControlUnauthorizedAccount")
def a_stranger_pausing(net: Network) -> Attempt:
    wanted = {"account": STRANGER, "neededRole": PAUSER}
    return arbiter_call(net, STRANGER, "pause", wanted=wanted)


@refuses(ARBITER, "AccessControlUnauthorizedAccount")
def a_judge_appointing_itself_scheduler(net: Network) -> Attempt:
    wanted = {"account": JUDGE, "neededRole": ZERO_BYTES32}
    return arbiter_call(net, JUDGE, "grantRole", SCHEDULER, JUDGE, wanted=wanted)


@refuses(ARBITER, "AccessControlBadConfirmation")
def renouncing_for_another(net: Network) -> Attempt:
    return arbiter_call(net, STRANGER, "renounceRole", SCHEDULER, SCHEDULER_BOT, wanted={})


@refuses("AGPT", "ERC20InsufficientBalance")
def a_stake_that_is_not_owned(net: Network) -> Attempt:
    net.join(NODE)
    have = net.tokens(NODE)
    wanted = {"sender": NODE, "balance": have, "needed": have + 1}
    return arbiter_call(net, NODE, "stake", have + 1, wanted=wanted)
