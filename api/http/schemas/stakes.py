"""Shapes of what accounts have in the arbiter."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.shape import AddressText, NetworkText, Shape, StampedShape, WeiText


class WithdrawalOut(Shape):
    """Stake that waits to be withdrawn; `amount_wei` is what slashing has left of it."""

    withdrawal_id: int
    amount_wei: WeiText
    unlock_at: int = Field(description="Seconds since 1970-01-01 UTC.")


class StakeOut(StampedShape):
    """An account. `stake_wei` = available + locked + unbonding; the last six are totals over all time."""

    account: AddressText
    network: NetworkText
    available_wei: WeiText
    locked_wei: WeiText
    unbonding_wei: WeiText
    stake_wei: WeiText
    credit_wei: WeiText = Field(description="Claimable now.")
    withdrawals: list[WithdrawalOut]
    deposited_wei: WeiText
    withdrawn_wei: WeiText
    slashed_wei: WeiText
    earned_wei: WeiText
    returned_wei: WeiText
    claimed_wei: WeiText
