"""Personal texts in the log: sealed in its bytes, open to readers, gone with their key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.eventstore.codec import Codec
from adapters.eventstore.log import LedgerLog, open_log
from domain.application.catalogue import REGISTRY
from domain.application.erasure import SubjectEraser
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import CorruptRecord, InternalError, NotFound
from domain.kernel.ids import Address, Position, StreamName, Version
from domain.kernel.personal import ERASED, SEALED, personal_fields
from domain.node.events import NodeRegistered
from domain.subject.events import SubjectErased
from tests.adapters.eventstore.conftest import TickingClock
from tests.golden.samples import golden_file, sample_of
from tests.support.events import account, fact
from tests.support.keyrings import keyring_in, known_keyring

PERSONAL = [cls for cls in REGISTRY if personal_fields(cls)]
TEXT = "https://example.org/people/ada-lovelace"
OTHER_TEXT = "https://example.org/people/charles-babbage"
ADA, CHARLES = account(1), account(2)
CODEC = Codec(REGISTRY, keyring=known_keyring())


def registered(node: Address, text: str, block: int = 1) -> NewEvent:
    return fact(NodeRegistered(node=node, metadata_uri=text), block)


def read(codec: Codec, stored: bytes, recorded: RecordedEvent) -> RecordedEvent:
    return codec.decode(
        stored,
        position=recorded.position,
        stream=recorded.stream,
        version=recorded.version,
        name=recorded.name,
    )


def text_of(recorded: RecordedEvent) -> str:
    assert isinstance(recorded.event, NodeRegistered)
    return recorded.event.metadata_uri


@pytest.mark.parametrize("cls", PERSONAL, ids=lambda cls: cls.NAME)
def test_personal_texts_are_not_in_the_stored_bytes(cls: Any) -> None:
    recorded = sample_of(cls)
    data = orjson.loads(CODEC.encode(recorded))["data"]
    for field in personal_fields(cls):
        assert data[field].startswith("sealed-1.")
        assert getattr(recorded.event, field) not in data[field]


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80).filter(lambda text: text.isprintable()))
def test_any_text_comes_back_and_is_the_same_bytes_again(text: str) -> None:
    recorded = replace(sample_of(NodeRegistered), event=NodeRegistered(node=ADA, metadata_uri=text))
    stored = CODEC.encode(recorded)
    again = read(CODEC, stored, recorded)
    assert again == recorded
    assert CODEC.encode(again) == stored


def test_a_sealed_text_that_stands_elsewhere_is_corrupt() -> None:
    recorded = sample_of(NodeRegistered)
    body = orjson.loads(CODEC.encode(recorded))
    for change in (
        {"stream": "node:other"},
        {"version": 4},
        {"data": {**body["data"], "node": ADA.replace("1", "2")}},
        {"data": {**body["data"], "metadata_uri": TEXT}},
    ):
        moved = {**body, **change}
        at = replace(
            recorded, stream=StreamName(moved["stream"]), version=Version(moved["version"])
        )
        with pytest.raises(CorruptRecord, match=r"position 7.*data\.metadata_uri"):
            read(CODEC, orjson.dumps(moved), at)


def test_a_codec_without_a_keyring_reads_the_rest_and_writes_no_personal_text() -> None:
    bare = Codec(REGISTRY)
    recorded = sample_of(NodeRegistered)
    again = read(bare, CODEC.encode(recorded), recorded)
    assert text_of(again) == SEALED
    assert again.provenance == recorded.provenance
    with pytest.raises(InternalError, match="keyring"):
        bare.encode(recorded)


def test_texts_from_before_they_were_sealed_are_read_until_their_subject_is_erased(
    tmp_path: Path,
) -> None:
    stored = golden_file(NodeRegistered).with_name("node.registered.1.json").read_bytes()
    recorded = sample_of(NodeRegistered)
    keyring = keyring_in(tmp_path)
    codec = Codec(REGISTRY, keyring=keyring)
    assert read(codec, stored, recorded) == recorded
    keyring.destroy(ADA)
    assert text_of(read(codec, stored, recorded)) == ERASED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def opened(path: Path) -> LedgerLog:
    return open_log(str(path), TickingClock())


def test_dropping_a_key_leaves_bytes_and_root_and_others(path: Path) -> None:
    with opened(path) as log:
        log.append([registered(ADA, TEXT), registered(CHARLES, OTHER_TEXT, 2)], {})
        before, head = log.raw(Position(0), 10), log.tree.head()
        done = SubjectEraser(log, log.keyring).erase(ADA, actor="test")
        assert done.events == 1
        assert done.position == 3
        assert log.raw(Position(0), 2) == before
        assert log.tree.head(2) == head
        ada, charles, erased = log.read(Position(0), 10)
        assert text_of(ada) == ERASED
        assert text_of(charles) == OTHER_TEXT
        assert erased.actor == "test"
        assert erased.event == SubjectErased(subject=ADA, key_ids=done.key_ids)
    for file in path.parent.iterdir():
        assert TEXT.encode() not in file.read_bytes()


def test_erasing_again_records_nothing_and_names_every_key_once(path: Path) -> None:
    with opened(path) as log:
        eraser = SubjectEraser(log, log.keyring)
        log.append([registered(ADA, TEXT)], {})
        first = eraser.erase(ADA)
        assert eraser.erase(ADA).position is None
        log.append([registered(ADA, OTHER_TEXT, 2)], {})
        assert text_of(log.read(Position(2), 1)[0]) == OTHER_TEXT
        second = eraser.erase(ADA)
        assert second.key_ids
        assert not {*first.key_ids} & {*second.key_ids}


def test_an_erasure_that_was_cut_after_the_keys_is_recorded_by_the_next(path: Path) -> None:
    with opened(path) as log:
        log.append([registered(ADA, TEXT)], {})
        log.keyring.destroy(ADA)
        done = SubjectEraser(log, log.keyring).erase(ADA)
        assert done.position == 2
        assert done.key_ids == tuple(log.keyring.destroyed(ADA))


def test_somebody_the_ledger_knows_nothing_about_cannot_be_erased(path: Path) -> None:
    with opened(path) as log:
        log.append([registered(ADA, TEXT)], {})
        with pytest.raises(NotFound, match="no personal text"):
            SubjectEraser(log, log.keyring).erase(CHARLES)
        assert log.head() == 1


def test_a_lost_keyring_is_no_error_to_a_reader(path: Path) -> None:
    with opened(path) as log:
        log.append([registered(ADA, TEXT)], {})
        keys = log.keyring.path
    keys.unlink()
    with open_log(str(path), TickingClock(), readonly=True) as log:
        assert text_of(log.read(Position(0), 1)[0]) == SEALED
    with opened(path) as log:
        log.append([registered(ADA, OTHER_TEXT, 2)], {})
        assert [text_of(each) for each in log.read(Position(0), 2)] == [SEALED, OTHER_TEXT]


KILLED = """
import os, signal, sys
from pathlib import Path
from adapters.eventstore.log import open_log
from adapters.eventstore.log_recorder import LedgerApplicationRecorder
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_personal_fields import ADA, TEXT, registered
def killed(*args):
    os.kill(os.getpid(), signal.SIGKILL)
LedgerApplicationRecorder.append = killed
with open_log(sys.argv[1], TickingClock()) as log:
    log.append([registered(ADA, TEXT)], {})
"""


def test_a_kill_between_key_and_append_loses_nothing(path: Path) -> None:
    with opened(path):
        pass
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert done.returncode == -signal.SIGKILL
    with opened(path) as log:
        key = log.keyring.present(ADA)
        assert key is not None
        assert log.head() == 0
        log.append([registered(ADA, TEXT)], {})
        assert text_of(log.read(Position(0), 1)[0]) == TEXT
        assert log.keyring.present(ADA) == key
