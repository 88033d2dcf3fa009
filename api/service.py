"""Long-running parts of `run`, `serve` and the demo: a thread that projects, and a loop that follows a chain.

Both retry what may pass (Unavailable) with growing pauses and stop at once for anything else.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self

from api.ledger import ChainFollower, EndpointHealth, Engine, Follower
from domain.application.healing import IngestionHalted
from domain.application.ports import EventLog
from domain.kernel.errors import InternalError, LedgerError, Unavailable, VersionConflict

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

PROJECT_WAIT_SECONDS = 1.0
FOLLOW_WAIT_SECONDS = 0.5
HALTED_WAIT_SECONDS = 2.0
ANNOUNCED_POLLS = 4
"""How many times as long a follower rests while new blocks are announced to it."""

SEND_WAIT_SECONDS = 1.0

_STATES = ("following", "waiting", "halted", "stopped")
_HELD_UP = ("waiting", "halted")

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


class _InThread:
    """Takes turns in a thread of its own until told to stop; what may pass is tried again after a pause."""

    def __init__(
        self, doing: str, turn: Callable[[], None], stop: threading.Event, say: Say
    ) -> None:
        self._doing = doing
        self._turn = turn
        self._stop = stop
        self._say = say
        self._thread = threading.Thread(target=self._run, name=doing, daemon=True)
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
                self._turn()
                pauses.reset()
            except VersionConflict:
                # Another process did the same; what is left is looked at next.
                self._stop.wait(FIRST_PAUSE_SECONDS)
            except Unavailable as error:
                seconds = pauses.next_seconds()
                self._say(f"{error.message}; {self._doing} again in {seconds:g} s")
                self._stop.wait(seconds)
            except LedgerError as error:
                self._fail(error)
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
                self._fail(InternalError(f"{self._doing} failed: {error!r}"))

    def _fail(self, error: LedgerError) -> None:
        self._error = error
        self._stop.set()


class Wake:
    """Ends a follower's rest early. `announced` says whether new blocks are announced, so that polling may be slow."""

    def __init__(self, announced: Callable[[], bool] = lambda: False) -> None:
        self.announced = announced
        self._event = threading.Event()

    def set(self) -> None:
        """Wake whoever rests, or end the next rest at once."""
        self._event.set()

    def rest(self, stop: threading.Event) -> None:
        """Wait until woken, stopped, or until it is time to poll."""
        polls = ANNOUNCED_POLLS if self.announced() else 1
        for _ in range(polls):
            if stop.is_set() or self._event.wait(FOLLOW_WAIT_SECONDS):
                break
        self._event.clear()


class Projecting(_InThread):
    """Folds new events into the read models as soon as they are recorded, in a thread of its own."""

    def __init__(self, log: EventLog, engine: Engine, stop: threading.Event, say: Say) -> None:
        def turn() -> None:
            log.wait(engine.catch_up(), PROJECT_WAIT_SECONDS)

        super().__init__("projecting", turn, stop, say)


class Sending(_InThread):
    """Works off the outbox in a thread of its own.

    `step` does what can be done now, and returns what holds something up, "" for nothing.
    """

    def __init__(
        self, log: EventLog, step: Callable[[], str], stop: threading.Event, say: Say
    ) -> None:
        said = ""

        def turn() -> None:
            nonlocal said
            head = log.head()
            note = step()
            if note not in ("", said):
                say(note)
            said = note
            log.wait(head, SEND_WAIT_SECONDS)

        super().__init__("sending", turn, stop, say)


class Following:
    """Pulls facts from a chain until told to stop; `status` is what health reports."""

    def __init__(
        self,
        pull: Callable[[], bool],
        check: Callable[[], None],
        stop: threading.Event,
        say: Say,
        *,
        wake: Wake | None = None,
    ) -> None:
        self._pull = pull
        self._check = check
        self._stop = stop
        self._say = say
        self._wake = wake or Wake()
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
                if self._status.state in _HELD_UP:
                    self._check()
                more = self._pull()
            except IngestionHalted as error:
                # Somebody may heal the chain at any time; until then there is nothing to try harder.
                if self._status.state != "halted":
                    self._say(f"{error.message}; {error.hint}")
                self._status = Follower("halted", error.message)
                self._stop.wait(HALTED_WAIT_SECONDS)
                continue
            except Unavailable as error:
                seconds = pauses.next_seconds()
                self._status = Follower("waiting", error.message)
                self._say(f"{error.message}; trying again in {seconds:g} s")
                self._stop.wait(seconds)
                continue
            except LedgerError as error:
                self._status = Follower("stopped", error.message)
                raise
            if self._status.state in _HELD_UP:
                self._say(
                    "the chain is healed"
                    if self._status.state == "halted"
                    else "the chain answers again"
                )
                self._status = Follower("following")
            pauses.reset()
            if not more:
                self._wake.rest(self._stop)


@dataclass(frozen=True, slots=True)
class Watched:
    """A following, the deployment that it follows, and how the nodes do that it reads through."""

    network: str
    following: Following
    endpoints: Callable[[], Sequence[EndpointHealth]]


class FollowingAll:
    """Follows several chains, each in a thread of its own; the first error ends all."""

    def __init__(self, watched: Sequence[Watched], stop: threading.Event) -> None:
        self._watched = watched
        self._stop = stop
        self._error: LedgerError | None = None

    def status(self) -> Follower:
        """Return how all of them go: the worst state, and each by itself."""
        chains: list[ChainFollower] = []
        for each in self._watched:
            state = each.following.status()
            chains.append(ChainFollower(each.network, state.state, state.detail, each.endpoints()))
        worst = max(chains, key=lambda chain: _STATES.index(chain.state))
        return Follower(worst.state, worst.detail, tuple(chains))

    def run(self) -> None:
        """Follow until the stop event is set. Raises the first error of a chain, and has stopped all then."""
        threads = [
            threading.Thread(target=self._run, args=(each,), name=f"following {each.network}")
            for each in self._watched
        ]
        for thread in threads:
            thread.start()
        try:
            self._stop.wait()
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        if self._error is not None:
            raise self._error

    def _run(self, watched: Watched) -> None:
        try:
            watched.following.run()
        except LedgerError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to
            self._fail(InternalError(f"following {watched.network} failed: {error!r}"))

    def _fail(self, error: LedgerError) -> None:
        if self._error is None:
            self._error = error
        self._stop.set()


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
