"""How long things may take in the story: realistic where time can be moved, short where it must be waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from adapters.chain.play.dice import Dice
from adapters.chain.play.steps import Fate
from domain.kernel.errors import RuleRejected
from domain.kernel.ids import Seconds
from domain.network.events import Policy

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
_LONGEST_PROOF: Final = 14 * _HOUR
_BEARABLE_SECONDS: Final = 120
_SHORT_SECONDS: Final = 45

_CREW: Final = {
    Fate.PLAIN: 1,
    Fate.INVALID: 2,
    Fate.MISSED: 2,
    Fate.TWICE: 3,
    Fate.LONELY: 2,
    Fate.UNATTESTED: 2,
    Fate.ABANDONED: 1,
    Fate.EXPIRED: 0,
    Fate.CANCELLED: 0,
}
_WAITING: Final = frozenset(
    {Fate.MISSED, Fate.TWICE, Fate.UNATTESTED, Fate.ABANDONED, Fate.EXPIRED}
)


def crew_size(fate: Fate) -> int:
    """Return how many nodes a task of this fate keeps for itself."""
    return _CREW[fate]


def must_wait(fate: Fate) -> bool:
    """Whether time has to pass for the fate."""
    return fate in _WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """What the policy and the chain's clock allow."""

    policy: Policy
    delay_seconds: Seconds
    can_travel: bool

    def bearable(self, seconds: int) -> bool:
        """Whether so much time may pass in the story."""
        return self.can_travel or seconds <= _BEARABLE_SECONDS

    def allows(self, fate: Fate) -> bool:
        """Whether the fate can be played here."""
        if fate is Fate.UNATTESTED:
            return self.bearable(self.policy.verify_seconds)
        # Where blocks take seconds, these two race against a short deadline.
        return self.can_travel or fate not in {Fate.TWICE, Fate.ABANDONED}

    def proof_seconds(self, dice: Dice, fate: Fate) -> Seconds:
        """Return how long a task of this fate gives to one attempt."""
        least, most = self.policy.min_proof_seconds, self.policy.max_proof_seconds
        if must_wait(fate) and not self.can_travel:
            return Seconds(min(max(least, _SHORT_SECONDS), most))
        wanted = dice.between(_HOUR, _LONGEST_PROOF - 2 * _HOUR)
        return Seconds(min(max(least, wanted), most))

    def life_seconds(self, fate: Fate, proof_seconds: Seconds) -> Seconds:
        """Return how long a task of this fate lives."""
        longest = self.policy.max_task_seconds
        if fate is Fate.EXPIRED:
            return proof_seconds
        if fate is Fate.ABANDONED:
            return Seconds(min(proof_seconds + _HOUR, longest))
        life = min(max(30 * _DAY, 4 * self.policy.verify_seconds), longest)
        # A round waits for the slowest of its tasks; each must still have room for two more attempts.
        longest_wait = max(self.policy.verify_seconds, _LONGEST_PROOF) if self.can_travel else _HOUR
        if life < longest_wait + 3 * proof_seconds:
            raise RuleRejected(
                f"the network's policy lets a task live for {longest} seconds, too short for this story",
                hint="play on a deployment with the opening policy",
            )
        return Seconds(life)

    def wait_seconds(self, fate: Fate, proof_seconds: Seconds, life_seconds: Seconds) -> int:
        """Return how long to wait, after all were assigned, until the fate's deadline is over."""
        match fate:
            case Fate.MISSED | Fate.TWICE:
                return proof_seconds + 1
            case Fate.UNATTESTED:
                return self.policy.verify_seconds + 1
            case Fate.ABANDONED | Fate.EXPIRED:
                return life_seconds + 1
            case _:
                return 0
