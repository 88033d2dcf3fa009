"""What must always be true of the books, as pure checks; the names in brackets are those of the audit literature.

A broken one is a `Violation`: a stable code for programs and a sentence with the figures for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from domain.accounting.books import Books, OwnerBooks
from domain.accounting.chart import (
    DEBIT_NORMAL,
    UNBOUNDED,
    AccountKind,
    Owner,
    OwnerKind,
    account,
)
from domain.accounting.chart import task as task_owner
from domain.accounting.postings import (
    POSTED_EVENTS,
    AccountedEvent,
    Move,
    PostedEvent,
    owners_of,
    subject_of,
)
from domain.accounting.statement_of_contract import stated_by
from domain.kernel.ids import Address, Epoch
from domain.kernel.violation import Violation
from domain.task.events import NodeSlashed, TaskAssigned, TaskCompleted, VerificationExpired


def check_hold(running: Epoch | None, event: AccountedEvent) -> Iterator[Violation]:
    """Yield what is wrong with the hold on a task's escrow before the event is booked: it is settled once (I6)."""
    match event:
        case TaskAssigned():
            if running is not None:
                yield Violation(
                    "books.hold_twice",
                    f"task {event.task_id} is on hold for attempt {running}, and attempt {event.epoch} begins",
                )
        case TaskCompleted() | NodeSlashed() | VerificationExpired():
            if running != event.epoch:
                held_for = "nothing" if running is None else f"attempt {running}"
                yield Violation(
                    "books.hold_settled_twice",
                    f"attempt {event.epoch} at task {event.task_id} ends, its escrow is on hold for {held_for}",
                )
        case _:
            return


def check_moves(moves: Iterable[Move]) -> Iterator[Violation]:
    """Yield what is wrong with an entry: it moves amounts above zero between two accounts (I1)."""
    for move in moves:
        if move.amount_wei <= 0 or move.debit == move.credit:
            yield Violation(
                "books.move_without_meaning",
                f"{move.amount_wei} wei from {move.debit} to {move.credit}",
            )


def check_event(books: Books, event: AccountedEvent) -> Iterator[Violation]:
    """Yield what is wrong with the accounts that the event moved, after it was booked (I5, and the contract's word)."""
    if type(event) not in POSTED_EVENTS:
        return
    posted: PostedEvent = event  # type: ignore[assignment]
    for owner in owners_of(posted, books.arbiter):
        yield from check_owner(books.of(owner))
        yield from check_stated(books.of(owner), posted)


def check_owner(books: OwnerBooks) -> Iterator[Violation]:
    """Yield which accounts of an owner are below zero, or promise more than they hold (I5)."""
    for each, turnover in books.accounts():
        posted_wei = turnover.posted_wei(each.kind)
        if posted_wei < 0 and each.kind not in UNBOUNDED:
            yield Violation("books.below_zero", f"{each} is at {posted_wei} wei")
        if turnover.debits_wei < 0 or turnover.credits_wei < 0:
            yield Violation("books.negative_turnover", f"{each} was moved by less than nothing")


def check_stated(books: OwnerBooks, event: PostedEvent) -> Iterator[Violation]:
    """Yield which accounts of an owner are not what the contract states for the moment after the event."""
    for each, stated_wei in stated_by(event).items():
        booked_wei = books.posted_wei(each.kind)
        if books.has(each) and booked_wei != stated_wei:
            yield Violation(
                "books.not_as_stated",
                f"{each} is booked with {booked_wei} wei, the contract states {stated_wei}",
            )


def check_owner_step(
    before: OwnerBooks, event: PostedEvent, after: OwnerBooks
) -> Iterator[Violation]:
    """Yield all that one owner's books can tell is wrong with an event that was booked there."""
    if before.owner.kind is OwnerKind.TASK:
        yield from check_hold(before.running, event)
    yield from check_owner(after)
    yield from check_stated(after, event)
    yield from check_growth(before, after)


