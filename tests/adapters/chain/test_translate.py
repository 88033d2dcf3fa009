"""Every log of our contracts becomes exactly one event; what cannot be understood is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chain.translate import RawLog, Translator
from contracts.artifact import load
from contracts.bindings import attester_verifier, heavy_compute_arbiter, workflow_registry
from domain.application.catalogue import REGISTRY
from domain.chain.events import LogUnrecognised
from domain.kernel.event import Event
from domain.kernel.ids import Address, Hash32
from domain.kernel.money import Wei
from domain.kernel.streams import Network, category_of
from domain.network.events import PolicyChanged, RoleGranted, TokenTransferred
from domain.task.events import Fault, NodeSlashed, ProofAttested, TaskPosted
from domain.workflow.events import ChainVersionChanged
from tests.adapters.chain.abi_samples import events_of, sample_log, topic0_of
from tests.support.chain_fakes import DEPLOYMENT, account, word

CONTRACTS = {
    "HeavyComputeArbiter": (DEPLOYMENT.arbiter, heavy_compute_arbiter.EVENTS),
    "WorkflowRegistry": (DEPLOYMENT.registry, workflow_registry.EVENTS),
    "AttesterVerifier": (DEPLOYMENT.verifier, attester_verifier.EVENTS),
}
EVENTS = [
    pytest.param(contract, event, id=f"{contract}.{event['name']}")
    for contract in CONTRACTS
    for event in events_of(load(contract).abi)
]
TRANSLATOR = Translator(DEPLOYMENT)


def event_named(contract: str, name: str) -> Mapping[str, Any]:
    return next(each for each in events_of(load(contract).abi) if each["name"] == name)


def sample(contract: str, name: str, **values: object) -> RawLog:
    given_values = dict(values)
    if name == "ProofAttested":
        given_values.setdefault("arbiter", DEPLOYMENT.arbiter)
    return sample_log(event_named(contract, name), CONTRACTS[contract][0], values=given_values)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_bindings_know_exactly_the_events_of_the_abi(contract: str) -> None:
    assert set(CONTRACTS[contract][1]) == {
        topic0_of(each) for each in events_of(load(contract).abi)
    }


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_every_event_of_the_abi_is_translated(contract: str, event: Mapping[str, Any]) -> None:
    stream, translated = TRANSLATOR.translate(sample(contract, event["name"]))
    if event["name"] == "RoleAdminChanged":
        assert isinstance(translated, LogUnrecognised)
        assert "administers" in translated.reason
    else:
        assert not isinstance(translated, LogUnrecognised), translated
    assert REGISTRY.get(translated.NAME, translated.SCHEMA) is type(translated)
    assert category_of(stream) in {"node", "stake", "task", "network", "workflow", "registry"}


@pytest.mark.parametrize(("contract", "event"), EVENTS)
def test_every_value_of_a_log_is_in_its_event(contract: str, event: Mapping[str, Any]) -> None:
    log = sample(contract, event["name"])
    _, translated = TRANSLATOR.translate(log)
    if isinstance(translated, LogUnrecognised):
        return
    # The streams name the arbiter.
    found = {*leaves(translated), log.address, DEPLOYMENT.arbiter}
    decoded = CONTRACTS[contract][1][log.topics[0]](log.topics, log.data)
    for value in leaves(decoded):
        # Enums are told by name.
        if not (isinstance(value, int) and value == 1):
            assert value in found, f"{value} of {event['name']} is lost"


def leaves(value: object) -> list[object]:
    if is_dataclass(value):
        return [leaf for each in fields(value) for leaf in leaves(getattr(value, each.name))]
    if isinstance(value, tuple):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def test_no_two_events_share_a_type() -> None:
    types = [
        type(TRANSLATOR.translate(sample(contract, event["name"]))[1])
        for contract, event in (param.values for param in EVENTS)
        if isinstance(contract, str)
        and isinstance(event, Mapping)
        and event["name"] not in {"RoleGranted", "RoleRevoked", "RoleAdminChanged"}
    ]
    assert len(types) == len(set(types)) >= 28


def test_an_attestation_stands_in_the_stream_of_its_task() -> None:
    stream, event = TRANSLATOR.translate(sample("AttesterVerifier", "ProofAttested"))
    assert isinstance(event, ProofAttested)
    assert stream == f"task:{event.task_id}@{Network(DEPLOYMENT.chain_id, DEPLOYMENT.arbiter)}"


def test_an_attestation_for_another_arbiter_is_kept_unrecognised() -> None:
    log = sample("AttesterVerifier", "ProofAttested", arbiter=account(0xBAD))
    stream, event = TRANSLATOR.translate(log)
    assert isinstance(event, LogUnrecognised)
    assert "another arbiter" in event.reason
    assert category_of(stream) == "network"


def test_a_version_change_stands_in_the_stream_of_the_registry() -> None:
    stream, event = TRANSLATOR.translate(sample("WorkflowRegistry", "VersionChanged"))
    assert isinstance(event, ChainVersionChanged)
    assert stream == f"registry:{Network(DEPLOYMENT.chain_id, DEPLOYMENT.arbiter)}"


def test_a_role_names_the_contract_it_is_for() -> None:
    for contract, (address, _) in CONTRACTS.items():
        _, event = TRANSLATOR.translate(sample(contract, "RoleGranted"))
        assert isinstance(event, RoleGranted)
        assert event.contract == address


def test_a_policy_keeps_each_value_in_its_place() -> None:
    policy = (11, 12, 13, 14, 15, 16, 17, 18, 19, account(20))
    _, event = TRANSLATOR.translate(sample("HeavyComputeArbiter", "PolicyChanged", policy=policy))
    assert isinstance(event, PolicyChanged)
    assert tuple(leaves(event.policy)) == policy


@pytest.mark.parametrize(("number", "fault"), list(enumerate(Fault)))
def test_faults_are_told_by_name(number: int, fault: Fault) -> None:
    _, event = TRANSLATOR.translate(sample("HeavyComputeArbiter", "NodeSlashed", fault=number))
    assert isinstance(event, NodeSlashed)
    assert event.fault is fault


def test_a_fault_that_this_version_does_not_know_is_kept_unrecognised() -> None:
    _, event = TRANSLATOR.translate(sample("HeavyComputeArbiter", "NodeSlashed", fault=2))
    assert isinstance(event, LogUnrecognised)


def posted(*, gpu_hours: int, expires_at: int) -> Event:
    """Return what becomes of a TaskPosted log with these terms."""
    entry = event_named("HeavyComputeArbiter", "TaskPosted")
    word = bytes(32)
    terms: tuple[object, ...] = (
        word,
        word,
        1,
        1,
        gpu_hours,
        1,
        False,
        expires_at,
        5,
        5,
        5,
        account(1),
        [],
    )
    log = sample_log(entry, DEPLOYMENT.arbiter, values={"terms": terms})
    return TRANSLATOR.translate(log)[1]


def test_a_task_of_any_size_is_recorded_to_the_last_digit() -> None:
    event = posted(gpu_hours=2**256 - 1, expires_at=5)
    assert isinstance(event, TaskPosted)
    assert event.terms.gpu_hours == 2**256 - 1


def test_a_time_beyond_what_the_ledger_writes_is_kept_unrecognised() -> None:
    event = posted(gpu_hours=1, expires_at=2**60)
    assert isinstance(event, LogUnrecognised)
    assert "expiresAt" in event.reason


def transfer(sender: Address, recipient: Address, amount_wei: int = 5) -> Event:
    entry = next(each for each in events_of(load("AGPT").abi) if each["name"] == "Transfer")
    log = sample_log(
        entry, DEPLOYMENT.token, values={"from": sender, "to": recipient, "value": amount_wei}
    )
    return TRANSLATOR.translate(log)[1]


def test_a_transfer_names_those_of_our_contracts_that_take_part() -> None:
    event = transfer(account(1), DEPLOYMENT.arbiter, 2**256 - 1)
    assert event == TokenTransferred(
        token=DEPLOYMENT.token,
        sender=account(1),
        recipient=DEPLOYMENT.arbiter,
        amount_wei=Wei(2**256 - 1),
        contracts=(DEPLOYMENT.arbiter,),
    )
    both = transfer(DEPLOYMENT.registry, DEPLOYMENT.token)
    assert isinstance(both, TokenTransferred)
    assert both.contracts == (DEPLOYMENT.registry, DEPLOYMENT.token)
    itself = transfer(DEPLOYMENT.arbiter, DEPLOYMENT.arbiter)
    assert isinstance(itself, TokenTransferred)
    assert itself.contracts == (DEPLOYMENT.arbiter,)


def test_what_governance_owns_and_what_others_pay_each_other_is_not_ours() -> None:
    for sender, recipient in ((account(1), account(2)), (account(1), DEPLOYMENT.timelock)):
        assert isinstance(transfer(sender, recipient), LogUnrecognised)


@given(
    address=st.sampled_from(TRANSLATOR.addresses),
    topics=st.lists(
        st.sampled_from(sorted(heavy_compute_arbiter.EVENTS)) | st.binary(min_size=32, max_size=32),
        max_size=4,
    ),
    data=st.binary(max_size=700),
)
def test_whatever_a_log_holds_it_becomes_one_event(
    address: str, topics: list[str | bytes], data: bytes
) -> None:
    log = RawLog(
        address=account(int(address, 16)),
        topics=tuple(
            Hash32(each if isinstance(each, str) else "0x" + each.hex()) for each in topics
        ),
        data=data,
        block_number=1,
        block_hash=word(1),
        transaction_hash=word(2),
        log_index=0,
    )
    _, event = TRANSLATOR.translate(log)
    if isinstance(event, LogUnrecognised):
        assert event.topics == log.topics
        assert event.data == "0x" + data.hex()
        assert event.reason
