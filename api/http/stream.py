"""Server-sent events: catch-up from the log in batches, then live.

Every event is sent at least once and in order; its `id` is its position, so a client that comes back with
`Last-Event-ID` goes on after the last event it saw and drops what it already knows by position.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import orjson
from starlette.concurrency import run_in_threadpool

from api.event_finality import shown_events
from api.http.head_watch import HeadWatch
from api.ledger import Ledger
from domain.kernel.ids import Position, StreamName

BATCH_EVENTS = 500
HEARTBEAT_SECONDS = 10.0
RECONNECT_MILLISECONDS = 2000

HEARTBEAT = b": alive\n\n"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one client asked for."""

    after: Position
    names: Sequence[str]
    stream: StreamName | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded events and how far the log was searched for them."""

    chunk: bytes
    scanned: Position


async def event_chunks(
    ledger: Ledger,
    watch: HeadWatch,
    subscription: Subscription,
    is_disconnected: Callable[[], Awaitable[bool]],
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
) -> AsyncGenerator[bytes, None]:
    """Yield what goes over the wire until the client leaves or the server stops."""
    yield b"retry: %d\n\n" % RECONNECT_MILLISECONDS
    position = subscription.after
    while not watch.closed and not await is_disconnected():
        batch = await run_in_threadpool(_read_batch, ledger, subscription, position)
        if batch.chunk:
            yield batch.chunk
        if batch.scanned > position:
            position = batch.scanned
            continue
        if await watch.wait(position, heartbeat_seconds) <= position and not watch.closed:
            yield HEARTBEAT


def _read_batch(ledger: Ledger, subscription: Subscription, after: Position) -> Batch:
    # The head is read first: whatever it covers is visible to the read that follows.
    head = ledger.log.head()
    if head <= after:
        return Batch(b"", after)
    events = ledger.log.read(
        after, BATCH_EVENTS, names=subscription.names, stream=subscription.stream
    )
    chunk = b"".join(
        b"id: %d\ndata: %b\n\n" % (event.position, orjson.dumps(shown))
        for event, shown in zip(events, shown_events(ledger, events), strict=True)
    )
    if len(events) == BATCH_EVENTS:
        return Batch(chunk, events[-1].position)
    last = events[-1].position if events else after
    return Batch(chunk, max(head, last))
