"""Following a chain that goes away and comes back, and projecting beside it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from api.bootstrap import writing_ledger
from api.service import Following, Pauses, Projecting, stopped_by_signals
from domain.kernel.errors import CorruptRecord, LedgerError, Unavailable, WrongChain
from domain.kernel.ids import Position
from tests.api.sample import opening

TIMEOUT_SECONDS = 20


class Script:
    """A `pull` that does one thing after the other, and stops the following after the last."""

    def __init__(self, stop: threading.Event, *results: bool | LedgerError) -> None:
        self._stop = stop
        self._results = list(results)
        self.seen: list[str] = []
        self.states: Callable[[], str] = lambda: ""

    def __call__(self) -> bool:
        self.seen.append(self.states())
        result = self._results.pop(0)
        if not self._results:
            self._stop.set()
        if isinstance(result, LedgerError):
            raise result
        return result


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.service.FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr("api.service.FOLLOW_WAIT_SECONDS", 0.001)


@pytest.mark.usefixtures("quick")
def test_a_chain_that_goes_away_is_waited_for_and_checked_when_it_is_back() -> None:
    stop, said, checks = threading.Event(), list[str](), list[str]()
    pull = Script(stop, True, Unavailable("no answer"), Unavailable("no answer"), False, True)
    following = Following(pull, lambda: checks.append("checked"), stop, said.append)
    pull.states = lambda: following.status().state
    following.run()
    assert pull.seen == ["following", "following", "waiting", "waiting", "following"]
    assert len(checks) == 2
    assert said[-1] == "the chain answers again"
    assert "no answer; trying again in" in said[0]


@pytest.mark.usefixtures("quick")
def test_another_chain_at_the_same_address_ends_the_following() -> None:
    stop = threading.Event()
    pull = Script(stop, Unavailable("no answer"), True)

    def check() -> None:
        raise WrongChain("another chain")

    following = Following(pull, check, stop, lambda _: None)
    with pytest.raises(WrongChain):
        following.run()
    assert following.status().state == "stopped"
    assert len(pull.seen) == 1


def test_pauses_grow_to_half_a_minute_and_start_small_again() -> None:
    pauses = Pauses()
    assert [pauses.next_seconds() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    pauses.reset()
    assert pauses.next_seconds() == 0.5


def test_what_is_recorded_is_projected_without_being_asked(tmp_path: Path) -> None:
    stop = threading.Event()
    with (
        writing_ledger(str(tmp_path / "ledger.db"), create=True) as ledger,
        Projecting(ledger.log, ledger.engine, stop, lambda _: None),
    ):
        ledger.log.append(opening(), {})
        waiting = threading.Event()
        for _ in range(TIMEOUT_SECONDS * 100):
            if ledger.read_models.checkpoint("task_board") == 10:
                break
            waiting.wait(0.01)
        assert ledger.read_models.checkpoint("task_board") == 10


def test_a_projection_that_cannot_go_on_stops_the_whole_service(tmp_path: Path) -> None:
    class Broken:
        def catch_up(self, until: Position | None = None) -> Position:
            raise CorruptRecord("a row is damaged")

    stop = threading.Event()
    with writing_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        with Projecting(ledger.log, Broken(), stop, lambda _: None) as projecting:
            assert stop.wait(TIMEOUT_SECONDS)
        with pytest.raises(CorruptRecord):
            projecting.raise_error()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_in_order(number: signal.Signals) -> None:
    stop, said = threading.Event(), list[str]()
    before = signal.getsignal(number)
    with stopped_by_signals(stop, said.append):
        os.kill(os.getpid(), number)
        assert stop.wait(TIMEOUT_SECONDS)
    assert said == [f"stopped by {number.name}"]
    assert signal.getsignal(number) is before
