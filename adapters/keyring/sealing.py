"""A personal text as the log holds it: sealed with a key of its subject, bound to the place where it stands.

    sealed-1.aes-256-siv.<key id>.<initialisation vector and ciphertext, base64url without padding>

AES-SIV (RFC 5297) derives the initialisation vector from key, place and text: there is no nonce that two processes or
a restored copy of the keyring could use twice, and an append that is repeated writes the same bytes. Every event has a
place of its own, so equal texts still look different. The length of a text shows.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

KEY_BYTES: Final = 64
"""AES-256-SIV takes two keys of 256 bits as one."""

KeyId = NewType("KeyId", str)
"""32 hexadecimal digits, drawn at random."""

_VERSION: Final = "sealed-1"
_ALGORITHM: Final = "aes-256-siv"
_VECTOR_BYTES: Final = 16
_FORM: Final = re.compile(rf"{_VERSION}\.{_ALGORITHM}\.([0-9a-f]{{32}})\.([A-Za-z0-9_-]{{22,}})")

Place = Sequence[str]
"""What a sealed text is bound to, from branch to field; no part is empty."""


class UnsealError(Exception):
    """A sealed text is not what `seal` writes, or does not belong where it stands; the message ends a sentence."""

    field = ""
    """The field of the event that holds it, where known."""


@dataclass(frozen=True, slots=True)
class SealedText:
    """A sealed text taken apart."""

    key_id: KeyId
    box: bytes


def seal(text: str, key_id: KeyId, secret: bytes, place: Place) -> str:
    """Return the text sealed for its place. Raises UnicodeEncodeError for a text that is not Unicode."""
    # AES-SIV has no ciphertext of nothing in this library, and the form needs one: the text gets a byte in front.
    box = AESSIV(secret).encrypt(b"\x00" + text.encode(), [part.encode() for part in place])
    packed = urlsafe_b64encode(box).rstrip(b"=").decode()
    return f"{_VERSION}.{_ALGORITHM}.{key_id}.{packed}"


def parse_sealed(stored: str) -> SealedText:
    """Return the parts of a sealed text. Raises UnsealError."""
    match = _FORM.fullmatch(stored)
    if match is None:
        raise UnsealError("is not a sealed text")
    packed = match[2]
    try:
        box = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        raise UnsealError("is not a sealed text") from None
    # Unused bits of the last digit must be zero: one text has one form.
    if urlsafe_b64encode(box).rstrip(b"=").decode() != packed or len(box) <= _VECTOR_BYTES:
        raise UnsealError("is not a sealed text")
    return SealedText(KeyId(match[1]), box)


def open_sealed(sealed: SealedText, secret: bytes, place: Place) -> str:
    """Return the text. Raises UnsealError when it was not sealed with this key for this place."""
    try:
        content = AESSIV(secret).decrypt(sealed.box, [part.encode() for part in place])
    except InvalidTag:
        raise UnsealError("was not sealed for this place") from None
    try:
        return content[1:].decode()
    except UnicodeDecodeError:
        raise UnsealError("is sealed, but not a text") from None
