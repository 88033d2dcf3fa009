"""Every event as balanced postings. A type that is missing here fails the type check.

A move debits one account and credits another with the same amount, so an entry cannot be out of balance. Most
amounts stand in the event. Where one does not, it follows from what was booked before: how much an assignment had
locked, how much of a slash the queued withdrawals bore, whether a bounty was reserved already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias, assert_never, get_args

from domain.accounting.chart import TREASURY, Account, AccountKind, Owner, account
from domain.accounting.chart import contract as contract_owner
from domain.accounting.chart import party as party_owner
from domain.accounting.chart import task as task_owner
from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
    ChainHalted,
    ChainHealed,
    FinalityAdvanced,
    LogUnrecognised,
)
from domain.kernel.event import Event
from domain.kernel.ids import Address, Hash32
from domain.kernel.money import NO_WEI, Wei
from domain.kernel.stake_balance import NO_STAKE, StakeBalance
from domain.network.events import (
    NetworkPaused,
    NetworkUnpaused,
    PolicyChanged,
    RoleGranted,
    RoleRevoked,
    SlashPoolReleased,
    TokenTransferred,
)
from domain.node.events import NodeDeregistered, NodeJailed, NodeRegistered, NodeUnjailed
from domain.outbox.events import OutboxEvent
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
from domain.subject.events import SubjectErased
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    VerificationExpired,
)
from domain.workflow.events import (
    ChainRolledBack,
    ChainVersionChanged,
    ChainVersionPublished,
    ChainVersionRevoked,
    ChainWorkflowRegistered,
    VersionPublished,
    WorkflowRegistered,
)

StakePosting: TypeAlias = StakeDeposited | WithdrawalQueued | StakeWithdrawn | CreditClaimed
AttemptPosting: TypeAlias = TaskAssigned | TaskCompleted | NodeSlashed | VerificationExpired
BountyPosting: TypeAlias = BountyRedistributed | BountyReturned | BountyShareCredited
PostedEvent: TypeAlias = (
    StakePosting
    | AttemptPosting
    | BountyPosting
    | TaskPosted
    | TaskRefunded
    | SlashPoolReleased
    | TokenTransferred
)
"""The events that move money between accounts."""

MemoEvent: TypeAlias = (
    NodeRegistered
    | NodeDeregistered
    | NodeJailed
    | NodeUnjailed
    | ProofSubmitted
    | ProofAttested
    | TaskReopened
    | PolicyChanged
    | NetworkPaused
    | NetworkUnpaused
    | RoleGranted
    | RoleRevoked
    | WorkflowRegistered
    | VersionPublished
    | ChainWorkflowRegistered
    | ChainVersionPublished
    | ChainVersionChanged
    | ChainVersionRevoked
    | ChainRolledBack
    | ChainAdopted
    | ChainAdvanced
    | BlocksOrphaned
    | BlocksRestored
    | FinalityAdvanced
    | ChainHalted
    | ChainHealed
    | AnomalyDetected
    | LogUnrecognised
    | SubjectErased
    | OutboxEvent
)
"""The events that are looked at and move nothing."""

AccountedEvent: TypeAlias = PostedEvent | MemoEvent
POSTED_EVENTS: frozenset[type[Event]] = frozenset(get_args(PostedEvent))


class Move(NamedTuple):
    """`amount_wei`, above zero, debited to one account and credited to another."""

    debit: Account
    credit: Account
    amount_wei: Wei


class TaskEscrow(NamedTuple):
    """What a contract holds for a task in wei: bounty nobody has a claim to yet, bounty reserved for backups, price."""

    bounty_wei: Wei = NO_WEI
    reserved_wei: Wei = NO_WEI
    compute_wei: Wei = NO_WEI


NO_ESCROW = TaskEscrow()


class Before(NamedTuple):
    """What was booked before the event for its node and for its task."""

    stake: StakeBalance = NO_STAKE
    escrow: TaskEscrow = NO_ESCROW


NOTHING_BEFORE = Before()


def moves_of(event: AccountedEvent, arbiter: Address, before: Before) -> tuple[Move, ...]:
    """Return the postings of the event on the books of the arbiter's network, none for a memo.

    An owner's own part depends on nothing but the event and what was booked for that owner before.
    """
    if isinstance(event, OutboxEvent):
        return ()
    match event:
        case StakeDeposited() | WithdrawalQueued() | StakeWithdrawn() | CreditClaimed():
            moves = _stake(event, arbiter)
        case TaskAssigned() | TaskCompleted() | NodeSlashed() | VerificationExpired():
            moves = _attempt(event, before)
        case BountyRedistributed() | BountyReturned() | BountyShareCredited():
            moves = _bounty(event, before.escrow)
        case TaskPosted() | TaskRefunded():
            moves = _escrow(event, arbiter, before.escrow)
        case SlashPoolReleased():
            pool, credit = _pool(), account(AccountKind.CREDIT, event.recipient)
            moves = iter((Move(pool, credit, event.amount_wei),))
        case TokenTransferred():
            moves = _transfer(event)
        case _:
            return _nothing(event)
    return tuple([move for move in moves if move.amount_wei > 0])


def _nothing(event: MemoEvent) -> tuple[Move, ...]:
    """Take what is left when every posted event has its case: the type checker names one that is neither."""
    del event
    return ()


def owners_of(event: PostedEvent, arbiter: Address) -> tuple[Owner, ...]:
    """Return the owners whose accounts the event may move, each once."""
    match event:
        case StakeDeposited() | StakeWithdrawn():
            return party_owner(event.node), contract_owner(arbiter)
        case WithdrawalQueued():
            return (party_owner(event.node),)
        case CreditClaimed():
            return party_owner(event.account), contract_owner(arbiter)
        case TaskAssigned() | TaskCompleted() | VerificationExpired():
            return task_owner(event.task_id), party_owner(event.node)
        case NodeSlashed():
            return task_owner(event.task_id), party_owner(event.node), TREASURY
        case BountyRedistributed():
            return (task_owner(event.task_id),)
        case BountyReturned() | TaskRefunded():
            return task_owner(event.task_id), party_owner(event.requester)
        case BountyShareCredited():
            return task_owner(event.task_id), party_owner(event.beneficiary)
        case TaskPosted():
            return task_owner(event.task_id), contract_owner(arbiter)
        case SlashPoolReleased():
            return TREASURY, party_owner(event.recipient)
        case TokenTransferred():
            return tuple([contract_owner(each) for each in dict.fromkeys(event.contracts)])
        case _:
            assert_never(event)


def subject_of(event: PostedEvent) -> tuple[Address | None, Hash32 | None]:
    """Return the node and the task that `Before` is asked about."""
    match event:
        case StakeDeposited() | WithdrawalQueued() | StakeWithdrawn():
            return event.node, None
        case TaskAssigned() | TaskCompleted() | NodeSlashed() | VerificationExpired():
            return event.node, event.task_id
        case (
            BountyRedistributed()
            | BountyReturned()
            | BountyShareCredited()
            | TaskPosted()
            | TaskRefunded()
        ):
            return None, event.task_id
        case CreditClaimed() | SlashPoolReleased() | TokenTransferred():
            return None, None
        case _:
            assert_never(event)


def _stake(event: StakePosting, arbiter: Address) -> Iterator[Move]:
    suspense = account(AccountKind.SUSPENSE, arbiter)
    match event:
        case StakeDeposited():
            yield Move(suspense, account(AccountKind.STAKE_AVAILABLE, event.node), event.amount_wei)
        case WithdrawalQueued():
            available = account(AccountKind.STAKE_AVAILABLE, event.node)
            unbonding = account(AccountKind.STAKE_UNBONDING, event.node)
            yield Move(available, unbonding, event.amount_wei)
        case StakeWithdrawn():
            yield Move(account(AccountKind.STAKE_UNBONDING, event.node), suspense, event.amount_wei)
        case CreditClaimed():
            yield Move(account(AccountKind.CREDIT, event.account), suspense, event.amount_wei)
        case _:
            assert_never(event)


def _attempt(event: AttemptPosting, before: Before) -> Iterator[Move]:
    available = account(AccountKind.STAKE_AVAILABLE, event.node)
    locked = account(AccountKind.STAKE_LOCKED, event.node)
    match event:
        case TaskAssigned():
            # All of the free stake bonds the attempt.
            yield Move(available, locked, event.balance.locked_wei)
        case VerificationExpired():
            yield Move(locked, available, before.stake.locked_wei)
        case TaskCompleted():
            credit = account(AccountKind.CREDIT, event.node)
            bounty = account(AccountKind.BOUNTY_ESCROW, event.task_id)
            compute = account(AccountKind.COMPUTE_ESCROW, event.task_id)
            yield Move(locked, available, before.stake.locked_wei)
            yield Move(bounty, credit, event.bounty_paid_wei)
            yield Move(compute, credit, event.compute_paid_wei)
        case NodeSlashed():
            # The arbiter frees the locked stake first, then takes from what is free, then from the queue.
            yield Move(locked, available, before.stake.locked_wei)
            free_wei = max(0, before.stake.available_wei + before.stake.locked_wei)
            from_free = Wei(min(event.amount_wei, free_wei))
            unbonding = account(AccountKind.STAKE_UNBONDING, event.node)
            yield Move(available, _pool(), from_free)
            yield Move(unbonding, _pool(), Wei(event.amount_wei - from_free))
        case _:
            assert_never(event)


def _bounty(event: BountyPosting, escrow: TaskEscrow) -> Iterator[Move]:
    match event:
        case BountyRedistributed():
            # A later redistribution changes who the shares are for, not how much is reserved.
            free = account(AccountKind.BOUNTY_ESCROW, event.task_id)
            reserved = account(AccountKind.BOUNTY_RESERVED, event.task_id)
            yield Move(free, reserved, Wei(event.bounty_wei - escrow.reserved_wei))
        case BountyReturned():
            credit = account(AccountKind.CREDIT, event.requester)
            yield from _from_bounty(event.task_id, escrow, event.amount_wei, credit)
        case BountyShareCredited():
            reserved = account(AccountKind.BOUNTY_RESERVED, event.task_id)
            yield Move(reserved, account(AccountKind.CREDIT, event.beneficiary), event.amount_wei)
        case _:
            assert_never(event)


def _escrow(
    event: TaskPosted | TaskRefunded, arbiter: Address, escrow: TaskEscrow
) -> Iterator[Move]:
    compute = account(AccountKind.COMPUTE_ESCROW, event.task_id)
    match event:
        case TaskPosted():
            suspense = account(AccountKind.SUSPENSE, arbiter)
            bounty = account(AccountKind.BOUNTY_ESCROW, event.task_id)
            yield Move(suspense, bounty, event.terms.bounty_wei)
            yield Move(suspense, compute, event.terms.compute_price_wei)
        case TaskRefunded():
            credit = account(AccountKind.CREDIT, event.requester)
            yield from _from_bounty(event.task_id, escrow, event.bounty_refund_wei, credit)
            yield Move(compute, credit, event.compute_refund_wei)
        case _:
            assert_never(event)


def _from_bounty(
    task_id: Hash32, escrow: TaskEscrow, amount_wei: Wei, to: Account
) -> Iterator[Move]:
    """Take a bounty back from wherever it is: reserved for backups, or not."""
    from_reserved = Wei(min(amount_wei, max(0, escrow.reserved_wei)))
    yield Move(account(AccountKind.BOUNTY_RESERVED, task_id), to, from_reserved)
    yield Move(account(AccountKind.BOUNTY_ESCROW, task_id), to, Wei(amount_wei - from_reserved))


def _transfer(event: TokenTransferred) -> Iterator[Move]:
    for contract in dict.fromkeys(event.contracts):
        held, suspense = (
            account(AccountKind.HELD, contract),
            account(AccountKind.SUSPENSE, contract),
        )
        if event.recipient == contract:
            yield Move(held, suspense, event.amount_wei)
        if event.sender == contract:
            yield Move(suspense, held, event.amount_wei)


def _pool() -> Account:
    return account(AccountKind.SLASH_POOL, "")
