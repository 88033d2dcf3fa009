"""Checked reading of the values in a node's answers; each raises MalformedAnswer that names the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from adapters.chain.transport import Json, MalformedAnswer
from contracts.bindings.abi import AbiError
from domain.kernel.ids import Address, Hash32

_Result = TypeVar("_Result")

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_from_hex = bytes.fromhex


def _wrong(field: str, value: Json, wanted: str) -> MalformedAnswer:
    return MalformedAnswer(
        f"the node's `{field}` is {str(value)[:80]!r}, not {wanted}",
        hint="check that the URL is an Ethereum JSON-RPC endpoint, or use another node",
    )


def read_object(value: Json, field: str) -> Mapping[str, Json]:
    """Return `value` as an object."""
    if not isinstance(value, dict):
        raise _wrong(field, value, "an object")
    return value


def read_list(value: Json, field: str) -> list[Json]:
    """Return `value` as a list."""
    if not isinstance(value, list):
        raise _wrong(field, value, "a list")
    return value


def read_quantity(value: Json, field: str) -> int:
    """Return the unsigned integer of at most 256 bits that `value` writes as `0x` hex."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise _wrong(field, value, "a quantity (0x and hexadecimal digits)")
    return int(value, 16)


def read_count(value: Json, field: str) -> int:
    """Return a quantity of at most 63 bits, as far as blocks, seconds and log indices go in any store."""
    count = read_quantity(value, field)
    if count >> 63:
        raise _wrong(field, value, "a number below 2**63")
    return count


def read_address(value: Json, field: str) -> Address:
    """Return `value` as an address in lower case."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise _wrong(field, value, "an address")
    return Address(value.lower())


def read_hash(value: Json, field: str) -> Hash32:
    """Return `value` as a 32-byte hash in lower case."""
    # Faster than a pattern. `fromhex` skips white space, so the length is looked at before and after.
    try:
        if (
            isinstance(value, str)
            and len(value) == 66
            and value[:2] == "0x"
            and len(_from_hex(value[2:])) == 32
        ):
            return Hash32(value.lower())
    except ValueError:
        pass
    raise _wrong(field, value, "a 32-byte hash")


def read_data(value: Json, field: str) -> bytes:
    """Return the bytes that `value` writes as `0x` hex."""
    try:
        if isinstance(value, str) and value[:2] == "0x":
            data = _from_hex(value[2:])
            if 2 * len(data) + 2 == len(value):
                return data
    except ValueError:
        pass
    raise _wrong(field, value, "hexadecimal bytes")


def read_result(decode: Callable[[bytes], _Result], answer: bytes, field: str) -> _Result:
    """Return what a view function answered, decoded."""
    try:
        return decode(answer)
    except AbiError as error:
        raise _wrong(field, "0x" + answer.hex(), f"a result of that function ({error})") from error
