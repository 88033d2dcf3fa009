"""The nodes of one chain: what they are called, and how well each has answered lately."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from adapters.chain.rpc import public_part

LAG_BLOCKS: Final = 3
"""A node that is more blocks than this behind the best one is asked only when no other answers."""

_WEIGHT: Final = 0.2
_FIRST_REST_SECONDS: Final = 1.0
_LONGEST_REST_SECONDS: Final = 60.0
_GUESS_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """How a node does: `state` is `ok`, `resting` after failures, or `behind`. `error` is one line, fit to be shown."""

    label: str
    state: str
    latency_ms: float
    failures: int
    head: int | None
    error: str


class Endpoint:
    """A node's URL, which is never shown, its label, and its health. Threads may share it."""

    def __init__(
        self, label: str, url: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.label: Final = label
        self.url: Final = url
        self._clock = clock
        self._lock = threading.Lock()
        self._latency_seconds = _GUESS_SECONDS
        self._failures = 0
        self._rests_until = 0.0
        self._head: int | None = None
        self._blocks_behind = 0
        self._error = ""

    def __repr__(self) -> str:
        return f"Endpoint({self.label})"

    def answered(self, seconds: float) -> None:
        """Take in that it answered."""
        with self._lock:
            self._latency_seconds += _WEIGHT * (seconds - self._latency_seconds)
            self._failures, self._error, self._rests_until = 0, "", 0.0

    def failed(self, reason: str) -> None:
        """Take in that it did not answer, or answered what cannot be: it rests, longer each time."""
        with self._lock:
            self._failures += 1
            rest = min(
                _LONGEST_REST_SECONDS, _FIRST_REST_SECONDS * 2 ** min(self._failures - 1, 10)
            )
            self._rests_until = self._clock() + rest
            self._error = reason

    def saw_head(self, head: int, best: int) -> str:
        """Take in its newest block and the best one of all; return what is odd about it, in words, or nothing."""
        with self._lock:
            before, was_behind = self._head, self._blocks_behind > LAG_BLOCKS
            self._head, self._blocks_behind = head, max(0, best - head)
            is_behind = self._blocks_behind > LAG_BLOCKS
        if is_behind and not was_behind:
            return f"{self.label} is {best - head} blocks behind: its newest is {head}, others have {best}"
        if before is not None and head < before - LAG_BLOCKS:
            return f"{self.label} went back from block {before} to {head}"
        return ""

    def rank(self) -> tuple[bool, bool, float]:
        """Return by what to choose: the least one is asked first."""
        with self._lock:
            return (
                self._clock() < self._rests_until,
                self._blocks_behind > LAG_BLOCKS,
                self._latency_seconds * (1 + self._failures),
            )

    def status(self) -> EndpointStatus:
        """Return how it does."""
        resting, behind, _ = self.rank()
        with self._lock:
            return EndpointStatus(
                label=self.label,
                state="resting" if resting else "behind" if behind else "ok",
                latency_ms=round(1000 * self._latency_seconds, 1),
                failures=self._failures,
                head=self._head,
                error=self._error,
            )


def endpoints_of(urls: Sequence[str]) -> list[Endpoint]:
    """Return the nodes with labels: the host, with its port and a number where that says too little.

    Raises InvalidInput for a URL that is none.
    """
    hosts = [urlsplit(public_part(url)).netloc for url in urls]
    seen: Counter[str] = Counter()
    endpoints: list[Endpoint] = []
    for url, host in zip(urls, hosts, strict=True):
        seen[host] += 1
        label = host if seen[host] == 1 else f"{host}#{seen[host]}"
        endpoints.append(Endpoint(label, url))
    return endpoints
