"""Each error is provoked and each event is seen, with its arguments; one that no scenario reaches fails here."""

from __future__ import annotations

import pytest

from contracts.artifact import NAMES
from tests.contracts import (
    scenarios_logs,
    scenarios_logs_others,
    scenarios_nodes,
    scenarios_registry,
    scenarios_tasks,
    scenarios_token,
)
from tests.contracts.abi import Reverted, contract_abi
from tests.contracts.evm import GAS, only
from tests.contracts.network import Network
from tests.contracts.scenarios import REFUSALS, TELLINGS, Refusal, Telling

# The scenarios register themselves when they are imported.
MODULES = (
    scenarios_nodes,
    scenarios_tasks,
    scenarios_token,
    scenarios_registry,
    scenarios_logs,
    scenarios_logs_others,
)

# Errors in an ABI that no call can bring about on a deployed contract of ours, and why.
UNREACHABLE = {
    "AGPT": {
        "ERC20InvalidApprover": "nobody signs or calls as the zero address",
        "ERC20InvalidSender": "nobody signs or calls as the zero address",
        "ECDSAInvalidSignatureLength": "permit takes v, r and s, which always have the right length",
        "InvalidAccountNonce": "permit takes the nonce from the contract, not from the caller",
        "InvalidShortString": "raised for a malformed name, and ours is a constant",
        "StringTooLong": "raised for a long name, and ours is a constant",
        "ZeroAddress": "in the constructor: test_hostile_deployments",
    },
    "AttesterVerifier": {"ZeroAddress": "in the constructor: test_hostile_deployments"},
    "WorkflowRegistry": {"ZeroAddress": "in the constructor: test_hostile_deployments"},
    "HeavyComputeArbiter": {
        "ReentrancyGuardReentrantCall": "needs a hostile token: test_hostile_deployments",
        "SafeERC20FailedOperation": "needs a hostile token: test_hostile_deployments",
    },
    "TimelockController": {},
}
SILENT = {
    "RoleAdminChanged": "no contract of ours changes the administrator of a role",
    "EIP712DomainChanged": "the domain of the token's signatures is constant",
}


@pytest.mark.parametrize(
    ("error", "scenario"),
    [
        pytest.param(error, scenario, id=f"{contract}-{error}-{name}")
        for (contract, error, name), scenario in REFUSALS.items()
    ],
)
def test_the_call_is_refused_with_this_error(error: str, scenario: Refusal) -> None:
    net = Network()
    attempt = scenario(net)
    with pytest.raises(Reverted) as refused:
        net.chain.send(
            attempt.contract,
            attempt.function,
            *attempt.args,
            sender=attempt.sender,
            gas=attempt.gas or GAS,
        )
    assert refused.value.name == error
    if attempt.wanted is not None:
        assert refused.value.arguments == attempt.wanted


@pytest.mark.parametrize(
    ("contract", "event", "scenario"),
    [
        pytest.param(contract, event, scenario, id=f"{contract}-{event}")
        for (contract, event), scenario in TELLINGS.items()
    ],
)
def test_the_log_tells_the_whole_story(contract: str, event: str, scenario: Telling) -> None:
    logs, wanted = scenario(Network())
    log = only(logs, event)
    assert log.contract == contract
    assert log.args == wanted


@pytest.mark.parametrize("contract", NAMES)
def test_every_error_of_the_interface_is_provoked(contract: str) -> None:
    declared = {entry.name for entry in contract_abi(contract).errors.values()}
    provoked = {error for of, error, _ in REFUSALS if of == contract}
    excused = set(UNREACHABLE[contract])
    assert declared - provoked == excused
    assert not provoked & excused


@pytest.mark.parametrize("contract", NAMES)
def test_every_event_of_the_interface_is_seen(contract: str) -> None:
    declared = {entry.name for entry in contract_abi(contract).events.values()}
    seen = {event for of, event in TELLINGS if of == contract}
    assert declared - set(SILENT) == seen
