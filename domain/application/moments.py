"""Finds the position at which the ledger stood at a block or a time. No search reads the whole log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.application.ports import START, EventLog
from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
)
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import NotFound
from domain.kernel.ids import Position, StreamName
from domain.kernel.streams import Network, chain_stream, network_name_of

_PAGE: Final = 100
_LONG_PAGE: Final = 1_000
_UPWARD: Final = (ChainAdvanced.NAME, BlocksRestored.NAME)
"""What moves the newest block of a chain up."""


def position_at_time(log: EventLog, moment: str) -> Position:
    """Return the last position that was recorded at or before a moment, as `recorded_at` writes it.

    The moments are taken to rise with the positions; where a clock was set back, it is one of the places where the log
    passes the moment. Raises NotFound for a moment before the first event.
    """
    low, high = START, log.head()
    # Everything up to `low` is recorded by then, the event after `high` is not.
    while low < high:
        middle = Position((low + high + 1) // 2)
        if log.read_at([middle])[0].recorded_at <= moment:
            low = middle
        else:
            high = Position(middle - 1)
    if low == START:
        first = log.read(START, 1)
        since = f"begins at {first[0].recorded_at}" if first else "holds no event yet"
        raise NotFound(
            f"nothing was recorded by {moment}",
            hint=f"the ledger {since}",
        )
    return low


def position_at_block(log: EventLog, network: Network, block: int) -> Position:
    """Return the position at which the ledger had read a block of the chain that stands, and nothing after it.

    Where the chain was reorganised, that is the last time it got to the block. Raises NotFound for a block that is
    before the deployment or was not read yet, and for a network that the ledger does not follow.
    """
    stream = chain_stream(network)
    adopted = log.read(START, 1, stream=stream)
    if not adopted or not isinstance(adopted[0].event, ChainAdopted):
        raise NotFound(f"this ledger does not follow {network}", hint="see `/v1/networks`")
    start = adopted[0].event.start_block
    if block < start:
        raise NotFound(
            f"block {block} is before the deployment on {network}",
            hint=f"the ledger reads it from block {start} on",
        )
    after = max(adopted[0].position, _last_fall_below(log, stream, block))
    reached = _first_at(log, stream, block, after)
    if reached is None:
        raise NotFound(
            f"block {block} of {network} is not in the ledger yet",
            hint="ask again when it is read; `/v1/health` says how far that is",
        )
    return _end_of_block(log, reached, network, block)


def _last_fall_below(log: EventLog, stream: StreamName, block: int) -> Position:
    """Return where a reorganisation took the chain below the block for the last time, 0 for never."""
    found = at = START
    while page := log.read(at, _LONG_PAGE, names=(BlocksOrphaned.NAME,)):
        for recorded in page:
            event = recorded.event
            if (
                recorded.stream == stream
                and isinstance(event, BlocksOrphaned)
                and event.fork_block < block
            ):
                found = recorded.position
        at = page[-1].position
    return found


def _first_at(
    log: EventLog, stream: StreamName, block: int, after: Position
) -> RecordedEvent | None:
    """Return the first event above `after` that takes the chain up to the block: from there on it stays above."""
    low, high = after, log.head()
    while low < high:
        middle = Position((low + high) // 2)
        recorded = _next_upward(log, stream, middle)
        if recorded is None or _top(recorded) >= block:
            high = middle
        else:
            low = recorded.position
    reached = _next_upward(log, stream, low)
    if reached is None or _top(reached) < block:
        return None
    if isinstance(reached.event, BlocksRestored) and _top(reached) > block:
        # These blocks came back all at once; they were read one after the other when they were new.
        reached = _next_upward(log, stream, Position(reached.event.restored[0].first - 1))
        while reached is not None and _top(reached) < block:
            reached = _next_upward(log, stream, reached.position)
    return reached


def _next_upward(log: EventLog, stream: StreamName, after: Position) -> RecordedEvent | None:
    at = after
    while page := log.read(at, _PAGE, names=_UPWARD):
        for recorded in page:
            if recorded.stream == stream:
                return recorded
        at = page[-1].position
    return None


def _top(recorded: RecordedEvent) -> int:
    event = recorded.event
    assert isinstance(event, ChainAdvanced | BlocksRestored)
    return event.last_block


def _end_of_block(log: EventLog, reached: RecordedEvent, network: Network, block: int) -> Position:
    """Return the position below the first fact above the block, in the append that ends with `reached`."""
    if _top(reached) == block:
        return reached.position
    end, at = reached.position, reached.position
    while at > 1:
        first = Position(max(1, at - _LONG_PAGE))
        page: Sequence[RecordedEvent] = log.read(Position(first - 1), at - first)
        for recorded in reversed(page):
            if network_name_of(recorded.stream) not in ("", str(network)):
                return _below(end, reached.position)
            if isinstance(recorded.event, AnomalyDetected):
                # It is beside the fact that it is about, which comes next.
                continue
            source = recorded.provenance
            if source is None or source.block_number <= block:
                return _below(end, reached.position)
            end = recorded.position
        at = first
    return _below(end, reached.position)


def _below(first_above: Position, reached: Position) -> Position:
    return reached if first_above == reached else Position(first_above - 1)
