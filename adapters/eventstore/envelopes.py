"""Writes the envelopes of many new events at once: what they share is checked and written once.

The bytes are those that `Codec.encode_new` writes for each event. Most of an envelope repeats from one to the next:
names, empty texts, the block that a fact is from, the moment of recording. What is left is checked by the same rules;
an event out of the ordinary goes the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from adapters.eventstore.canonical import Quoted, Write, encoder_of, writer_of_values
from adapters.eventstore.log_store import FactKey
from adapters.eventstore.shapes import INTEGER_MAX, Moment, ShapeError, field_hints
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.event import Event
from domain.kernel.ids import MAIN_BRANCH

_HINTS: Final = field_hints(Provenance)
_OF_BLOCK: Final = {key: _HINTS[key] for key in sorted(_HINTS)[:5]}
"""What all logs of a block share; `log_index` and `transaction_hash` come after it in the order of keys."""

_HEAD: Final = (
    f'{{"actor":"","branch":"{MAIN_BRANCH}","causation_id":"","correlation_id":"","data":'
)
_HASH_CHARS: Final = 66
_write_block = writer_of_values(_OF_BLOCK)
_write_moment = encoder_of(Moment)
_quoted = Quoted()

Facts = list[tuple[int, FactKey]]
"""Which events, by index, are which chain facts."""


def fact_key(fact: Provenance) -> FactKey:
    """Return what a chain fact is known by."""
    return (
        fact.chain_id,
        bytes.fromhex(fact.block_hash[2:]),
        bytes.fromhex(fact.transaction_hash[2:]),
        fact.log_index,
    )


def write_envelopes(
    events: Iterable[tuple[NewEvent, int]],
    recorded_at: str,
    encoders: Mapping[type[Event], Write],
    write_long: Callable[[NewEvent, int], bytes],
) -> tuple[list[bytes], Facts]:
    """Return the bytes of events that are recorded as these versions, and which of them are chain facts.

    `encoders` has those types that need no other treatment than to be written. Raises ShapeError for a moment that is
    none, ShapeError and orjson.JSONEncodeError for what cannot be stored, and what `write_long` raises.
    """
    recorded = f',"recorded_at":{_write_moment(recorded_at)},"schema_version":'
    around: dict[type[Event], tuple[str, str]] = {}
    block: tuple[object, ...] = ()
    block_text, block_hash = "", b""
    states: list[bytes] = []
    facts: Facts = []
    quoted, from_hex = _quoted, bytes.fromhex
    for index, (new, version) in enumerate(events):
        event, origin, stream = new.event, new.provenance, new.stream
        write_data = encoders.get(type(event))
        is_usual = new.actor == new.causation_id == new.correlation_id == ""
        if write_data is None or type(stream) is not str or not is_usual:
            states.append(write_long(new, version))
            if origin is not None:
                facts.append((index, fact_key(origin)))
            continue
        if type(event) not in around:
            name = f',"name":{quoted[event.NAME]},"provenance":'
            around[type(event)] = (name, f'{recorded}{event.SCHEMA},"stream":')
        name, tail = around[type(event)]
        origin_text = "null"
        if origin is not None:
            if type(origin) is not Provenance:
                raise ShapeError("provenance", "is not a Provenance")
            of_block = (
                origin.block_hash,
                origin.block_number,
                origin.block_time,
                origin.chain_id,
                origin.contract,
            )
            if of_block != block:
                block_text = _write_block(*of_block)[:-1]
                block, block_hash = of_block, from_hex(origin.block_hash[2:])
            log_index, transaction = origin.log_index, origin.transaction_hash
            # Nearly each is another one, so what was found well formed is not remembered.
            try:
                transaction_hash = from_hex(transaction[2:])
            except (TypeError, ValueError):
                raise ShapeError("provenance.transaction_hash", "is not a 32-byte hash") from None
            if f"0x{transaction_hash.hex()}" != transaction or len(transaction) != _HASH_CHARS:
                raise ShapeError("provenance.transaction_hash", "is not a 32-byte hash")
            if type(log_index) is not int or not 0 <= log_index <= INTEGER_MAX:
                raise ShapeError("provenance.log_index", f"is not from 0 to {INTEGER_MAX}")
            origin_text = (
                f'{block_text},"log_index":{log_index},"transaction_hash":"{transaction}"}}'
            )
            facts.append((index, (origin.chain_id, block_hash, transaction_hash, log_index)))
        states.append(
            f"{_HEAD}{write_data(event)}{name}{origin_text}{tail}{quoted[stream]},"
            f'"version":{version}}}'.encode()
        )
    return states, facts
