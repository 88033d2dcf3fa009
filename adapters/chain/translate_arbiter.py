"""The arbiter's events as domain events. Pure; the type checker sees that no event is forgotten."""

from __future__ import annotations

from typing import Final, TypeAlias, TypeVar, assert_never

from contracts.bindings import heavy_compute_arbiter as abi
from domain.kernel.event import Event
from domain.kernel.ids import Address, Epoch, Hash32, Quantity, Seconds, StreamName, Timestamp
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import Network, network_stream, node_stream, stake_stream, task_stream
from domain.network import events as network_events
from domain.node import events as node_events
from domain.stake import events as stake_events
from domain.task import events as task_events

Placed: TypeAlias = tuple[StreamName, Event]
"""An event and the stream it belongs to."""

_Member = TypeVar("_Member")

_INTEGER_MAX: Final = 2**53 - 1
ROLE_ADMIN_REASON: Final = "who administers a role changed: our contracts never do that"
_FAULTS: Final = (task_events.Fault.INVALID_PROOF, task_events.Fault.MISSED_DEADLINE)
_CAUSES: Final = (task_events.RefundCause.CANCELLED, task_events.RefundCause.EXPIRED)


class Untranslatable(Exception):  # it says what the log is, not what went wrong
    """A log that this version of the program has no event for; its text is the reason."""


def translate_arbiter(event: abi.Event, network: Network, contract: Address) -> Placed:
    """Return the domain event that the arbiter's log states, and its stream. Raises Untranslatable."""
    match event:
        case abi.NodeRegistered() | abi.NodeDeregistered() | abi.NodeJailed() | abi.NodeUnjailed():
            return node_stream(network, Address(event.node)), _node(event)
        case abi.Staked() | abi.WithdrawalQueued() | abi.StakeWithdrawn():
            return stake_stream(network, Address(event.node)), _stake(event)
        case abi.CreditClaimed():
            return stake_stream(network, Address(event.account)), _claim(event)
        case (
            abi.TaskPosted()
            | abi.TaskAssigned()
            | abi.ProofSubmitted()
            | abi.TaskCompleted()
            | abi.TaskReopened()
            | abi.VerificationExpired()
        ):
            return task_stream(network, Hash32(event.task_id)), _progress(event)
        case (
            abi.NodeSlashed()
            | abi.BountyRedistributed()
            | abi.BountyReturned()
            | abi.BountyShareCredited()
            | abi.TaskRefunded()
        ):
            return task_stream(network, Hash32(event.task_id)), _failure(event)
        case (
            abi.PolicyChanged()
            | abi.SlashPoolReleased()
            | abi.Paused()
            | abi.Unpaused()
            | abi.RoleGranted()
            | abi.RoleRevoked()
            | abi.RoleAdminChanged()
        ):
            return network_stream(network), _governance(event, contract)
        case _:
            assert_never(event)


def _balance(balance: abi.StakeBalance) -> StakeBalance:
    return StakeBalance(
        available_wei=Wei(balance.available),
        locked_wei=Wei(balance.locked),
        unbonding_wei=Wei(balance.unbonding),
    )


def small(value: int, field: str) -> int:
    """Return a count that the ledger can store and write as a JSON number. Raises Untranslatable."""
    if value > _INTEGER_MAX:
        raise Untranslatable(f"{field} is {value}, beyond 53 bits")
    return value


def _node(
    event: abi.NodeRegistered | abi.NodeDeregistered | abi.NodeJailed | abi.NodeUnjailed,
) -> node_events.NodeEvent:
    node = Address(event.node)
    match event:
        case abi.NodeRegistered():
            return node_events.NodeRegistered(node=node, metadata_uri=event.metadata_uri)
        case abi.NodeDeregistered():
            return node_events.NodeDeregistered(node=node)
        case abi.NodeJailed():
            return node_events.NodeJailed(
                node=node, stake_wei=Wei(event.stake), min_stake_wei=Wei(event.min_stake)
            )
        case abi.NodeUnjailed():
            return node_events.NodeUnjailed(
                node=node, stake_wei=Wei(event.stake), min_stake_wei=Wei(event.min_stake)
            )
        case _:
            assert_never(event)


