"""A deployment is checked before anything trusts it, and its file says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.chain.deploy import deploy, read_policy, role_of, verify
from adapters.chain.deployment import (
    contracts_of,
    parse_deployment,
    read_deployment,
    write_deployment,
)
from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.keys import Signer
from adapters.chain.sender import Sender, Transaction, read_views
from adapters.chain.transport import Json
from contracts.artifact import NAMES
from contracts.bindings import agpt, timelock_controller
from contracts.bindings import heavy_compute_arbiter as arbiter
from domain.application.ports import Deployment
from domain.kernel.errors import InvalidInput, WrongChain
from domain.kernel.ids import Address, ChainId, Seconds
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import AlteringTransport, account, elsewhere, word

ADMIN = "0x" + "00" * 32
DEPLOYER = Signer(DEPLOYER_KEY)
GOVERNANCE = account(0x60)


def has_role(chain: EmbeddedChain, contract: Address, role: str, who: Address) -> bool:
    (answer,) = read_views(chain, [(contract, agpt.encode_has_role(role, who))])
    return agpt.decode_has_role(answer)


def test_a_development_deployer_keeps_every_role(told: Told) -> None:
    chain, at = told.chain, told.deployment
    for contract, role in (
        (at.token, "MINTER_ROLE"),
        (at.registry, "GOVERNANCE_ROLE"),
        (at.verifier, "ATTESTER_ROLE"),
        (at.arbiter, "SCHEDULER_ROLE"),
        (at.arbiter, "PAUSER_ROLE"),
        (at.timelock, "PROPOSER_ROLE"),
        (at.timelock, "EXECUTOR_ROLE"),
    ):
        assert has_role(chain, contract, role_of(role), DEPLOYER.address), role


def test_the_policy_can_only_be_set_through_the_timelock(told: Told) -> None:
    chain, at = told.chain, told.deployment
    assert has_role(chain, at.arbiter, role_of("GOVERNANCE_ROLE"), at.timelock)
    assert not has_role(chain, at.arbiter, role_of("GOVERNANCE_ROLE"), DEPLOYER.address)


def test_after_a_real_deployment_the_deployer_has_no_role_left() -> None:
    chain = EmbeddedChain()
    at = deploy(
        chain, DEPLOYER_KEY, dev=False, governance=GOVERNANCE, min_delay_seconds=Seconds(60)
    )
    verify(chain, at)
    roles = (
        "MINTER_ROLE",
        "GOVERNANCE_ROLE",
        "ATTESTER_ROLE",
        "SCHEDULER_ROLE",
        "PAUSER_ROLE",
        "PROPOSER_ROLE",
        "EXECUTOR_ROLE",
        "CANCELLER_ROLE",
    )
    for _, contract in contracts_of(at):
        for role in (ADMIN, *map(role_of, roles)):
            assert not has_role(chain, contract, role, DEPLOYER.address)
        assert has_role(chain, contract, ADMIN, at.timelock)
    assert has_role(chain, at.timelock, role_of("PROPOSER_ROLE"), GOVERNANCE)
    assert has_role(chain, at.registry, role_of("GOVERNANCE_ROLE"), GOVERNANCE)
    assert has_role(chain, at.arbiter, role_of("PAUSER_ROLE"), GOVERNANCE)
    (delay,) = read_views(chain, [(at.timelock, timelock_controller.encode_get_min_delay())])
    assert timelock_controller.decode_get_min_delay(delay) == 60


def test_a_real_deployment_needs_somebody_to_govern_it() -> None:
    chain = EmbeddedChain()
    with pytest.raises(InvalidInput, match="governance"):
        deploy(chain, DEPLOYER_KEY, dev=False)
    assert chain.request("eth_blockNumber", []) == "0x0"


def test_the_opening_policy_slashes_half_a_percent(fresh: tuple[EmbeddedChain, Deployment]) -> None:
    assert read_policy(*fresh).slash_bps == 50


def test_a_deployment_that_stands_is_verified(told: Told) -> None:
    verify(told.chain, told.deployment)


def swapped(at: Deployment) -> Deployment:
    return elsewhere(at, registry=at.verifier, verifier=at.registry)


WRONG: dict[str, tuple[Callable[[Deployment], Deployment], str]] = {
    "chain id": (lambda at: elsewhere(at, chain_id=ChainId(5)), "is chain 1337"),
    "genesis": (lambda at: elsewhere(at, genesis_hash=word(1)), "another genesis"),
    "empty token": (lambda at: elsewhere(at, token=account(9)), "where the deployment has AGPT"),
    "empty arbiter": (lambda at: elsewhere(at, arbiter=account(9)), "has HeavyComputeArbiter"),
    "swapped": (swapped, "is not WorkflowRegistry"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_deployment_that_does_not_stand_says_what_is_wrong(told: Told, what: str) -> None:
    change, says = WRONG[what]
    with pytest.raises(WrongChain, match=says):
        verify(told.chain, change(told.deployment))


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_byte_of_code_is_found(told: Told, name: str) -> None:
    address = dict(contracts_of(told.deployment))[name]
    transport = AlteringTransport(told.chain)

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_getCode" and params[0] == address:
            return str(answer)[:-2] + "ff"
        return answer

    transport.alter = alter
    with pytest.raises(WrongChain, match=f"{address} is not {name}"):
        verify(transport, told.deployment)


def test_contracts_of_two_deployments_are_not_taken_for_one() -> None:
    chain = EmbeddedChain()
    first, second = (deploy(chain, DEPLOYER_KEY, dev=True) for _ in range(2))
    with pytest.raises(WrongChain, match="works with the token"):
        verify(chain, elsewhere(first, token=second.token))
    with pytest.raises(WrongChain, match="works with the registry"):
        verify(chain, elsewhere(first, registry=second.registry))


def test_a_policy_change_waits_for_the_timelock(fresh: tuple[EmbeddedChain, Deployment]) -> None:
    chain, at = fresh
    data = arbiter.encode_release_slash_pool(GOVERNANCE, 1)
    call = timelock_controller.encode_schedule(at.arbiter, 0, data, ADMIN, word(1), 0)
    with pytest.raises(Exception, match="TimelockInsufficientDelay"):
        Sender(chain).send(
            DEPLOYER, Transaction(label="hurry", to=at.timelock, data=call, gas=300_000)
        )


def test_a_deployment_file_is_read_as_it_was_written(tmp_path: Path, told: Told) -> None:
    path = tmp_path / "deployment.json"
    write_deployment(path, told.deployment)
    assert read_deployment(path) == told.deployment
    assert [each.name for each in tmp_path.iterdir()] == ["deployment.json"]


def document(**changes: Any) -> dict[str, Any]:
    contracts = {
        name: account(0x10 + index)
        for index, name in enumerate(("token", "arbiter", "registry", "verifier", "timelock"))
    }
    whole: dict[str, Any] = {
        "schema": 1,
        "chain_id": 31337,
        "genesis_hash": word(1),
        "start_block": 1,
        "contracts": contracts,
    }
    whole.update(changes)
    return whole


def contracts_with(**changes: Any) -> dict[str, Any]:
    return {**document()["contracts"], **changes}


def test_addresses_with_capitals_are_read_in_lower_case() -> None:
    content = orjson.dumps(document(contracts=contracts_with(token="0x" + "Ab" * 20)))
    assert parse_deployment(content, named="x").token == "0x" + "ab" * 20


MALFORMED: dict[str, tuple[Any, str]] = {
    "a list": ([], "the document"),
    "no chain id": ({k: v for k, v in document().items() if k != "chain_id"}, "chain_id"),
    "a chain id in words": (document(chain_id="1"), "chain_id"),
    "a true chain id": (document(chain_id=True), "chain_id"),
    "a negative block": (document(start_block=-1), "start_block"),
    "a short hash": (document(genesis_hash="0x12"), "genesis_hash"),
    "a number as address": (document(contracts=contracts_with(token=5)), "contracts.token"),
    "a long address": (
        document(contracts=contracts_with(arbiter=account(1) + "0")),
        "contracts.arbiter",
    ),
    "a missing contract": (document(contracts={}), "contracts.token"),
    "a contract too many": (document(contracts=contracts_with(tokn=account(1))), "contracts.tokn"),
    "a field too many": (document(chainid=1), "chainid"),
    "no schema": ({k: v for k, v in document().items() if k != "schema"}, "schema"),
    "a later schema": (document(schema=2), "`schema` is 2"),
    "a schema in words": (document(schema="1"), "schema"),
    "one address twice": (
        document(contracts=contracts_with(token=account(0x11))),
        "two contracts",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_deployment_file_names_the_field(tmp_path: Path, what: str) -> None:
    content, says = MALFORMED[what]
    path = tmp_path / "deployment.json"
    path.write_bytes(orjson.dumps(content))
    with pytest.raises(InvalidInput) as caught:
        read_deployment(path)
    assert says in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1" * 40_000])
def test_what_is_no_json_is_no_deployment(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deployment.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"not JSON|too large"):
        read_deployment(path)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path, told: Told) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        read_deployment(tmp_path / "nowhere.json")
    with pytest.raises(InvalidInput, match=r"Is a directory|cannot read"):
        read_deployment(tmp_path)
    with pytest.raises(InvalidInput, match="cannot write"):
        write_deployment(tmp_path / "no" / "where.json", told.deployment)
