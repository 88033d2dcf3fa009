"""The three parts of a node's stake, as every log that touches stake states them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.money import Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeBalance:
    """A node's stake in wei: free, bonding the running assignment, and queued for withdrawal."""

    available_wei: Wei
    locked_wei: Wei
    unbonding_wei: Wei

    @property
    def total_wei(self) -> Wei:
        """What the contract holds for the node as stake."""
        return Wei(self.available_wei + self.locked_wei + self.unbonding_wei)


NO_STAKE = StakeBalance(available_wei=Wei(0), locked_wei=Wei(0), unbonding_wei=Wei(0))
