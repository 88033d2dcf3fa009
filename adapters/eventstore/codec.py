"""The stored form of an event: canonical JSON of its whole envelope but the position.

    {actor, branch, causation_id, correlation_id, data, name, provenance, recorded_at, schema_version, stream, version}

Keys are sorted at every depth and there is no white space, so equal events are equal bytes. The position is not
part of it: it is where the bytes stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from adapters.eventstore.canonical import JsonText, Write, encoder_of, writer_of_values
from adapters.eventstore.envelopes import write_envelopes
from adapters.eventstore.log_store import FactKey
from adapters.eventstore.shapes import (
    Convert,
    Moment,
    ShapeError,
    decoder_of,
    field_hints,
    maker_of,
    reader_of,
)
from adapters.eventstore.upcasters import UPCASTERS, Upcasters
from adapters.keyring.fields import FieldSeals
from adapters.keyring.file import Keyring
from adapters.keyring.sealing import UnsealError
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import CorruptRecord, InternalError, InvalidInput, NewerSchema
from domain.kernel.event import Event, EventRegistry
from domain.kernel.ids import MAIN_BRANCH, Position

_ENVELOPE = {
    key: Moment if key == "recorded_at" else hint
    for key, hint in sorted(field_hints(RecordedEvent).items())
    if key not in ("position", "event")
}
_write_envelope = writer_of_values(_ENVELOPE | {"data": JsonText})
_read_envelope = reader_of(_ENVELOPE | {"data": dict})

make_recorded_event = maker_of(RecordedEvent)
"""RecordedEvent, made faster than by its constructor; takes the same keyword arguments."""


class Codec:
    """Turns events of a closed registry into bytes and back; threads may share it.

    Personal fields are sealed in the bytes, with the keys of `keyring`. Without one they read as `[sealed]`, and an
    event that has some cannot be written. Everything else is pure.
    """

    def __init__(
        self,
        registry: EventRegistry,
        upcasters: Upcasters = UPCASTERS,
        keyring: Keyring | None = None,
    ) -> None:
        self._seals = FieldSeals(registry, keyring)
        self._encoders: dict[type[Event], Write] = {}
        self._decoders: dict[tuple[str, int], Convert] = {}
        self._newest: dict[str, int] = {}
        for cls in registry:
            self._encoders[cls] = encoder_of(cls)
            self._decoders[cls.NAME, cls.SCHEMA] = decoder_of(cls)
            self._newest[cls.NAME] = max(cls.SCHEMA, self._newest.get(cls.NAME, 0))
        self._upcasters = upcasters
        self._plain = {
            cls: write for cls, write in self._encoders.items() if cls not in self._seals.types
        }

    def prepare(self, events: Iterable[Event]) -> None:
        """Make the keys that the events' personal fields need; they are on the disk when this returns.

        Raises InvalidInput and Unavailable for a keyring that cannot be written.
        """
        self._seals.prepare(events)

    def payload(self, event: Event) -> dict[str, Any]:
        """Return the event's data as JSON holds it: amounts are decimal strings, tuples are lists.

        Raises InvalidInput for a value that could not be read back, InternalError for a type that is not registered.
        """
        data: dict[str, Any] = orjson.loads(self._data(event))
        return data

    def encode(self, recorded: RecordedEvent) -> bytes:
        """Return the canonical bytes.

        Raises InvalidInput for a value that could not be read back, InternalError for a type that is not registered.
        """
        event = recorded.event
        if recorded.name != event.NAME or recorded.schema_version != event.SCHEMA:
            raise InternalError(f"`{event.NAME}` was to be recorded as `{recorded.name}`")
        return self._encode(
            recorded, event, recorded.branch, recorded.version, recorded.recorded_at
        )

    def encode_new(self, new: NewEvent, version: int, recorded_at: str) -> bytes:
        """Return the canonical bytes of an event that is recorded as `version` of its stream.

        Raises InvalidInput for a value that could not be read back, InternalError for a type that is not registered.
        """
        return self._encode(new, new.event, MAIN_BRANCH, version, recorded_at)

    def encode_all(
        self, events: Iterable[tuple[NewEvent, int]], recorded_at: str
    ) -> tuple[list[bytes], list[tuple[int, FactKey]]]:
        """Return the canonical bytes of events recorded as these versions, and which are chain facts, by index.

        Raises as `encode_new` does, whose bytes these are.
        """
        given = list(events)

        def write_long(new: NewEvent, version: int) -> bytes:
            return self.encode_new(new, version, recorded_at)

        try:
            return write_envelopes(given, recorded_at, self._plain, write_long)
        except (ShapeError, orjson.JSONEncodeError):
            # The long way knows which event it was and says what is wrong with it.
            for new, version in given:
                write_long(new, version)
            raise

    def _encode(
        self,
        source: RecordedEvent | NewEvent,
        event: Event,
        branch: str,
        version: int,
        recorded_at: str,
    ) -> bytes:
        if type(event) in self._seals.types:
            try:
                event = self._seals.seal(event, (branch, source.stream, version))
            except UnicodeEncodeError as error:
                raise _not_unicode(event, error) from None
        data = self._data(event)
        try:
            return _write_envelope(
                source.actor,
                branch,
                source.causation_id,
                source.correlation_id,
                data,
                event.NAME,
                source.provenance,
                recorded_at,
                event.SCHEMA,
                source.stream,
                version,
            ).encode()
        except ShapeError as error:
            raise _unstorable(event, error) from None
        except orjson.JSONEncodeError as error:
            raise _not_unicode(event, error) from None

    def _data(self, event: Event) -> str:
        encode = self._encoders.get(type(event))
        if encode is None:
            raise InternalError(f"events of type {type(event).__name__} are not registered")
        try:
            return encode(event)
        except ShapeError as error:
            raise _unstorable(event, error.under("data")) from None
        except orjson.JSONEncodeError as error:
            raise _not_unicode(event, error) from None

    def decode(
        self, state: bytes, *, position: int, stream: str, version: int, name: str
    ) -> RecordedEvent:
        """Return the event stored as `state`; the other arguments are what the row's columns say.

        An event of an older schema comes back as its present type, with that type's schema version. Raises
        CorruptRecord, naming position and field, when the bytes are not what `encode` writes or disagree with the
        columns, and NewerSchema when a later version of the program wrote them.
        """
        try:
            (
                actor,
                branch,
                causation_id,
                correlation_id,
                stored_name,
                provenance,
                recorded_at,
                schema_version,
                stored_stream,
                stored_version,
                data,
            ) = _read_envelope(orjson.loads(state))
            if stored_stream != stream or stored_version != version or stored_name != name:
                stored = f"`{stored_name}`, version {stored_version} of `{stored_stream}`"
                raise _contradiction(stored, f"`{name}`, version {version} of `{stream}`")
            if name in self._seals.by_name:
                row = (branch, stream, version)
                data = self._seals.open(name, schema_version, data, row)
            schema_version, event = self._event(name, schema_version, data, position)
        except orjson.JSONDecodeError as error:
            raise _corrupt(position, ShapeError("", f"is not JSON: {error}")) from None
        except UnsealError as error:
            raise _corrupt(position, ShapeError(f"data.{error.field}", str(error))) from None
        except ShapeError as error:
            raise _corrupt(position, error) from None
        return make_recorded_event(
            position=Position(position),
            branch=branch,
            stream=stored_stream,
            version=stored_version,
            name=name,
            schema_version=schema_version,
            recorded_at=recorded_at,
            actor=actor,
            causation_id=causation_id,
            correlation_id=correlation_id,
            provenance=provenance,
            event=event,
        )

    def _event(
        self, name: str, schema_version: int, data: dict[str, Any], position: int
    ) -> tuple[int, Event]:
        decode = self._decoders.get((name, schema_version))
        while decode is None:
            upcast = self._upcasters.get((name, schema_version))
            if upcast is None:
                raise self._unknown(name, schema_version, position)
            # An upcaster trusts its input; what it makes of it is checked by the decoder of the next version.
            try:
                data = upcast(data)
            except (KeyError, TypeError, ValueError) as error:
                raise ShapeError(
                    "data", f"cannot be read as schema {schema_version}: {error!r}"
                ) from None
            schema_version += 1
            decode = self._decoders.get((name, schema_version))
        try:
            event: Event = decode(data)
        except ShapeError as error:
            raise error.under("data") from None
        return schema_version, event

    def _unknown(
        self, name: str, schema_version: int, position: int
    ) -> CorruptRecord | NewerSchema:
        newest = self._newest.get(name)
        if newest is not None and schema_version > newest:
            return NewerSchema(
                f"the event at position {position} is `{name}` at schema {schema_version}; this program "
                f"knows it up to {newest}",
                hint="update the program",
            )
        known = (
            "is not a known event" if newest is None else f"at schema {schema_version} is not known"
        )
        return CorruptRecord(
            f"the event at position {position} cannot be read: `{name[:80]}` {known}",
            hint="restore a copy of the database, or update the program if a later version wrote it",
        )


def _contradiction(stored: str, row: str) -> ShapeError:
    return ShapeError("", f"says {stored} where the row says {row}")


def _unstorable(event: Event, error: ShapeError) -> InvalidInput:
    return InvalidInput(
        f"`{error.path}` of `{event.NAME}` {error.reason}", hint="nothing was stored"
    )


def _not_unicode(event: Event, error: Exception) -> InvalidInput:
    return InvalidInput(f"a text of `{event.NAME}` cannot be stored: {error}")


def _corrupt(position: int, error: ShapeError) -> CorruptRecord:
    subject = f"its field `{error.path}`" if error.path else "it"
    return CorruptRecord(
        f"the event at position {position} cannot be read: {subject} {error.reason}",
        hint="restore a copy of the database, or follow the chain again into a new file",
    )
