"""What is stored once is readable for ever: the golden bytes of every event that was ever registered."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from adapters.eventstore.codec import Codec
from adapters.eventstore.upcasters import UPCASTERS
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from tests.golden.samples import FOLDER, golden_file, sample_of
from tests.support.keyrings import known_keyring

CODEC = Codec(REGISTRY, keyring=known_keyring())
FILES = sorted(FOLDER.glob("*.json"))


def decoded(path: Path) -> RecordedEvent:
    body = orjson.loads(path.read_bytes())
    return CODEC.decode(
        path.read_bytes(),
        position=7,
        stream=body["stream"],
        version=body["version"],
        name=body["name"],
    )


@pytest.mark.parametrize("event_type", list(REGISTRY), ids=lambda cls: cls.NAME)
def test_every_registered_event_has_golden_bytes_and_they_never_change(
    event_type: type[Event],
) -> None:
    path = golden_file(event_type)
    assert path.exists(), "a new event or schema: run `python -m tests.golden.samples`"
    stored = path.read_bytes()
    recorded = sample_of(event_type)
    assert decoded(path) == recorded
    assert CODEC.encode(recorded) == stored


NEWEST = {
    cls.NAME: max(each.SCHEMA for each in REGISTRY if each.NAME == cls.NAME) for cls in REGISTRY
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_bytes_of_every_schema_ever_stored_read_back_as_the_newest(path: Path) -> None:
    name, schema_version = path.stem.rsplit(".", 1)
    body = orjson.loads(path.read_bytes())
    assert (body["name"], body["schema_version"]) == (name, int(schema_version))
    recorded = decoded(path)
    assert recorded.schema_version == recorded.event.SCHEMA == NEWEST[name]
    assert type(recorded.event) is REGISTRY.get(name, NEWEST[name])


def test_every_schema_from_the_first_to_the_newest_has_golden_bytes_and_a_way_up() -> None:
    stored = {(name, schema) for name, newest in NEWEST.items() for schema in range(1, newest + 1)}
    assert {
        (path.stem.rsplit(".", 1)[0], int(path.stem.rsplit(".", 1)[1])) for path in FILES
    } == stored
    older = {(name, schema) for name, schema in stored if schema < NEWEST[name]}
    assert set(UPCASTERS) == older


@pytest.mark.parametrize(("name", "schema_version"), sorted(UPCASTERS))
def test_an_upcaster_leaves_what_it_is_given_as_it_was(name: str, schema_version: int) -> None:
    path = FOLDER / f"{name}.{schema_version}.json"
    data = orjson.loads(path.read_bytes())["data"]
    before = orjson.dumps(data)
    UPCASTERS[name, schema_version](data)
    assert orjson.dumps(data) == before


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_bytes_are_canonical_json(path: Path) -> None:
    stored = path.read_bytes()
    assert stored == orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS)
