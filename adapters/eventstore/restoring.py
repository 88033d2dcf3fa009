"""Events that were stored before, as rows of another log: read and checked, and their bytes kept as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from adapters.eventstore.codec import Codec
from adapters.eventstore.envelopes import fact_key
from adapters.eventstore.log_store import Batch, FactKey, NewRow
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import CorruptRecord, VersionConflict
from domain.kernel.ids import MAIN_BRANCH, Position


class Restoration:
    """The events behind position `after`, decoded. Raises CorruptRecord, naming the position, and NewerSchema."""

    def __init__(self, codec: Codec, after: Position, states: Sequence[bytes]) -> None:
        self._after = after
        self._states = states
        self._events = [
            _decoded(codec, state, position) for position, state in enumerate(states, after + 1)
        ]
        self.streams = {event.stream for event in self._events}

    def batch(self, head: int, versions: Mapping[str, int]) -> Batch:
        """Return the rows to append to a log that ends at `head`, whose streams have reached these versions.

        Raises VersionConflict when `head` is not the position that the events come behind, CorruptRecord for an event
        that does not follow on the one before it in its stream, and for a chain fact that comes twice.
        """
        if head != self._after:
            raise VersionConflict(f"the log ends at position {head}, not at {self._after}")
        rows: list[NewRow] = []
        facts: dict[FactKey, int] = {}
        reached = {stream: versions[stream] for stream in self.streams}
        for index, (event, state) in enumerate(zip(self._events, self._states, strict=True)):
            stream = event.stream
            reached[stream] += 1
            if event.version != reached[stream]:
                raise CorruptRecord(
                    f"position {event.position} holds version {event.version} of `{stream}`, "
                    f"where {reached[stream]} is due"
                )
            rows.append((stream, event.version, event.name, state))
            if event.provenance is not None:
                key = fact_key(event.provenance)
                if key in facts:
                    raise CorruptRecord(
                        f"position {event.position} holds the chain fact of position {head + 1 + facts[key]} again"
                    )
                facts[key] = index
        return Batch(rows, [(index, key) for key, index in facts.items()])

    def twice(self, positions: Sequence[Position | None]) -> CorruptRecord:
        """Return the error for chain facts that are recorded already at these positions, None: not recorded."""
        told = [event for event in self._events if event.provenance is not None]
        for event, position in zip(told, positions, strict=True):
            if position is not None:
                return CorruptRecord(
                    f"position {event.position} holds the chain fact of position {position} again"
                )
        return CorruptRecord(f"the log refused the events behind position {self._after}")

    @property
    def events(self) -> Sequence[RecordedEvent]:
        """The events as they will stand."""
        return self._events


def _decoded(codec: Codec, state: bytes, position: int) -> RecordedEvent:
    """Decode bytes that no columns stand beside: what they say themselves is checked by the codec."""
    try:
        envelope: object = orjson.loads(state)
    except ValueError:
        envelope = None
    told = envelope if isinstance(envelope, dict) else {}
    stream, version, name = (told.get(key) for key in ("stream", "version", "name"))
    event = codec.decode(
        state,
        position=position,
        stream=stream if isinstance(stream, str) else "",
        version=version if isinstance(version, int) else 0,
        name=name if isinstance(name, str) else "",
    )
    if event.branch != MAIN_BRANCH:
        raise CorruptRecord(f"position {position} is of the branch `{event.branch[:80]}`")
    return event
