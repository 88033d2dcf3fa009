"""The stored form of events: exact both ways, and strict about everything that is not what it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.eventstore.canonical import encoder_of
from adapters.eventstore.codec import Codec
from adapters.eventstore.envelopes import fact_key
from adapters.eventstore.shapes import INTEGER_MAX, decoder_of
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import NewEvent, Provenance, RecordedEvent
from domain.kernel.errors import CorruptRecord, InternalError, InvalidInput, NewerSchema
from domain.kernel.event import Event, EventRegistry
from domain.kernel.ids import (
    MAIN_BRANCH,
    Address,
    BranchName,
    Epoch,
    Hash32,
    Position,
    StreamName,
    Version,
)
from domain.kernel.money import WEI_MAX, Wei, parse_wei
from domain.kernel.personal import personal_fields
from domain.node.events import NodeDeregistered, NodeRegistered
from domain.stake.events import StakeDeposited
from domain.task.events import Fault, NodeSlashed, TaskReopened
from domain.workflow.events import VersionPublished
from tests.golden.samples import sample_of
from tests.support.events import account, any_fact, fact, stake, values_of, word
from tests.support.keyrings import known_keyring

CODEC = Codec(REGISTRY, keyring=known_keyring())
TYPES = list(REGISTRY)
MOMENT = "2026-01-02T03:04:05.678901Z"


def read(stored: bytes, recorded: RecordedEvent, codec: Codec = CODEC) -> RecordedEvent:
    """Decode with what the row's columns would say for `recorded`."""
    return codec.decode(
        stored,
        position=recorded.position,
        stream=recorded.stream,
        version=recorded.version,
        name=recorded.name,
    )


