"""Facts about a whole network: policy, pauses, roles, slash pool, token. The stored names outlive the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, Hash32, Seconds
from domain.kernel.money import Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What governance set for tasks posted from now on. Rates are wei for one GPU hour and for one GB of memory."""

    gpu_rate_wei: Wei
    memory_rate_wei: Wei
    min_stake_wei: Wei
    slash_bps: int
    unbonding_seconds: Seconds
    min_proof_seconds: Seconds
    max_proof_seconds: Seconds
    verify_seconds: Seconds
    max_task_seconds: Seconds
    verifier: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(Event):
    """Governance changed the policy."""

    NAME: ClassVar[str] = "network.policy_changed"
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashPoolReleased(Event):
    """Governance credited part of the slash pool to `recipient`."""

    NAME: ClassVar[str] = "network.slash_pool_released"
    recipient: Address
    amount_wei: Wei
    pool_wei: Wei
    credit_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPaused(Event):
    """New work is stopped; nothing that is owed is held back."""

    NAME: ClassVar[str] = "network.paused"
    by: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkUnpaused(Event):
    """New work is accepted again."""

    NAME: ClassVar[str] = "network.unpaused"
    by: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    """An account got a role on `contract`. `role` is the hash of the role's name."""

    NAME: ClassVar[str] = "network.role_granted"
    contract: Address
    role: Hash32
    account: Address
    by: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(Event):
    """An account lost a role on `contract`."""

    NAME: ClassVar[str] = "network.role_revoked"
    contract: Address
    role: Hash32
    account: Address
    by: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTransferred(Event):
    """The token itself logged a transfer to or from the network's contracts: `contracts` are those of the two parties.

    An independent account of what the other facts say was paid in and out. The zero address sends what is minted.
    """

    NAME: ClassVar[str] = "token.transferred"
    token: Address
    sender: Address
    recipient: Address
    amount_wei: Wei
    contracts: tuple[Address, ...]


NetworkEvent: TypeAlias = (
    PolicyChanged
    | SlashPoolReleased
    | NetworkPaused
    | NetworkUnpaused
    | RoleGranted
    | RoleRevoked
    | TokenTransferred
)
