"""A bound on live streams."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from domain.kernel.errors import Unavailable

MAX_STREAMS = 500
"""Live streams at once: each holds a connection and at times a batch of events."""


class StreamSlots:
    """Counts live streams, so that clients that never leave cannot take every connection."""

    def __init__(self, limit: int = MAX_STREAMS) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise Unavailable when every slot is taken."""
        if self._taken >= self._limit:
            raise Unavailable(
                f"{self._limit} live streams are open already", hint="try again, or poll /v1/events"
            )

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a slot."""
        with self._lock:
            self._taken += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken -= 1
