"""Power and its bounds: policy behind a timelock, a supply with a cap, signatures instead of transactions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.abi import Reverted
from tests.contracts.actors import ADMIN, CAP, GOVERNOR, MINT, STRANGER, TIMELOCK_SECONDS, account
from tests.contracts.evm import only
from tests.contracts.network import Network, refused
from tests.contracts.reference.facts import ZERO_ADDRESS
from tests.contracts.reference.roles import GOVERNANCE, MINTER
from tests.contracts.reference.terms import AGPT, DAY
from tests.contracts.scenarios_token import HOLDER, permit, policy_change


@pytest.fixture
def net() -> Network:
    return Network()


def test_the_timelock_really_guards_the_policy(net: Network) -> None:
    net.act(ADMIN, "revokeRole", GOVERNANCE, GOVERNOR)
    change = policy_change(net)
    direct = refused(lambda: net.act(GOVERNOR, "setPolicy", net.policy.abi()))
    assert direct == "AccessControlUnauthorizedAccount"

    def execute() -> object:
        return net.send(net.timelock, "execute", *change, sender=GOVERNOR)

    assert refused(execute) == "TimelockUnexpectedOperationState"
    net.send(net.timelock, "schedule", *change, TIMELOCK_SECONDS, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS - 1)
    assert refused(execute) == "TimelockUnexpectedOperationState"
    assert net.read("policy")["slashBps"] == 50
    net.chain.warp(1)
    execute()
    assert net.read("policy")["slashBps"] == 77
    assert refused(execute) == "TimelockUnexpectedOperationState"


def test_a_change_of_policy_can_be_called_off_in_time(net: Network) -> None:
    change = policy_change(net)
    net.send(net.timelock, "schedule", *change, TIMELOCK_SECONDS, sender=GOVERNOR)
    operation = net.chain.read(net.timelock, "hashOperation", *change)
    net.send(net.timelock, "cancel", operation, sender=GOVERNOR)
    net.chain.warp(TIMELOCK_SECONDS)
    called_off = refused(lambda: net.send(net.timelock, "execute", *change, sender=GOVERNOR))
    assert called_off == "TimelockUnexpectedOperationState"


IN_BOUNDS: list[dict[str, int]] = [
    {"gpu_rate": 0},
    {"gpu_rate": 10**24},
    {"memory_rate": 0},
    {"memory_rate": 10**24},
    {"min_stake": AGPT},
    {"min_stake": 10**9 * AGPT},
    {"slash_bps": 1},
    {"slash_bps": 1000},
    {"min_proof_seconds": 1},
    {"min_proof_seconds": 7 * DAY},
    {"max_proof_seconds": 60},
    {"max_proof_seconds": 30 * DAY, "unbonding_seconds": 31 * DAY},
    {"verify_seconds": 1},
    {"verify_seconds": 7 * DAY},
    {"max_task_seconds": 365 * DAY},
    {"unbonding_seconds": 8 * DAY},
    {"unbonding_seconds": 60 * DAY},
]
OUT_OF_BOUNDS: list[tuple[str, dict[str, object]]] = [
    ("gpuRate", {"gpu_rate": 10**24 + 1}),
    ("memoryRate", {"memory_rate": 10**24 + 1}),
    ("minStake", {"min_stake": AGPT - 1}),
    ("minStake", {"min_stake": 10**9 * AGPT + 1}),
    ("slashBps", {"slash_bps": 0}),
    ("slashBps", {"slash_bps": 1001}),
    ("minProofSeconds", {"min_proof_seconds": 0}),
    ("minProofSeconds", {"min_proof_seconds": 7 * DAY + 1}),
    ("maxProofSeconds", {"max_proof_seconds": 30 * DAY + 1, "unbonding_seconds": 60 * DAY}),
    ("verifySeconds", {"verify_seconds": 0}),
    ("verifySeconds", {"verify_seconds": 7 * DAY + 1, "unbonding_seconds": 60 * DAY}),
    ("maxTaskSeconds", {"max_task_seconds": 365 * DAY + 1}),
    ("unbondingSeconds", {"unbonding_seconds": 8 * DAY - 1}),
    ("unbondingSeconds", {"unbonding_seconds": 60 * DAY + 1}),
    ("verifier", {"verifier": STRANGER}),
    ("verifier", {"verifier": ZERO_ADDRESS}),
]


@pytest.mark.parametrize("change", IN_BOUNDS, ids=str)
def test_a_policy_on_its_bound_is_accepted(net: Network, change: dict[str, int]) -> None:
    policy = replace(net.policy, **change)  # type: ignore[arg-type]
    net.act(GOVERNOR, "setPolicy", policy.abi())
    assert net.read("policy") == policy.logged()


@pytest.mark.parametrize(("field", "change"), OUT_OF_BOUNDS, ids=str)
def test_a_policy_beyond_its_bound_is_refused_and_its_field_named(
    net: Network, field: str, change: dict[str, object]
) -> None:
    policy = replace(net.policy, **change)  # type: ignore[arg-type]
    with pytest.raises(Reverted) as error:
        net.act(GOVERNOR, "setPolicy", policy.abi())
    assert error.value.name == "PolicyOutOfBounds"
    assert error.value.arguments == {"field": field}
    assert net.read("policy") == net.policy.logged()


def test_the_supply_reaches_the_cap_and_never_passes_it(net: Network) -> None:
    room = CAP - net.chain.read(net.token, "totalSupply")
    assert (
        refused(lambda: net.send(net.token, "mint", STRANGER, room + 1, sender=MINT))
        == "CapExceeded"
    )
    net.send(net.token, "mint", STRANGER, room, sender=MINT)
    assert net.chain.read(net.token, "totalSupply") == CAP == net.chain.read(net.token, "CAP")
    assert refused(lambda: net.send(net.token, "mint", STRANGER, 1, sender=MINT)) == "CapExceeded"


def test_nobody_holds_tokens_or_mints_before_the_administrator_says_so() -> None:
    net = Network()
    token = net.chain.deploy("AGPT", ADMIN, CAP, sender=STRANGER)
    assert net.chain.read(token, "totalSupply") == 0
    assert not net.chain.read(token, "hasRole", MINTER, ADMIN)
    assert net.chain.read(token, "decimals") == 18


def test_a_signature_approves_and_its_holder_stakes_without_an_approval_of_its_own(
    net: Network,
) -> None:
    holder = HOLDER.address.lower()
    net.send(net.token, "mint", holder, 500 * AGPT, sender=MINT)
    args = permit(net, value=300 * AGPT, deadline=net.chain.now + 60)
    only(net.send(net.token, "permit", *args, sender=STRANGER), "Approval")
    assert net.chain.read(net.token, "allowance", holder, net.arbiter.address) == 300 * AGPT
    net.act(holder, "registerNode", "")
    net.act(holder, "stake", 300 * AGPT)
    assert net.node(holder)["balance"]["available"] == 300 * AGPT
    assert refused(lambda: net.act(holder, "stake", 1)) == "ERC20InsufficientAllowance"


def test_the_deployer_keeps_no_power(net: Network) -> None:
    nobody = account(0xDEAD)
    arbiter = net.chain.deploy(
        "HeavyComputeArbiter",
        net.token.address,
        net.registry.address,
        ADMIN,
        net.policy.abi(),
        sender=nobody,
    )
    denied = refused(
        lambda: net.chain.send(arbiter, "grantRole", GOVERNANCE, nobody, sender=nobody)
    )
    assert denied == "AccessControlUnauthorizedAccount"


def test_the_administrator_has_no_way_to_the_tokens_of_others(net: Network) -> None:
    """Every function that moves tokens out pays its own caller; the administrator is owed nothing."""
    net.join(account(0xA001))
    assert refused(lambda: net.act(ADMIN, "claim")) == "NothingToClaim"
    assert refused(lambda: net.act(ADMIN, "withdraw")) == "NothingToWithdraw"
    released = refused(lambda: net.act(ADMIN, "releaseSlashPool", ADMIN, 1))
    assert released == "AccessControlUnauthorizedAccount"
