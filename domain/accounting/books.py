"""The books of one network as a fold: what each account was debited and credited with, event by event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

from domain.accounting.chart import (
    ACCOUNTS_OF,
    DEBIT_NORMAL,
    Account,
    AccountKind,
    Owner,
    OwnerKind,
    account,
)
from domain.accounting.chart import party as party_owner
from domain.accounting.chart import task as task_owner
from domain.accounting.postings import (
    NOTHING_BEFORE,
    POSTED_EVENTS,
    AccountedEvent,
    Before,
    Move,
    PostedEvent,
    TaskEscrow,
    moves_of,
    owners_of,
    subject_of,
)
from domain.kernel.ids import Address, Epoch
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.task.events import NodeSlashed, TaskAssigned, TaskCompleted, VerificationExpired

PROMISED: Final = frozenset(
    {AccountKind.STAKE_LOCKED, AccountKind.STAKE_UNBONDING, AccountKind.BOUNTY_RESERVED}
)
"""What stands on these is spoken for: it bonds an attempt, waits to leave, or is reserved for backups."""

ON_HOLD: Final = frozenset({AccountKind.BOUNTY_ESCROW, AccountKind.COMPUTE_ESCROW})
"""What stands on these is spoken for while an attempt at the task runs."""


class Turnover(NamedTuple):
    """All that an account was ever debited and credited with, in wei; neither ever falls."""

    debits_wei: int = 0
    credits_wei: int = 0

    def posted_wei(self, kind: AccountKind) -> int:
        """Return the balance on the side of that kind of account; below zero is only right for suspense."""
        difference = self.debits_wei - self.credits_wei
        return difference if kind in DEBIT_NORMAL else -difference


NO_TURNOVER: Final = Turnover()


@dataclass(frozen=True, slots=True)
class OwnerBooks:
    """The accounts of one owner that were ever used. `running` is the attempt that a task's escrow is on hold for.

    An assignment puts the escrow on hold; the end of the attempt settles the hold, once: a completion pays from it, a
    fault or a lapse lets it go.
    """

    owner: Owner
    turnovers: Mapping[AccountKind, Turnover] = field(default_factory=dict)
    running: Epoch | None = None

    def accounts(self) -> Iterator[tuple[Account, Turnover]]:
        """Yield the accounts in the chart's order."""
        for kind in ACCOUNTS_OF[self.owner.kind]:
            if kind in self.turnovers:
                yield account(kind, self.owner.id), self.turnovers[kind]

    def posted_wei(self, kind: AccountKind) -> int:
        """Return the balance of the account of that kind."""
        return self.turnovers.get(kind, NO_TURNOVER).posted_wei(kind)

    def pending_wei(self, kind: AccountKind) -> int:
        """Return how much of the balance is spoken for; the rest is available."""
        return self.posted_wei(kind) if self.is_spoken_for(kind) else 0

    def is_spoken_for(self, kind: AccountKind) -> bool:
        """Tell whether all that stands on the account of that kind is spoken for; else nothing of it is."""
        return kind in PROMISED or (self.running is not None and kind in ON_HOLD)

    def before(self) -> Before:
        """Return what the owner's own part of the next postings depends on."""
        match self.owner.kind:
            case OwnerKind.PARTY:
                return Before(stake=self.stake())
            case OwnerKind.TASK:
                return Before(escrow=self.escrow())
            case OwnerKind.CONTRACT | OwnerKind.TREASURY:
                return NOTHING_BEFORE

    def after(self, event: PostedEvent, moves: Iterable[Move]) -> OwnerBooks:
        """Return the owner's books after the event. Moves between other owners' accounts are left out."""
        turnovers = dict(self.turnovers)
        for debit, credit, amount_wei in moves:
            if self.has(debit):
                debits_wei, credits_wei = turnovers.get(debit.kind, NO_TURNOVER)
                turnovers[debit.kind] = Turnover(debits_wei + amount_wei, credits_wei)
            if self.has(credit):
                debits_wei, credits_wei = turnovers.get(credit.kind, NO_TURNOVER)
                turnovers[credit.kind] = Turnover(debits_wei, credits_wei + amount_wei)
        return OwnerBooks(self.owner, turnovers, _running(self.running, event))

    def stake(self) -> StakeBalance:
        """Return the stake that is booked for a party."""
        return StakeBalance(
            available_wei=Wei(self.posted_wei(AccountKind.STAKE_AVAILABLE)),
            locked_wei=Wei(self.posted_wei(AccountKind.STAKE_LOCKED)),
            unbonding_wei=Wei(self.posted_wei(AccountKind.STAKE_UNBONDING)),
        )

    def escrow(self) -> TaskEscrow:
        """Return the escrow that is booked for a task."""
        return TaskEscrow(
            bounty_wei=Wei(self.posted_wei(AccountKind.BOUNTY_ESCROW)),
            reserved_wei=Wei(self.posted_wei(AccountKind.BOUNTY_RESERVED)),
            compute_wei=Wei(self.posted_wei(AccountKind.COMPUTE_ESCROW)),
        )

    def has(self, each: Account) -> bool:
        """Tell whether an account is the owner's."""
        return each.owner_id == self.owner.id and each.kind in ACCOUNTS_OF[self.owner.kind]


def _running(running: Epoch | None, event: PostedEvent) -> Epoch | None:
    match event:
        case TaskAssigned():
            return event.epoch
        case TaskCompleted() | NodeSlashed() | VerificationExpired():
            return None
        case _:
            return running


class Books:
    """All accounts of one network, changed in place; memory grows with the accounts, not with the events."""

    def __init__(self, arbiter: Address) -> None:
        self.arbiter = arbiter
        self.owners: dict[Owner, OwnerBooks] = {}

    def of(self, owner: Owner) -> OwnerBooks:
        """Return an owner's books, empty ones for an owner without accounts."""
        return self.owners.get(owner) or OwnerBooks(owner)

    def posted_wei(self, of: Account) -> int:
        """Return an account's balance on its own side."""
        return self.of(of.owner).posted_wei(of.kind)

    def accounts(self) -> Iterator[tuple[Account, Turnover]]:
        """Yield every account that was ever used."""
        for books in self.owners.values():
            yield from books.accounts()

    def post(self, event: AccountedEvent) -> tuple[Move, ...]:
        """Book the event and return what it moved."""
        if type(event) not in POSTED_EVENTS:
            return moves_of(event, self.arbiter, NOTHING_BEFORE)
        posted = cast(PostedEvent, event)
        node, task_id = subject_of(posted)
        before = Before(
            NOTHING_BEFORE.stake if node is None else self.of(party_owner(node)).stake(),
            NOTHING_BEFORE.escrow if task_id is None else self.of(task_owner(task_id)).escrow(),
        )
        moves = moves_of(posted, self.arbiter, before)
        for owner in owners_of(posted, self.arbiter):
            self.owners[owner] = self.of(owner).after(posted, moves)
        return moves
