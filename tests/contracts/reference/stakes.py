"""A node's stake: free, locked, and queued for withdrawal; and what a slash takes from each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from tests.contracts.reference.facts import ZERO_BYTES32

QUEUE_LIMIT = 8


class NodeStatus(IntEnum):
    UNKNOWN = 0
    ACTIVE = 1
    JAILED = 2
    EXITED = 3


@dataclass(slots=True)
class Queued:
    withdrawal_id: int
    unlock_at: int
    amount: int

    def is_mature(self, now: int) -> bool:
        return self.unlock_at <= now


@dataclass(slots=True)
class Node:
    """One node's stake and what it is doing."""

    status: NodeStatus = NodeStatus.UNKNOWN
    available: int = 0
    locked: int = 0
    queue: list[Queued] = field(default_factory=list)
    withdrawals: int = 0
    task_id: str = ZERO_BYTES32

    @property
    def working_stake(self) -> int:
        """What the minimum stake is compared with."""
        return self.available + self.locked

    @property
    def unbonding(self) -> int:
        return sum(entry.amount for entry in self.queue)

    @property
    def is_busy(self) -> bool:
        return self.task_id != ZERO_BYTES32

    def bond(self, now: int) -> int:
        """Return what a fault would be measured by: free stake, and what waits in the queue still."""
        waiting = sum(entry.amount for entry in self.queue if not entry.is_mature(now))
        return self.available + waiting

    def lock_all(self) -> None:
        self.locked += self.available
        self.available = 0

    def unlock_all(self) -> None:
        self.available += self.locked
        self.locked = 0

    def enqueue(self, amount: int, unlock_at: int) -> Queued:
        self.withdrawals += 1
        self.available -= amount
        entry = Queued(self.withdrawals, unlock_at, amount)
        self.queue.append(entry)
        return entry

    def slash(self, due: int, now: int) -> int:
        """Take up to `due`: locked first, then free, then the queue, oldest first. Return what was taken."""
        left = due
        taken = min(left, self.locked)
        self.locked -= taken
        left -= taken
        taken = min(left, self.available)
        self.available -= taken
        left -= taken
        for entry in self.queue:
            if entry.is_mature(now):
                continue
            taken = min(left, entry.amount)
            entry.amount -= taken
            left -= taken
        return due - left

    def logged(self) -> dict[str, Any]:
        return {"available": self.available, "locked": self.locked, "unbonding": self.unbonding}

    def viewed(self) -> dict[str, Any]:
        return {
            "status": int(self.status),
            "balance": self.logged(),
            "taskId": self.task_id,
            "withdrawals": [
                {"id": entry.withdrawal_id, "unlockAt": entry.unlock_at, "amount": entry.amount}
                for entry in self.queue
            ],
        }


def slash_due(bonded: int, bps: int) -> int:
    """Return the price of one fault; a fraction of a wei counts as a whole one."""
    whole, rest = divmod(bonded * bps, 10_000)
    return whole + (1 if rest else 0)
