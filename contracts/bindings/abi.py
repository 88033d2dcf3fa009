"""Runtime of the generated bindings: the words and tails of the Solidity ABI.

Reading is strict. It takes exactly the bytes that Solidity writes: every offset points where the part before it
ends, padding is zero, numbers fit their types, text is UTF-8, nothing follows the end. Anything else is an AbiError,
so what was read is always written back as the same bytes.

Format: https://docs.soliditylang.org/en/v0.8.37/abi-spec.html
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_OFFSET = "uint64"
_FAST_UINTS = {8: "31xB", 16: "30xH", 32: "28xI", 64: "24xQ"}

_hash_topic = re.compile(r"0x[0-9a-f]{64}").fullmatch
_address_topic = re.compile(r"0x0{24}[0-9a-f]{40}").fullmatch
_address = re.compile(r"0x[0-9a-fA-F]{40}").fullmatch
_hex = re.compile(r"0x(?:[0-9a-fA-F]{2})*").fullmatch

from_bytes = int.from_bytes


class AbiError(ValueError):
    """The bytes are not what the contract would write, or the value does not fit its type."""


@dataclass(frozen=True, slots=True)
class ContractError:
    """An error that a contract reverted with; `args` by their Solidity names in snake case."""

    name: str
    args: Mapping[str, object]

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.args.items())
        return f"{self.name}({inside})"


class Layout:
    """A run of static words, given by their Solidity types: `Layout("uint64", "address")`.

    Words up to 64 bits come out as int, `bool` as bool, all others as their significant bytes.
    """

    __slots__ = ("_padding", "_unpack", "size")

    def __init__(self, *types: str) -> None:
        words = [_word(name) for name in types]
        self.size = 32 * len(words)
        self._unpack = struct.Struct(">" + "".join(code for code, _ in words)).unpack
        self._padding = from_bytes(b"".join(padding for _, padding in words), "big")

    def read(self, data: bytes, at: int) -> tuple[Any, ...]:
        """Return the words at `at`. Raises AbiError when they are cut off or hold more than their types."""
        chunk = data[at : at + self.size]
        if len(chunk) != self.size:
            raise AbiError(f"{len(data)} bytes end within the {self.size} at {at}")
        if from_bytes(chunk, "big") & self._padding:
            raise AbiError("a value does not fit its type")
        return self._unpack(chunk)

    def whole(self, data: bytes) -> tuple[Any, ...]:
        """Return the words of data that must hold just them."""
        if len(data) != self.size:
            raise AbiError(f"{len(data)} bytes, not {self.size}")
        if from_bytes(data, "big") & self._padding:
            raise AbiError("a value does not fit its type")
        return self._unpack(data)


def _word(name: str) -> tuple[str, bytes]:
    """Return the format of a word for `struct` and its padding as a mask."""
    if name == "bool":
        return "31x?", b"\xff" * 31 + b"\xfe"
    if name.startswith("bytes"):
        size = int(name.removeprefix("bytes"))
        rest = 32 - size
        return f"{size}s{rest}x", bytes(size) + b"\xff" * rest
    bits = 160 if name == "address" else int(name.removeprefix("uint"))
    rest = 32 - bits // 8
    return _FAST_UINTS.get(bits, f"{rest}x{bits // 8}s"), b"\xff" * rest + bytes(bits // 8)


_LENGTH = Layout(_OFFSET)


def expect(offset: int, cursor: int) -> None:
    """Raise AbiError unless a dynamic part begins where the one before it ends."""
    if offset != cursor:
        raise AbiError(f"an offset points to {offset}, not to {cursor}")


def finish(data: bytes, cursor: int) -> None:
    """Raise AbiError unless everything has been read."""
    if cursor != len(data):
        raise AbiError(f"{len(data)} bytes, not {cursor}")


def read_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the byte string at `at` and where it ends."""
    (length,) = _LENGTH.read(data, at)
    start, end = at + 32, at + 32 + -(-length // 32) * 32
    if end > len(data):
        raise AbiError(f"{len(data)} bytes end within a string of {length}")
    if any(data[start + length : end]):
        raise AbiError("the padding of a string is not zero")
    return data[start : start + length], end


def read_string(data: bytes, at: int) -> tuple[str, int]:
    """Return the text at `at` and where it ends."""
    raw, end = read_bytes(data, at)
    try:
        return raw.decode("utf-8"), end
    except UnicodeDecodeError:
        raise AbiError("a string is not UTF-8") from None


def read_array(data: bytes, at: int, item: Layout) -> tuple[list[tuple[Any, ...]], int]:
    """Return the words of each item of the array at `at`, and where it ends."""
    (count,) = _LENGTH.read(data, at)
    start, end = at + 32, at + 32 + count * item.size
    if end > len(data):
        raise AbiError(f"{len(data)} bytes end within an array of {count}")
    return [item.read(data, place) for place in range(start, end, item.size)], end


def expect_log(topics: Sequence[str], topic0: str, count: int) -> None:
    """Raise AbiError unless there are `count` topics and the first names the event."""
    if len(topics) != count or topics[0] != topic0:
        raise AbiError(f"{len(topics)} topics, not {count} that begin with {topic0}")


def hash_topic(topic: str) -> str:
    """Return an indexed `bytes32`: 0x and 64 lower-case digits."""
    if _hash_topic(topic) is None:
        raise AbiError(f"`{topic[:80]}` is not a topic")
    return topic


def address_topic(topic: str) -> str:
    """Return an indexed address: 0x and 40 lower-case digits."""
    if _address_topic(topic) is None:
        raise AbiError(f"`{topic[:80]}` is not an address in a topic")
    return "0x" + topic[26:]


def uint_topic(topic: str, bits: int) -> int:
    """Return an indexed unsigned number."""
    value = int(hash_topic(topic), 16)
    if value >> bits:
        raise AbiError("a value does not fit its type")
    return value


def uint_word(value: object, bits: int) -> bytes:
    """Return an unsigned number as a word. Like all writers it raises AbiError for any other value."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or value >> bits:
        raise AbiError(f"{value!r:.80} is not a uint{bits}")
    return value.to_bytes(32, "big")


def bool_word(value: object) -> bytes:
    """Return a truth value as a word."""
    if not isinstance(value, bool):
        raise AbiError(f"{value!r:.80} is not a bool")
    return bytes(31) + (b"\x01" if value else b"\x00")


def address_word(value: object) -> bytes:
    """Return an address, in any case, as a word."""
    if not isinstance(value, str) or _address(value) is None:
        raise AbiError(f"{value!r:.80} is not an address")
    return bytes(12) + bytes.fromhex(value[2:])


def bytes_word(value: object, size: int) -> bytes:
    """Return `size` bytes, given as 0x and hexadecimal digits, as a word."""
    if not isinstance(value, str) or len(value) != 2 + 2 * size or _hex(value) is None:
        raise AbiError(f"{value!r:.80} is not a bytes{size}")
    return bytes.fromhex(value[2:]) + bytes(32 - size)


def bytes_tail(value: object) -> bytes:
    """Return a byte string: its length, itself, and its padding."""
    if not isinstance(value, bytes):
        raise AbiError(f"{value!r:.80} is not bytes")
    return len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)


def string_tail(value: object) -> bytes:
    """Return a text as a byte string in UTF-8."""
    if not isinstance(value, str):
        raise AbiError(f"{value!r:.80} is not a string")
    try:
        return bytes_tail(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise AbiError("a string holds half a character") from None


def array_tail(items: Sequence[bytes]) -> bytes:
    """Return an array of static items, which are given as words."""
    return len(items).to_bytes(32, "big") + b"".join(items)


def dynamic_array_tail(items: Sequence[bytes]) -> bytes:
    """Return an array of dynamic items, which are given as tails."""
    return len(items).to_bytes(32, "big") + assemble([None] * len(items), items)


def assemble(head: Sequence[bytes | None], tails: Sequence[bytes]) -> bytes:
    """Return a tuple: `head` holds the static parts, and None for each of the `tails` in turn."""
    cursor = sum(32 if part is None else len(part) for part in head)
    words: list[bytes] = []
    waiting = iter(tails)
    for part in head:
        if part is None:
            words.append(cursor.to_bytes(32, "big"))
            cursor += len(next(waiting))
        else:
            words.append(part)
    return b"".join(words) + b"".join(tails)


def call(selector: str, head: Sequence[bytes | None], tails: Sequence[bytes]) -> bytes:
    """Return the calldata of a function, given its selector as 8 hexadecimal digits."""
    return bytes.fromhex(selector) + assemble(head, tails)


def error_fields(data: bytes, selector: str) -> bytes:
    """Return the encoded fields of revert data. Raises AbiError when it is another error."""
    if data[:4] != bytes.fromhex(selector):
        raise AbiError(f"the revert data does not begin with {selector}")
    return data[4:]


def _error_string(data: bytes) -> ContractError:
    fields = error_fields(data, "08c379a0")
    (offset,) = _LENGTH.read(fields, 0)
    expect(offset, 32)
    message, cursor = read_string(fields, 32)
    finish(fields, cursor)
    return ContractError("Error", {"message": message})


def _panic(data: bytes) -> ContractError:
    (code,) = Layout("uint256").whole(error_fields(data, "4e487b71"))
    return ContractError("Panic", {"code": from_bytes(code, "big")})


# The two errors that every contract can revert with.
BUILTIN_ERRORS: Mapping[str, Callable[[bytes], ContractError]] = {
    "0x08c379a0": _error_string,
    "0x4e487b71": _panic,
}


def decode_error(
    data: bytes, *tables: Mapping[str, Callable[[bytes], ContractError]]
) -> ContractError:
    """Return the error in revert data by the ERRORS of some contracts. Raises AbiError when none knows it."""
    selector = "0x" + data[:4].hex()
    for table in (*tables, BUILTIN_ERRORS):
        if decoder := table.get(selector):
            return decoder(data)
    raise AbiError(f"no known error has the selector {selector}")