def changed(recorded: RecordedEvent, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the event's bytes after a change of their JSON."""
    body = orjson.loads(CODEC.encode(recorded))
    change(body)
    return orjson.dumps(body)


small_int = st.integers(0, INTEGER_MAX)


def storable(cls: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for the events of a type that can be stored."""
    return values_of(cls).filter(is_storable)


def is_storable(event: Event) -> bool:
    try:
        CODEC.payload(event)
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.NAME)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(storable(cls))
    recorded = RecordedEvent(
        position=Position(data.draw(small_int)),
        branch=MAIN_BRANCH,
        stream=StreamName("any:stream"),
        version=Version(data.draw(st.integers(1, INTEGER_MAX))),
        name=cls.NAME,
        schema_version=cls.SCHEMA,
        recorded_at=MOMENT,
        actor=data.draw(st.text(max_size=5)),
        causation_id=data.draw(st.text(max_size=5)),
        correlation_id=data.draw(st.text(max_size=5)),
        provenance=data.draw(st.none() | values_of(Provenance).filter(is_storable_provenance)),
        event=event,
    )
    stored = CODEC.encode(recorded)
    again = read(stored, recorded)
    assert again == recorded
    assert type(again.event) is cls
    assert CODEC.encode(again) == stored
    assert stored == canonical(orjson.loads(stored))


def canonical(body: object) -> bytes:
    """Return the JSON as another writer sorts and quotes it."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=9))
def test_names_with_quotes_and_backslashes_come_back_as_they_were(name: str) -> None:
    recorded = replace(DEPOSIT, stream=StreamName(name), branch=BranchName(name))
    for _ in range(2):
        stored = CODEC.encode(recorded)
        assert stored == canonical(orjson.loads(stored))
        assert read(stored, recorded) == recorded


def test_an_event_is_the_same_bytes_before_and_after_it_is_recorded() -> None:
    for cls in TYPES:
        at = sample_of(cls)
        new = NewEvent(
            stream=at.stream,
            event=at.event,
            provenance=at.provenance,
            actor=at.actor,
            causation_id=at.causation_id,
            correlation_id=at.correlation_id,
        )
        at = replace(at, branch=MAIN_BRANCH)
        assert CODEC.encode_new(new, at.version, at.recorded_at) == CODEC.encode(at)


def is_storable_provenance(provenance: Provenance) -> bool:
    numbers = (provenance.chain_id, provenance.block_number, provenance.log_index)
    return all(number <= INTEGER_MAX for number in numbers)


def test_equal_events_are_equal_bytes_wherever_they_stand() -> None:
    recorded = sample_of(StakeDeposited)
    elsewhere = replace(recorded, event=replace(recorded.event), position=Position(99))
    assert CODEC.encode(recorded) == CODEC.encode(elsewhere)


def test_keys_are_sorted_at_every_depth() -> None:
    for cls in TYPES:
        stored = CODEC.encode(sample_of(cls))
        assert stored == orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS)


def test_a_payload_is_json_ready() -> None:
    event = NodeSlashed(
        task_id=word("t"),
        node=account(1),
        epoch=Epoch(2),
        fault=Fault.MISSED_DEADLINE,
        amount_wei=Wei(WEI_MAX),
        bonded_wei=Wei(10),
        pool_wei=Wei(0),
        balance=stake(1, 2, 3),
    )
    assert CODEC.payload(event) == {
        "amount_wei": str(WEI_MAX),
        "balance": {"available_wei": "1", "locked_wei": "2", "unbonding_wei": "3"},
        "bonded_wei": "10",
        "epoch": 2,
        "fault": "missed_deadline",
        "node": account(1),
        "pool_wei": "0",
        "task_id": word("t"),
    }


DEPOSIT = sample_of(StakeDeposited)


REMOVED = "(removed)"

SPOILT: list[tuple[str, object]] = [
    ("actor", REMOVED),
    ("provenance", REMOVED),
    ("extra", 1),
    ("actor", None),
    ("branch", "a b"),
    ("recorded_at", "2026-01-02"),
    ("recorded_at", "2026-01-02T03:04:05.678901+00:00"),
    ("version", "3"),
    ("version", True),
    ("data", []),
    ("provenance", []),
    ("provenance.block_hash", REMOVED),
    ("provenance.log_index", -1),
    ("provenance.block_hash", "0x12"),
    ("data.node", REMOVED),
    ("data.extra", 1),
    ("data.node", "0x" + "AB" * 20),
    ("data.amount_wei", 5),
    ("data.amount_wei", "05"),
    ("data.amount_wei", "-5"),
    ("data.amount_wei", "5.0"),
    ("data.amount_wei", ""),
    ("data.amount_wei", str(WEI_MAX + 1)),
    ("data.amount_wei", "\u0665"),
    ("data.balance.locked_wei", 0),
    ("data.balance", None),
]


@pytest.mark.parametrize(("field", "value"), SPOILT, ids=[f"{f}={v!r:.40}" for f, v in SPOILT])
def test_bytes_that_the_ledger_does_not_write_are_refused_with_position_and_field(
    field: str, value: object
) -> None:
    def spoil(body: dict[str, Any]) -> None:
        *way, last = field.split(".")
        for key in way:
            body = body[key]
        body[last] = value
        if value is REMOVED:
            del body[last]

    with pytest.raises(CorruptRecord, match="position 7") as error:
        read(changed(DEPOSIT, spoil), DEPOSIT)
    assert f"`{field}`" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("cls", "change", "field"),
    [
        (TaskReopened, {"epoch": "1"}, "data.epoch"),
        (TaskReopened, {"epoch": 1.0}, "data.epoch"),
        (TaskReopened, {"epoch": True}, "data.epoch"),
        (TaskReopened, {"epoch": 2**53}, "data.epoch"),
        (NodeSlashed, {"fault": "bad_luck"}, "data.fault"),
        (NodeSlashed, {"fault": ["invalid_proof"]}, "data.fault"),
        (VersionPublished, {"graph": {"tasks": {}}}, "data.graph.tasks"),
        (VersionPublished, {"graph": {"tasks": [{}]}}, "data.graph.tasks[0].after"),
    ],
)
def test_wrong_values_of_other_types_are_refused(
    cls: type[Event], change: dict[str, Any], field: str
) -> None:
    recorded = sample_of(cls)
    with pytest.raises(CorruptRecord) as error:
        read(changed(recorded, lambda body: body["data"].update(change)), recorded)
    assert f"`{field}`" in error.value.message


def test_a_flag_is_never_a_number() -> None:
    recorded = sample_of(VersionPublished)

    def change(body: dict[str, Any]) -> None:
        body["data"]["graph"]["tasks"][1]["priority"] = 1

    with pytest.raises(CorruptRecord, match=r"data\.graph\.tasks\[1\]\.priority"):
        read(changed(recorded, change), recorded)


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b"null", b"\xff", b'"text"', b"7", b"{}"])
def test_what_is_no_envelope_is_refused(stored: bytes) -> None:
    with pytest.raises(CorruptRecord, match="position 7"):
        read(stored, DEPOSIT)


@pytest.mark.parametrize(
    "columns",
    [
        {"stream": "other:stream"},
        {"version": 4},
        {"name": "node.registered"},
    ],
)
def test_bytes_that_contradict_their_row_are_refused(columns: dict[str, Any]) -> None:
    agreeing = {"stream": DEPOSIT.stream, "version": DEPOSIT.version, "name": DEPOSIT.name}
    with pytest.raises(CorruptRecord, match="where the row says"):
        CODEC.decode(CODEC.encode(DEPOSIT), position=7, **{**agreeing, **columns})


