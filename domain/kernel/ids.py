"""Names of things: distinct types, so that a block number never passes for a position."""

from __future__ import annotations

import re
from typing import NewType, TypeGuard

from domain.kernel.errors import InvalidAddress, InvalidHash

Position = NewType("Position", int)
"""Global order of an event in the log: dense, starts at 1."""

Version = NewType("Version", int)
"""Order of an event in its stream: dense, starts at 1."""

BlockNumber = NewType("BlockNumber", int)
ChainId = NewType("ChainId", int)
Seconds = NewType("Seconds", int)
Timestamp = NewType("Timestamp", int)
"""Seconds since 1970-01-01 UTC, as block headers carry them."""

Epoch = NewType("Epoch", int)
"""Which attempt at a task: 1 for the first assignment. It fences late messages of an earlier attempt."""

Quantity = NewType("Quantity", int)
"""A count that a contract keeps in 256 bits. A decimal string in JSON, for the reason that amounts are one."""

Address = NewType("Address", str)
"""Twenty bytes as `0x` and 40 lower-case hexadecimal digits."""

Hash32 = NewType("Hash32", str)
"""Thirty-two bytes as `0x` and 64 lower-case hexadecimal digits."""

StreamName = NewType("StreamName", str)
BranchName = NewType("BranchName", str)

NO_EPOCH = Epoch(0)
"""The epoch of a task that was never posted."""

FIRST_EPOCH = Epoch(1)
NO_TIME = Timestamp(0)
MAIN_BRANCH = BranchName("main")
ZERO_HASH = Hash32("0x" + "00" * 32)

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")


def is_address(value: object) -> TypeGuard[Address]:
    """Tell whether the value is an address as it is stored."""
    return type(value) is str and _ADDRESS.fullmatch(value) is not None


def parse_address(text: str) -> Address:
    """Return `text` as an address in lower case.

    Raises InvalidAddress when it is not `0x` and 40 hexadecimal digits.
    """
    lowered = text.strip().lower()
    if not _ADDRESS.fullmatch(lowered):
        raise InvalidAddress(text)
    return Address(lowered)


def parse_hash(text: str) -> Hash32:
    """Return `text` as a 32-byte hash in lower case.

    Raises InvalidHash when it is not `0x` and 64 hexadecimal digits.
    """
    lowered = text.strip().lower()
    if not _HASH.fullmatch(lowered):
        raise InvalidHash(text)
    return Hash32(lowered)
