"""What can happen in a story, one transaction (or a wait) each. Actors are named, not addressed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType, TypeAlias, assert_never

from domain.kernel.ids import Seconds
from domain.kernel.money import Wei
from domain.network.events import Policy

Actor = NewType("Actor", str)
"""`deployer`, `publisher`, `treasury`, `requester-1`, `node-01`."""

DEPLOYER: Final = Actor("deployer")
PUBLISHER: Final = Actor("publisher")
TREASURY: Final = Actor("treasury")


class Fate(StrEnum):
    """What becomes of a task."""

    PLAIN = "plain"
    """A node works and is paid."""
    INVALID = "invalid"
    """The first proof is false; a backup completes the task."""
    MISSED = "missed"
    """The first node misses the deadline; a backup completes the task."""
    TWICE = "twice"
    """A false proof, then a missed deadline; the second backup completes the task."""
    LONELY = "lonely"
    """A false proof and no backup: the bounty returns, another node works for the compute price."""
    UNATTESTED = "unattested"
    """Nobody judges the proof in time; another node gets the task."""
    ABANDONED = "abandoned"
    """A missed deadline, no backup, and then the task expires."""
    EXPIRED = "expired"
    """No node takes the task."""
    CANCELLED = "cancelled"
    """The requester takes it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """A task of the story. `version` labels the workflow version it is posted for, None for no workflow."""

    index: int
    fate: Fate
    requester: Actor
    backups: tuple[Actor, ...]
    bounty_wei: Wei
    gpu_hours: int
    memory_gb: int
    priority: bool
    proof_seconds: Seconds
    life_seconds: Seconds
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """The deployer gives an actor AGPT, and ether for `transactions` transactions."""

    actor: Actor
    amount_wei: Wei
    transactions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """An actor lets the arbiter draw its AGPT."""

    actor: Actor
    amount_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A node registers."""

    node: Actor
    metadata_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A node stakes."""

    node: Actor
    amount_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWithdrawal:
    """A node asks for part of its stake."""

    node: Actor
    amount_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """A node takes out what has waited long enough."""

    node: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A node deregisters."""

    node: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An actor takes out what it earned or was refunded."""

    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWorkflow:
    """The publisher registers the story's workflow."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """The publisher publishes a version on top of the active one."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Governance makes an earlier version active again."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A requester posts a task."""

    task: TaskPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """A requester cancels a task."""

    task: TaskPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """A node takes a task, or the scheduler gives it to the node."""

    task: TaskPlan
    node: Actor
    by_scheduler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """The assigned node hands in a proof."""

    task: TaskPlan
    node: Actor
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attest:
    """The attester judges a proof."""

    task: TaskPlan
    node: Actor
    epoch: int
    valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Somebody has the verdict applied."""

    task: TaskPlan
    epoch: int
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireProof:
    """Somebody points out that no proof came in time."""

    task: TaskPlan
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireVerification:
    """Somebody points out that no verdict came in time."""

    task: TaskPlan
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireTask:
    """Somebody points out that a task's life is over."""

    task: TaskPlan
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """New work is stopped, or accepted again."""

    stop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPolicy:
    """Governance proposes a policy to the timelock, or executes the proposal."""

    policy: Policy
    execute: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePool:
    """Governance proposes to pay from the slash pool, or executes the proposal."""

    recipient: Actor
    amount_wei: Wei
    execute: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Time passes."""

    seconds: Seconds


Step: TypeAlias = (
    Fund
    | Approve
    | Join
    | Deposit
    | QueueWithdrawal
    | Withdraw
    | Leave
    | Claim
    | RegisterWorkflow
    | Publish
    | Rollback
    | Post
    | Cancel
    | Assign
    | Submit
    | Attest
    | Resolve
    | ExpireProof
    | ExpireVerification
    | ExpireTask
    | Pause
    | SetPolicy
    | ReleasePool
    | Pass
)


def actor_of(step: Step) -> Actor | None:
    """Return who signs the step's transaction, None when there is none."""
    match step:
        case Approve(actor=actor) | Claim(actor=actor):
            return actor
        case (
            Join(node=node)
            | Deposit(node=node)
            | QueueWithdrawal(node=node)
            | Withdraw(node=node)
            | Leave(node=node)
            | Submit(node=node)
        ):
            return node
        case RegisterWorkflow() | Publish():
            return PUBLISHER
        case Post(task=task) | Cancel(task=task):
            return task.requester
        case Assign(node=node, by_scheduler=by_scheduler):
            return DEPLOYER if by_scheduler else node
        case Resolve(by=by) | ExpireProof(by=by) | ExpireVerification(by=by) | ExpireTask(by=by):
            return by
        case Fund() | Attest() | Rollback() | Pause() | SetPolicy() | ReleasePool():
            return DEPLOYER
        case Pass():
            return None
        case _:
            assert_never(step)
