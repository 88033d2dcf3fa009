"""What happened, in a sentence for people: for the events that the story of a node, a task or an account is made of."""

from __future__ import annotations

from domain.chain.events import AnomalyDetected
from domain.kernel.event import Event
from domain.kernel.money import format_agpt
from domain.network.events import SlashPoolReleased, TokenTransferred
from domain.node.events import NodeDeregistered, NodeJailed, NodeRegistered, NodeUnjailed
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
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
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    VerificationExpired,
)

_FAULTS = {Fault.INVALID_PROOF: "an invalid proof", Fault.MISSED_DEADLINE: "a missed deadline"}
_CAUSES = {
    RefundCause.CANCELLED: "its requester took it back",
    RefundCause.EXPIRED: "its time was over",
}


def words_for(event: Event) -> str:
    """Return a sentence without a full stop; for an event that no story has, its stored name."""
    for words in (_stake_words, _task_words, _bounty_words, _node_words):
        sentence = words(event)
        if sentence:
            return sentence
    return event.NAME


def _stake_words(event: Event) -> str:
    match event:
        case StakeDeposited():
            return f"{event.node} deposited {_agpt(event.amount_wei)} of stake"
        case WithdrawalQueued():
            return (
                f"{event.node} asked for {_agpt(event.amount_wei)} back (withdrawal {event.withdrawal_id}), "
                f"slashable until {event.unlock_at}"
            )
        case StakeWithdrawn():
            return (
                f"withdrawal {event.withdrawal_id} paid {_agpt(event.amount_wei)} to {event.node}"
            )
        case CreditClaimed():
            return f"{event.account} took out {_agpt(event.amount_wei)} that it was owed"
        case SlashPoolReleased():
            return (
                f"governance gave {_agpt(event.amount_wei)} of the slash pool to {event.recipient}"
            )
        case TokenTransferred():
            return f"the token moved {_agpt(event.amount_wei)} from {event.sender} to {event.recipient}"
        case _:
            return ""


def _task_words(event: Event) -> str:
    match event:
        case TaskPosted(terms=terms):
            return (
                f"{event.requester} posted task {event.task_id} with a bounty of {_agpt(terms.bounty_wei)} "
                f"and {_agpt(terms.compute_price_wei)} for computing"
            )
        case TaskAssigned():
            return (
                f"attempt {event.epoch} at task {event.task_id} went to {event.node}, "
                f"bonded by {_agpt(event.bonded_wei)}"
            )
        case ProofSubmitted():
            return f"{event.node} handed in its proof for attempt {event.epoch} at task {event.task_id}"
        case ProofAttested():
            verdict = "valid" if event.valid else "invalid"
            return f"{event.attester} called the proof of attempt {event.epoch} {verdict}"
        case TaskCompleted():
            return (
                f"attempt {event.epoch} completed task {event.task_id}: {event.node} got "
                f"{_agpt(event.bounty_paid_wei)} of bounty and {_agpt(event.compute_paid_wei)} for computing"
            )
        case NodeSlashed():
            return (
                f"{event.node} lost {_agpt(event.amount_wei)} for {_FAULTS[event.fault]} "
                f"in attempt {event.epoch} at task {event.task_id}"
            )
        case TaskReopened():
            return f"task {event.task_id} waits for a node again, as attempt {event.epoch}"
        case VerificationExpired():
            return f"nobody judged attempt {event.epoch} at task {event.task_id}: {event.node} is free again"
        case TaskRefunded():
            refund = event.bounty_refund_wei + event.compute_refund_wei
            return f"task {event.task_id} gave {_agpt(refund)} back: {_CAUSES[event.cause]}"
        case _:
            return ""


def _bounty_words(event: Event) -> str:
    match event:
        case BountyRedistributed():
            return (
                f"the bounty of {_agpt(event.bounty_wei)} is reserved for {len(event.beneficiaries)} backups "
                f"after attempt {event.epoch} failed"
            )
        case BountyReturned():
            return (
                f"no backup could take over after attempt {event.epoch}: "
                f"{_agpt(event.amount_wei)} of bounty went back to {event.requester}"
            )
        case BountyShareCredited():
            return f"{event.beneficiary} got its share of the bounty, {_agpt(event.amount_wei)}"
        case _:
            return ""


def _node_words(event: Event) -> str:
    match event:
        case NodeRegistered():
            return f"{event.node} joined the network"
        case NodeDeregistered():
            return f"{event.node} left the network"
        case NodeJailed():
            return (
                f"{event.node} was jailed: {_agpt(event.stake_wei)} of stake is below "
                f"{_agpt(event.min_stake_wei)}"
            )
        case NodeUnjailed():
            return f"{event.node} is active again with {_agpt(event.stake_wei)} of stake"
        case AnomalyDetected():
            return f"{event.fact_name} broke a rule: {event.detail}"
        case _:
            return ""


def _agpt(amount_wei: int) -> str:
    return f"{format_agpt(amount_wei)} AGPT"
