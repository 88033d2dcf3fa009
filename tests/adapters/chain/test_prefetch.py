"""Reading ahead changes when nodes are asked, and never what is read."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chain.prefetch import PrefetchingReader
from domain.application.ports import TranslatedLog
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import BlockNumber, StreamName
from domain.network.events import NetworkPaused
from tests.support.chain_fakes import InventedChain, account

BLOCKS = 400


def fact(number: int) -> tuple[StreamName, Event]:
    return StreamName("network:7.x"), NetworkPaused(by=account(number))


class Reader(InventedChain):
    """A chain that counts from which threads it was read, and may fail where it is read ahead."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.threads: set[str] = set()
        self.fails_ahead = False

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        name = threading.current_thread().name
        self.threads.add(name.partition("_")[0])
        if self.fails_ahead and name.startswith("reading"):
            raise Unavailable("not now")
        return super().facts(first, last)

    def close(self) -> None:
        return


def chain() -> Reader:
    made = Reader()
    for number in range(BLOCKS):
        made.mine(*[fact(number * 10 + each) for each in range(number % 4)])
    return made


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(1, 3))
def test_ranges_of_any_lengths_give_what_the_chain_has(widths: list[int], workers: int) -> None:
    made = chain()
    with PrefetchingReader(lambda: made, workers=workers) as reader:
        reader.head()
        first = 1
        for width in widths:
            last = min(first + width - 1, BLOCKS)
            if first > last:
                break
            wanted = [fact for number in range(first, last + 1) for fact in made.logs[number]]
            assert list(reader.facts(BlockNumber(first), BlockNumber(last))) == wanted
            first = last + 1


def test_what_was_read_ahead_of_a_reorganisation_is_not_given_out() -> None:
    made = chain()
    with PrefetchingReader(lambda: made) as reader:
        reader.head()
        reader.facts(BlockNumber(1), BlockNumber(50))
        # The next ranges have been read, or are being read, when their blocks are replaced.
        made.reorganise(40)
        assert reader.facts(BlockNumber(51), BlockNumber(100)) == []


def test_an_error_ahead_is_not_told_before_the_range_is_asked_for_and_tried_again() -> None:
    made = chain()
    made.fails_ahead = True
    with PrefetchingReader(lambda: made) as reader:
        reader.head()
        for first in range(1, 201, 50):
            wanted = [fact for number in range(first, first + 50) for fact in made.logs[number]]
            assert list(reader.facts(BlockNumber(first), BlockNumber(first + 49))) == wanted


def test_other_threads_read_ahead_and_stop_before_the_head() -> None:
    made = chain()
    with PrefetchingReader(lambda: made) as reader:
        reader.head()
        reader.facts(BlockNumber(1), BlockNumber(50))
        reader.facts(BlockNumber(51), BlockNumber(100))
    assert "reading" in made.threads
    assert max(last for _, last in made.asked_ranges) <= BLOCKS - 64
