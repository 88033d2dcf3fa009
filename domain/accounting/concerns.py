"""Whom an event concerns: the owners whose story it belongs to, whether it moves their money or not."""

from __future__ import annotations

from typing import assert_never, cast

from domain.accounting.chart import Owner, party, task
from domain.accounting.postings import POSTED_EVENTS, AccountedEvent, PostedEvent, owners_of
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
from domain.kernel.ids import Address, Hash32, StreamName
from domain.kernel.streams import category_of
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


def moves_money(event: AccountedEvent) -> bool:
    """Tell whether the event is one that moves money between accounts."""
    return type(event) in POSTED_EVENTS


def concerned_by(event: AccountedEvent, arbiter: Address) -> tuple[Owner, ...]:
    """Return the parties, tasks, contracts and the treasury that the event concerns, each once."""
    others = _told_of(event)
    if not moves_money(event):
        return others
    moved = owners_of(cast(PostedEvent, event), arbiter)
    return (*moved, *(each for each in others if each not in moved))


def _told_of(event: AccountedEvent) -> tuple[Owner, ...]:
    """Return whose story the event belongs to although it need not move their money."""
    if isinstance(event, OutboxEvent):
        return ()
    match event:
        case NodeRegistered() | NodeDeregistered() | NodeJailed() | NodeUnjailed():
            return (party(event.node),)
        case ProofSubmitted() | ProofAttested():
            return task(event.task_id), party(event.node)
        case TaskReopened():
            return (task(event.task_id),)
        case TaskPosted():
            return task(event.task_id), party(event.requester)
        case BountyRedistributed():
            return tuple([party(each) for each in dict.fromkeys(event.beneficiaries)])
        case AnomalyDetected():
            return _owner_of_stream(event.subject)
        case (
            StakeDeposited()
            | WithdrawalQueued()
            | StakeWithdrawn()
            | CreditClaimed()
            | TaskAssigned()
            | TaskCompleted()
            | NodeSlashed()
            | VerificationExpired()
            | BountyReturned()
            | BountyShareCredited()
            | TaskRefunded()
            | SlashPoolReleased()
            | TokenTransferred()
        ):
            return ()
        case (
            PolicyChanged()
            | NetworkPaused()
            | NetworkUnpaused()
            | RoleGranted()
            | RoleRevoked()
            | WorkflowRegistered()
            | VersionPublished()
            | ChainWorkflowRegistered()
            | ChainVersionPublished()
            | ChainVersionChanged()
            | ChainVersionRevoked()
            | ChainRolledBack()
            | ChainAdopted()
            | ChainAdvanced()
            | BlocksOrphaned()
            | BlocksRestored()
            | FinalityAdvanced()
            | ChainHalted()
            | ChainHealed()
            | LogUnrecognised()
            | SubjectErased()
        ):
            return ()
        case _:
            assert_never(event)


def _owner_of_stream(stream: StreamName) -> tuple[Owner, ...]:
    identifier = stream.partition(":")[2].partition("@")[0]
    match category_of(stream):
        case "task":
            return (task(Hash32(identifier)),)
        case "node" | "stake":
            return (party(Address(identifier)),)
        case _:
            return ()
