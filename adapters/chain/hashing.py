"""Keccak-256 and the writing half of RLP: what block headers, receipts and tries are hashed with.

RLP: https://ethereum.org/developers/docs/data-structures-and-encoding/rlp/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from eth_hash.auto import keccak as _keccak

Rlp: TypeAlias = "bytes | Sequence[Rlp]"
"""A byte string, or a list of such values."""

EMPTY_STRING = b"\x80"


def keccak(data: bytes) -> bytes:
    """Return the Keccak-256 hash, 32 bytes."""
    return _keccak(data)


def rlp_bytes(value: bytes) -> bytes:
    """Return a byte string encoded."""
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _length(len(value), 0x80) + value


def rlp_list(payload: bytes) -> bytes:
    """Return a list, given its items encoded and joined."""
    return _length(len(payload), 0xC0) + payload


def rlp_number(value: int) -> bytes:
    """Return an unsigned number encoded: its shortest bytes, none for zero."""
    return rlp_bytes(shortest_bytes(value))


def rlp(value: Rlp) -> bytes:
    """Return a byte string, or a list of such values however deep, encoded."""
    if isinstance(value, bytes):
        return rlp_bytes(value)
    return rlp_list(b"".join([rlp(item) for item in value]))


def shortest_bytes(value: int) -> bytes:
    """Return an unsigned number without leading zeros, big-endian."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes((offset + length,))
    size = shortest_bytes(length)
    return bytes((offset + 55 + len(size),)) + size
