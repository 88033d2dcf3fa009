"""Double entry: every event is mapped, every entry balances, and the books are what the contracts say they owe."""

from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.accounting import invariants
from domain.accounting.books import Books
from domain.accounting.chart import (
    ACCOUNTS_OF,
    TREASURY,
    Account,
    AccountKind,
    account,
    accounts_of,
    parse_account,
    parse_owner,
    party,
    task,
)
from domain.accounting.postings import (
    POSTED_EVENTS,
    MemoEvent,
    PostedEvent,
    TaskEscrow,
    owners_of,
)
from domain.application.catalogue import REGISTRY
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Address, Epoch, Timestamp
from domain.kernel.money import Wei
from domain.network.events import TokenTransferred
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
from domain.task.events import (
    BountyRedistributed,
    BountyShareCredited,
    Fault,
    NodeSlashed,
    RefundCause,
    TaskAssigned,
    TaskCompleted,
    TaskRefunded,
)
from domain.task.state import TaskStatus
from tests.support.events import ARBITER, TOKEN, events_of, posted, stake, word
from tests.support.events import account as address
from tests.support.lifecycles import Story

NODE, REQUESTER, BACKUP = address(1), address(2), address(3)
TASK = word("task")
AVAILABLE = account(AccountKind.STAKE_AVAILABLE, NODE)
LOCKED = account(AccountKind.STAKE_LOCKED, NODE)
UNBONDING = account(AccountKind.STAKE_UNBONDING, NODE)
POOL = account(AccountKind.SLASH_POOL, "")
HELD = account(AccountKind.HELD, ARBITER)


SUSPENSE = account(AccountKind.SUSPENSE, ARBITER)


def transferred(sender: Address, recipient: Address, amount: int) -> TokenTransferred:
    ours = tuple(each for each in (sender, recipient) if each == ARBITER)
    return TokenTransferred(
        token=TOKEN, sender=sender, recipient=recipient, amount_wei=Wei(amount), contracts=ours
    )


def deposited(amount: int, balance: int) -> StakeDeposited:
    return StakeDeposited(node=NODE, amount_wei=Wei(amount), balance=stake(balance))


def assigned(locked: int, unbonding: int = 0, epoch: int = 1) -> TaskAssigned:
    return TaskAssigned(
        task_id=TASK,
        node=NODE,
        epoch=Epoch(epoch),
        bonded_wei=Wei(locked),
        proof_deadline=Timestamp(9),
        balance=stake(0, locked, unbonding),
    )


def working(unbonding: int = 0) -> Books:
    """A node with 100 wei of stake, some of it on its way out, that works on a task of 10 and 5 wei."""
    books = Books(ARBITER)
    books.post(deposited(100, 100))
    if unbonding:
        books.post(
            WithdrawalQueued(
                node=NODE,
                withdrawal_id=1,
                amount_wei=Wei(unbonding),
                unlock_at=Timestamp(99),
                balance=stake(100 - unbonding, 0, unbonding),
            )
        )
    books.post(posted(TASK, REQUESTER, bounty_wei=10, compute_price_wei=5))
    books.post(assigned(100 - unbonding, unbonding))
    return books


def test_every_event_that_the_log_may_hold_is_mapped_once() -> None:
    mapped = Counter([*get_args(PostedEvent), *get_args(MemoEvent)])
    assert set(mapped) == set(REGISTRY)
    assert set(mapped.values()) == {1}


def test_a_memo_moves_nothing() -> None:
    books = Books(ARBITER)
    for member in get_args(MemoEvent):
        assert member not in POSTED_EVENTS
    assert not books.owners


