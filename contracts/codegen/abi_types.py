"""The types of a contract's ABI, and their names in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from contracts.sources import BuildError

_ELEMENTARY = re.compile(r"address|bool|uint\d+|bytes\d+")


@dataclass(frozen=True, slots=True)
class Elementary:
    """One word: `solidity` is address, bool, uintN or bytesN."""

    solidity: str


@dataclass(frozen=True, slots=True)
class Blob:
    """`solidity` is bytes or string."""

    solidity: str


@dataclass(frozen=True, slots=True)
class Array:
    """Any number of items."""

    item: AbiType


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields in order."""

    name: str
    fields: tuple[Field, ...]


AbiType: TypeAlias = Elementary | Blob | Array | Struct


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, result or member; `indexed` ones of an event are topics."""

    name: str
    type: AbiType
    indexed: bool


def fields_of(parameters: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields for a list of parameters of an ABI; nameless ones are called value_0, value_1, ..."""
    return tuple(
        Field(
            name=snake_case(parameter["name"]) if parameter["name"] else f"value_{index}",
            type=_type_of(parameter["type"], parameter),
            indexed=bool(parameter.get("indexed")),
        )
        for index, parameter in enumerate(parameters)
    )


def _type_of(solidity: str, parameter: Mapping[str, Any]) -> AbiType:
    if solidity.endswith("[]"):
        return Array(_type_of(solidity.removesuffix("[]"), parameter))
    if solidity == "tuple":
        # "struct IHeavyComputeArbiter.NodeView[]" -> NodeView
        name = re.split(r"[ .]", parameter["internalType"].replace("[]", ""))[-1]
        return Struct(name, fields_of(parameter["components"]))
    if solidity in ("bytes", "string"):
        return Blob(solidity)
    if _ELEMENTARY.fullmatch(solidity):
        return Elementary(solidity)
    raise BuildError(f"the generator knows no type {solidity}")


def signature(entry: Mapping[str, Any]) -> str:
    """Return the canonical signature that selectors and topics are hashes of."""
    return f"{entry['name']}({','.join(_canonical(parameter) for parameter in entry['inputs'])})"


def _canonical(parameter: Mapping[str, Any]) -> str:
    solidity: str = parameter["type"]
    if not solidity.startswith("tuple"):
        return solidity
    inside = ",".join(_canonical(component) for component in parameter["components"])
    return f"({inside})" + solidity.removeprefix("tuple")


def is_dynamic(kind: AbiType) -> bool:
    """Whether a value of this type is written behind the head, with an offset in its place."""
    match kind:
        case Elementary():
            return False
        case Blob() | Array():
            return True
        case Struct(fields=fields):
            return any(is_dynamic(field.type) for field in fields)


def python_type(kind: AbiType) -> str:
    """Return the annotation for a value of this type."""
    match kind:
        case Elementary(solidity="bool"):
            return "bool"
        case Elementary(solidity=solidity):
            return "int" if solidity.startswith("uint") else "str"
        case Blob(solidity=solidity):
            return "bytes" if solidity == "bytes" else "str"
        case Array(item=item):
            return f"tuple[{python_type(item)}, ...]"
        case Struct(name=name):
            return name


def structs_in(kind: AbiType) -> list[Struct]:
    """Return the structs that a type is made of, inner ones first."""
    match kind:
        case Array(item=item):
            return structs_in(item)
        case Struct(fields=fields):
            return [inner for field in fields for inner in structs_in(field.type)] + [kind]
        case _:
            return []


def snake_case(name: str) -> str:
    """Return a Solidity name in Python's style: memoryGB -> memory_gb, metadataURI -> metadata_uri, from -> from_."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.strip("_"))
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", apart).lower()
    return apart + "_" if keyword.iskeyword(apart) else apart


def module_name(contract: str) -> str:
    """Return the name of a contract's module of bindings: HeavyComputeArbiter -> heavy_compute_arbiter."""
    return snake_case(contract)
