"""Keyrings for tests: real files in a temporary folder, gone with the process."""

from __future__ import annotations

from functools import cache
from hashlib import sha256, sha512
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.clock import SystemClock
from adapters.keyring.file import Keyring
from adapters.keyring.records import KeyRecord, head_line, key_line
from adapters.keyring.sealing import KeyId
from domain.kernel.ids import Address

_FOLDER = TemporaryDirectory(prefix="keyrings-")
KNOWN_ACCOUNTS = 40


def keyring_in(folder: Path) -> Keyring:
    """Return an empty keyring; its file is made with the first key."""
    return Keyring(folder / "ledger.db.keys", SystemClock())


@cache
def known_keyring() -> Keyring:
    """Return a keyring whose keys for the first accounts are the same in every run, so that their bytes are too."""
    path = Path(_FOLDER.name) / "known.keys"
    lines = [key_line(known_key(Address(f"0x{number:040x}"))) for number in range(KNOWN_ACCOUNTS)]
    path.touch(mode=0o600)
    path.write_bytes(head_line(1) + b"".join(lines))
    return Keyring(path, SystemClock())


def known_key(subject: Address) -> KeyRecord:
    return KeyRecord(
        id=KeyId(sha256(subject.encode()).hexdigest()[:32]),
        subject=subject,
        made_at="2026-01-01T00:00:00.000000Z",
        destroyed_at="",
        secret=sha512(subject.encode()).digest(),
    )