@settings(max_examples=300, deadline=None)
@given(events=st.lists(events_of(PostedEvent), max_size=12))
def test_whatever_happens_debits_equal_credits(events: list[PostedEvent]) -> None:
    """Facts outrank rules, so the books take in illegal ones too, and stay in balance."""
    books = Books(ARBITER)
    for event in events:
        moves = books.post(event)
        assert not list(invariants.check_moves(moves))
        touched = {move.debit.owner for move in moves} | {move.credit.owner for move in moves}
        assert touched <= set(owners_of(event, ARBITER))
    rules = {violation.rule for violation in invariants.check_books(books)}
    assert not rules


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(0, 200))
def test_in_a_legal_story_every_invariant_holds_after_every_event(seed: int, steps: int) -> None:
    books = Books(ARBITER)
    for fact in Story(seed).play(steps).world.facts:
        _, found = invariants.post_checked(books, fact.event)  # type: ignore[arg-type]
        assert not found
        assert not list(invariants.check_books(books))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_books_end_where_the_reference_of_the_contracts_ends(seed: int) -> None:
    world = Story(seed).play(200).world
    books = Books(ARBITER)
    for fact in world.facts:
        books.post(fact.event)  # type: ignore[arg-type]
    assert not list(invariants.check_held(books, {ARBITER: world.held_wei}))
    assert books.posted_wei(SUSPENSE) == 0
    assert books.posted_wei(POOL) == world.pool_wei
    for node, worker in world.workers.items():
        assert books.of(party(node)).stake() == worker.balance
    for holder in books.owners:
        credit_wei = books.of(holder).posted_wei(AccountKind.CREDIT)
        assert credit_wei == world.credit.get(holder.id, 0)  # type: ignore[call-overload]
    for task_id, job in world.jobs.items():
        escrow = books.of(task(task_id)).escrow()
        over = job.status in (TaskStatus.COMPLETED, TaskStatus.REFUNDED)
        assert escrow.bounty_wei + escrow.reserved_wei == job.bounty_left_wei
        assert escrow.compute_wei == (0 if over else job.terms.compute_price_wei)
        assert (escrow.reserved_wei > 0) == bool(job.beneficiaries and not over)


def test_a_deposit_is_owed_and_what_the_token_moved_is_held() -> None:
    books = Books(ARBITER)
    books.post(deposited(70, 70))
    assert (books.posted_wei(AVAILABLE), books.posted_wei(HELD)) == (70, 0)
    assert books.posted_wei(SUSPENSE) == -70, "counted on, and not there yet"
    books.post(transferred(NODE, ARBITER, 70))
    assert (books.posted_wei(HELD), books.posted_wei(SUSPENSE)) == (70, 0)


def test_a_donation_is_held_and_stays_in_suspense() -> None:
    books = Books(ARBITER)
    books.post(transferred(NODE, ARBITER, 7))
    assert (books.posted_wei(HELD), books.posted_wei(SUSPENSE)) == (7, 7)
    books.post(transferred(ARBITER, ARBITER, 3))
    assert (books.posted_wei(HELD), books.posted_wei(SUSPENSE)) == (7, 7)
    assert not list(invariants.check_books(books))


def test_tokens_that_leave_without_a_word_are_missing_in_suspense() -> None:
    books = Books(ARBITER)
    books.post(transferred(NODE, ARBITER, 7))
    books.post(transferred(ARBITER, NODE, 9))
    _, found = invariants.post_checked(books, transferred(ARBITER, NODE, 1))
    assert books.posted_wei(SUSPENSE) == -3
    assert [violation.rule for violation in found] == ["books.below_zero"], "held fell below zero"


def test_an_assignment_locks_the_free_stake_and_puts_the_escrow_on_hold() -> None:
    books = working(unbonding=30)
    assert (books.posted_wei(AVAILABLE), books.posted_wei(LOCKED)) == (0, 70)
    of_task = books.of(task(TASK))
    assert of_task.running == 1
    assert of_task.pending_wei(AccountKind.BOUNTY_ESCROW) == 10
    assert of_task.pending_wei(AccountKind.COMPUTE_ESCROW) == 5


def test_a_slash_frees_what_was_locked_and_takes_from_the_free_stake_first() -> None:
    books = working(unbonding=60)
    slash = NodeSlashed(
        task_id=TASK,
        node=NODE,
        epoch=Epoch(1),
        fault=Fault.MISSED_DEADLINE,
        amount_wei=Wei(55),
        bonded_wei=Wei(100),
        pool_wei=Wei(55),
        balance=stake(0, 0, 45),
    )
    _, found = invariants.post_checked(books, slash)
    assert not found
    assert [books.posted_wei(each) for each in (AVAILABLE, LOCKED, UNBONDING, POOL)] == [
        0,
        0,
        45,
        55,
    ]
    assert books.of(task(TASK)).running is None


def test_a_reserved_bounty_is_paid_in_shares_and_the_rest_of_the_task_to_its_node() -> None:
    books = working()
    share = BountyRedistributed(
        task_id=TASK,
        epoch=Epoch(1),
        bounty_wei=Wei(10),
        beneficiaries=(BACKUP,),
        shares_wei=(Wei(10),),
    )
    books.post(share)
    assert books.of(task(TASK)).escrow() == TaskEscrow(reserved_wei=Wei(10), compute_wei=Wei(5))
    assert not books.post(share), "reserved once, whoever the shares are for"
    books.post(
        TaskCompleted(
            task_id=TASK,
            node=NODE,
            epoch=Epoch(1),
            bounty_paid_wei=Wei(0),
            compute_paid_wei=Wei(5),
            credit_wei=Wei(5),
            balance=stake(100),
        )
    )
    books.post(
        BountyShareCredited(
            task_id=TASK,
            beneficiary=BACKUP,
            epoch=Epoch(1),
            amount_wei=Wei(10),
            credit_wei=Wei(10),
        )
    )
    assert books.of(task(TASK)).escrow() == TaskEscrow()
    assert books.of(party(BACKUP)).posted_wei(AccountKind.CREDIT) == 10
    assert books.of(party(NODE)).posted_wei(AccountKind.CREDIT) == 5
    assert books.of(party(NODE)).stake() == stake(100)


