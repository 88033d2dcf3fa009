"""A task and its attempts: what is legal, what is flagged, and that every fact is taken in."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.ids import Epoch, Timestamp
from domain.kernel.money import Wei
from domain.kernel.streams import category_of
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
    TaskRefunded,
    TaskReopened,
    VerificationExpired,
)
from domain.task.rules import violations
from domain.task.state import (
    ENDED,
    UNKNOWN_TASK,
    AssignmentState,
    TaskState,
    TaskStatus,
    evolve,
)
from tests.support.events import GENESIS_TIME, account, events_of, posted, stake, word
from tests.support.lifecycles import legal_story

TASK = word("task")
REQUESTER, NODE, BACKUP, OTHER = (account(number) for number in range(1, 5))
ONE, TWO = Epoch(1), Epoch(2)

POSTED = posted(TASK, REQUESTER, bounty_wei=1_000, compute_price_wei=500, backups=(BACKUP, OTHER))
ASSIGNED = TaskAssigned(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    bonded_wei=Wei(10_000),
    proof_deadline=Timestamp(GENESIS_TIME + 3_600),
    balance=stake(0, 10_000),
)
SUBMITTED = ProofSubmitted(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    proof_hash=word("proof"),
    verify_deadline=Timestamp(GENESIS_TIME + 3_600 + 1_800),
)
COMPLETED = TaskCompleted(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    bounty_paid_wei=Wei(1_000),
    compute_paid_wei=Wei(500),
    credit_wei=Wei(1_500),
    balance=stake(10_000),
)
MISSED = NodeSlashed(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    fault=Fault.MISSED_DEADLINE,
    amount_wei=Wei(50),
    bonded_wei=Wei(10_000),
    pool_wei=Wei(50),
    balance=stake(9_950),
)
SHARED = BountyRedistributed(
    task_id=TASK,
    epoch=ONE,
    bounty_wei=Wei(1_000),
    beneficiaries=(BACKUP, OTHER),
    shares_wei=(Wei(500), Wei(500)),
)
RETURNED = BountyReturned(
    task_id=TASK, requester=REQUESTER, epoch=ONE, amount_wei=Wei(1_000), credit_wei=Wei(1_000)
)
TAKEN_OVER = replace(ASSIGNED, node=BACKUP, epoch=TWO)
REOPENED = TaskReopened(task_id=TASK, epoch=TWO)
REFUNDED = TaskRefunded(
    task_id=TASK,
    requester=REQUESTER,
    epoch=ONE,
    cause=RefundCause.CANCELLED,
    bounty_refund_wei=Wei(1_000),
    compute_refund_wei=Wei(500),
    credit_wei=Wei(1_500),
)
LAPSED = VerificationExpired(task_id=TASK, node=NODE, epoch=ONE, balance=stake(10_000))


def after(*events: TaskEvent) -> TaskState:
    return reduce(evolve, events, UNKNOWN_TASK)


def broken(state: TaskState, event: TaskEvent) -> set[str]:
    found = violations(state, event)
    assert all(violation.detail for violation in found)
    return {violation.rule for violation in found}


def assert_legal(*events: TaskEvent) -> TaskState:
    state = UNKNOWN_TASK
    for event in events:
        assert violations(state, event) == ()
        state = evolve(state, event)
    return state


def test_a_valid_proof_completes_the_attempt_and_empties_the_escrow() -> None:
    state = assert_legal(POSTED, ASSIGNED, SUBMITTED, COMPLETED)
    assert (state.status, state.attempt) == (TaskStatus.COMPLETED, AssignmentState.COMPLETED)
    assert (state.bounty_left_wei, state.compute_left_wei) == (0, 0)


def test_a_fault_ends_the_attempt_and_the_backup_gets_the_next_epoch() -> None:
    state = assert_legal(POSTED, ASSIGNED, MISSED, SHARED, TAKEN_OVER)
    assert (state.status, state.epoch, state.node) == (TaskStatus.ASSIGNED, 2, BACKUP)
    assert state.failed == {NODE}
    assert state.shares == ((BACKUP, 500), (OTHER, 500))


def test_reserved_shares_are_credited_after_completion_and_the_node_gets_no_bounty() -> None:
    submitted = replace(SUBMITTED, node=BACKUP, epoch=TWO, proof_hash=word("other proof"))
    completed = replace(COMPLETED, node=BACKUP, epoch=TWO, bounty_paid_wei=Wei(0))
    shares = [
        BountyShareCredited(
            task_id=TASK, beneficiary=node, epoch=TWO, amount_wei=Wei(500), credit_wei=Wei(500)
        )
        for node in (BACKUP, OTHER)
    ]
    state = assert_legal(
        POSTED, ASSIGNED, MISSED, SHARED, TAKEN_OVER, submitted, completed, *shares
    )
    assert state.bounty_left_wei == 0
    assert state.shares == ()


def test_without_an_eligible_backup_the_bounty_returns_and_only_the_price_is_refunded() -> None:
    refunded = replace(REFUNDED, epoch=TWO, cause=RefundCause.EXPIRED, bounty_refund_wei=Wei(0))
    state = assert_legal(POSTED, ASSIGNED, MISSED, RETURNED, REOPENED, refunded)
    assert state.status is TaskStatus.REFUNDED


def test_a_lapsed_verification_frees_the_node_without_a_fault() -> None:
    state = assert_legal(POSTED, ASSIGNED, SUBMITTED, LAPSED)
    assert state.attempt is AssignmentState.RELEASED
    assert state.failed == frozenset()
    assert_legal(POSTED, ASSIGNED, SUBMITTED, LAPSED, REOPENED, replace(ASSIGNED, epoch=TWO))


@pytest.mark.parametrize(
    ("history", "event", "rule"),
    [
        ((), ASSIGNED, "task.assigned.unknown_task"),
        ((POSTED,), POSTED, "task.posted.twice"),
        ((), posted(TASK, REQUESTER, bounty_wei=0), "task.posted.no_bounty"),
        ((), posted(TASK, REQUESTER, backups=(REQUESTER,)), "task.posted.requester_is_backup"),
        ((), posted(TASK, REQUESTER, backups=(NODE, NODE)), "task.posted.backup_twice"),
        ((POSTED, ASSIGNED), replace(ASSIGNED, node=OTHER), "task.assigned.wrong_status"),
        ((POSTED,), TAKEN_OVER, "task.assigned.wrong_epoch"),
        ((POSTED,), replace(ASSIGNED, node=REQUESTER), "task.assigned.requester_is_node"),
        ((POSTED,), replace(ASSIGNED, bonded_wei=Wei(0)), "task.assigned.nothing_bonded"),
        (
            (POSTED,),
            replace(ASSIGNED, proof_deadline=Timestamp(GENESIS_TIME + 86_401)),
            "task.assigned.past_expiry",
        ),
        (
            (POSTED, ASSIGNED, MISSED, SHARED, REOPENED),
            replace(ASSIGNED, epoch=TWO),
            "task.assigned.node_failed_before",
        ),
        ((POSTED,), SUBMITTED, "task.proof_submitted.wrong_status"),
        ((POSTED, ASSIGNED), replace(SUBMITTED, node=OTHER), "task.proof_submitted.wrong_node"),
        ((POSTED, ASSIGNED), replace(SUBMITTED, epoch=TWO), "task.proof_submitted.wrong_epoch"),
        (
            (POSTED, ASSIGNED),
            replace(SUBMITTED, verify_deadline=Timestamp(GENESIS_TIME + 3_600 + 1_801)),
            "task.proof_submitted.late",
        ),
        ((POSTED, ASSIGNED), COMPLETED, "task.completed.wrong_status"),
        (
            (POSTED, ASSIGNED, SUBMITTED),
            replace(COMPLETED, bounty_paid_wei=Wei(999)),
            "task.completed.wrong_bounty",
        ),
        (
            (POSTED, ASSIGNED, SUBMITTED),
            replace(COMPLETED, compute_paid_wei=Wei(501)),
            "task.completed.wrong_compute_price",
        ),
        (
            (POSTED, ASSIGNED, SUBMITTED, COMPLETED),
            LAPSED,
            "task.verification_expired.wrong_status",
        ),
        ((POSTED, ASSIGNED, SUBMITTED), MISSED, "task.node_slashed.wrong_status"),
        (
            (POSTED, ASSIGNED),
            replace(MISSED, fault=Fault.INVALID_PROOF),
            "task.node_slashed.wrong_status",
        ),
        ((POSTED, ASSIGNED), replace(MISSED, amount_wei=Wei(51)), "task.node_slashed.wrong_amount"),
        ((POSTED, ASSIGNED), replace(MISSED, amount_wei=Wei(49)), "task.node_slashed.wrong_amount"),
        ((POSTED, ASSIGNED), replace(MISSED, bonded_wei=Wei(9)), "task.node_slashed.wrong_bond"),
        ((POSTED, ASSIGNED, MISSED), MISSED, "task.node_slashed.twice"),
        ((POSTED, ASSIGNED), SHARED, "task.bounty_redistributed.no_fault"),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(SHARED, shares_wei=(Wei(501), Wei(499))),
            "task.bounty_redistributed.wrong_shares",
        ),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(SHARED, beneficiaries=(OTHER, BACKUP)),
            "task.bounty_redistributed.not_eligible",
        ),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(SHARED, beneficiaries=(NODE, OTHER)),
            "task.bounty_redistributed.not_eligible",
        ),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(RETURNED, amount_wei=Wei(1)),
            "task.bounty_returned.wrong_amount",
        ),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(RETURNED, requester=OTHER),
            "task.bounty_returned.wrong_requester",
        ),
        (
            (POSTED, ASSIGNED, SUBMITTED, COMPLETED),
            BountyShareCredited(
                task_id=TASK, beneficiary=OTHER, epoch=ONE, amount_wei=Wei(1), credit_wei=Wei(1)
            ),
            "task.bounty_share_credited.not_reserved",
        ),
        ((POSTED,), REOPENED, "task.reopened.not_ended"),
        (
            (POSTED, ASSIGNED, MISSED),
            replace(REOPENED, epoch=Epoch(3)),
            "task.reopened.wrong_epoch",
        ),
        ((POSTED, ASSIGNED), REFUNDED, "task.refunded.wrong_status"),
        (
            (POSTED, ASSIGNED, SUBMITTED, LAPSED, REOPENED),
            replace(REFUNDED, epoch=TWO),
            "task.refunded.already_attempted",
        ),
        ((POSTED,), replace(REFUNDED, bounty_refund_wei=Wei(1)), "task.refunded.wrong_bounty"),
        (
            (POSTED,),
            replace(REFUNDED, compute_refund_wei=Wei(1)),
            "task.refunded.wrong_compute_price",
        ),
        (
            (POSTED, ASSIGNED, SUBMITTED),
            ProofAttested(
                task_id=TASK,
                attester=REQUESTER,
                node=NODE,
                epoch=ONE,
                proof_hash=word("proof"),
                valid=True,
            ),
            "task.proof_attested.interested_attester",
        ),
    ],
)
def test_an_illegal_fact_names_the_rule_that_it_breaks(
    history: tuple[TaskEvent, ...], event: TaskEvent, rule: str
) -> None:
    assert rule in broken(after(*history), event)


def test_a_slash_below_the_rule_is_legal_only_when_nothing_is_left() -> None:
    emptied = replace(MISSED, amount_wei=Wei(40), balance=stake(0, 0, 7))
    assert broken(after(POSTED, ASSIGNED), emptied) == set()


@given(history=st.lists(events_of(TaskEvent), max_size=12))
def test_every_fact_is_taken_in_and_judged_whatever_came_before(history: list[TaskEvent]) -> None:
    state = UNKNOWN_TASK
    for event in history:
        violations(state, event)
        state = evolve(state, event)


_ORDER = [AssignmentState.IDLE, AssignmentState.ASSIGNED, AssignmentState.VERIFYING]


def _rank(state: TaskState) -> tuple[int, int]:
    phase = len(_ORDER) if state.attempt in ENDED else _ORDER.index(state.attempt)
    return state.epoch, phase


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_legal_story_breaks_no_rule_and_tasks_only_move_forward(seed: int) -> None:
    states: dict[str, TaskState] = {}
    for fact in legal_story(seed, 150):
        if category_of(fact.stream) == "task":
            before = states.get(fact.stream, UNKNOWN_TASK)
            event = fact.event
            assert isinstance(event, TaskEvent)
            assert violations(before, event) == ()
            states[fact.stream] = evolve(before, event)
            assert _rank(states[fact.stream]) >= _rank(before)
            if before.status in (TaskStatus.COMPLETED, TaskStatus.REFUNDED):
                assert states[fact.stream].status is before.status