def _stake(
    event: abi.Staked | abi.WithdrawalQueued | abi.StakeWithdrawn,
) -> stake_events.StakeEvent:
    node, balance = Address(event.node), _balance(event.balance)
    match event:
        case abi.Staked():
            return stake_events.StakeDeposited(
                node=node, amount_wei=Wei(event.amount), balance=balance
            )
        case abi.WithdrawalQueued():
            return stake_events.WithdrawalQueued(
                node=node,
                withdrawal_id=small(event.withdrawal_id, "withdrawalId"),
                amount_wei=Wei(event.amount),
                unlock_at=Timestamp(small(event.unlock_at, "unlockAt")),
                balance=balance,
            )
        case abi.StakeWithdrawn():
            return stake_events.StakeWithdrawn(
                node=node,
                withdrawal_id=small(event.withdrawal_id, "withdrawalId"),
                amount_wei=Wei(event.amount),
                balance=balance,
            )
        case _:
            assert_never(event)


def _claim(event: abi.CreditClaimed) -> stake_events.CreditClaimed:
    return stake_events.CreditClaimed(
        account=Address(event.account),
        amount_wei=Wei(event.amount),
        credit_wei=Wei(event.credit),
    )


def _terms(terms: abi.TaskTerms) -> task_events.TaskTerms:
    return task_events.TaskTerms(
        version_hash=Hash32(terms.version_hash),
        spec_hash=Hash32(terms.spec_hash),
        bounty_wei=Wei(terms.bounty),
        compute_price_wei=Wei(terms.compute_price),
        gpu_hours=Quantity(terms.gpu_hours),
        memory_gb=Quantity(terms.memory_gb),
        priority=terms.priority,
        expires_at=Timestamp(small(terms.expires_at, "expiresAt")),
        proof_seconds=Seconds(terms.proof_seconds),
        verify_seconds=Seconds(terms.verify_seconds),
        slash_bps=terms.slash_bps,
        verifier=Address(terms.verifier),
        backups=tuple([Address(backup) for backup in terms.backups]),
    )


def _progress(
    event: abi.TaskPosted
    | abi.TaskAssigned
    | abi.ProofSubmitted
    | abi.TaskCompleted
    | abi.TaskReopened
    | abi.VerificationExpired,
) -> task_events.TaskEvent:
    task_id = Hash32(event.task_id)
    match event:
        case abi.TaskPosted():
            return task_events.TaskPosted(
                task_id=task_id,
                requester=Address(event.requester),
                workflow_id=Hash32(event.workflow_id),
                terms=_terms(event.terms),
            )
        case abi.TaskAssigned():
            return task_events.TaskAssigned(
                task_id=task_id,
                node=Address(event.node),
                epoch=_epoch(event.epoch),
                bonded_wei=Wei(event.bonded),
                proof_deadline=Timestamp(small(event.proof_deadline, "proofDeadline")),
                balance=_balance(event.balance),
            )
        case abi.ProofSubmitted():
            return task_events.ProofSubmitted(
                task_id=task_id,
                node=Address(event.node),
                epoch=_epoch(event.epoch),
                proof_hash=Hash32(event.proof_hash),
                verify_deadline=Timestamp(small(event.verify_deadline, "verifyDeadline")),
            )
        case abi.TaskCompleted():
            return task_events.TaskCompleted(
                task_id=task_id,
                node=Address(event.node),
                epoch=_epoch(event.epoch),
                bounty_paid_wei=Wei(event.bounty_paid),
                compute_paid_wei=Wei(event.compute_paid),
                credit_wei=Wei(event.credit),
                balance=_balance(event.balance),
            )
        case abi.TaskReopened():
            return task_events.TaskReopened(task_id=task_id, epoch=_epoch(event.epoch))
        case abi.VerificationExpired():
            return task_events.VerificationExpired(
                task_id=task_id,
                node=Address(event.node),
                epoch=_epoch(event.epoch),
                balance=_balance(event.balance),
            )
        case _:
            assert_never(event)