def test_a_refund_takes_the_bounty_from_wherever_it_is() -> None:
    books = Books(ARBITER)
    books.post(posted(TASK, REQUESTER, bounty_wei=10, compute_price_wei=5))
    books.post(
        BountyRedistributed(
            task_id=TASK,
            epoch=Epoch(1),
            bounty_wei=Wei(10),
            beneficiaries=(BACKUP,),
            shares_wei=(Wei(10),),
        )
    )
    books.post(
        TaskRefunded(
            task_id=TASK,
            requester=REQUESTER,
            epoch=Epoch(2),
            cause=RefundCause.EXPIRED,
            bounty_refund_wei=Wei(10),
            compute_refund_wei=Wei(5),
            credit_wei=Wei(15),
        )
    )
    assert books.of(task(TASK)).escrow() == TaskEscrow()
    assert books.of(party(REQUESTER)).posted_wei(AccountKind.CREDIT) == 15


def test_an_impossible_payment_is_named_with_the_account_and_the_figures() -> None:
    books = Books(ARBITER)
    books.post(deposited(5, 5))
    paid = StakeWithdrawn(node=NODE, withdrawal_id=1, amount_wei=Wei(3), balance=stake(5))
    _, found = invariants.post_checked(books, paid)
    assert [violation.rule for violation in found] == ["books.below_zero", "books.not_as_stated"]
    assert str(UNBONDING) in found[0].detail
    assert "-3 wei" in found[0].detail


def test_a_hold_is_settled_once() -> None:
    books = working()
    done = TaskCompleted(
        task_id=TASK,
        node=NODE,
        epoch=Epoch(1),
        bounty_paid_wei=Wei(0),
        compute_paid_wei=Wei(0),
        credit_wei=Wei(0),
        balance=stake(100),
    )
    assert not invariants.post_checked(books, done)[1]
    again = {violation.rule for violation in invariants.post_checked(books, done)[1]}
    assert again == {"books.hold_settled_twice"}
    books.post(assigned(100))
    twice = {violation.rule for violation in invariants.post_checked(books, assigned(100, 0, 2))[1]}
    assert "books.hold_twice" in twice


def test_a_claim_that_leaves_another_rest_than_the_contract_states_is_named() -> None:
    books = Books(ARBITER)
    claim = CreditClaimed(account=NODE, amount_wei=Wei(4), credit_wei=Wei(1))
    rules = [violation.rule for violation in invariants.post_checked(books, claim)[1]]
    assert rules == ["books.below_zero", "books.not_as_stated"]


def test_a_balance_that_the_token_does_not_confirm_is_named() -> None:
    books = Books(ARBITER)
    books.post(transferred(NODE, ARBITER, 5))
    assert not list(invariants.check_held(books, {ARBITER: 5, address(9): 0}))
    (violation,) = invariants.check_held(books, {ARBITER: 6})
    assert violation.rule == "books.held_not_balance"


@pytest.mark.parametrize("kind", list(AccountKind))
def test_the_name_of_an_account_leads_back_to_it(kind: AccountKind) -> None:
    for owner_id in ("", NODE, TASK):
        each = Account(kind, owner_id)
        if each.owner.kind == "task":
            fits = owner_id == TASK
        else:
            fits = owner_id == ("" if kind is AccountKind.SLASH_POOL else NODE)
        if fits:
            assert parse_account(str(each).upper().replace("0X", "0x")) == each
            assert each in accounts_of(parse_owner(str(each.owner)))
        else:
            with pytest.raises(InvalidInput) as caught:
                parse_account(str(each))
            assert "stake:locked:" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "stake", "stake:locked", "stake:locked0x", f"stake:{NODE}", f"held::{NODE}", "held:0x12"],
)
def test_what_no_account_is_named_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_account(text)
    with pytest.raises(InvalidInput):
        parse_owner(text)


def test_the_chart_has_each_account_with_one_kind_of_owner() -> None:
    assert Counter(kind for kinds in ACCOUNTS_OF.values() for kind in kinds) == Counter(AccountKind)
    assert parse_owner("treasury") == TREASURY
