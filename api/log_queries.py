"""Questions to the log itself, asked in the same way by the HTTP API and the commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from api.ledger import Ledger
from api.queries import DEFAULT_LIMIT, check_limit
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import InvalidCursor, InvalidInput
from domain.kernel.ids import Position, StreamName

_STREAM = re.compile(
    r"(node|stake|task|network|workflow|registry|chain|subject|outbox):[0-9a-zx@.]{1,240}"
)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order; `next` is what to pass as `after`: always set, since the log grows."""

    events: Sequence[RecordedEvent]
    next: Position


def read_events(
    ledger: Ledger,
    *,
    after: int = 0,
    limit: int = DEFAULT_LIMIT,
    names: Sequence[str] = (),
    stream: str | None = None,
) -> EventPage:
    """Return recorded events above a position, in order.

    Raises InvalidPageSize, InvalidCursor for a position that the log has not reached, and InvalidInput
    for an unknown event type or a malformed stream name.
    """
    check_limit(limit)
    head = ledger.log.head()
    position = check_position(after, head)
    events = ledger.log.read(position, limit, names=check_names(names), stream=check_stream(stream))
    if len(events) == limit:
        return EventPage(events, events[-1].position)
    # Everything up to the head was searched, so the next question need not search it again.
    return EventPage(events, max([head, *(event.position for event in events[-1:])]))


def check_position(after: int, head: Position) -> Position:
    """Return `after` as a position to go on from. Raises InvalidCursor when the log cannot have given it out."""
    if not 0 <= after <= head:
        raise InvalidCursor(
            f"{after} is not a position of this ledger, whose head is {head}",
            hint="start again with after=0; the ledger may be another one than before",
        )
    return Position(after)


def check_names(names: Sequence[str]) -> Sequence[str]:
    """Return stored event names. Raises InvalidInput for one that the catalogue does not have."""
    known = {event_type.NAME for event_type in REGISTRY}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "for instance `task.posted`"
            raise InvalidInput(f"`{name[:80]}` is not an event type", hint=hint)
    return tuple(names)


def check_stream(stream: str | None) -> StreamName | None:
    """Return a stream's name. Raises InvalidInput for a text that cannot name one."""
    if stream is None:
        return None
    if not _STREAM.fullmatch(stream):
        raise InvalidInput(
            f"`{stream[:80]}` is not a stream",
            hint="a stream is for instance `node:<address>@<chain id>.<arbiter>`; events name theirs",
        )
    return StreamName(stream)
