"""Who is in the story, and what the plan believes of them: enough to know which steps the contracts allow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapters.chain.play.dice import Dice
from adapters.chain.play.steps import Actor
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.network.events import Policy
from domain.stake.slashing import slash_amount
from domain.task.pricing import calculate_compute_cost

NODES: Final = 14
REQUESTERS: Final = 4

_REGIONS: Final = ("eu-central", "eu-north", "us-east", "us-west", "ap-south", "ap-east", "sa-east")
_CARDS: Final = ("h100", "h200", "b200", "a100", "mi300x", "l40s")

_SMALL: Final = (8, 64)
_SIZES: Final = ((_SMALL, 50), ((40, 512), 35), ((160, 2048), 15))
"""Most GPU hours and GB of memory of small, medium and large tasks, with how common they are."""

_MOST_BOUNTY_AGPT: Final = {8: 60, 40: 250, 160: 600}


class Standing(StrEnum):
    """Where a node stands in the plan."""

    AWAY = "away"
    ACTIVE = "active"
    JAILED = "jailed"
    GONE = "gone"


@dataclass(slots=True)
class Node:
    """A node of the plan; `stake_wei` is what it has free between two attempts."""

    name: Actor
    stake_wei: int
    metadata_uri: str
    standing: Standing = Standing.AWAY

    def is_thin(self, policy: Policy) -> bool:
        """Whether one fault puts the node under the minimum stake."""
        return self.stake_wei - self._fine(policy) < policy.min_stake_wei

    def slash(self, policy: Policy) -> int:
        """Take a fault's price, jail the node when that leaves too little, and return the price."""
        fine = self._fine(policy)
        self.stake_wei -= fine
        if self.stake_wei < policy.min_stake_wei:
            self.standing = Standing.JAILED
        return fine

    def _fine(self, policy: Policy) -> int:
        stake = Wei(self.stake_wei)
        return slash_amount(stake, policy.slash_bps, stake)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a task is."""

    gpu_hours: int
    memory_gb: int
    priority: bool
    bounty_wei: Wei

    def price_wei(self, policy: Policy) -> Wei:
        """Return what its compute costs under the policy."""
        return calculate_compute_cost(
            gpu_hours=self.gpu_hours,
            memory_gb=self.memory_gb,
            priority=self.priority,
            gpu_rate_wei=policy.gpu_rate_wei,
            memory_rate_wei=policy.memory_rate_wei,
        )

    def escrow_wei(self, policy: Policy) -> int:
        """Return what the requester pays in: bounty and compute price."""
        return self.bounty_wei + self.price_wei(policy)


def unit_of_stake(policy: Policy) -> int:
    """Return a stake that is enough for every small task, also after rates rose by a half."""
    gpu_hours, memory_gb = _SMALL
    dearest = Size(gpu_hours, memory_gb, True, Wei(_MOST_BOUNTY_AGPT[gpu_hours] * WEI_PER_AGPT))
    return max(policy.min_stake_wei, dearest.escrow_wei(policy) * 3 // 2)


def nodes(dice: Dice, policy: Policy) -> list[Node]:
    """Return the nodes; the first has so little that one fault jails it, where the policy leaves room."""
    unit = unit_of_stake(policy)
    members: list[Node] = []
    for number in range(1, NODES + 1):
        stake = unit * dice.between(15, 120) // 10
        if number == 1 and unit == policy.min_stake_wei:
            stake = unit + unit * 3 // 1000
        region, card = dice.pick(_REGIONS), dice.pick(_CARDS)
        name = Actor(f"node-{number:02d}")
        uri = f"https://nodes.example/{region}/{name}-{card}.json"
        # Odd wei make the roundings of slashes and shares visible.
        members.append(Node(name, stake + dice.below(1_000_000), uri))
    return members


def size_within(dice: Dice, policy: Policy, limit_wei: int) -> Size:
    """Return a size whose escrow is within the limit; `unit_of_stake` always suffices for a small one."""
    gpu_hours, memory_gb = dice.weighted(_SIZES)
    size = _size(dice, gpu_hours, memory_gb)
    if size.escrow_wei(policy) <= limit_wei:
        return size
    return _size(dice, *_SMALL)


def _size(dice: Dice, gpu_hours: int, memory_gb: int) -> Size:
    most = _MOST_BOUNTY_AGPT[gpu_hours]
    bounty = dice.between(most // 10, most - 1) * WEI_PER_AGPT + dice.below(WEI_PER_AGPT)
    return Size(
        gpu_hours=dice.between(gpu_hours // 8, gpu_hours),
        memory_gb=dice.between(memory_gb // 8, memory_gb),
        priority=dice.one_in(4),
        bounty_wei=Wei(bounty),
    )
