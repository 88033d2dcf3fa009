"""What the arbiter allows an account's stake, as checks on its facts.

The stream of an account holds deposits, withdrawals and claims; assignments, rewards and slashes stand in the
streams of tasks. So a stated balance can be checked one way only: between two facts of this stream stake can be lost
to a slash, never gained.
"""

from __future__ import annotations

from typing import assert_never

from domain.kernel.stake_balance import StakeBalance
from domain.kernel.violation import Violation
from domain.stake.events import (
    CreditClaimed,
    StakeDeposited,
    StakeEvent,
    StakeWithdrawn,
    WithdrawalQueued,
)
from domain.stake.state import StakeState
from domain.stake.withdrawals import WITHDRAWALS_MAX


def violations(state: StakeState, event: StakeEvent) -> tuple[Violation, ...]:
    """Return the rules that the fact breaks in this state, none for a legal one."""
    match event:
        case StakeDeposited():
            found = [
                _positive(event),
                _balance_explained(state, event.balance, gained_wei=event.amount_wei),
            ]
        case WithdrawalQueued():
            found = [
                _positive(event),
                _balance_explained(state, event.balance, gained_wei=0),
                _next_id(state, event),
                _room(state),
            ]
        case StakeWithdrawn():
            found = [
                _balance_explained(state, event.balance, gained_wei=-event.amount_wei),
                _queued(state, event),
            ]
        case CreditClaimed():
            found = [_positive(event), _whole_claim(event)]
        case _:
            assert_never(event)
    return tuple(violation for violation in found if violation is not None)


def _positive(event: StakeDeposited | WithdrawalQueued | CreditClaimed) -> Violation | None:
    if event.amount_wei > 0:
        return None
    return Violation(f"{event.NAME}.zero_amount", f"`{event.NAME}` moves no tokens")


def _balance_explained(
    state: StakeState, stated: StakeBalance, *, gained_wei: int
) -> Violation | None:
    most = state.balance.total_wei + gained_wei
    if stated.total_wei <= most:
        return None
    return Violation(
        "stake.balance.unexplained",
        f"the stated stake is {stated.total_wei} wei, at most {most} wei is explained",
    )


def _next_id(state: StakeState, event: WithdrawalQueued) -> Violation | None:
    following = state.last_withdrawal_id + 1
    if event.withdrawal_id == following:
        return None
    return Violation(
        "stake.withdrawal_queued.wrong_id",
        f"withdrawal {event.withdrawal_id} was queued where {following} follows",
    )


def _room(state: StakeState) -> Violation | None:
    if len(state.queue) < WITHDRAWALS_MAX:
        return None
    return Violation(
        "stake.withdrawal_queued.full", f"{WITHDRAWALS_MAX} withdrawals were queued already"
    )


def _queued(state: StakeState, event: StakeWithdrawn) -> Violation | None:
    for entry in state.queue:
        if entry.withdrawal_id == event.withdrawal_id:
            if event.amount_wei <= entry.amount_wei:
                return None
            return Violation(
                "stake.withdrawn.too_much",
                f"withdrawal {entry.withdrawal_id} paid {event.amount_wei} wei of {entry.amount_wei}",
            )
    return Violation(
        "stake.withdrawn.not_queued", f"withdrawal {event.withdrawal_id} was paid but is not queued"
    )


def _whole_claim(event: CreditClaimed) -> Violation | None:
    if event.credit_wei == 0:
        return None
    return Violation(
        "credit.claimed.not_whole", f"a claim left {event.credit_wei} wei; it pays all there is"
    )
