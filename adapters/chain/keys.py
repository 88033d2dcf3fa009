"""Private keys held by this process, and what they sign."""

from __future__ import annotations

from collections.abc import Mapping

from eth_account import Account
from eth_account.signers.local import LocalAccount

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Address, Hash32


class Signer:
    """One private key. Its repr and its errors never show it."""

    def __init__(self, key: bytes) -> None:
        self._account: LocalAccount = Account.from_key(key)
        self.address = Address(self._account.address.lower())

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def sign(self, fields: Mapping[str, int | bytes]) -> tuple[bytes, Hash32]:
        """Return the signed transaction and its hash."""
        signed = self._account.sign_transaction(dict(fields))
        return bytes(signed.raw_transaction), Hash32("0x" + bytes(signed.hash).hex())


def parse_key(text: str) -> bytes:
    """Return the 32 bytes of a private key in hex. Raises InvalidInput, which does not repeat the text."""
    digits = text.strip().removeprefix("0x")
    hint = "a private key is 64 hexadecimal digits, with or without 0x"
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InvalidInput("the private key is not 32 bytes of hex", hint=hint)
    try:
        Account.from_key(key)
    except ValueError:  # zero, or above the order of the curve
        key = b""
    if not key:
        raise InvalidInput("the private key lies outside the range of the curve", hint=hint)
    return key
