"""A log's key signs one history only, whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.checkpoints.checkpoint import open_checkpoint
from adapters.checkpoints.keyfile import last_signed_path, make_key, sign_checkpoint
from adapters.checkpoints.note import Verifier
from adapters.eventstore.log import LedgerLog, open_log
from domain.kernel.errors import EvidenceMismatch, InvalidInput, Unavailable
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_log import joined


@pytest.fixture
def key(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    return folder / "log.key"


@pytest.fixture
def verifier(key: Path) -> Verifier:
    return make_key(key, "example.org/ledger")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LedgerLog]:
    with open_log(str(tmp_path / "ledger.db"), TickingClock()) as opened:
        opened.append([joined(number, number) for number in range(1, 6)], {})
        yield opened


def another_log(tmp_path: Path, count: int) -> LedgerLog:
    other = open_log(str(tmp_path / "other.db"), TickingClock())
    other.append([joined(number, 50 + number) for number in range(1, count + 1)], {})
    return other


def test_a_key_is_its_owners_and_never_overwritten(key: Path, verifier: Verifier) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    with pytest.raises(InvalidInput, match="exists already"):
        make_key(key, None)
    assert key.read_bytes() == before
    assert verifier.name == "example.org/ledger"


def test_two_keys_without_a_name_are_of_two_logs(tmp_path: Path) -> None:
    one, two = (make_key(tmp_path / name, None) for name in ("one", "two"))
    assert one.name != two.name
    assert one.name.startswith("agentgpt-ledger/")


def test_a_checkpoint_is_of_the_present_head(key: Path, verifier: Verifier, log: LedgerLog) -> None:
    for number in range(3):
        note = sign_checkpoint(key, log.tree)
        assert open_checkpoint(note.encode(), verifier).head == log.tree.head()
        assert last_signed_path(key).read_text() == note
        assert sign_checkpoint(key, log.tree) == note
        log.append([joined(9, 100 + number)], {})


@pytest.mark.usefixtures("verifier")
@pytest.mark.parametrize("count", [0, 3, 5, 6, 20])
def test_a_log_that_does_not_extend_the_last_one_is_not_signed(
    key: Path, log: LedgerLog, tmp_path: Path, count: int
) -> None:
    note = sign_checkpoint(key, log.tree)
    with another_log(tmp_path, count) as other, pytest.raises(EvidenceMismatch):
        sign_checkpoint(key, other.tree)
    assert last_signed_path(key).read_text() == note
    log.append([joined(9, 100)], {})
    assert sign_checkpoint(key, log.tree) != note


@pytest.mark.usefixtures("verifier")
def test_a_tampered_last_checkpoint_stops_signing(key: Path, log: LedgerLog) -> None:
    note = sign_checkpoint(key, log.tree)
    last_signed_path(key).write_text(note.replace("\n5\n", "\n4\n"))
    with pytest.raises(EvidenceMismatch):
        sign_checkpoint(key, log.tree)
    last_signed_path(key).write_text("")
    with pytest.raises(InvalidInput):
        sign_checkpoint(key, log.tree)


@pytest.mark.usefixtures("verifier")
def test_nothing_is_signed_that_cannot_be_kept(key: Path, log: LedgerLog) -> None:
    partial = last_signed_path(key).with_name(last_signed_path(key).name + ".partial")
    partial.mkdir()
    with pytest.raises(Unavailable, match="cannot keep"):
        sign_checkpoint(key, log.tree)
    assert not last_signed_path(key).exists()


@pytest.mark.usefixtures("verifier")
def test_a_key_that_others_may_read_is_not_used(key: Path, log: LedgerLog) -> None:
    key.chmod(0o640)
    with pytest.raises(InvalidInput, match="others may read"):
        sign_checkpoint(key, log.tree)


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 40, b"x" * 5000])
def test_what_is_no_key_file_is_refused(key: Path, log: LedgerLog, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="cannot read"):
        sign_checkpoint(key, log.tree)
    key.write_bytes(content)
    key.chmod(0o600)
    with pytest.raises(InvalidInput, match="not the file of a log's key"):
        sign_checkpoint(key, log.tree)


def test_signers_at_once_leave_the_newest_checkpoint(
    key: Path, verifier: Verifier, log: LedgerLog
) -> None:
    errors: list[Exception] = []

    def sign() -> None:
        try:
            for _ in range(5):
                sign_checkpoint(key, log.tree)
        except Exception as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=sign) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        log.append([joined(9, 100 + number)], {})
    for thread in threads:
        thread.join()
    assert not errors
    sign_checkpoint(key, log.tree)
    last = last_signed_path(key).read_bytes()
    assert open_checkpoint(last, verifier).head == log.tree.head()