def check_growth(earlier: OwnerBooks, later: OwnerBooks) -> Iterator[Violation]:
    """Yield which accounts were debited or credited with less later on (I9)."""
    for each, before in earlier.accounts():
        after = later.turnovers.get(each.kind)
        if (
            after is None
            or after.debits_wei < before.debits_wei
            or after.credits_wei < before.credits_wei
        ):
            yield Violation("books.turnover_shrank", f"{each} shows less than it did before")


def check_books(books: Books) -> Iterator[Violation]:
    """Yield what is wrong with all accounts together: debits equal credits (I2), held equals owed (I3)."""
    debits_wei = sum(turnover.debits_wei for _, turnover in books.accounts())
    credits_wei = sum(turnover.credits_wei for _, turnover in books.accounts())
    if debits_wei != credits_wei:
        yield Violation(
            "books.out_of_balance",
            f"all debits are {debits_wei} wei, all credits are {credits_wei} wei",
        )
    for address, owed_wei in owed_by(books).items():
        held_wei = books.posted_wei(account(AccountKind.HELD, address))
        if held_wei != owed_wei:
            yield Violation(
                "books.held_not_owed", f"{address} holds {held_wei} wei and owes {owed_wei} wei"
            )


def check_held(books: Books, balances_wei: Mapping[Address, int]) -> Iterator[Violation]:
    """Yield which contracts hold something else than the token says, by `balanceOf` at the same block (I4)."""
    for address, balance_wei in balances_wei.items():
        held_wei = books.posted_wei(account(AccountKind.HELD, address))
        if held_wei != balance_wei:
            yield Violation(
                "books.held_not_balance",
                f"{address} holds {held_wei} wei by the books, {balance_wei} wei by the token",
            )


def check_suspense(books: Books) -> Iterator[Violation]:
    """Yield which contracts count on tokens that the token never moved (I10), once no transaction is half booked.

    Books whose token was never read are left out: everything is missing there, and nothing is wrong.
    """
    for each, turnover in books.accounts():
        posted_wei = turnover.posted_wei(each.kind)
        if each.kind is not AccountKind.SUSPENSE or posted_wei >= 0:
            continue
        if AccountKind.HELD in books.of(each.owner).turnovers:
            yield Violation(
                "books.tokens_missing",
                f"{each} is at {posted_wei} wei: these never came to the contract",
            )


def owed_by(books: Books) -> Mapping[Address, int]:
    """Return what each contract owes in all, suspense included. All but suspense is owed by the arbiter."""
    owed: dict[Address, int] = {books.arbiter: 0}
    for each, turnover in books.accounts():
        if each.kind in DEBIT_NORMAL:
            owed.setdefault(Address(each.owner_id), 0)
            continue
        debtor = Address(each.owner_id) if each.kind is AccountKind.SUSPENSE else books.arbiter
        owed[debtor] = owed.get(debtor, 0) + turnover.posted_wei(each.kind)
    return owed


def post_checked(books: Books, event: AccountedEvent) -> tuple[tuple[Move, ...], list[Violation]]:
    """Book the event and return its moves with all that is wrong with it."""
    task_id = subject_of(cast(PostedEvent, event))[1] if type(event) in POSTED_EVENTS else None
    found = [] if task_id is None else [*check_hold(books.of(task_owner(task_id)).running, event)]
    earlier = _touched(books, event)
    moves = books.post(event)
    found += check_moves(moves)
    found += check_event(books, event)
    for owner, before in earlier.items():
        found += check_growth(before, books.of(owner))
    return moves, found


def _touched(books: Books, event: AccountedEvent) -> Mapping[Owner, OwnerBooks]:
    if type(event) not in POSTED_EVENTS:
        return {}
    posted: PostedEvent = event  # type: ignore[assignment]
    return {owner: books.of(owner) for owner in owners_of(posted, books.arbiter)}
