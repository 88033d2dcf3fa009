"""Where the events of one append come to stand: their positions and versions, their rows and their facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import overload

from adapters.eventstore.codec import Codec, make_recorded_event
from adapters.eventstore.log_store import Batch, NewRow
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.ids import MAIN_BRANCH, Position, StreamName, Version


class Placement(Sequence[RecordedEvent]):
    """New events after `head`, as the log will hold them: the n-th stands at position `head` + n.

    Each is put together when it is looked at: most who append want to know no more than the last position.
    """

    def __init__(
        self,
        events: Sequence[NewEvent],
        head: int,
        versions: Mapping[str, int],
        recorded_at: str,
    ) -> None:
        self._events = events
        self._head = head
        self._recorded_at = recorded_at
        self._versions: list[int] = []
        reached: dict[StreamName, int] = {}
        for new in events:
            stream = new.stream
            version = reached[stream] = (reached.get(stream) or versions[stream]) + 1
            self._versions.append(version)

    def batch(self, codec: Codec) -> Batch:
        """Return what is to be written. Raises InvalidInput for a value that could not be read back."""
        states, facts = codec.encode_all(
            zip(self._events, self._versions, strict=True), self._recorded_at
        )
        streams = [new.stream for new in self._events]
        names = [new.event.NAME for new in self._events]
        rows: list[NewRow] = list(zip(streams, self._versions, names, states, strict=True))
        return Batch(rows, facts)

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> RecordedEvent: ...

    @overload
    def __getitem__(self, index: slice) -> list[RecordedEvent]: ...

    def __getitem__(self, index: int | slice) -> RecordedEvent | list[RecordedEvent]:
        places = range(len(self._events))[index]
        return self._at(places) if isinstance(places, int) else [self._at(at) for at in places]

    def _at(self, index: int) -> RecordedEvent:
        new = self._events[index]
        return make_recorded_event(
            position=Position(self._head + 1 + index),
            branch=MAIN_BRANCH,
            stream=new.stream,
            version=Version(self._versions[index]),
            name=new.event.NAME,
            schema_version=new.event.SCHEMA,
            recorded_at=self._recorded_at,
            actor=new.actor,
            causation_id=new.causation_id,
            correlation_id=new.correlation_id,
            provenance=new.provenance,
            event=new.event,
        )
