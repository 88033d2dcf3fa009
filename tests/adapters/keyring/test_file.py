"""The keyring file: durable before it is used, gone when it is destroyed, shared by processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.keyring.file import Keyring
from adapters.keyring.records import LINE_BYTES
from adapters.keyring.sealing import KeyId
from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.ids import Address
from tests.support.events import account
from tests.support.keyrings import keyring_in

ONE, TWO = account(1), account(2)


def secret_of(keyring: Keyring, subject: Address) -> bytes:
    key = keyring.present(subject)
    assert key is not None
    assert key.secret is not None
    return key.secret


def test_nothing_is_made_before_the_first_key(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    assert keyring.present(ONE) is None
    assert keyring.key(KeyId("0" * 32)) is None
    assert not keyring.is_there()
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_on_the_disk_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE, TWO, ONE])
    assert keyring.path.stat().st_mode & 0o777 == 0o600
    again = keyring_in(tmp_path)
    assert secret_of(again, ONE) == secret_of(keyring, ONE) != secret_of(again, TWO)
    again.make_missing([ONE])
    assert secret_of(again, ONE) == secret_of(keyring, ONE)
    assert keyring.path.stat().st_size == 3 * LINE_BYTES


def test_a_destroyed_key_is_nowhere_in_the_file(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE, TWO])
    one, two = secret_of(keyring, ONE), secret_of(keyring, TWO)
    key_id = keyring.present(ONE).id  # type: ignore[union-attr]
    keyring.destroy(ONE)
    content = keyring.path.read_bytes()
    assert one.hex().encode() not in content
    assert two.hex().encode() in content
    for each in (keyring, keyring_in(tmp_path)):
        assert each.present(ONE) is None
        assert each.destroyed(ONE) == (key_id,)
        record = each.key(key_id)
        assert record is not None
        assert record.secret is None
        assert secret_of(each, TWO) == two


def test_a_subject_that_comes_back_gets_another_key(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE])
    before = secret_of(keyring, ONE)
    keyring.destroy(ONE)
    keyring.make_missing([ONE])
    assert secret_of(keyring, ONE) != before
    keyring.destroy(ONE)
    assert len(keyring.destroyed(ONE)) == 2


def test_an_open_keyring_notices_what_another_one_does(tmp_path: Path) -> None:
    one, other = keyring_in(tmp_path), keyring_in(tmp_path)
    one.make_missing([ONE])
    assert secret_of(other, ONE) == secret_of(one, ONE)
    other.destroy(ONE)
    assert one.present(ONE) is None
    one.make_missing([ONE])
    assert secret_of(other, ONE) == secret_of(one, ONE)


def test_a_subject_without_a_key_can_be_marked_as_erased(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.destroy(ONE)
    keyring.destroy(ONE)
    assert len(keyring.destroyed(ONE)) == 1


def test_a_line_that_a_crash_cut_is_written_over(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE])
    with keyring.path.open("ab") as file:
        file.write(b'{"id":"12')
    again = keyring_in(tmp_path)
    again.make_missing([TWO])
    assert keyring.path.stat().st_size == 3 * LINE_BYTES
    assert secret_of(keyring_in(tmp_path), ONE) == secret_of(keyring, ONE)


def test_a_file_that_a_crash_left_without_its_first_line_is_taken_over(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.path.touch(mode=0o600)
    assert keyring.present(ONE) is None
    keyring.make_missing([ONE])
    assert secret_of(keyring_in(tmp_path), ONE) == secret_of(keyring, ONE)


def test_a_destruction_that_was_cut_is_known_and_can_be_finished(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE])
    one = secret_of(keyring, ONE)
    content = bytearray(keyring.path.read_bytes())
    at = content.index(b'"destroyed_at":"') + len(b'"destroyed_at":"')
    content[at : at + 4] = b"2026"
    keyring.path.write_bytes(content)
    again = keyring_in(tmp_path)
    assert again.present(ONE) is None
    again.destroy(ONE)
    assert one.hex().encode() not in keyring.path.read_bytes()


def test_a_keyring_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE])
    keyring.path.chmod(0o640)
    with pytest.raises(InvalidInput, match="others may read"):
        keyring_in(tmp_path).make_missing([TWO])


def test_another_file_is_not_a_keyring_and_stays_as_it_is(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.path.touch(mode=0o600)
    keyring.path.write_bytes(b"x" * 1_000)
    uses: list[Callable[[], object]] = [
        lambda: keyring.present(ONE),
        lambda: keyring.make_missing([ONE]),
    ]
    for use in uses:
        with pytest.raises(InvalidInput, match="not a keyring"):
            use()
    assert keyring.path.read_bytes() == b"x" * 1_000


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "gone" / "keys", SystemClock())
    assert keyring.present(ONE) is None
    with pytest.raises(Unavailable, match="cannot write the keyring"):
        keyring.make_missing([ONE])


def test_a_keyring_that_was_moved_away_is_begun_anew_and_not_written_to(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    keyring.make_missing([ONE])
    moved = keyring.path.rename(tmp_path / "moved")
    before = moved.read_bytes()
    keyring.make_missing([TWO])
    assert moved.read_bytes() == before
    assert keyring_in(tmp_path).present(TWO) is not None


WORKER = """
import sys
from pathlib import Path
from adapters.clock import SystemClock
from adapters.keyring.file import Keyring
keyring = Keyring(Path(sys.argv[1]), SystemClock())
for number in range(1, 41):
    keyring.make_missing([f"0x{number:040x}"])
"""


def test_processes_and_threads_agree_on_one_key_for_each_subject(tmp_path: Path) -> None:
    keyring = keyring_in(tmp_path)
    processes = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(keyring.path)]) for _ in range(2)
    ]
    numbers = range(1, 41)

    def make_all() -> None:
        for number in numbers:
            keyring.make_missing([account(number)])

    threads = [threading.Thread(target=make_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [process.wait(60) for process in processes] == [0, 0]
    assert keyring.path.stat().st_size == 41 * LINE_BYTES
    assert len({secret_of(keyring, account(n)) for n in numbers}) == 40
