"""Each account's tokens in the arbiter: stake in its three parts, queued withdrawals, and claimable credit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Timestamp
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import network_name_of
from domain.network.events import SlashPoolReleased
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
from domain.stake.slashing import take_from_queue
from domain.stake.withdrawals import PendingWithdrawal
from domain.task.events import (
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    TaskAssigned,
    TaskCompleted,
    TaskRefunded,
    VerificationExpired,
)
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp


class WithdrawalRow(TypedDict):
    """A queued withdrawal: what slashing has left of it, and when it can be withdrawn (seconds since 1970)."""

    withdrawal_id: int
    amount_wei: str
    unlock_at: int


class StakeRow(Stamp):
    """An account. `stake_wei` = available + locked + unbonding, as the contract last stated them.

    `credit_wei` can be claimed now. `withdrawals` are those not yet paid, oldest first. The last five are totals over
    all time; `earned_wei` is what work and backing paid, `returned_wei` what came back to a requester.
    """

    account: str
    network: str
    available_wei: str
    locked_wei: str
    unbonding_wei: str
    stake_wei: str
    credit_wei: str
    withdrawals: list[WithdrawalRow]
    deposited_wei: str
    withdrawn_wei: str
    slashed_wei: str
    earned_wei: str
    returned_wei: str
    claimed_wei: str


_StakeFact = (
    StakeDeposited
    | WithdrawalQueued
    | StakeWithdrawn
    | TaskAssigned
    | TaskCompleted
    | NodeSlashed
    | VerificationExpired
)
_CreditFact = (
    CreditClaimed | BountyReturned | BountyShareCredited | TaskRefunded | SlashPoolReleased
)

_CREDITOR: dict[type[Event], str] = {
    CreditClaimed: "account",
    BountyReturned: "requester",
    BountyShareCredited: "beneficiary",
    TaskRefunded: "requester",
    SlashPoolReleased: "recipient",
}
"""The field that names the account in the facts that are not about a node."""


class StakeBalances:
    """Key `<account>@<network>`; not listed under anything."""

    name: Final = "stake_balances"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            StakeDeposited,
            WithdrawalQueued,
            StakeWithdrawn,
            TaskAssigned,
            TaskCompleted,
            NodeSlashed,
            VerificationExpired,
            CreditClaimed,
            BountyReturned,
            BountyShareCredited,
            TaskRefunded,
            SlashPoolReleased,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the account whose stake or credit the event changes."""
        field = _CREDITOR.get(type(recorded.event), "node")
        account: str = getattr(recorded.event, field)
        return (f"{account}@{network_name_of(recorded.stream)}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the account's row after the event."""
        row = _first(key) if body is None else cast(StakeRow, body)
        after: StakeRow = {**row, **stamp(recorded)}
        event = cast(_StakeFact | _CreditFact, recorded.event)
        match event:
            case (
                CreditClaimed()
                | BountyReturned()
                | BountyShareCredited()
                | TaskRefunded()
                | SlashPoolReleased()
            ):
                _credit_changed(after, event)
            case _:
                _stake_changed(after, event)
                _restate(after, event.balance)
        return after

    def scope_of(self, body: Body) -> str:
        """Return nothing: accounts are found by key."""
        del body
        return ""


def _first(key: str) -> StakeRow:
    account, _, network = key.partition("@")
    return {
        "account": account,
        "network": network,
        "available_wei": "0",
        "locked_wei": "0",
        "unbonding_wei": "0",
        "stake_wei": "0",
        "credit_wei": "0",
        "withdrawals": [],
        "deposited_wei": "0",
        "withdrawn_wei": "0",
        "slashed_wei": "0",
        "earned_wei": "0",
        "returned_wei": "0",
        "claimed_wei": "0",
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _restate(after: StakeRow, balance: StakeBalance) -> None:
    after["available_wei"] = str(balance.available_wei)
    after["locked_wei"] = str(balance.locked_wei)
    after["unbonding_wei"] = str(balance.unbonding_wei)
    after["stake_wei"] = str(balance.total_wei)


def _stake_changed(after: StakeRow, event: _StakeFact) -> None:
    match event:
        case StakeDeposited():
            after["deposited_wei"] = plus(after["deposited_wei"], event.amount_wei)
        case WithdrawalQueued():
            queued: WithdrawalRow = {
                "withdrawal_id": event.withdrawal_id,
                "amount_wei": str(event.amount_wei),
                "unlock_at": event.unlock_at,
            }
            after["withdrawals"] = [*after["withdrawals"], queued]
        case StakeWithdrawn():
            after["withdrawn_wei"] = plus(after["withdrawn_wei"], event.amount_wei)
            after["withdrawals"] = [
                entry
                for entry in after["withdrawals"]
                if entry["withdrawal_id"] != event.withdrawal_id
            ]
        case TaskCompleted():
            paid = event.bounty_paid_wei + event.compute_paid_wei
            after["earned_wei"] = plus(after["earned_wei"], paid)
            after["credit_wei"] = str(event.credit_wei)
        case NodeSlashed():
            after["slashed_wei"] = plus(after["slashed_wei"], event.amount_wei)
            after["withdrawals"] = _slashed_queue(after, event.balance)
        case TaskAssigned() | VerificationExpired():
            pass
        case _:
            assert_never(event)


def _slashed_queue(after: StakeRow, balance: StakeBalance) -> list[WithdrawalRow]:
    """Return the queue after a slash that the contract states only as a new sum of it."""
    taken = int(after["unbonding_wei"]) - balance.unbonding_wei
    if taken <= 0:
        return after["withdrawals"]
    queue = [
        PendingWithdrawal(
            withdrawal_id=entry["withdrawal_id"],
            amount_wei=Wei(int(entry["amount_wei"])),
            unlock_at=Timestamp(entry["unlock_at"]),
        )
        for entry in after["withdrawals"]
    ]
    now = Timestamp(after["last_time"] or 0)
    return [
        {
            "withdrawal_id": entry.withdrawal_id,
            "amount_wei": str(entry.amount_wei),
            "unlock_at": entry.unlock_at,
        }
        for entry in take_from_queue(queue, Wei(taken), now)
    ]


def _credit_changed(after: StakeRow, event: _CreditFact) -> None:
    after["credit_wei"] = str(event.credit_wei)
    match event:
        case CreditClaimed():
            after["claimed_wei"] = plus(after["claimed_wei"], event.amount_wei)
        case BountyShareCredited():
            after["earned_wei"] = plus(after["earned_wei"], event.amount_wei)
        case BountyReturned():
            after["returned_wei"] = plus(after["returned_wei"], event.amount_wei)
        case TaskRefunded():
            refund = event.bounty_refund_wei + event.compute_refund_wei
            after["returned_wei"] = plus(after["returned_wei"], refund)
        case SlashPoolReleased():
            pass
        case _:
            assert_never(event)
