"""How many blocks one `eth_getLogs` may ask for: learned from what a node refuses.

There is no common error code and no paging (execution-apis leaves both open), so the text decides. Many providers
name a range that would do, or the number of blocks that they allow.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.chain.transport import AnswerTooLarge, RpcError

_TOO_MUCH: Final = (
    "too many",
    "too large",
    "too big",
    "more than",
    "limit exceeded",
    "exceeds",
    "block range",
    "range is too",
    "range limit",
    "query timeout",
    "timed out",
    "response size",
)
"""What nodes and providers say when a range of logs is more than they give at once (Geth, Erigon, Infura,
Alchemy, QuickNode, Ankr)."""

_SUGGESTED: Final = re.compile(
    r"\[\s*(0x[0-9a-f]{1,16})\s*,\s*(0x[0-9a-f]{1,16})\s*\]", re.IGNORECASE
)
_ALLOWED: Final = re.compile(
    r"(?:max(?:imum)?|up to|limited to|limit|exceeds?)\D{0,40}?(\d{1,7})(?:[ -]*blocks?)?\b",
    re.IGNORECASE,
)

_WIDEST: Final = 1 << 30
_GROWTH_AFTER: Final = 16


def asks_for_less(error: RpcError | AnswerTooLarge) -> bool:
    """Tell whether the node refused because the range or its answer is too large."""
    if isinstance(error, AnswerTooLarge):
        return True
    text = error.message.lower()
    return any(phrase in text for phrase in _TOO_MUCH)


class LogRanges:
    """The width that a node has been found to answer. It shrinks on a refusal and grows again after successes."""

    def __init__(self) -> None:
        self._width = _WIDEST
        self._successes = 0

    @property
    def width(self) -> int:
        """How many blocks to ask for at most."""
        return self._width

    def parts(self, low: int, high: int) -> list[tuple[int, int]]:
        """Return a range in parts that the node should answer, the last one first."""
        starts = range(low, high + 1, self._width)
        return [(start, min(high, start + self._width - 1)) for start in reversed(starts)]

    def refused(self, low: int, high: int, error: RpcError | AnswerTooLarge) -> None:
        """Take in that a range of more than one block was too much: what it suggests, else half as many, next time."""
        blocks = high - low + 1
        self._width = max(1, min(blocks - 1, _suggested_width(error.message, low, blocks)))
        self._successes = 0

    def succeeded(self, low: int, high: int) -> None:
        """Take in that a range was answered; wider ones are tried after some of these."""
        if high - low + 1 < self._width or self._width >= _WIDEST:
            return
        self._successes += 1
        if self._successes >= _GROWTH_AFTER:
            self._width += max(1, self._width // 4)
            self._successes = 0


def _suggested_width(text: str, low: int, blocks: int) -> int:
    """Return the width that a refusal names: one that begins where ours did, or a number of blocks below ours."""
    if found := _SUGGESTED.search(text):
        first, last = int(found[1], 16), int(found[2], 16)
        if first == low and last >= first:
            return last - first + 1
    if "block" in text.lower() and (found := _ALLOWED.search(text)):
        allowed = int(found[1])
        if 0 < allowed < blocks:
            return allowed
    return blocks // 2
