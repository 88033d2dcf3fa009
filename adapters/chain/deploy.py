"""Puts the five contracts on a chain, hands out their roles, and checks that they are what they should be.

After a deployment for real use the deployer has no role left. The timelock, which `governance` proposes
to and executes, administers every contract and sets the arbiter's policy; `governance` itself can only
pause new work and roll a workflow back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_utils.crypto import keccak

from adapters.chain.deployment import contracts_of
from adapters.chain.keys import Signer
from adapters.chain.reader import check_chain
from adapters.chain.sender import Receipt, Sender, Transaction, read_views
from adapters.chain.transport import MalformedAnswer, Transport
from adapters.chain.values import read_data, read_hash, read_object, read_quantity, read_result
from contracts.artifact import load
from contracts.bindings import (
    agpt,
    attester_verifier,
    heavy_compute_arbiter,
    timelock_controller,
    workflow_registry,
)
from domain.application.ports import Deployment
from domain.kernel.errors import InvalidInput, WrongChain
from domain.kernel.ids import Address, ChainId, Seconds
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.network.events import Policy

TOKEN_CAP_WEI: Final = Wei(1_000_000_000 * WEI_PER_AGPT)

_DAY: Final = 86_400
_ROLE_GAS: Final = 120_000
_ADMIN_ROLE: Final = "0x" + "00" * 32
_NOBODY: Final = Address("0x" + "00" * 20)


DEFAULT_DELAY_SECONDS: Final = Seconds(2 * _DAY)


def opening_policy(verifier: Address) -> Policy:
    """Return the policy that a network starts with; the timelock changes it within the arbiter's bounds."""
    return Policy(
        gpu_rate_wei=Wei(2 * WEI_PER_AGPT),
        memory_rate_wei=Wei(WEI_PER_AGPT // 20),
        min_stake_wei=Wei(1_000 * WEI_PER_AGPT),
        slash_bps=50,  # 0.5 % for each failure, as published
        unbonding_seconds=Seconds(7 * _DAY),
        min_proof_seconds=Seconds(30),
        max_proof_seconds=Seconds(2 * _DAY),
        verify_seconds=Seconds(_DAY),
        max_task_seconds=Seconds(90 * _DAY),
        verifier=verifier,
    )


def role_of(name: str) -> str:
    """Return the hash that stands for a role, keccak-256 of its name (OpenZeppelin AccessControl)."""
    return "0x" + keccak(text=name).hex()


def abi_policy(policy: Policy) -> heavy_compute_arbiter.Policy:
    """Return the policy as the arbiter takes it."""
    return heavy_compute_arbiter.Policy(
        gpu_rate=policy.gpu_rate_wei,
        memory_rate=policy.memory_rate_wei,
        min_stake=policy.min_stake_wei,
        slash_bps=policy.slash_bps,
        unbonding_seconds=policy.unbonding_seconds,
        min_proof_seconds=policy.min_proof_seconds,
        max_proof_seconds=policy.max_proof_seconds,
        verify_seconds=policy.verify_seconds,
        max_task_seconds=policy.max_task_seconds,
        verifier=policy.verifier,
    )


class _Deployer:
    def __init__(self, transport: Transport, signer: Signer) -> None:
        self._sender = Sender(transport)
        self._signer = signer
        self.first: Receipt | None = None

    def create(self, name: str, arguments: bytes) -> Address:
        data = load(name).bytecode + arguments
        # 200 gas for each byte that stays, 16 for each that is sent, and room for the constructor.
        gas = 1_500_000 + 230 * len(data)
        label = f"deploying {name}"
        receipt = self._sender.send(
            self._signer, Transaction(label=label, to=None, data=data, gas=gas)
        )
        self.first = self.first or receipt
        if receipt.created is None:
            raise MalformedAnswer(f"{label}: the receipt names no contract")
        return receipt.created

    def grant(self, contract: Address, role: str, account: Address) -> None:
        # One AccessControl is like another: every contract takes the same call.
        data = agpt.encode_grant_role(role, account)
        self._call(contract, data, "granting a role")

    def renounce(self, contract: Address, role: str) -> None:
        data = agpt.encode_renounce_role(role, self._signer.address)
        self._call(contract, data, "renouncing a role")

    def _call(self, contract: Address, data: bytes, label: str) -> None:
        self._sender.send(
            self._signer, Transaction(label=label, to=contract, data=data, gas=_ROLE_GAS)
        )


def deploy(
    transport: Transport,
    key: bytes,
    *,
    dev: bool,
    governance: Address | None = None,
    min_delay_seconds: Seconds = DEFAULT_DELAY_SECONDS,
) -> Deployment:
    """Deploy the five contracts with the account of `key` and return where they stand.

    `governance` (the deployer itself in a `dev` deployment that names nobody) proposes to the timelock and
    executes after `min_delay_seconds`. With `dev` the deployer keeps every role and may mint, assign,
    attest and pause. Raises InvalidInput, Reverted, RuleRejected and Unavailable.
    """
    signer = Signer(key)
    if governance is None and not dev:
        raise InvalidInput(
            "a deployment that is not for development needs a governance account",
            hint="name the account that proposes to the timelock with --governance, or deploy with --dev",
        )
    governors = tuple(dict.fromkeys([governance or signer.address, signer.address]))
    if not dev:
        governors = governors[:1]
    head = read_object(transport.request("eth_getBlockByNumber", ["0x0", False]), "block")
    chain_id = read_quantity(transport.request("eth_chainId", []), "chain id")
    site = _Deployer(transport, signer)
    timelock = site.create(
        "TimelockController",
        timelock_controller.encode_constructor(min_delay_seconds, governors, governors, _NOBODY),
    )
    admin = signer.address if dev else timelock
    token = site.create("AGPT", agpt.encode_constructor(admin, TOKEN_CAP_WEI))
    registry = site.create(
        "WorkflowRegistry", workflow_registry.encode_constructor(admin, governors[0])
    )
    verifier = site.create("AttesterVerifier", attester_verifier.encode_constructor(admin))
    initial = abi_policy(opening_policy(verifier))
    arbiter = site.create(
        "HeavyComputeArbiter",
        heavy_compute_arbiter.encode_constructor(token, registry, signer.address, initial),
    )
    site.grant(arbiter, role_of("GOVERNANCE_ROLE"), timelock)
    site.grant(arbiter, _ADMIN_ROLE, timelock)
    site.grant(arbiter, role_of("PAUSER_ROLE"), governors[0])
    if dev:
        for contract, role in (
            (token, "MINTER_ROLE"),
            (registry, "GOVERNANCE_ROLE"),
            (verifier, "ATTESTER_ROLE"),
            (arbiter, "SCHEDULER_ROLE"),
            (arbiter, "PAUSER_ROLE"),
        ):
            site.grant(contract, role_of(role), signer.address)
    else:
        site.renounce(arbiter, _ADMIN_ROLE)
    assert site.first is not None
    return Deployment(
        chain_id=ChainId(chain_id),
        genesis_hash=read_hash(head.get("hash"), "genesis hash"),
        start_block=site.first.block_number,
        token=token,
        arbiter=arbiter,
        registry=registry,
        verifier=verifier,
        timelock=timelock,
    )


def verify(transport: Transport, deployment: Deployment) -> None:
    """Raise WrongChain unless the chain is the deployment's and our contracts stand where it says.

    The code at each address must be the committed artifact, byte for byte but for what constructors fill in;
    the arbiter must name the deployment's token and registry. Raises Unavailable.
    """
    check_chain(transport, deployment)
    places = contracts_of(deployment)
    codes = transport.batch([("eth_getCode", [address, "latest"]) for _, address in places])
    for (name, address), answer in zip(places, codes, strict=True):
        code = read_data(answer, "code")
        if not code:
            raise WrongChain(
                f"there is no contract at {address}, where the deployment has {name}",
                hint="the chain may have been started anew: deploy again",
            )
        if not load(name).matches_code(code):
            raise WrongChain(
                f"the contract at {address} is not {name} as this version knows it",
                hint="use the deployment file and the version of the program that belong together",
            )
    _check_immutables(transport, deployment)


def _check_immutables(transport: Transport, deployment: Deployment) -> None:
    answers: Sequence[bytes] = read_views(
        transport,
        [
            (deployment.arbiter, heavy_compute_arbiter.encode_token()),
            (deployment.arbiter, heavy_compute_arbiter.encode_registry()),
        ],
    )
    wired = (
        (
            "token",
            read_result(heavy_compute_arbiter.decode_token, answers[0], "TOKEN"),
            deployment.token,
        ),
        (
            "registry",
            read_result(heavy_compute_arbiter.decode_registry, answers[1], "REGISTRY"),
            deployment.registry,
        ),
    )
    for name, found, wanted in wired:
        if found != wanted:
            raise WrongChain(
                f"the arbiter works with the {name} {found}, the deployment names {wanted}",
                hint="the deployment file mixes contracts of two deployments",
            )


def read_policy(transport: Transport, deployment: Deployment) -> Policy:
    """Return the arbiter's present policy. Raises Unavailable."""
    (answer,) = read_views(transport, [(deployment.arbiter, heavy_compute_arbiter.encode_policy())])
    policy = read_result(heavy_compute_arbiter.decode_policy, answer, "policy")
    return Policy(
        gpu_rate_wei=Wei(policy.gpu_rate),
        memory_rate_wei=Wei(policy.memory_rate),
        min_stake_wei=Wei(policy.min_stake),
        slash_bps=policy.slash_bps,
        unbonding_seconds=Seconds(policy.unbonding_seconds),
        min_proof_seconds=Seconds(policy.min_proof_seconds),
        max_proof_seconds=Seconds(policy.max_proof_seconds),
        verify_seconds=Seconds(policy.verify_seconds),
        max_task_seconds=Seconds(policy.max_task_seconds),
        verifier=Address(policy.verifier),
    )
