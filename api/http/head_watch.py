"""One thread waits for the log; every live stream waits for that thread.

A stream costs no thread while it has nothing to send, so a thousand idle or slow readers take nothing
from the others.
"""

from __future__ import annotations

import asyncio
import threading

from domain.application.ports import EventLog
from domain.kernel.ids import Position

LOG_WAIT_SECONDS = 1.0
"""Upper bound of one wait in the thread, and so of how long stopping it takes."""

RETRY_SECONDS = 1.0


class HeadWatch:
    """Publishes the log's head to the event loop that started it."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._head = Position(0)
        self._closed = False
        self._stop = threading.Event()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def closed(self) -> bool:
        """Tell whether streams should end."""
        return self._closed

    def start(self) -> None:
        """Begin to watch; call it inside the event loop that the streams run in."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._watch, name="head-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all streams and the thread; may be called from any thread, more than once."""
        self._stop.set()
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        loop.call_soon_threadsafe(self._publish_closed)

    async def wait(self, after: Position, timeout_seconds: float) -> Position:
        """Return the head as soon as it is above `after`, the watch is closed, or the time is over."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while self._head <= after and not self._closed:
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self._head

    def _watch(self) -> None:
        assert self._loop is not None
        seen = Position(0)
        while not self._stop.is_set():
            try:
                head = self._log.wait(seen, LOG_WAIT_SECONDS)
            except Exception:  # noqa: BLE001
                # A database that is busy or gone for a moment must not end the watch for good:
                # the streams themselves report the error to their clients when they read.
                self._stop.wait(RETRY_SECONDS)
                continue
            if head > seen:
                seen = head
                try:
                    self._loop.call_soon_threadsafe(self._publish, head)
                except RuntimeError:  # the loop closed between two waits
                    return

    def _publish(self, head: Position) -> None:
        self._head = head
        self._wake()

    def _publish_closed(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