def test_a_later_schema_of_a_known_event_asks_for_a_newer_program() -> None:
    stored = changed(DEPOSIT, lambda body: body.update(schema_version=2))
    with pytest.raises(NewerSchema, match="schema 2") as error:
        read(stored, DEPOSIT)
    assert "update" in error.value.hint


def test_an_unknown_event_is_a_corrupt_record() -> None:
    unknown = replace(DEPOSIT, name="stake.unheard_of")
    stored = changed(DEPOSIT, lambda body: body.update(name="stake.unheard_of"))
    with pytest.raises(CorruptRecord, match="not a known event"):
        read(stored, unknown)
    with pytest.raises(CorruptRecord, match="schema 0"):
        read(changed(DEPOSIT, lambda body: body.update(schema_version=0)), DEPOSIT)


@pytest.mark.parametrize(
    "event",
    [
        NodeRegistered(node=Address("0xAB"), metadata_uri=""),
        NodeRegistered(node=account(1), metadata_uri=7),  # type: ignore[arg-type]
        NodeRegistered(node=account(1), metadata_uri="\ud800"),
        TaskReopened(task_id=word("t"), epoch=Epoch(2**53)),
        TaskReopened(task_id=word("t"), epoch=Epoch(-1)),
        TaskReopened(task_id=word("t"), epoch=Epoch(True)),
        TaskReopened(task_id=Hash32("t"), epoch=Epoch(1)),
        StakeDeposited(node=account(1), amount_wei=Wei(WEI_MAX + 1), balance=stake()),
        StakeDeposited(node=account(1), amount_wei=Wei(-1), balance=stake()),
        StakeDeposited(node=account(1), amount_wei=1.5, balance=stake()),  # type: ignore[arg-type]
        StakeDeposited(node=account(1), amount_wei=Wei(1), balance=None),  # type: ignore[arg-type]
    ],
    ids=str,
)
def test_what_could_not_be_read_back_is_not_written(event: Event) -> None:
    recorded = replace(
        DEPOSIT,
        event=event,
        name=event.NAME,
        schema_version=event.SCHEMA,
        stream=StreamName("any:stream"),
        version=Version(1),
    )
    with pytest.raises(InvalidInput, match=event.NAME):
        CODEC.encode(recorded)


@pytest.mark.parametrize(
    "change",
    [
        {"stream": ""},
        {"stream": "s" * 201},
        {"stream": "line\nbreak"},
        {"branch": "two words"},
        {"recorded_at": "yesterday"},
        {"actor": None},
        {"version": -1},
        {"provenance": "0x"},
    ],
    ids=str,
)
def test_an_envelope_that_could_not_be_read_back_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        CODEC.encode(replace(DEPOSIT, **change))


