"""An account's tokens as its own stream tells them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from domain.kernel.stake_balance import NO_STAKE, StakeBalance
from domain.stake.events import (
    CreditClaimed,
    StakeDeposited,
    StakeEvent,
    StakeWithdrawn,
    WithdrawalQueued,
)
from domain.stake.withdrawals import PendingWithdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeState:
    """The balance that the last fact stated, and the withdrawals still queued as they were asked for."""

    balance: StakeBalance = NO_STAKE
    queue: tuple[PendingWithdrawal, ...] = ()
    last_withdrawal_id: int = 0


EMPTY_STAKE = StakeState()


def evolve(state: StakeState, event: StakeEvent) -> StakeState:
    """Return the state after the fact. What it states is taken over; `rules.violations` says what is wrong with it."""
    match event:
        case StakeDeposited(balance=balance):
            return replace(state, balance=balance)
        case WithdrawalQueued():
            entry = PendingWithdrawal(
                withdrawal_id=event.withdrawal_id,
                amount_wei=event.amount_wei,
                unlock_at=event.unlock_at,
            )
            return StakeState(
                balance=event.balance,
                queue=(*_without(state.queue, event.withdrawal_id), entry),
                last_withdrawal_id=event.withdrawal_id,
            )
        case StakeWithdrawn():
            return replace(
                state, balance=event.balance, queue=_without(state.queue, event.withdrawal_id)
            )
        case CreditClaimed():
            return state
        case _:
            assert_never(event)


def _without(
    queue: tuple[PendingWithdrawal, ...], withdrawal_id: int
) -> tuple[PendingWithdrawal, ...]:
    return tuple(entry for entry in queue if entry.withdrawal_id != withdrawal_id)
