"""What is stored once is readable for ever: the golden bytes of every event that was ever registered."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from adapters.eventstore.codec import Codec
from domain.application.catalogue import REGISTRY
from domain.kernel.event import Event
from tests.golden.samples import FOLDER, golden_file, sample_of

CODEC = Codec(REGISTRY)
FILES = sorted(FOLDER.glob("*.json"))


def decoded(path: Path) -> object:
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_bytes_of_every_schema_ever_stored_can_be_read(path: Path) -> None:
    name, schema_version = path.stem.rsplit(".", 1)
    body = orjson.loads(path.read_bytes())
    assert (body["name"], body["schema_version"]) == (name, int(schema_version))
    decoded(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_bytes_are_canonical_json(path: Path) -> None:
    stored = path.read_bytes()
    assert stored == orjson.dumps(orjson.loads(stored), option=orjson.OPT_SORT_KEYS)
