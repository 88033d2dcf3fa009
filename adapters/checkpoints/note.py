"""Signed notes (https://c2sp.org/signed-note): a text, an empty line, and a line for each signature.

    — <key name> <base64 of key hash (4 bytes) and signature>

A key is passed on as text: `<name>+<hex of key hash>+<base64 of type byte and public key>`. Only Ed25519 (type 1) is
made and read here; lines of other keys are left alone, as the format asks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.kernel.errors import EvidenceMismatch, InvalidInput

NOTE_BYTES_MAX: Final = 1 << 16
SIGNATURES_MAX: Final = 100
KEY_BYTES: Final = 32

_ED25519: Final = b"\x01"
_NAME = re.compile(r"[^\s+]{1,128}")
_PRIVATE_PREFIX: Final = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that tell keys of one name apart; they prove nothing."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{_encode(_ED25519 + self.public)}"


class Signer:
    """A private key and the name it signs under. Its repr never shows the key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(check_name(name), self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.verifier})"

    def text(self) -> str:
        """Return the key as it is kept in a file, in the spelling of Go's golang.org/x/mod/sumdb/note."""
        verifier = self.verifier
        key = _encode(_ED25519 + self._seed)
        return f"{_PRIVATE_PREFIX}{verifier.name}+{verifier.key_hash.hex()}+{key}"

    def sign(self, text: str) -> str:
        """Return the text as a note with this key's signature. Raises InvalidInput for what no note may hold."""
        message = text.encode()
        if not _is_text(message):
            raise InvalidInput("a note is lines of text, each with an end")
        signature = _encode(self.verifier.key_hash + self._key.sign(message))
        return f"{text}\n— {self.verifier.name} {signature}\n"


def check_name(name: str) -> str:
    """Return the name. Raises InvalidInput for one that cannot stand in a note."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise InvalidInput(
            f"`{name[:80]}` cannot be the name of a key",
            hint="up to 128 characters without spaces and plus signs, for instance `example.org/ledger`",
        )
    return name


def parse_verifier(text: str) -> Verifier:
    """Return the public key that the text spells. Raises InvalidInput."""
    name, key_hash, key = _parts(text.strip(), "verifier key")
    verifier = Verifier(name, key)
    if verifier.key_hash != key_hash:
        raise InvalidInput(
            "the verifier key's hash does not fit its key", hint="was it copied whole?"
        )
    return verifier


def parse_signer(text: str) -> Signer:
    """Return the private key that the text spells. Raises InvalidInput, which does not repeat it."""
    line = text.strip()
    if not line.startswith(_PRIVATE_PREFIX):
        raise InvalidInput(
            "this is not the file of a log's key", hint="`agentgpt log key --out FILE` makes one"
        )
    name, key_hash, seed = _parts(line.removeprefix(_PRIVATE_PREFIX), "key file")
    signer = Signer(name, seed)
    if signer.verifier.key_hash != key_hash:
        raise InvalidInput("the key file is damaged: its hash does not fit its key")
    return signer


def open_note(note: bytes, verifier: Verifier) -> str:
    """Return the text of a note that the key signed.

    Raises InvalidInput for what is no note, EvidenceMismatch when the key did not sign it or a signature is wrong.
    """
    if len(note) > NOTE_BYTES_MAX:
        raise InvalidInput("this is too large for a signed note")
    message, separator, lines = note.rpartition(b"\n\n")
    message += b"\n"
    signatures = lines.removesuffix(b"\n").split(b"\n")
    well_formed = separator and lines.endswith(b"\n") and _is_text(message)
    if not well_formed or len(signatures) > SIGNATURES_MAX:
        raise InvalidInput(
            "this is not a signed note", hint="`agentgpt log checkpoint` writes them"
        )
    found = False
    public = Ed25519PublicKey.from_public_bytes(verifier.public)
    for line in signatures:
        name, key_hash, signature = _signature(line)
        if (name, key_hash) != (verifier.name, verifier.key_hash):
            continue
        try:
            public.verify(signature, message)
        except InvalidSignature:
            raise EvidenceMismatch(
                f"the signature of `{verifier.name}` does not fit the text",
                hint="the note was changed after it was signed",
            ) from None
        found = True
    if not found:
        raise EvidenceMismatch(
            f"the note is not signed by `{verifier.name}` with the key {verifier.key_hash.hex()}",
            hint="check --vkey: `agentgpt log key` printed it",
        )
    return message.decode()


def _signature(line: bytes) -> tuple[str, bytes, bytes]:
    try:
        dash, name, blob = line.decode().split(" ")
        raw = base64.b64decode(blob, validate=True)
    except ValueError:
        raise InvalidInput("a signature line of the note is malformed") from None
    if dash != "—" or not _NAME.fullmatch(name) or len(raw) < 5 or _encode(raw) != blob:
        raise InvalidInput("a signature line of the note is malformed")
    return name, raw[:4], raw[4:]


def _parts(text: str, what: str) -> tuple[str, bytes, bytes]:
    # The base64 part may have plus signs of its own.
    name, _, rest = text.partition("+")
    digits, _, blob = rest.partition("+")
    try:
        key_hash, key = bytes.fromhex(digits), base64.b64decode(blob, validate=True)
    except (ValueError, binascii.Error):
        key_hash = key = b""
    if len(key_hash) != 4 or len(key) != 1 + KEY_BYTES or key[:1] != _ED25519:
        raise InvalidInput(
            f"the {what} is not `<name>+<8 hexadecimal digits>+<base64>` of an Ed25519 key"
        )
    return check_name(name), key_hash, key[1:]


def _is_text(message: bytes) -> bool:
    try:
        text = message.decode()
    except UnicodeDecodeError:
        return False
    return text.endswith("\n") and all(char == "\n" or char >= " " for char in text)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()
