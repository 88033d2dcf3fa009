"""A task and its attempts.

An attempt (an epoch): Idle -> Assigned -> Verifying -> Completed or Slashed, as published, and Released where it ends
without a result and without a fault, which the published machine leaves open. The task: Idle -> Assigned ->
Verifying -> Completed; a failed attempt returns it to Idle under the next epoch, and an idle task can be Refunded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from domain.kernel.ids import FIRST_EPOCH, NO_EPOCH, NO_TIME, Address, Epoch, Timestamp
from domain.kernel.money import NO_WEI, Wei
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskEvent,
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    TaskTerms,
    VerificationExpired,
)


class TaskStatus(StrEnum):
    """Where a task stands. Source: the arbiter's `TaskStatus`."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    ASSIGNED = "assigned"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    REFUNDED = "refunded"


class AssignmentState(StrEnum):
    """Where one attempt stands. Source: the published state machine, and `RELEASED` beside it."""

    IDLE = "idle"
    ASSIGNED = "assigned"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    SLASHED = "slashed"
    RELEASED = "released"
    """No verdict came in time, or the task was refunded before a node took the attempt."""


STATUS_AFTER: dict[type[TaskEvent], TaskStatus] = {
    TaskPosted: TaskStatus.IDLE,
    TaskAssigned: TaskStatus.ASSIGNED,
    ProofSubmitted: TaskStatus.VERIFYING,
    TaskCompleted: TaskStatus.COMPLETED,
    NodeSlashed: TaskStatus.IDLE,
    VerificationExpired: TaskStatus.IDLE,
    TaskReopened: TaskStatus.IDLE,
    TaskRefunded: TaskStatus.REFUNDED,
}
"""What a fact makes of the task, whatever it was before; the other facts leave its status alone."""

ATTEMPT_AFTER: dict[type[TaskEvent], AssignmentState] = {
    TaskPosted: AssignmentState.IDLE,
    TaskAssigned: AssignmentState.ASSIGNED,
    ProofSubmitted: AssignmentState.VERIFYING,
    TaskCompleted: AssignmentState.COMPLETED,
    NodeSlashed: AssignmentState.SLASHED,
    VerificationExpired: AssignmentState.RELEASED,
    TaskReopened: AssignmentState.IDLE,
    TaskRefunded: AssignmentState.RELEASED,
}
"""What a fact makes of the attempt that it names, whatever it was before."""

ENDED = frozenset({AssignmentState.COMPLETED, AssignmentState.SLASHED, AssignmentState.RELEASED})
"""The states that an attempt never leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A task as its own stream tells it. `attempt`, `node` and what follows belong to the attempt `epoch`.

    `bounty_left_wei` is in escrow, or reserved in `shares`; `compute_left_wei` is in escrow. `failed` are the nodes
    that were slashed for this task.
    """

    status: TaskStatus = TaskStatus.UNKNOWN
    requester: Address | None = None
    terms: TaskTerms | None = None
    epoch: Epoch = NO_EPOCH
    attempt: AssignmentState = AssignmentState.IDLE
    node: Address | None = None
    bonded_wei: Wei = NO_WEI
    proof_deadline: Timestamp = NO_TIME
    bounty_left_wei: Wei = NO_WEI
    compute_left_wei: Wei = NO_WEI
    shares: tuple[tuple[Address, Wei], ...] = ()
    failed: frozenset[Address] = frozenset()

    @property
    def next_epoch(self) -> Epoch:
        """The epoch that an assignment gets now: this one, or the one after it if its attempt has ended."""
        return Epoch(self.epoch + 1) if self.attempt in ENDED else self.epoch


UNKNOWN_TASK = TaskState()


def evolve(state: TaskState, event: TaskEvent) -> TaskState:
    """Return the state after the fact. Never refuses one: `rules.violations` says what is wrong with it."""
    match event:
        case TaskPosted():
            return TaskState(
                status=STATUS_AFTER[TaskPosted],
                requester=event.requester,
                terms=event.terms,
                epoch=FIRST_EPOCH,
                bounty_left_wei=event.terms.bounty_wei,
                compute_left_wei=event.terms.compute_price_wei,
            )
        case TaskAssigned():
            return replace(
                _reached(state, event),
                node=event.node,
                bonded_wei=event.bonded_wei,
                proof_deadline=event.proof_deadline,
            )
        case ProofSubmitted():
            return replace(_reached(state, event), node=event.node)
        case NodeSlashed():
            return replace(
                _reached(state, event), node=event.node, failed=state.failed | {event.node}
            )
        case TaskReopened():
            return replace(_reached(state, event), node=None, bonded_wei=NO_WEI)
        case VerificationExpired():
            return replace(_reached(state, event), node=event.node)
        case TaskCompleted():
            return replace(
                _reached(state, event),
                node=event.node,
                bounty_left_wei=Wei(state.bounty_left_wei - event.bounty_paid_wei),
                compute_left_wei=Wei(state.compute_left_wei - event.compute_paid_wei),
            )
        case TaskRefunded():
            return replace(
                _reached(state, event),
                bounty_left_wei=Wei(state.bounty_left_wei - event.bounty_refund_wei),
                compute_left_wei=Wei(state.compute_left_wei - event.compute_refund_wei),
                shares=(),
            )
        case BountyRedistributed() | BountyReturned() | BountyShareCredited():
            return _bounty_moved(state, event)
        case ProofAttested():
            return state
        case _:
            assert_never(event)


def _reached(
    state: TaskState,
    event: TaskAssigned
    | ProofSubmitted
    | TaskCompleted
    | NodeSlashed
    | VerificationExpired
    | TaskReopened
    | TaskRefunded,
) -> TaskState:
    return replace(
        state,
        status=STATUS_AFTER[type(event)],
        attempt=ATTEMPT_AFTER[type(event)],
        epoch=event.epoch,
    )


def _bounty_moved(
    state: TaskState, event: BountyRedistributed | BountyReturned | BountyShareCredited
) -> TaskState:
    match event:
        case BountyRedistributed():
            pairs = zip(event.beneficiaries, event.shares_wei, strict=False)
            return replace(state, shares=tuple(pairs))
        case BountyReturned():
            left = Wei(state.bounty_left_wei - event.amount_wei)
            return replace(state, bounty_left_wei=left, shares=())
        case BountyShareCredited():
            left = Wei(state.bounty_left_wei - event.amount_wei)
            kept = tuple(
                share for share in state.shares if share != (event.beneficiary, event.amount_wei)
            )
            return replace(state, bounty_left_wei=left, shares=kept)
        case _:
            assert_never(event)
