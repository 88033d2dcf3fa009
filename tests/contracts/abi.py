"""Encoding and decoding from an artifact's ABI through eth_abi: independent of the generated bindings.

Values are plain: addresses and bytes as lower-case hexadecimal text, structs as dicts by field name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from contracts.artifact import NAMES, Artifact, load
from tests.contracts.reference.facts import Log

PANIC_SELECTOR = keccak(text="Panic(uint256)")[:4]
ERROR_SELECTOR = keccak(text="Error(string)")[:4]

Param = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A function, event or error of an ABI."""

    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def inputs(self) -> Sequence[Param]:
        return list(self.fields.get("inputs", ()))

    @cached_property
    def input_types(self) -> list[str]:
        return [canonical(param) for param in self.inputs]

    @cached_property
    def output_types(self) -> list[str]:
        return [canonical(param) for param in self.fields.get("outputs", ())]

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(self.input_types)})"

    @cached_property
    def digest(self) -> bytes:
        return keccak(text=self.signature)

    def encode_inputs(self, args: Sequence[Any]) -> bytes:
        given = [raw(param, value) for param, value in zip(self.inputs, args, strict=True)]
        return encode(self.input_types, given)

    def decode_inputs(self, data: bytes) -> dict[str, Any]:
        return _named(self.inputs, decode(self.input_types, data))

    def decode_outputs(self, data: bytes) -> Any:
        values = _named(self.fields["outputs"], decode(self.output_types, data))
        return next(iter(values.values())) if len(values) == 1 else values


class ContractAbi:
    """The interface of one contract: functions by name, events by topic, errors by selector."""

    def __init__(self, artifact: Artifact) -> None:
        self.name = artifact.name
        self.bytecode = artifact.bytecode
        entries = [(item["type"], item) for item in artifact.abi]
        self.functions = {item["name"]: Entry(item) for kind, item in entries if kind == "function"}
        self.events = {
            entry.digest: entry
            for kind, item in entries
            if kind == "event"
            for entry in [Entry(item)]
        }
        self.errors = {
            entry.digest[:4]: entry
            for kind, item in entries
            if kind == "error"
            for entry in [Entry(item)]
        }
        made: Mapping[str, Any] = next(
            (item for kind, item in entries if kind == "constructor"), {"inputs": []}
        )
        self.constructor = Entry({"name": "constructor", **made})

    def creation_code(self, args: Sequence[Any]) -> bytes:
        return self.bytecode + self.constructor.encode_inputs(args)

    def calldata(self, function: str, args: Sequence[Any]) -> bytes:
        entry = self.functions[function]
        return entry.digest[:4] + entry.encode_inputs(args)

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> Log:
        entry = self.events[topics[0]]
        indexed = [param for param in entry.inputs if param["indexed"]]
        plain = [param for param in entry.inputs if not param["indexed"]]
        values = _named(plain, decode([canonical(param) for param in plain], data))
        for param, topic in zip(indexed, topics[1:], strict=True):
            values |= _named([param], decode([canonical(param)], topic))
        return Log(self.name, entry.name, values)


@lru_cache
def contract_abi(name: str) -> ContractAbi:
    """Return the interface of a contract by its artifact's name."""
    return ContractAbi(load(name))


@lru_cache
def known_errors() -> Mapping[bytes, Entry]:
    """Return every custom error of every contract by selector."""
    return {
        selector: entry for name in NAMES for selector, entry in contract_abi(name).errors.items()
    }


class Reverted(Exception):
    """A call failed; `name` is the custom error, `Panic`, or the text of a plain `require`."""

    def __init__(self, name: str, args: Mapping[str, Any]) -> None:
        super().__init__(f"{name}{dict(args)}")
        self.name = name
        self.arguments = dict(args)


def decode_revert(data: bytes) -> Reverted:
    """Return what the return data of a failed call says."""
    selector, body = data[:4], data[4:]
    if selector == ERROR_SELECTOR:
        return Reverted(decode(["string"], body)[0], {})
    if selector == PANIC_SELECTOR:
        return Reverted("Panic", {"code": decode(["uint256"], body)[0]})
    entry = known_errors().get(selector)
    if entry is None:
        return Reverted(f"unknown revert data 0x{data.hex()}", {})
    return Reverted(entry.name, entry.decode_inputs(body))


def canonical(param: Param) -> str:
    """Return the type as signatures write it: structs as the tuple of their fields."""
    kind = str(param["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(canonical, param['components']))}){kind.removeprefix('tuple')}"


def raw(param: Param, value: Any) -> Any:
    """Return a plain value as eth_abi takes it; structs may be given as dicts or sequences."""
    kind = str(param["type"])
    if kind.endswith("[]"):
        item = {**param, "type": kind[:-2]}
        return [raw(item, part) for part in value]
    if kind == "tuple":
        parts = param["components"]
        values = [value[part["name"]] for part in parts] if isinstance(value, Mapping) else value
        return tuple(raw(part, inner) for part, inner in zip(parts, values, strict=True))
    if kind.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value


def plain(param: Param, value: Any) -> Any:
    """Return a value of eth_abi as a plain one."""
    kind = str(param["type"])
    if kind.endswith("[]"):
        item = {**param, "type": kind[:-2]}
        return [plain(item, part) for part in value]
    if kind == "tuple":
        return _named(param["components"], value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value.lower() if kind == "address" else value


def _named(params: Iterable[Param], values: Iterable[Any]) -> dict[str, Any]:
    return {
        param["name"] or str(at): plain(param, value)
        for at, (param, value) in enumerate(zip(params, values, strict=True))
    }
