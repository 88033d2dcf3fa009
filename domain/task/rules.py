"""What the arbiter allows a task, as checks on its facts.

A code is the fact's stored name and the rule that it breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from domain.kernel.ids import FIRST_EPOCH, Epoch
from domain.kernel.money import part_rounded_up
from domain.kernel.violation import Violation
from domain.task.bounty import split_bounty
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    Fault,
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    RefundCause,
    TaskAssigned,
    TaskCompleted,
    TaskEvent,
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    VerificationExpired,
)
from domain.task.state import ENDED, AssignmentState, TaskState, TaskStatus


def violations(state: TaskState, event: TaskEvent) -> tuple[Violation, ...]:
    """Return the rules that the fact breaks in this state, none for a legal one."""
    if isinstance(event, TaskPosted):
        return tuple(_named(event, _of_posted(state, event)))
    if state.status is TaskStatus.UNKNOWN:
        # Nothing more can be said: every other rule compares with what was posted.
        return tuple(_named(event, [("unknown_task", "the task was never posted")]))
    return tuple(_named(event, _of_known(state, event)))


_Finding = tuple[str, str]


def _named(event: TaskEvent, findings: Iterator[_Finding] | list[_Finding]) -> Iterator[Violation]:
    for rule, detail in findings:
        yield Violation(f"{event.NAME}.{rule}", detail)


def _of_known(state: TaskState, event: TaskEvent) -> Iterator[_Finding]:
    match event:
        case TaskAssigned():
            return _of_assigned(state, event)
        case ProofSubmitted():
            return _of_proof(state, event)
        case ProofAttested():
            return _of_attested(state, event)
        case TaskCompleted():
            return _of_completed(state, event)
        case NodeSlashed():
            return _of_slashed(state, event)
        case BountyRedistributed():
            return _of_redistributed(state, event)
        case BountyReturned():
            return _of_returned(state, event)
        case BountyShareCredited():
            return _of_share(state, event)
        case TaskReopened():
            return _of_reopened(state, event)
        case VerificationExpired():
            return _of_lapsed(state, event)
        case TaskRefunded():
            return _of_refunded(state, event)
        case TaskPosted():
            return _of_posted(state, event)
        case _:
            assert_never(event)


def _of_posted(state: TaskState, event: TaskPosted) -> Iterator[_Finding]:
    if state.status is not TaskStatus.UNKNOWN:
        yield "twice", "a task is posted once"
    if event.terms.bounty_wei <= 0:
        yield "no_bounty", "a task has a bounty above zero"
    if event.requester in event.terms.backups:
        yield "requester_is_backup", f"{event.requester} is its own backup"
    if len(set(event.terms.backups)) != len(event.terms.backups):
        yield "backup_twice", "a backup is named once"


def _of_assigned(state: TaskState, event: TaskAssigned) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.IDLE)
    yield from _epoch(state.next_epoch, event.epoch)
    if event.node == state.requester:
        yield "requester_is_node", f"{event.node} works for itself"
    if event.node in state.failed:
        yield "node_failed_before", f"{event.node} failed this task and gets it no more"
    if event.bonded_wei <= 0:
        yield "nothing_bonded", "an assignment bonds the node's stake"
    if state.terms is not None and event.proof_deadline > state.terms.expires_at:
        yield "past_expiry", "the attempt may outlive the task"


def _of_proof(state: TaskState, event: ProofSubmitted) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.ASSIGNED)
    yield from _epoch(state.epoch, event.epoch)
    yield from _node(state, event)
    if state.terms is not None:
        submitted_at = event.verify_deadline - state.terms.verify_seconds
        if submitted_at > state.proof_deadline:
            yield "late", f"submitted at {submitted_at}, the deadline was {state.proof_deadline}"


def _of_attested(state: TaskState, event: ProofAttested) -> Iterator[_Finding]:
    if event.attester in (state.requester, event.node):
        yield "interested_attester", f"{event.attester} has an interest in the verdict"


def _of_completed(state: TaskState, event: TaskCompleted) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.VERIFYING)
    yield from _epoch(state.epoch, event.epoch)
    yield from _node(state, event)
    due = 0 if state.shares else state.bounty_left_wei
    if event.bounty_paid_wei != due:
        yield "wrong_bounty", f"paid {event.bounty_paid_wei} wei of bounty, {due} wei were due"
    if event.compute_paid_wei != state.compute_left_wei:
        yield (
            "wrong_compute_price",
            f"paid {event.compute_paid_wei} wei for compute, {state.compute_left_wei} wei were due",
        )


def _of_slashed(state: TaskState, event: NodeSlashed) -> Iterator[_Finding]:
    guilty = {
        Fault.INVALID_PROOF: TaskStatus.VERIFYING,
        Fault.MISSED_DEADLINE: TaskStatus.ASSIGNED,
    }
    yield from _status(state, guilty[event.fault])
    yield from _epoch(state.epoch, event.epoch)
    yield from _node(state, event)
    if event.node in state.failed:
        yield "twice", f"{event.node} was slashed for this task before"
    if event.bonded_wei != state.bonded_wei:
        yield (
            "wrong_bond",
            f"measured by {event.bonded_wei} wei, bonded were {state.bonded_wei} wei",
        )
    if state.terms is None:
        return
    due = part_rounded_up(event.bonded_wei, state.terms.slash_bps)
    # Less is legal only when nothing that can be slashed is left.
    exhausted = event.balance.available_wei == 0 and event.balance.locked_wei == 0
    if event.amount_wei > due or (event.amount_wei < due and not exhausted):
        yield "wrong_amount", f"slashed {event.amount_wei} wei, the rule says {due} wei"


def _of_redistributed(state: TaskState, event: BountyRedistributed) -> Iterator[_Finding]:
    yield from _after_fault(state, event.epoch)
    if event.bounty_wei != state.bounty_left_wei:
        yield "wrong_bounty", f"shared {event.bounty_wei} wei of {state.bounty_left_wei} wei"
    count = len(event.beneficiaries)
    if count == 0 or event.shares_wei != split_bounty(event.bounty_wei, count):
        yield "wrong_shares", "the shares are not equal parts with the remainder on the first"
    backups = state.terms.backups if state.terms is not None else ()
    eligible = [node for node in backups if node not in state.failed]
    named = [node for node in eligible if node in event.beneficiaries]
    if named != list(event.beneficiaries):
        yield "not_eligible", "the beneficiaries are not eligible backups in the task's order"


def _of_returned(state: TaskState, event: BountyReturned) -> Iterator[_Finding]:
    yield from _after_fault(state, event.epoch)
    yield from _requester(state, event)
    if event.amount_wei != state.bounty_left_wei:
        yield "wrong_amount", f"returned {event.amount_wei} wei of {state.bounty_left_wei} wei"


def _of_share(state: TaskState, event: BountyShareCredited) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.COMPLETED)
    if (event.beneficiary, event.amount_wei) not in state.shares:
        yield (
            "not_reserved",
            f"no share of {event.amount_wei} wei is reserved for {event.beneficiary}",
        )


def _of_reopened(state: TaskState, event: TaskReopened) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.IDLE)
    if state.attempt not in ENDED:
        yield "not_ended", f"attempt {state.epoch} has not ended"
    yield from _epoch(Epoch(state.epoch + 1), event.epoch)


def _of_lapsed(state: TaskState, event: VerificationExpired) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.VERIFYING)
    yield from _epoch(state.epoch, event.epoch)
    yield from _node(state, event)


def _of_refunded(state: TaskState, event: TaskRefunded) -> Iterator[_Finding]:
    yield from _status(state, TaskStatus.IDLE)
    yield from _epoch(state.epoch, event.epoch)
    yield from _requester(state, event)
    if event.cause is RefundCause.CANCELLED and state.epoch != FIRST_EPOCH:
        yield "already_attempted", "a task that a node had is not cancelled"
    if event.bounty_refund_wei != state.bounty_left_wei:
        yield (
            "wrong_bounty",
            f"refunded {event.bounty_refund_wei} wei of bounty, {state.bounty_left_wei} wei were left",
        )
    if event.compute_refund_wei != state.compute_left_wei:
        yield (
            "wrong_compute_price",
            f"refunded {event.compute_refund_wei} wei, {state.compute_left_wei} wei were left",
        )


def _status(state: TaskState, needed: TaskStatus) -> Iterator[_Finding]:
    if state.status is not needed:
        yield "wrong_status", f"needs a task that is {needed}, this one is {state.status}"


def _epoch(expected: int, given: int) -> Iterator[_Finding]:
    if given != expected:
        yield "wrong_epoch", f"belongs to attempt {given}, the task is at attempt {expected}"


def _node(
    state: TaskState, event: ProofSubmitted | TaskCompleted | NodeSlashed | VerificationExpired
) -> Iterator[_Finding]:
    if event.node != state.node:
        yield "wrong_node", f"names {event.node}, the attempt belongs to {state.node or 'nobody'}"


def _requester(state: TaskState, event: BountyReturned | TaskRefunded) -> Iterator[_Finding]:
    if event.requester != state.requester:
        yield "wrong_requester", f"names {event.requester}, the task belongs to {state.requester}"


def _after_fault(state: TaskState, epoch: Epoch) -> Iterator[_Finding]:
    yield from _epoch(state.epoch, epoch)
    if state.attempt is not AssignmentState.SLASHED:
        yield "no_fault", f"attempt {state.epoch} was not slashed"
