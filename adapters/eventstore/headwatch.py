"""Wakes whoever waits for the head of the log: at once for commits of this process, by polling for others'."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from adapters.eventstore.database import connect

BUSY_POLL_SECONDS = 0.002
"""How often another process's commits are looked for while anybody waits and there was one a moment ago."""

QUIET_POLL_SECONDS = 0.005
"""How often while anybody waits and nothing has happened for a while."""

QUIET_AFTER_SECONDS = 1.0


class HeadWatch:
    """Knows the highest position that was announced, and wakes waiters and listeners when it rises.

    One daemon thread per log looks at `PRAGMA data_version`, which changes when another connection commits
    (https://www.sqlite.org/pragma.html#pragma_data_version); it sleeps while nobody waits, and looks less often when
    nothing happens.
    """

    def __init__(self, path: Path, head_statement: str) -> None:
        self._path = path
        self._head_statement = head_statement
        lock = threading.Lock()
        self._risen = threading.Condition(lock)
        self._wanted = threading.Condition(lock)
        self._head = 0
        self._waiters = 0
        self._listeners: list[Callable[[], None]] = []
        self._closed = False
        self._thread: threading.Thread | None = None
        self._changed_at = time.monotonic()

    def announce(self, head: int) -> None:
        """Tell everybody that positions up to `head` are committed."""
        with self._risen:
            if head <= self._head:
                return
            self._head = head
            self._risen.notify_all()
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def wait_above(self, after: int, timeout_seconds: float) -> bool:
        """Block until a head above `after` is announced; False when the time is over or the log was closed."""
        deadline = time.monotonic() + timeout_seconds
        with self._risen:
            self._waiters += 1
            self._start()
            try:
                while self._head <= after and not self._closed:
                    remaining = deadline - time.monotonic()
                    if remaining <= 0:
                        return False
                    self._risen.wait(remaining)
                return self._head > after
            finally:
                self._waiters -= 1

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each rise of the head, from whichever thread noticed it."""
        with self._risen:
            self._listeners.append(listener)
            self._start()

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Forget a listener; unknown ones are ignored."""
        with self._risen:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def close(self) -> None:
        """Wake everybody and stop the thread."""
        with self._risen:
            self._closed = True
            self._risen.notify_all()
            self._wanted.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _start(self) -> None:
        # Called with the lock held.
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._poll, name="ledger-head", daemon=True)
            self._thread.start()
        self._wanted.notify()

    def _poll(self) -> None:
        connection: sqlite3.Connection | None = None
        seen = -1
        while self._rest():
            try:
                if connection is None:
                    connection, seen = connect(self._path, "ro"), -1
                # The version first: a commit between the two reads shows at the next look.
                version = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    head = connection.execute(self._head_statement).fetchone()[0] or 0
                    seen = version
                    self._changed_at = time.monotonic()
                    self.announce(head)
            except sqlite3.Error:
                # Busy or gone for a moment: the next look takes a new connection; readers report lasting trouble.
                if connection is not None:
                    connection.close()
                    connection = None
        if connection is not None:
            connection.close()

    def _rest(self) -> bool:
        """Sleep until the next look is due; False when the watch is closed."""
        with self._wanted:
            if self._waiters or self._listeners:
                is_quiet = time.monotonic() - self._changed_at > QUIET_AFTER_SECONDS
                pace_seconds = QUIET_POLL_SECONDS if is_quiet else BUSY_POLL_SECONDS
                self._wanted.wait(pace_seconds)
            while not self._closed and self._waiters == 0 and not self._listeners:
                self._wanted.wait()
            return not self._closed
