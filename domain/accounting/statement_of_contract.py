"""What the contracts themselves say an account holds after an event: an answer to hold the books against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from domain.accounting.chart import Account, AccountKind, account
from domain.accounting.postings import PostedEvent
from domain.kernel.ids import Address
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.network.events import SlashPoolReleased, TokenTransferred
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    VerificationExpired,
)


def stated_by(event: PostedEvent) -> Mapping[Account, Wei]:
    """Return the balances that the event states for the moment after it, by account."""
    match event:
        case (
            StakeDeposited()
            | WithdrawalQueued()
            | StakeWithdrawn()
            | TaskAssigned()
            | VerificationExpired()
        ):
            return _stake(event.node, event.balance)
        case TaskCompleted():
            return {**_stake(event.node, event.balance), **_credit(event.node, event.credit_wei)}
        case NodeSlashed():
            return {**_stake(event.node, event.balance), **_pool(event.pool_wei)}
        case CreditClaimed():
            return _credit(event.account, event.credit_wei)
        case BountyReturned() | TaskRefunded():
            return _credit(event.requester, event.credit_wei)
        case BountyShareCredited():
            return _credit(event.beneficiary, event.credit_wei)
        case SlashPoolReleased():
            return {**_credit(event.recipient, event.credit_wei), **_pool(event.pool_wei)}
        case TaskPosted() | BountyRedistributed() | TokenTransferred():
            return {}
        case _:
            assert_never(event)


def _stake(node: Address, balance: StakeBalance) -> Mapping[Account, Wei]:
    return {
        account(AccountKind.STAKE_AVAILABLE, node): balance.available_wei,
        account(AccountKind.STAKE_LOCKED, node): balance.locked_wei,
        account(AccountKind.STAKE_UNBONDING, node): balance.unbonding_wei,
    }


def _credit(holder: Address, credit_wei: Wei) -> Mapping[Account, Wei]:
    return {account(AccountKind.CREDIT, holder): credit_wei}


def _pool(pool_wei: Wei) -> Mapping[Account, Wei]:
    return {account(AccountKind.SLASH_POOL, ""): pool_wei}
