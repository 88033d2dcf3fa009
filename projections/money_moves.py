"""How each fact moves the tokens that an arbiter holds between stakes, credits, the slash pool and escrow."""

from __future__ import annotations

from typing import NamedTuple, assert_never, get_args

from domain.kernel.event import Event
from domain.network.events import SlashPoolReleased
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn
from domain.task.events import (
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
)

MoneyEvent = (
    StakeDeposited
    | StakeWithdrawn
    | CreditClaimed
    | TaskPosted
    | TaskCompleted
    | NodeSlashed
    | BountyReturned
    | BountyShareCredited
    | TaskRefunded
    | SlashPoolReleased
)
MONEY_EVENTS: frozenset[type[Event]] = frozenset(get_args(MoneyEvent))
"""The facts that move tokens; assignments and withdrawal requests only move them within a stake."""


class MoneyMove(NamedTuple):
    """Changes in wei of what the arbiter holds as each. They sum to zero when no token enters or leaves it."""

    stake_wei: int = 0
    credit_wei: int = 0
    pool_wei: int = 0
    escrow_wei: int = 0

    @property
    def held_wei(self) -> int:
        """How much more the arbiter holds afterwards."""
        return self.stake_wei + self.credit_wei + self.pool_wei + self.escrow_wei


def money_moved(event: MoneyEvent) -> MoneyMove:
    """Return what the fact moves."""
    match event:
        case StakeDeposited():
            return MoneyMove(stake_wei=event.amount_wei)
        case StakeWithdrawn():
            return MoneyMove(stake_wei=-event.amount_wei)
        case CreditClaimed():
            return MoneyMove(credit_wei=-event.amount_wei)
        case TaskPosted():
            return MoneyMove(escrow_wei=event.terms.bounty_wei + event.terms.compute_price_wei)
        case TaskCompleted():
            return _paid(event.bounty_paid_wei + event.compute_paid_wei)
        case BountyReturned() | BountyShareCredited():
            return _paid(event.amount_wei)
        case TaskRefunded():
            return _paid(event.bounty_refund_wei + event.compute_refund_wei)
        case NodeSlashed():
            return MoneyMove(stake_wei=-event.amount_wei, pool_wei=event.amount_wei)
        case SlashPoolReleased():
            return MoneyMove(pool_wei=-event.amount_wei, credit_wei=event.amount_wei)
        case _:
            assert_never(event)


def _paid(amount_wei: int) -> MoneyMove:
    return MoneyMove(escrow_wei=-amount_wei, credit_wei=amount_wei)
