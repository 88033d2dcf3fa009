"""Stake on its way out."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.ids import Timestamp
from domain.kernel.money import Wei

WITHDRAWALS_MAX = 8
"""Entries that one account's queue holds at most. Source: the arbiter's `WithdrawalQueueFull`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWithdrawal:
    """Stake in wei that can be withdrawn from `unlock_at` on and is slashable before."""

    withdrawal_id: int
    amount_wei: Wei
    unlock_at: Timestamp

    def matured(self, now: Timestamp) -> bool:
        """Whether it can be withdrawn, and so is out of reach of a slash."""
        return self.unlock_at <= now