def _failure(
    event: abi.NodeSlashed
    | abi.BountyRedistributed
    | abi.BountyReturned
    | abi.BountyShareCredited
    | abi.TaskRefunded,
) -> task_events.TaskEvent:
    task_id, epoch = Hash32(event.task_id), _epoch(event.epoch)
    match event:
        case abi.NodeSlashed():
            return task_events.NodeSlashed(
                task_id=task_id,
                node=Address(event.node),
                epoch=epoch,
                fault=_member(_FAULTS, event.fault, "fault"),
                amount_wei=Wei(event.amount),
                bonded_wei=Wei(event.bonded),
                pool_wei=Wei(event.pool),
                balance=_balance(event.balance),
            )
        case abi.BountyRedistributed():
            return task_events.BountyRedistributed(
                task_id=task_id,
                epoch=epoch,
                bounty_wei=Wei(event.bounty),
                beneficiaries=tuple([Address(each) for each in event.beneficiaries]),
                shares_wei=tuple([Wei(share) for share in event.shares]),
            )
        case abi.BountyReturned():
            return task_events.BountyReturned(
                task_id=task_id,
                requester=Address(event.requester),
                epoch=epoch,
                amount_wei=Wei(event.amount),
                credit_wei=Wei(event.credit),
            )
        case abi.BountyShareCredited():
            return task_events.BountyShareCredited(
                task_id=task_id,
                beneficiary=Address(event.beneficiary),
                epoch=epoch,
                amount_wei=Wei(event.amount),
                credit_wei=Wei(event.credit),
            )
        case abi.TaskRefunded():
            return task_events.TaskRefunded(
                task_id=task_id,
                requester=Address(event.requester),
                epoch=epoch,
                cause=_member(_CAUSES, event.cause, "cause"),
                bounty_refund_wei=Wei(event.bounty_refund),
                compute_refund_wei=Wei(event.compute_refund),
                credit_wei=Wei(event.credit),
            )
        case _:
            assert_never(event)


def _epoch(epoch: int) -> Epoch:
    return Epoch(small(epoch, "epoch"))


def _member(members: tuple[_Member, ...], index: int, field: str) -> _Member:
    if index >= len(members):
        raise Untranslatable(f"{field} is {index}, this version knows up to {len(members) - 1}")
    return members[index]


def _governance(
    event: abi.PolicyChanged
    | abi.SlashPoolReleased
    | abi.Paused
    | abi.Unpaused
    | abi.RoleGranted
    | abi.RoleRevoked
    | abi.RoleAdminChanged,
    contract: Address,
) -> network_events.NetworkEvent:
    match event:
        case abi.PolicyChanged():
            return network_events.PolicyChanged(policy=_policy(event.policy))
        case abi.SlashPoolReleased():
            return network_events.SlashPoolReleased(
                recipient=Address(event.recipient),
                amount_wei=Wei(event.amount),
                pool_wei=Wei(event.pool),
                credit_wei=Wei(event.credit),
            )
        case abi.Paused():
            return network_events.NetworkPaused(by=Address(event.account))
        case abi.Unpaused():
            return network_events.NetworkUnpaused(by=Address(event.account))
        case abi.RoleGranted():
            return network_events.RoleGranted(
                contract=contract,
                role=Hash32(event.role),
                account=Address(event.account),
                by=Address(event.sender),
            )
        case abi.RoleRevoked():
            return network_events.RoleRevoked(
                contract=contract,
                role=Hash32(event.role),
                account=Address(event.account),
                by=Address(event.sender),
            )
        case abi.RoleAdminChanged():
            raise Untranslatable(ROLE_ADMIN_REASON)
        case _:
            assert_never(event)


def _policy(policy: abi.Policy) -> network_events.Policy:
    return network_events.Policy(
        gpu_rate_wei=Wei(policy.gpu_rate),
        memory_rate_wei=Wei(policy.memory_rate),
        min_stake_wei=Wei(policy.min_stake),
        slash_bps=policy.slash_bps,
        unbonding_seconds=Seconds(policy.unbonding_seconds),
        min_proof_seconds=Seconds(policy.min_proof_seconds),
        max_proof_seconds=Seconds(policy.max_proof_seconds),
        verify_seconds=Seconds(policy.verify_seconds),
        max_task_seconds=Seconds(policy.max_task_seconds),
        verifier=Address(policy.verifier),
    )
