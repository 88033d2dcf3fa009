"""The log over HTTP: pages, and a live stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from api.event_finality import shown_events
from api.http.context import POSITION_HEADER, ContextParameter, LedgerParameter, LimitParameter
from api.http.responses import PROBLEMS
from api.http.schemas.events import EventOut, EventPageOut
from api.http.stream import Subscription, event_chunks
from api.log_queries import check_names, check_position, check_stream, read_events
from domain.kernel.errors import InvalidCursor

router = APIRouter(tags=["events"])

AfterParameter = Annotated[
    int, Query(ge=0, le=2**62, description="Return events above this position.")
]
TypeParameter = Annotated[
    list[str] | None, Query(alias="type", max_length=40, description="Only these event types.")
]
StreamParameter = Annotated[
    str | None, Query(max_length=250, description="Only this stream, for instance of one node.")
]


@router.get("/events", response_model=EventPageOut, responses=PROBLEMS)
def list_events(
    *,
    ledger: LedgerParameter,
    response: Response,
    after: AfterParameter = 0,
    limit: LimitParameter = 100,
    types: TypeParameter = None,
    stream: StreamParameter = None,
) -> object:
    """Events in order of their position. `next` is always set: ask again with it for what comes later."""
    page = read_events(ledger, after=after, limit=limit, names=types or (), stream=stream)
    response.headers[POSITION_HEADER] = str(ledger.log.head())
    return {
        "items": shown_events(ledger, page.events),
        "next": page.next,
    }


class EventStream(StreamingResponse):
    """Server-sent events as bytes, many events in one chunk.

    FastAPI's own class sends them one by one through a model and a queue, which costs most of the speed.
    """

    media_type = "text/event-stream"


@router.get(
    "/events/stream",
    response_class=EventStream,
    responses={
        **PROBLEMS,
        200: {
            "description": "Server-sent events; `data` is one event as in /v1/events.",
            "model": EventOut,
        },
    },
)
async def stream_events(
    *,
    context: ContextParameter,
    request: Request,
    after: AfterParameter = 0,
    types: TypeParameter = None,
    stream: StreamParameter = None,
    last_event_id: Annotated[
        str | None, Header(description="The last `id` seen; wins over `after`.")
    ] = None,
) -> EventStream:
    """Everything after a position, then live. At least once and in order: drop what you know by `id`."""
    context.slots.check()
    asked = after if last_event_id is None else _position_of(last_event_id)
    head = context.ledger.log.head()
    subscription = Subscription(
        after=check_position(asked, head),
        names=check_names(types or ()),
        stream=check_stream(stream),
    )

    async def chunks() -> AsyncIterator[bytes]:
        with context.slots.taken():
            async for chunk in event_chunks(
                context.ledger, context.watch, subscription, request.is_disconnected
            ):
                yield chunk

    return EventStream(chunks(), headers={POSITION_HEADER: str(head), "X-Accel-Buffering": "no"})


def _position_of(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 18):
        raise InvalidCursor(
            f"`{last_event_id[:80]}` is not an event id of this stream",
            hint="send the last `id` seen, or none to begin at `after`",
        )
    return int(last_event_id)
