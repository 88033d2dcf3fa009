"""When a block counts as safe and as final: policies as data, and the rule that picks the blocks.

A level is reached through a tag of the node where the tag means something on that chain, through blocks on top
otherwise. Both may be asked for; then the lower block counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.kernel.errors import InvalidInput, RuleRejected
from domain.kernel.ids import BlockNumber, ChainId

TAGS: Final = ("latest", "safe", "finalized")
CONFIRMATIONS_MAX: Final = 100_000


class Finality(StrEnum):
    """How sure a fact is. Only `seen` and `safe` ones can become `orphaned`, short of a healed chain."""

    SEEN = "seen"
    SAFE = "safe"
    FINAL = "final"
    ORPHANED = "orphaned"


class FinalityContradicted(RuleRejected):
    """What the policy calls safe or final does not fit the chain, or what this ledger holds as final already."""


@dataclass(frozen=True, slots=True)
class FinalityRule:
    """A block has the level when the node's `tag` ("" for none) covers it and `confirmations` blocks are on top."""

    tag: str = ""
    confirmations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityPolicy:
    """How blocks of some chains become safe and final. `chain_ids` may be empty: then it is only chosen by name.

    `sla_seconds` is how long the chain usually takes until final: for people and alarms, never a rule.
    """

    name: str
    version: int
    title: str
    chain_ids: tuple[ChainId, ...]
    safe: FinalityRule
    final: FinalityRule
    sla_seconds: int
    notes: str
    sources: tuple[str, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the node must answer."""
        return tuple(sorted({self.safe.tag, self.final.tag} - {""}))


def check_policy(policy: FinalityPolicy) -> None:
    """Raise InvalidInput for a policy that can never be right."""
    for level, rule in (("safe", policy.safe), ("final", policy.final)):
        if rule.tag not in ("", *TAGS):
            raise InvalidInput(
                f"the finality policy `{policy.name}` names the tag `{rule.tag[:40]}` for {level}",
                hint=f"a node knows {', '.join(TAGS)}; leave the tag out to count blocks only",
            )
        if not 0 <= rule.confirmations <= CONFIRMATIONS_MAX:
            raise InvalidInput(
                f"the finality policy `{policy.name}` wants {rule.confirmations} confirmations for {level}",
                hint=f"give 0 to {CONFIRMATIONS_MAX}",
            )
        if not rule.tag and not rule.confirmations:
            raise InvalidInput(
                f"the finality policy `{policy.name}` says neither tag nor confirmations for {level}",
                hint='to call the newest block final at once, say so: tag = "latest"',
            )
    counts_only = not policy.safe.tag and not policy.final.tag
    if counts_only and policy.safe.confirmations > policy.final.confirmations:
        raise InvalidInput(
            f"the finality policy `{policy.name}` calls blocks final before it calls them safe",
            hint="safe must not want more confirmations than final",
        )
    if policy.version < 1:
        raise InvalidInput(
            f"the finality policy `{policy.name}` has version {policy.version}",
            hint="versions start at 1",
        )


@dataclass(frozen=True, slots=True)
class FinalityHeights:
    """The highest block of each level, as numbers; -1 while no block has it."""

    safe: int
    final: int


def heights_of(
    policy: FinalityPolicy, head: BlockNumber, tagged: Mapping[str, BlockNumber]
) -> FinalityHeights:
    """Return up to which heights blocks are safe and final when `head` is the newest one.

    `tagged` holds the heights of the tags that stand for a block already. Raises FinalityContradicted
    when a tag lies above the head, or final above safe.
    """
    for tag, number in tagged.items():
        if number > head:
            raise FinalityContradicted(
                f"the node calls block {number} `{tag}`, but its newest block is {head}",
                hint=f"the finality policy `{policy.name}` does not fit this node: give another "
                "--finality-policy or node",
            )
    safe, final = _height(policy.safe, head, tagged), _height(policy.final, head, tagged)
    if final > safe:
        raise FinalityContradicted(
            f"under the finality policy `{policy.name}` block {final} is final, but only {safe} is safe",
            hint="give a --finality-policy that fits this node",
        )
    return FinalityHeights(safe, final)


def _height(rule: FinalityRule, head: BlockNumber, tagged: Mapping[str, BlockNumber]) -> int:
    by_count = max(-1, head - rule.confirmations)
    return min(by_count, tagged.get(rule.tag, -1)) if rule.tag else by_count


CAUTIOUS: Final = FinalityPolicy(
    name="cautious",
    version=1,
    title="Chains that no policy is shipped for",
    chain_ids=(),
    safe=FinalityRule(confirmations=64),
    final=FinalityRule(confirmations=256),
    sla_seconds=3_600,
    notes="Counts blocks only, since a tag of an unknown chain may mean anything.",
    sources=(),
)
"""What is used where nothing is known of a chain."""