def is_unsealed(new: NewEvent) -> bool:
    """Tell whether the same event always has the same bytes: sealing draws a nonce."""
    return not personal_fields(type(new.event)) and is_storable(new.event)


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(
        st.builds(
            lambda new, actor, decided: replace(
                new, actor=actor, provenance=None if decided else new.provenance
            ),
            any_fact().filter(is_unsealed),
            st.sampled_from(["", "", "", "an owner"]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_many_events_are_written_as_each_alone(events: list[NewEvent]) -> None:
    given = [(new, version) for version, new in enumerate(events, 1)]
    states, facts = CODEC.encode_all(given, MOMENT)
    assert states == [CODEC.encode_new(new, version, MOMENT) for new, version in given]
    assert facts == [
        (index, fact_key(new.provenance)) for index, new in enumerate(events) if new.provenance
    ]


ORIGIN = fact(TaskReopened(task_id=word("t"), epoch=Epoch(1)))


@pytest.mark.parametrize(
    "change",
    [
        {"stream": ""},
        {"stream": "line\nbreak"},
        {"stream": 7},
        {"actor": None},
        {"causation_id": 0},
        {"provenance": "0x"},
        *(
            {"provenance": replace(ORIGIN.provenance, **origin)}  # type: ignore[type-var]
            for origin in (
                {"log_index": -1},
                {"log_index": True},
                {"log_index": 2**53},
                {"transaction_hash": None},
                {"transaction_hash": "0x"},
                {"transaction_hash": "0x" + "A" * 64},
                {"transaction_hash": "0x" + "g" * 64},
                {"transaction_hash": "0x" + " a" * 32},
                {"transaction_hash": "0x" + "a" * 66},
                {"transaction_hash": "1x" + "a" * 64},
                {"block_hash": "0x" + "A" * 64},
                {"block_number": -1},
                {"contract": "0x"},
                {"chain_id": 1.5},
            )
        ),
        {"event": TaskReopened(task_id=word("t"), epoch=Epoch(-1))},
        {"event": NodeRegistered(node=account(1), metadata_uri="\ud800")},
    ],
    ids=str,
)
def test_among_many_what_could_not_be_read_back_is_not_written_either(
    change: dict[str, Any],
) -> None:
    bad = replace(ORIGIN, **change)
    with pytest.raises(InvalidInput) as alone:
        CODEC.encode_new(bad, 2, MOMENT)
    with pytest.raises(InvalidInput) as among:
        CODEC.encode_all([(ORIGIN, 1), (bad, 2), (ORIGIN, 3)], MOMENT)
    assert among.value.message == alone.value.message
    with pytest.raises(InvalidInput):
        CODEC.encode_all([(ORIGIN, 1)], "yesterday")


def test_an_event_under_a_wrong_name_or_outside_the_registry_is_our_defect() -> None:
    with pytest.raises(InternalError):
        CODEC.encode(replace(DEPOSIT, name="stake.withdrawn"))
    with pytest.raises(InternalError):
        Codec(EventRegistry([NodeDeregistered])).payload(DEPOSIT.event)


def as_stored(hint: object) -> Callable[[object], object]:
    """Return the function from a value to what its stored form is read as."""
    write = encoder_of(hint)
    return lambda value: orjson.loads(write(value))


@given(st.text(max_size=80) | st.integers(0, WEI_MAX * 10).map(str) | st.integers())
def test_amounts_are_read_exactly_as_parse_wei_reads_them(text: object) -> None:
    def outcome(function: Callable[[Any], Any]) -> object:
        try:
            return function(text)
        except Exception:  # noqa: BLE001 - either way of refusing counts
            return None

    assert outcome(decoder_of(Wei)) == outcome(parse_wei)


@given(
    st.text("0123456789abcdefxABCDEF", max_size=70)
    | st.binary(min_size=20, max_size=32).map(lambda b: "0x" + b.hex())
)
def test_hashes_and_addresses_are_lower_case_hex_of_the_right_length(text: str) -> None:
    for hint, length in ((Address, 42), (Hash32, 66)):
        fits = (
            len(text) == length and text[:2] == "0x" and not set(text[2:]) - set("0123456789abcdef")
        )
        for convert in (as_stored(hint), decoder_of(hint)):
            for _ in range(2):
                try:
                    assert convert(text) == text
                    accepted = True
                except Exception:  # noqa: BLE001 - whichever refusal
                    accepted = False
                assert accepted == fits


def test_a_type_that_cannot_be_stored_is_refused_when_the_codec_is_made() -> None:
    @dataclass(frozen=True, slots=True)
    class Weighed(Event):
        NAME: ClassVar[str] = "test.weighed"
        weight: float

    with pytest.raises(TypeError, match="cannot be stored"):
        Codec(EventRegistry([Weighed]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Event):
    """Version 3 of an event that exists only here: once `{to}`, then `{place, reason}`, now with `by`."""

    NAME: ClassVar[str] = "test.moved"
    SCHEMA: ClassVar[int] = 3
    place: str
    reason: str
    by: Address


MOVED = Codec(
    EventRegistry([Moved]),
    {
        ("test.moved", 1): lambda data: {"place": data["to"], "reason": "unknown"},
        ("test.moved", 2): lambda data: {**data, "by": account(0)},
    },
)


def moved(schema_version: int, data: dict[str, Any]) -> tuple[bytes, RecordedEvent]:
    event = Moved(place="here", reason="unknown", by=account(0))
    now = replace(DEPOSIT, name="test.moved", schema_version=3, event=event)
    body = orjson.loads(MOVED.encode(now))
    body.update(schema_version=schema_version, data=data)
    return orjson.dumps(body), now


def test_events_of_older_schemas_are_brought_up_step_by_step() -> None:
    for schema_version, data in (
        (1, {"to": "here"}),
        (2, {"place": "here", "reason": "unknown"}),
        (3, {"place": "here", "reason": "unknown", "by": account(0)}),
    ):
        stored, now = moved(schema_version, data)
        assert read(stored, now, MOVED) == now


@pytest.mark.parametrize(
    ("schema_version", "data"),
    [(1, {"place": "here"}), (2, {"place": "here"}), (2, {"place": 7, "reason": "why"}), (0, {})],
)
def test_old_data_that_does_not_fit_its_schema_is_corrupt(
    schema_version: int, data: dict[str, Any]
) -> None:
    stored, now = moved(schema_version, data)
    with pytest.raises(CorruptRecord, match="position 7"):
        read(stored, now, MOVED)


def test_a_schema_after_the_newest_is_never_upcast() -> None:
    stored, now = moved(4, {})
    with pytest.raises(NewerSchema):
        read(stored, now, MOVED)
