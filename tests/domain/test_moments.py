"""Blocks and times lead to the position at which the ledger stood there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.application.moments import position_at_block, position_at_time
from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
)
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import NotFound
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import ranges_of
from domain.kernel.streams import Network, chain_stream, node_stream
from domain.node.events import NodeRegistered
from tests.support.events import NETWORK, OTHER_NETWORK, account, fact, word
from tests.support.memory import MemoryLog

START_BLOCK = 10


def adopted(network: Network) -> NewEvent:
    event = ChainAdopted(
        chain_id=network.chain_id,
        genesis_hash=word("genesis"),
        start_block=BlockNumber(START_BLOCK),
        token=account(1),
        arbiter=network.arbiter,
        registry=account(2),
        verifier=account(3),
        timelock=account(4),
    )
    return NewEvent(stream=chain_stream(network), event=event)


def advanced(network: Network, first: int, last: int) -> NewEvent:
    event = ChainAdvanced(
        first_block=BlockNumber(first),
        last_block=BlockNumber(last),
        last_block_hash=word(f"block {last}"),
        last_block_time=Timestamp(last),
        facts=0,
    )
    return NewEvent(stream=chain_stream(network), event=event)


def orphaned(network: Network, fork: int, top: int, voided: Sequence[int]) -> NewEvent:
    event = BlocksOrphaned(
        fork_block=BlockNumber(fork),
        fork_block_hash=word(f"block {fork}"),
        fork_block_time=Timestamp(fork),
        orphaned_last_block=BlockNumber(top),
        orphaned_last_block_hash=word(f"block {top}"),
        facts=len(voided),
        voided=ranges_of([Position(p) for p in voided]),
    )
    return NewEvent(stream=chain_stream(network), event=event)


@dataclass
class Reader:
    """A chain as it is read: where each of its blocks was complete, and where its facts are."""

    network: Network
    top: int
    complete: dict[int, int]
    facts: dict[int, list[int]]


class History:
    """A log of two chains, and what is to be found in it."""

    def __init__(self) -> None:
        self.events: list[NewEvent] = []
        self.readers = [
            Reader(network, START_BLOCK - 1, {}, {}) for network in (NETWORK, OTHER_NETWORK)
        ]
        self.events += [adopted(reader.network) for reader in self.readers]

    def advance(self, reader: Reader, counts: Sequence[int]) -> None:
        """Read as many blocks as there are counts, each with so many facts and an anomaly beside every second."""
        first = reader.top + 1
        complete: dict[int, int] = {}
        for block, count in enumerate(counts, start=first):
            reader.facts[block] = []
            for index in range(count):
                node = NodeRegistered(node=account(block), metadata_uri="")
                self.events.append(fact(node, block, index, reader.network))
                reader.facts[block].append(len(self.events))
                if index % 2:
                    self.events.append(anomaly(reader.network))
            complete[block] = len(self.events)
        self.events.append(advanced(reader.network, first, reader.top + len(counts)))
        reader.top += len(counts)
        # Whatever is above the last fact belongs to the cursor.
        last_fact = max(complete.values())
        for block, position in complete.items():
            quiet = all(not reader.facts[b] for b in range(block + 1, reader.top + 1))
            reader.complete[block] = len(self.events) if quiet else min(position, last_fact)

    def fall(self, reader: Reader, fork: int) -> None:
        """Orphan what is above `fork`."""
        gone = [p for block, ps in reader.facts.items() if block > fork for p in ps]
        self.events.append(orphaned(reader.network, fork, reader.top, gone))
        reader.facts = {b: ps for b, ps in reader.facts.items() if b <= fork}
        reader.complete = {b: p for b, p in reader.complete.items() if b <= fork}
        reader.top = fork


def anomaly(network: Network) -> NewEvent:
    stream = node_stream(network, account(1))
    event = AnomalyDetected(
        subject=stream,
        fact_name="node.registered",
        transaction_hash=word("t"),
        log_index=0,
        rule="twice",
        detail="",
    )
    return NewEvent(stream=stream, event=event)


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    for _ in range(draw(st.integers(1, 12))):
        reader: Reader = draw(st.sampled_from(history.readers))
        if reader.top > START_BLOCK and draw(st.integers(0, 3)) == 0:
            history.fall(reader, draw(st.integers(START_BLOCK, reader.top - 1)))
        else:
            counts: list[int] = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
            history.advance(reader, counts)
    return history


@settings(max_examples=200, deadline=None)
@given(history=histories())
def test_a_block_is_found_where_the_chain_that_stands_had_read_it_and_nothing_more(
    history: History,
) -> None:
    log = MemoryLog(history.events)
    for reader in history.readers:
        for block, position in reader.complete.items():
            assert position_at_block(log, reader.network, block) == position
        for block in (START_BLOCK - 1, reader.top + 1):
            with pytest.raises(NotFound) as refusal:
                position_at_block(log, reader.network, block)
            assert refusal.value.hint


def test_a_block_that_came_back_is_found_where_it_was_read_first() -> None:
    history = History()
    (reader, _) = history.readers
    history.advance(reader, [1, 1, 1])
    complete = dict(reader.complete)
    voided = [p for block in (11, 12) for p in reader.facts[block]]
    history.fall(reader, 10)
    back = BlocksRestored(
        first_block=BlockNumber(11),
        last_block=BlockNumber(12),
        last_block_hash=word("block 12"),
        facts=2,
        restored=ranges_of([Position(p) for p in voided]),
    )
    history.events.append(NewEvent(stream=chain_stream(NETWORK), event=back))
    restored_at = len(history.events)
    history.events.append(advanced(NETWORK, 13, 13))
    log = MemoryLog(history.events)
    assert position_at_block(log, NETWORK, 11) == complete[11]
    assert position_at_block(log, NETWORK, 12) == restored_at
    assert position_at_block(log, NETWORK, 13) == restored_at + 1


def test_a_network_that_is_not_followed_has_no_blocks() -> None:
    with pytest.raises(NotFound):
        position_at_block(MemoryLog([adopted(NETWORK)]), OTHER_NETWORK, 12)


class DatedLog(MemoryLog):
    """A log whose events were recorded at given seconds."""

    def __init__(self, seconds: Sequence[int]) -> None:
        super().__init__([adopted(NETWORK)] * len(seconds))
        self._seconds = seconds
        self.reads = 0

    def read_at(self, positions: Sequence[Position]) -> Sequence[RecordedEvent]:
        self.reads += 1
        return [
            replace(event, recorded_at=at(self._seconds[event.position - 1]))
            for event in super().read_at(positions)
        ]


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}.000000Z"


@given(seconds=st.lists(st.integers(0, 50), min_size=1, max_size=40), asked=st.integers(0, 59))
def test_a_time_is_found_at_the_last_event_recorded_by_then(seconds: list[int], asked: int) -> None:
    seconds.sort()
    log = DatedLog(seconds)
    expected = sum(second <= asked for second in seconds)
    if expected:
        assert position_at_time(log, at(asked)) == expected
    else:
        with pytest.raises(NotFound) as refusal:
            position_at_time(log, at(asked))
        assert refusal.value.hint
    assert log.reads <= len(seconds).bit_length() + 1, "a search that reads the whole log"
