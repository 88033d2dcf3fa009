"""What the registry and the verifier refuse, and with which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.contracts.actors import ADMIN, GOVERNOR, JUDGE, NODES, REQUESTER, STRANGER, word
from tests.contracts.network import Network
from tests.contracts.reference.facts import ZERO_BYTES32
from tests.contracts.reference.registry import workflow_id_of
from tests.contracts.reference.roles import ATTESTER, GOVERNANCE
from tests.contracts.scenarios import Attempt, refuses

REGISTRY, VERIFIER = "WorkflowRegistry", "AttesterVerifier"


# The registry.

FLOW = workflow_id_of(REQUESTER, "flow")


def _flow(net: Network) -> None:
    net.send(net.registry, "registerWorkflow", "flow", sender=REQUESTER)


def _publish(net: Network, content: int, expected: str = ZERO_BYTES32) -> str:
    args = (FLOW, word(content), expected, "")
    logs = net.send(net.registry, "publishVersion", *args, sender=REQUESTER)
    return str(logs[0].args["versionHash"])


def _publishing(net: Network, *args: object, sender: str = REQUESTER) -> Attempt:
    return Attempt(net.registry, "publishVersion", args, sender, {})


@refuses(REGISTRY, "NameLength")
def a_workflow_without_a_name(net: Network) -> Attempt:
    return Attempt(net.registry, "registerWorkflow", ("",), REQUESTER, {"length": 0, "maximum": 64})


@refuses(REGISTRY, "NameLength")
def a_name_of_65_bytes(net: Network) -> Attempt:
    wanted = {"length": 66, "maximum": 64}
    return Attempt(net.registry, "registerWorkflow", ("é" * 33,), REQUESTER, wanted)


@refuses(REGISTRY, "WorkflowExists")
def registering_a_name_twice(net: Network) -> Attempt:
    _flow(net)
    wanted = {"workflowId": FLOW}
    return Attempt(net.registry, "registerWorkflow", ("flow",), REQUESTER, wanted)


@refuses(REGISTRY, "UnknownWorkflow")
def publishing_for_an_unknown_workflow(net: Network) -> Attempt:
    attempt = _publishing(net, word(1), word(2), ZERO_BYTES32, "")
    return replace(attempt, wanted={"workflowId": word(1)})


@refuses(REGISTRY, "NotWorkflowOwner")
def publishing_for_another_owner(net: Network) -> Attempt:
    _flow(net)
    attempt = _publishing(net, FLOW, word(2), ZERO_BYTES32, "", sender=STRANGER)
    return replace(attempt, wanted={"workflowId": FLOW, "caller": STRANGER})


@refuses(REGISTRY, "ZeroContentHash")
def publishing_nothing(net: Network) -> Attempt:
    _flow(net)
    return _publishing(net, FLOW, ZERO_BYTES32, ZERO_BYTES32, "")


@refuses(REGISTRY, "TextTooLong")
def a_content_uri_of_257_bytes(net: Network) -> Attempt:
    _flow(net)
    attempt = _publishing(net, FLOW, word(1), ZERO_BYTES32, "u" * 257)
    return replace(attempt, wanted={"length": 257, "maximum": 256})


@refuses(REGISTRY, "StaleActiveVersion")
def publishing_on_a_version_that_was_replaced(net: Network) -> Attempt:
    _flow(net)
    first = _publish(net, 1)
    attempt = _publishing(net, FLOW, word(2), ZERO_BYTES32, "")
    return replace(attempt, wanted={"expected": ZERO_BYTES32, "activeVersion": first})


@refuses(REGISTRY, "AlreadyPublished")
def publishing_again_what_was_revoked(net: Network) -> Attempt:
    _flow(net)
    first = _publish(net, 1)
    second = _publish(net, 2, first)
    net.send(net.registry, "emergencyRollback", first, sender=GOVERNOR)
    attempt = _publishing(net, FLOW, word(2), first, "")
    return replace(attempt, wanted={"versionHash": second})


@refuses(REGISTRY, "Unsafe rollback detected")
def a_rollback_to_the_active_version(net: Network) -> Attempt:
    _flow(net)
    return Attempt(net.registry, "emergencyRollback", (_publish(net, 1),), GOVERNOR, {})


@refuses(REGISTRY, "AccessControlUnauthorizedAccount")
def a_rollback_by_the_owner(net: Network) -> Attempt:
    _flow(net)
    first = _publish(net, 1)
    _publish(net, 2, first)
    wanted = {"account": REQUESTER, "neededRole": GOVERNANCE}
    return Attempt(net.registry, "emergencyRollback", (first,), REQUESTER, wanted)


@refuses(REGISTRY, "AccessControlBadConfirmation")
def renouncing_for_governance(net: Network) -> Attempt:
    return Attempt(net.registry, "renounceRole", (GOVERNANCE, GOVERNOR), STRANGER, {})


# The verifier.


def _claim(net: Network) -> dict[str, Any]:
    net.join(NODES[0])
    return dict(net.read("claimOf", net.verifying(NODES[0])))


@refuses(VERIFIER, "AlreadyAttested")
def judging_twice(net: Network) -> Attempt:
    claim = _claim(net)
    args = (net.arbiter.address, claim, False)
    net.send(net.verifier, "attest", net.arbiter.address, claim, True, sender=JUDGE)
    statement = net.chain.read(net.verifier, "statementOf", net.arbiter.address, claim)
    return Attempt(net.verifier, "attest", args, JUDGE, {"statement": statement})


@refuses(VERIFIER, "AttesterConflict")
def a_requester_judging(net: Network) -> Attempt:
    net.send(net.verifier, "grantRole", ATTESTER, REQUESTER, sender=ADMIN)
    args = (net.arbiter.address, _claim(net), False)
    return Attempt(net.verifier, "attest", args, REQUESTER, {"attester": REQUESTER})


@refuses(VERIFIER, "AttesterConflict")
def a_node_judging_itself(net: Network) -> Attempt:
    net.send(net.verifier, "grantRole", ATTESTER, NODES[0], sender=ADMIN)
    args = (net.arbiter.address, _claim(net), True)
    return Attempt(net.verifier, "attest", args, NODES[0], {"attester": NODES[0]})


@refuses(VERIFIER, "AccessControlUnauthorizedAccount")
def a_stranger_judging(net: Network) -> Attempt:
    args = (net.arbiter.address, _claim(net), True)
    wanted = {"account": STRANGER, "neededRole": ATTESTER}
    return Attempt(net.verifier, "attest", args, STRANGER, wanted)


@refuses(VERIFIER, "AccessControlBadConfirmation")
def renouncing_for_a_judge(net: Network) -> Attempt:
    return Attempt(net.verifier, "renounceRole", (ATTESTER, JUDGE), STRANGER, {})
