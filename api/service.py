"""Long-running parts of `run`, `serve` and the demo: a thread that projects, and a loop that follows a chain.

Both retry what may pass (Unavailable) with growing pauses and stop at once for anything else.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from api.ledger import Engine, Follower
from domain.application.ports import EventLog
from domain.kernel.errors import InternalError, LedgerError, Unavailable, VersionConflict

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

PROJECT_WAIT_SECONDS = 1.0
FOLLOW_WAIT_SECONDS = 0.5

Say = Callable[[str], None]


class Pauses:
    """Growing pauses between attempts, from half a second to thirty, back to the start after a success."""

    def __init__(self) -> None:
        self._next_seconds = FIRST_PAUSE_SECONDS

    def next_seconds(self) -> float:
        """Return how long to wait now."""
        seconds = self._next_seconds
        self._next_seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
        return seconds

    def reset(self) -> None:
        """Start small again."""
        self._next_seconds = FIRST_PAUSE_SECONDS


class Projecting:
    """Folds new events into the read models as soon as they are recorded, in a thread of its own."""

    def __init__(self, log: EventLog, engine: Engine, stop: threading.Event, say: Say) -> None:
        self._log = log
        self._engine = engine
        self._stop = stop
        self._say = say
        self._thread = threading.Thread(target=self._run, name="projecting", daemon=True)
        self._error: LedgerError | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(LONGEST_PAUSE_SECONDS)

    def raise_error(self) -> None:
        """Raise what ended the thread early, if anything did; it has set the stop event then."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        pauses = Pauses()
        while not self._stop.is_set():
            try:
                reached = self._engine.catch_up()
                self._log.wait(reached, PROJECT_WAIT_SECONDS)
                pauses.reset()
            except VersionConflict:
                # Another process projected the same events; what is left is looked at next.
                self._stop.wait(FIRST_PAUSE_SECONDS)
            except Unavailable as error:
                seconds = pauses.next_seconds()
                self._say(f"{error.message}; projecting again in {seconds:g} s")
                self._stop.wait(seconds)
            except LedgerError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
                self._fail(InternalError(f"projecting failed: {error!r}"))

    def _fail(self, error: LedgerError) -> None:
        self._error = error
        self._stop.set()


class Following:
    """Pulls facts from a chain until told to stop; `status` is what health reports."""

    def __init__(
        self, pull: Callable[[], bool], check: Callable[[], None], stop: threading.Event, say: Say
    ) -> None:
        self._pull = pull
        self._check = check
        self._stop = stop
        self._say = say
        self._status = Follower("following")

    def status(self) -> Follower:
        """Return how it goes."""
        return self._status

    def run(self) -> None:
        """Follow until the stop event is set.

        `pull` records what is new and returns whether more is known to be there. Raises its error, except
        Unavailable: then it says so and tries again after a pause, once `check` finds the same chain there.
        """
        pauses = Pauses()
        while not self._stop.is_set():
            try:
                if self._status.state == "waiting":
                    self._check()
                more = self._pull()
            except Unavailable as error:
                seconds = pauses.next_seconds()
                self._status = Follower("waiting", error.message)
                self._say(f"{error.message}; trying again in {seconds:g} s")
                self._stop.wait(seconds)
                continue
            except LedgerError as error:
                self._status = Follower("stopped", error.message)
                raise
            if self._status.state == "waiting":
                self._say("the chain answers again")
                self._status = Follower("following")
            pauses.reset()
            if not more:
                self._stop.wait(FOLLOW_WAIT_SECONDS)


@contextmanager
def stopped_by_signals(stop: threading.Event, say: Say) -> Iterator[None]:
    """Set `stop` on SIGINT and SIGTERM, and say so at the end; a second SIGINT interrupts at once."""
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            say(f"stopped by {signal.Signals(received[0]).name}")
