"""Facts about the tokens an account has in the arbiter. The stored names outlive the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, Timestamp
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeDeposited(Event):
    """A node deposited stake; `balance` is its stake afterwards."""

    NAME: ClassVar[str] = "stake.deposited"
    node: Address
    amount_wei: Wei
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalQueued(Event):
    """Stake waits until `unlock_at` to be withdrawn and is slashable that long."""

    NAME: ClassVar[str] = "stake.withdrawal_queued"
    node: Address
    withdrawal_id: int
    amount_wei: Wei
    unlock_at: Timestamp
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeWithdrawn(Event):
    """A matured withdrawal was paid out; `amount_wei` is what slashing left of it."""

    NAME: ClassVar[str] = "stake.withdrawn"
    node: Address
    withdrawal_id: int
    amount_wei: Wei
    balance: StakeBalance


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditClaimed(Event):
    """An account took out what it was owed; `credit_wei` is what remains."""

    NAME: ClassVar[str] = "credit.claimed"
    account: Address
    amount_wei: Wei
    credit_wei: Wei


StakeEvent: TypeAlias = StakeDeposited | WithdrawalQueued | StakeWithdrawn | CreditClaimed
