"""Facts about a task and the attempts at it. The stored names outlive the classes: a changed shape is a new SCHEMA.

`epoch` numbers the attempts. Amounts after the event (`credit_wei`, `pool_wei`, `balance`) are the contract's
own statement of what it then owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, Epoch, Hash32, Quantity, Seconds, Timestamp
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance


class Fault(StrEnum):
    """Why a node was slashed."""

    INVALID_PROOF = "invalid_proof"
    MISSED_DEADLINE = "missed_deadline"


class RefundCause(StrEnum):
    """Why a task ended without a result."""

    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTerms:
    """What a task was posted under; fixed for its whole life. `bounty_wei` and `compute_price_wei` are in escrow."""

    version_hash: Hash32
    spec_hash: Hash32
    bounty_wei: Wei
    compute_price_wei: Wei
    gpu_hours: Quantity
    memory_gb: Quantity
    priority: bool
    expires_at: Timestamp
    proof_seconds: Seconds
    verify_seconds: Seconds
    slash_bps: int
    verifier: Address
    backups: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPosted(Event):
    """A task was posted and its escrow paid. `workflow_id` is all zeros for a task outside any workflow."""

    NAME: ClassVar[str] = "task.posted"
    task_id: Hash32
    requester: Address
    workflow_id: Hash32
    terms: TaskTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssigned(Event):
    """A node got attempt `epoch`; a fault is measured by `bonded_wei`."""

    NAME: ClassVar[str] = "task.assigned"
    task_id: Hash32
    node: Address
    epoch: Epoch
    bonded_wei: Wei
    proof_deadline: Timestamp
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofSubmitted(Event):
    """The assigned node handed in its proof."""

    NAME: ClassVar[str] = "task.proof_submitted"
    task_id: Hash32
    node: Address
    epoch: Epoch
    proof_hash: Hash32
    verify_deadline: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofAttested(Event):
    """An attester judged a submitted proof."""

    NAME: ClassVar[str] = "task.proof_attested"
    task_id: Hash32
    attester: Address
    node: Address
    epoch: Epoch
    proof_hash: Hash32
    valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompleted(Event):
    """The proof is valid and the node is paid. `bounty_paid_wei` is zero when the bounty had been redistributed."""

    NAME: ClassVar[str] = "task.completed"
    task_id: Hash32
    node: Address
    epoch: Epoch
    bounty_paid_wei: Wei
    compute_paid_wei: Wei
    credit_wei: Wei
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSlashed(Event):
    """Attempt `epoch` failed and cost the node `amount_wei`."""

    NAME: ClassVar[str] = "task.node_slashed"
    task_id: Hash32
    node: Address
    epoch: Epoch
    fault: Fault
    amount_wei: Wei
    bonded_wei: Wei
    pool_wei: Wei
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class BountyRedistributed(Event):
    """The bounty is reserved in shares for backups; replaces the shares of earlier attempts."""

    NAME: ClassVar[str] = "task.bounty_redistributed"
    task_id: Hash32
    epoch: Epoch
    bounty_wei: Wei
    beneficiaries: tuple[Address, ...]
    shares_wei: tuple[Wei, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BountyReturned(Event):
    """No backup was eligible: the bounty went back to the requester at once."""

    NAME: ClassVar[str] = "task.bounty_returned"
    task_id: Hash32
    requester: Address
    epoch: Epoch
    amount_wei: Wei
    credit_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class BountyShareCredited(Event):
    """The task completed and a share of its redistributed bounty is claimable."""

    NAME: ClassVar[str] = "task.bounty_share_credited"
    task_id: Hash32
    beneficiary: Address
    epoch: Epoch
    amount_wei: Wei
    credit_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReopened(Event):
    """The task waits for a node again, as attempt `epoch`."""

    NAME: ClassVar[str] = "task.reopened"
    task_id: Hash32
    epoch: Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationExpired(Event):
    """The verifier let attempt `epoch` lapse; the node is freed without a fault."""

    NAME: ClassVar[str] = "task.verification_expired"
    task_id: Hash32
    node: Address
    epoch: Epoch
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRefunded(Event):
    """The task ended without a result; its escrow is claimable by the requester."""

    NAME: ClassVar[str] = "task.refunded"
    task_id: Hash32
    requester: Address
    epoch: Epoch
    cause: RefundCause
    bounty_refund_wei: Wei
    compute_refund_wei: Wei
    credit_wei: Wei


TaskEvent: TypeAlias = (
    TaskPosted
    | TaskAssigned
    | ProofSubmitted
    | ProofAttested
    | TaskCompleted
    | NodeSlashed
    | BountyRedistributed
    | BountyReturned
    | BountyShareCredited
    | TaskReopened
    | VerificationExpired
    | TaskRefunded
)
