"""Whoever waits for the head is woken by what this process announces, without looking at the file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.eventstore.headwatch import HeadWatch


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[HeadWatch]:
    """A watch over a file that does not exist: polling finds nothing."""
    made = HeadWatch(tmp_path / "absent.db", "SELECT MAX(position) FROM stored_events")
    yield made
    made.close()


def waiting(watch: HeadWatch, after: int, outcomes: list[bool]) -> threading.Thread:
    thread = threading.Thread(
        target=lambda: outcomes.append(watch.wait_above(after, 600)), daemon=True
    )
    thread.start()
    while watch._waiters == 0:
        pass
    return thread


def test_an_announced_head_wakes_those_that_wait_for_it(watch: HeadWatch) -> None:
    outcomes: list[bool] = []
    thread = waiting(watch, 5, outcomes)
    watch.announce(5)
    thread.join(0.05)
    assert outcomes == []
    watch.announce(6)
    thread.join(60)
    assert outcomes == [True]


def test_a_head_that_was_announced_is_not_waited_for(watch: HeadWatch) -> None:
    watch.announce(9)
    watch.announce(3)
    assert watch.wait_above(8, 600)
    assert not watch.wait_above(9, 0.01)


def test_closing_ends_every_wait(watch: HeadWatch) -> None:
    outcomes: list[bool] = []
    thread = waiting(watch, 5, outcomes)
    watch.close()
    thread.join(60)
    assert outcomes == [False]
    assert not watch.wait_above(5, 600)


def test_listeners_hear_each_rise_until_they_are_removed(watch: HeadWatch) -> None:
    heard: list[str] = []

    def listener() -> None:
        heard.append("rise")

    watch.add_listener(listener)
    watch.announce(1)
    watch.announce(1)
    watch.announce(2)
    watch.remove_listener(listener)
    watch.remove_listener(listener)
    watch.announce(3)
    assert heard == ["rise", "rise"]
