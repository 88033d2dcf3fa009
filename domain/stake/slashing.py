"""What a fault costs, and which part of a node's stake pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.kernel.ids import Timestamp
from domain.kernel.money import Wei, part_rounded_up
from domain.kernel.stake_balance import StakeBalance
from domain.stake.withdrawals import PendingWithdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashResult:
    """A node's stake after a fault. `taken_wei` went to the slash pool."""

    taken_wei: Wei
    balance: StakeBalance
    queue: tuple[PendingWithdrawal, ...]


def slash_amount(bonded_wei: Wei, slash_bps: int, left_wei: Wei) -> Wei:
    """Return what one fault costs in wei: `slash_bps` of the bonded stake, rounded up, at most what is left.

    Source: the arbiter's fault rule (`NodeSlashed`); the published policy is 0.5 % per failure, 50 bps.
    """
    return min(part_rounded_up(bonded_wei, slash_bps), left_wei)


def slash_stake(
    balance: StakeBalance,
    queue: Sequence[PendingWithdrawal],
    *,
    bonded_wei: Wei,
    slash_bps: int,
    now: Timestamp,
) -> SlashResult:
    """Return the stake after a fault of an attempt that bonded `bonded_wei`.

    Source: the arbiter's fault rule. The amount is taken from the locked stake, then from the available, then from
    the withdrawals that have not matured, oldest first; what is left of the locked stake is released to the
    available. A withdrawal that was emptied stays in the queue with zero wei. Sum before = sum after + taken.
    """
    reachable = [entry for entry in queue if not entry.matured(now)]
    left = balance.available_wei + balance.locked_wei + sum(entry.amount_wei for entry in reachable)
    amount = slash_amount(bonded_wei, slash_bps, Wei(left))
    from_locked = min(amount, balance.locked_wei)
    from_available = min(amount - from_locked, balance.available_wei)
    from_queue = amount - from_locked - from_available
    return SlashResult(
        taken_wei=amount,
        balance=StakeBalance(
            available_wei=Wei(
                balance.available_wei + balance.locked_wei - from_locked - from_available
            ),
            locked_wei=Wei(0),
            unbonding_wei=Wei(balance.unbonding_wei - from_queue),
        ),
        queue=take_from_queue(queue, Wei(from_queue), now),
    )


def take_from_queue(
    queue: Sequence[PendingWithdrawal], amount_wei: Wei, now: Timestamp
) -> tuple[PendingWithdrawal, ...]:
    """Return the queue after `amount_wei` was taken from its unmatured entries, oldest first.

    Takes no more than those entries hold.
    """
    rest = amount_wei
    after: list[PendingWithdrawal] = []
    for entry in queue:
        part = 0 if entry.matured(now) else min(rest, entry.amount_wei)
        rest = Wei(rest - part)
        after.append(replace(entry, amount_wei=Wei(entry.amount_wei - part)) if part else entry)
    return tuple(after)
