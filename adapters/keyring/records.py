"""The lines of a keyring file: all of one length, so that a key can be overwritten where it stands.

    {"format":"agentgpt-keyring-1","changes":"<20 digits>"}           the first line; `changes` grows with each change
    {"id":..,"subject":..,"made_at":..,"destroyed_at":..,"key":..}    one line for each key

A destroyed key is sixty-four zero bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from adapters.keyring.sealing import KEY_BYTES, KeyId
from domain.kernel.ids import Address

_FORMAT: Final = "agentgpt-keyring-1"
_MOMENT_CHARS: Final = 27
_CHANGES_DIGITS: Final = 20
DESTROYED_KEY: Final = "00" * KEY_BYTES


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key of a subject. `secret` is None once it is destroyed; `destroyed_at` is "" before."""

    id: KeyId
    subject: Address
    made_at: str
    destroyed_at: str
    secret: bytes | None


def _line(key_id: str, subject: str, made_at: str, destroyed_at: str, key: str) -> bytes:
    return (
        f'{{"id":"{key_id}","subject":"{subject}","made_at":"{made_at:<{_MOMENT_CHARS}}",'
        f'"destroyed_at":"{destroyed_at:<{_MOMENT_CHARS}}","key":"{key}"}}\n'
    ).encode()


_SAMPLE: Final = _line("0" * 32, "0x" + "0" * 40, "m" * _MOMENT_CHARS, "", "k" * 2 * KEY_BYTES)
LINE_BYTES: Final = len(_SAMPLE)
KEY_AT: Final = _SAMPLE.index(b"k" * 2 * KEY_BYTES)
DESTROYED_AT: Final = _SAMPLE.index(b'"destroyed_at":"') + len(b'"destroyed_at":"')


def head_line(changes: int) -> bytes:
    """Return the first line of a file that was changed so many times."""
    text = f'{{"format":"{_FORMAT}","changes":"{changes:0{_CHANGES_DIGITS}d}"}}'
    return f"{text:<{LINE_BYTES - 1}}\n".encode()


def changes_of(line: bytes) -> int | None:
    """Return how many times the file was changed; None for a first line that is not ours."""
    try:
        head = orjson.loads(line)
        return int(head["changes"]) if head["format"] == _FORMAT else None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return None


def key_line(record: KeyRecord) -> bytes:
    """Return the line of a key."""
    key = DESTROYED_KEY if record.secret is None else record.secret.hex()
    return _line(record.id, record.subject, record.made_at, record.destroyed_at, key)


def destroyed_moment(moment: str) -> bytes:
    """Return what is written over a line's `destroyed_at`."""
    return f"{moment:<{_MOMENT_CHARS}}".encode()


def parse_key_line(line: bytes) -> KeyRecord | None:
    """Return the key of a line; None for a line that is damaged."""
    try:
        data = orjson.loads(line)
        secret = bytes.fromhex(data["key"])
        destroyed_at = data["destroyed_at"].strip()
        if len(secret) != KEY_BYTES:
            return None
        return KeyRecord(
            id=KeyId(data["id"]),
            subject=Address(data["subject"]),
            made_at=data["made_at"].strip(),
            destroyed_at=destroyed_at,
            secret=None if destroyed_at or not any(secret) else secret,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None
