"""Wakes whoever waits for the head of a log in PostgreSQL, and subscriptions that outlive lost connections."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import asyncpg
from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    PersistenceError,
)

from adapters.eventstore.postgres_errors import is_lost_connection
from adapters.eventstore.postgres_pool import CONNECT_TIMEOUT_SECONDS, PostgresDatastore
from adapters.eventstore.postgres_settings import connect_arguments

POLL_SECONDS: Final = 0.02
"""How often the head is read while anybody waits, should a notification be lost."""

LINGER_SECONDS: Final = 10.0
"""How long the connection stays when nobody waits any more: those who wait again and again find it there."""

QUERY_TIMEOUT_SECONDS: Final = 5.0
FIRST_RETRY_SECONDS: Final = 0.02
LONGEST_RETRY_SECONDS: Final = 0.5
OUTAGE_SECONDS: Final = 300.0
"""How long a subscription keeps trying while the server does not answer; then it ends with the error."""


class PostgresHeadWatch:
    """Tells listeners when the head of one log rises.

    At once for commits of this process, by NOTIFY for those of others, and by reading the head at short intervals in
    case a notification did not arrive (or cannot: a standby sends none). One connection, made when the first listener
    comes and again when it is lost.
    """

    def __init__(self, datastore: PostgresDatastore, channel: str, head_statement: str) -> None:
        self._datastore = datastore
        self._channel = channel
        self._head_statement = head_statement
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._head = 0
        self._announced = 0
        self._look = asyncio.Event()
        self._cancel: Callable[[], object] | None = None
        self._closed = False
        datastore.on_close(self.close)

    def announce(self, head: int) -> None:
        """Tell everybody that positions up to `head` are committed."""
        with self._lock:
            if head <= self._head:
                return
            self._head = head
            self._announced += 1
        self._wake()

    def wait_above(self, after: int, timeout_seconds: float) -> bool:
        """Block until the head is above `after`; False when the time is over or the log was closed."""
        deadline = time.monotonic() + timeout_seconds
        risen = threading.Event()
        self.add_listener(risen.set)
        try:
            while self._head <= after and not self._closed:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    return False
                risen.wait(remaining)
                risen.clear()
            return self._head > after
        finally:
            self.remove_listener(risen.set)

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each rise of the head, from whichever thread noticed it; it must not block."""
        with self._lock:
            self._listeners.append(listener)
            if self._cancel is None and not self._closed:
                self._cancel = self._datastore.loop.start(self._follow())
        self._datastore.loop.soon(self._look.set)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Forget a listener; unknown ones are ignored."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def close(self) -> None:
        """Wake everybody for the last time."""
        with self._lock:
            self._closed = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    def _notified(self, *_: object) -> None:
        # Anybody may send on a channel, so what was sent is not believed; it only costs a look.
        self._look.set()

    def _seen(self, head: int, announced: int) -> None:
        """Take in a head that was read after `announced` announcements.

        It is lower than the one before only when the database was put back, by a standby or a backup.
        """
        with self._lock:
            rises = head > self._head
            if rises or announced == self._announced:
                self._head = head
        if rises:
            self._wake()

    def _nobody_waits(self) -> bool:
        with self._lock:
            if self._listeners:
                return False
            self._cancel = None
            return True

    async def _follow(self) -> None:
        pause, wanted_at = FIRST_RETRY_SECONDS, time.monotonic()
        while True:
            connection = None
            try:
                connection = await asyncpg.connect(
                    **connect_arguments(self._datastore.target),
                    timeout=CONNECT_TIMEOUT_SECONDS,
                    command_timeout=QUERY_TIMEOUT_SECONDS,
                )
                with suppress(asyncpg.PostgresError):
                    await connection.add_listener(self._channel, self._notified)
                head = await connection.prepare(self._head_statement)
                pause = FIRST_RETRY_SECONDS
                while True:
                    # First the head, then the pause: what was committed before LISTEN has no other signal.
                    announced = self._announced
                    self._seen(await head.fetchval() or 0, announced)
                    if self._listeners:
                        wanted_at = time.monotonic()
                    elif time.monotonic() > wanted_at + LINGER_SECONDS and self._nobody_waits():
                        return
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._look.wait(), POLL_SECONDS)
                    self._look.clear()
            except Exception:  # noqa: BLE001 - a connection lost at a bad moment has many faces
                if self._nobody_waits():
                    return
                # Readers report lasting trouble; here it only means to try again.
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_RETRY_SECONDS)
            finally:
                if connection is not None:
                    connection.terminate()


class PostgresSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """Pulls whenever the watch says that the head has risen, and goes on after lost connections and restarts.

    The position moves when events are handed over and not before, so none is lost or doubled. Ends with the library's
    OperationalError when the server stays away for OUTAGE_SECONDS.
    """

    def __init__(
        self,
        recorder: ApplicationRecorder,
        watch: PostgresHeadWatch,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        self._watch = watch
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        watch.add_listener(self._has_been_notified.set)
        # What was committed between the first pull and the registration has no other signal.
        self._has_been_notified.set()

    def stop(self) -> None:
        """End the iteration; safe to call again and from any thread."""
        self._watch.remove_listener(self._has_been_notified.set)
        super().stop()

    def _pull(self) -> None:
        pause, deadline = FIRST_RETRY_SECONDS, time.monotonic() + OUTAGE_SECONDS
        while True:
            reached = self._last_notification_id
            try:
                super()._pull()
            except PersistenceError as error:
                if self._last_notification_id != reached:
                    deadline = time.monotonic() + OUTAGE_SECONDS
                if not is_lost_connection(error) or time.monotonic() > deadline:
                    raise
            else:
                return
            self._has_been_notified.wait(pause)
            pause = min(2 * pause, LONGEST_RETRY_SECONDS)
