"""Each event of the token, the verifier, the registry and the timelock, with every argument written out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.contracts.actors import (
    ADMIN,
    GOVERNOR,
    JUDGE,
    MINT,
    NODES,
    REQUESTER,
    STRANGER,
    TIMELOCK_SECONDS,
    word,
)
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32, Log
from tests.contracts.reference.registry import version_hash_of, workflow_id_of
from tests.contracts.reference.roles import ATTESTER, MINTER, role_id
from tests.contracts.reference.terms import DAY
from tests.contracts.scenarios import tells
from tests.contracts.scenarios_token import policy_change

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


# The token.


@tells(TOKEN, "Transfer")
def minted(net: Network) -> Told:
    logs = net.send(net.token, "mint", STRANGER, 4, sender=MINT)
    return logs, {"from": ZERO_ADDRESS, "to": STRANGER, "value": 4}


@tells(TOKEN, "Approval")
def approved(net: Network) -> Told:
    logs = net.send(net.token, "approve", MINT, 4, sender=STRANGER)
    return logs, {"owner": STRANGER, "spender": MINT, "value": 4}


@tells(TOKEN, "RoleGranted")
def minter_appointed(net: Network) -> Told:
    logs = net.send(net.token, "grantRole", MINTER, STRANGER, sender=ADMIN)
    return logs, {"role": MINTER, "account": STRANGER, "sender": ADMIN}


@tells(TOKEN, "RoleRevoked")
def minter_resigned(net: Network) -> Told:
    logs = net.send(net.token, "renounceRole", MINTER, MINT, sender=MINT)
    return logs, {"role": MINTER, "account": MINT, "sender": MINT}


# The verifier.


@tells(VERIFIER, "ProofAttested")
def proof_attested(net: Network) -> Told:
    net.join(NODE)
    task_id = net.verifying(NODE)
    return net.judge(task_id, valid=True), {
        "taskId": task_id,
        "attester": JUDGE,
        "arbiter": net.arbiter.address,
        "epoch": 1,
        "node": NODE,
        "proofHash": word(0xF00F),
        "valid": True,
    }


@tells(VERIFIER, "RoleGranted")
def judge_appointed(net: Network) -> Told:
    logs = net.send(net.verifier, "grantRole", ATTESTER, STRANGER, sender=ADMIN)
    return logs, {"role": ATTESTER, "account": STRANGER, "sender": ADMIN}


@tells(VERIFIER, "RoleRevoked")
def judge_dismissed(net: Network) -> Told:
    logs = net.send(net.verifier, "revokeRole", ATTESTER, JUDGE, sender=ADMIN)
    return logs, {"role": ATTESTER, "account": JUDGE, "sender": ADMIN}


# The registry.


def _publish(net: Network, content: int, expected: str) -> list[Log]:
    args = (FLOW, word(content), expected, "ipfs://content")
    return net.send(net.registry, "publishVersion", *args, sender=REQUESTER)


def _two_versions(net: Network) -> list[Log]:
    net.send(net.registry, "registerWorkflow", "flow", sender=REQUESTER)
    _publish(net, 1, ZERO_BYTES32)
    return _publish(net, 2, FIRST_VERSION)


def _rollback(net: Network) -> list[Log]:
    _two_versions(net)
    return net.send(net.registry, "emergencyRollback", FIRST_VERSION, sender=GOVERNOR)


@tells(REGISTRY, "WorkflowRegistered")
def workflow_registered(net: Network) -> Told:
    logs = net.send(net.registry, "registerWorkflow", "flow", sender=REQUESTER)
    return logs, {"workflowId": FLOW, "owner": REQUESTER, "name": "flow"}


@tells(REGISTRY, "VersionPublished")
def version_published(net: Network) -> Told:
    return _two_versions(net), {
        "workflowId": FLOW,
        "versionHash": SECOND_VERSION,
        "parent": FIRST_VERSION,
        "contentHash": word(2),
        "sequence": 2,
        "contentURI": "ipfs://content",
        "publisher": REQUESTER,
    }


@tells(REGISTRY, "VersionChanged")
def version_changed(net: Network) -> Told:
    return _two_versions(net), {"activeVersion": FIRST_VERSION, "versionHash": SECOND_VERSION}


@tells(REGISTRY, "VersionRevoked")
def version_revoked(net: Network) -> Told:
    return _rollback(net), {"workflowId": FLOW, "versionHash": SECOND_VERSION}


@tells(REGISTRY, "RolledBack")
def rolled_back(net: Network) -> Told:
    return _rollback(net), {
        "workflowId": FLOW,
        "fromVersion": SECOND_VERSION,
        "toVersion": FIRST_VERSION,
        "revokedCount": 1,
        "by": GOVERNOR,
    }


@tells(REGISTRY, "RoleGranted")
def governor_appointed(net: Network) -> Told:
    role = role_id("GOVERNANCE_ROLE")
    logs = net.send(net.registry, "grantRole", role, STRANGER, sender=ADMIN)
    return logs, {"role": role, "account": STRANGER, "sender": ADMIN}


@tells(REGISTRY, "RoleRevoked")
def governor_dismissed(net: Network) -> Told:
    role = role_id("GOVERNANCE_ROLE")
    logs = net.send(net.registry, "revokeRole", role, GOVERNOR, sender=ADMIN)
    return logs, {"role": role, "account": GOVERNOR, "sender": ADMIN}


# The timelock.


def _operation_id(net: Network) -> str:
    return str(net.chain.read(net.timelock, "hashOperation", *policy_change(net)))


def _schedule(net: Network) -> list[Log]:
    args = (*policy_change(net), TIMELOCK_SECONDS)
    return net.send(net.timelock, "schedule", *args, sender=GOVERNOR)


@tells(TIMELOCK, "CallScheduled")
def call_scheduled(net: Network) -> Told:
    target, value, data, predecessor, _ = policy_change(net)
    assert isinstance(data, bytes)
    return _schedule(net), {
        "id": _operation_id(net),
        "index": 0,
        "target": target,
        "value": value,
        "data": "0x" + data.hex(),
        "predecessor": predecessor,
        "delay": TIMELOCK_SECONDS,
    }


@tells(TIMELOCK, "CallSalt")
def call_salted(net: Network) -> Told:
    return _schedule(net), {"id": _operation_id(net), "salt": word(1)}


@tells(TIMELOCK, "CallExecuted")
def call_executed(net: Network) -> Told:
    _schedule(net)
    net.chain.warp(TIMELOCK_SECONDS)
    target, value, data, *_ = policy_change(net)
    assert isinstance(data, bytes)
    logs = net.send(net.timelock, "execute", *policy_change(net), sender=GOVERNOR)
    return logs, {
        "id": _operation_id(net),
        "index": 0,
        "target": target,
        "value": value,
        "data": "0x" + data.hex(),
    }


@tells(TIMELOCK, "Cancelled")
def call_cancelled(net: Network) -> Told:
    _schedule(net)
    logs = net.send(net.timelock, "cancel", _operation_id(net), sender=GOVERNOR)
    return logs, {"id": _operation_id(net)}


@tells(TIMELOCK, "MinDelayChange")
def delay_changed(net: Network) -> Told:
    data = net.timelock.abi.calldata("updateDelay", (DAY,))
    operation = (net.timelock.address, 0, data, ZERO_BYTES32, word(3))
    net.send(net.timelock, "schedule", *operation, TIMELOCK_SECONDS, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS)
    logs = net.send(net.timelock, "execute", *operation, sender=GOVERNOR)
    return logs, {"oldDuration": TIMELOCK_SECONDS, "newDuration": DAY}


@tells(TIMELOCK, "RoleGranted")
def proposer_appointed(net: Network) -> Told:
    role = role_id("PROPOSER_ROLE")
    logs = net.send(net.timelock, "grantRole", role, STRANGER, sender=ADMIN)
    return logs, {"role": role, "account": STRANGER, "sender": ADMIN}


@tells(TIMELOCK, "RoleRevoked")
def administrator_resigned(net: Network) -> Told:
    logs = net.send(net.timelock, "renounceRole", ZERO_BYTES32, ADMIN, sender=ADMIN)
    return logs, {"role": ZERO_BYTES32, "account": ADMIN, "sender": ADMIN}
