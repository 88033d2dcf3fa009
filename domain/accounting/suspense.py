"""Holds what the token says moved against what the contracts say was paid in and out, transaction by transaction."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias, assert_never, get_args

from domain.kernel.event import Event
from domain.kernel.ids import Address
from domain.network.events import TokenTransferred
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn
from domain.task.events import TaskPosted

CashEvent: TypeAlias = (
    StakeDeposited | StakeWithdrawn | CreditClaimed | TaskPosted | TokenTransferred
)
CASH_EVENTS: frozenset[type[Event]] = frozenset(get_args(CashEvent))
"""The facts by which tokens enter or leave a contract, and the token's own word about it."""


class Standing(StrEnum):
    """What the comparison says: all explained, tokens that nobody accounts for, or tokens that never came."""

    SETTLED = "settled"
    UNCLAIMED = "unclaimed"
    MISSING = "missing"


class Flow(NamedTuple):
    """What one event says about a contract: wei that must have come in, and wei that did. Less than zero went out."""

    contract: Address
    expected_wei: int
    moved_wei: int


def flows_of(event: CashEvent, arbiter: Address) -> tuple[Flow, ...]:
    """Return what the event says about each contract, once for each."""
    match event:
        case StakeDeposited():
            return (Flow(arbiter, event.amount_wei, 0),)
        case TaskPosted():
            return (Flow(arbiter, event.terms.bounty_wei + event.terms.compute_price_wei, 0),)
        case StakeWithdrawn() | CreditClaimed():
            return (Flow(arbiter, -event.amount_wei, 0),)
        case TokenTransferred():
            return tuple([_transferred(event, each) for each in dict.fromkeys(event.contracts)])
        case _:
            assert_never(event)


def standing_of(unexplained_wei: int) -> Standing:
    """Return what an unexplained amount means: more came than the contract counts on, or less."""
    if unexplained_wei == 0:
        return Standing.SETTLED
    return Standing.UNCLAIMED if unexplained_wei > 0 else Standing.MISSING


def _transferred(event: TokenTransferred, contract: Address) -> Flow:
    came = event.amount_wei if event.recipient == contract else 0
    went = event.amount_wei if event.sender == contract else 0
    return Flow(contract, 0, came - went)
