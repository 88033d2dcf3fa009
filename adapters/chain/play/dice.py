"""Chance that can be repeated: the same seed gives the same numbers on every Python."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of numbers from SHA-256 in counter mode. For stories, not for secrets."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._counter = 0

    def below(self, bound: int) -> int:
        """Return a number in [0, bound)."""
        self._counter += 1
        digest = hashlib.sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:16], "big") % bound

    def between(self, low: int, high: int) -> int:
        """Return a number in [low, high]."""
        return low + self.below(high - low + 1)

    def one_in(self, count: int) -> bool:
        """Return True once in `count` times."""
        return self.below(count) == 0

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """Return one of the items, each as often as its weight says."""
        left = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            if left < weight:
                return item
            left -= weight
        raise AssertionError("unreachable: the weights sum to more than any throw")

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Return the items in another order."""
        rest = list(items)
        for index in range(len(rest) - 1, 0, -1):
            other = self.below(index + 1)
            rest[index], rest[other] = rest[other], rest[index]
        return rest

    def interleaved(self, lists: Sequence[Sequence[T]]) -> list[T]:
        """Return all items in one list; each list's own order stays."""
        turns = self.shuffled(index for index, each in enumerate(lists) for _ in each)
        walkers = [iter(each) for each in lists]
        return [next(walkers[index]) for index in turns]
