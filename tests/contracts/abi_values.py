"""Random values for the types of an ABI, and what the bindings make of them; eth_abi is the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import strategies as st

Parameter = Mapping[str, Any]


def canonical(parameter: Parameter) -> str:
    """Return the type as eth_abi names it."""
    solidity = str(parameter["type"])
    if not solidity.startswith("tuple"):
        return solidity
    inside = ",".join(canonical(component) for component in parameter["components"])
    return f"({inside})" + solidity.removeprefix("tuple")


def values(parameters: Sequence[Parameter]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Return a strategy for the values of a list of parameters, as eth_abi takes them."""
    return st.tuples(*(_value(str(parameter["type"]), parameter) for parameter in parameters))


def _value(solidity: str, parameter: Parameter) -> st.SearchStrategy[Any]:
    if solidity.endswith("[]"):
        return st.lists(_value(solidity.removesuffix("[]"), parameter), max_size=4).map(tuple)
    if solidity == "tuple":
        return values(parameter["components"])
    if solidity == "address":
        return st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
    if solidity == "bool":
        return st.booleans()
    if solidity == "string":
        return st.text(max_size=70)
    if solidity == "bytes":
        return st.binary(max_size=70)
    if solidity.startswith("bytes"):
        size = int(solidity.removeprefix("bytes"))
        return st.binary(min_size=size, max_size=size)
    bits = int(solidity.removeprefix("uint"))
    return st.integers(0, 2**bits - 1) | st.just(2**bits - 1)


def as_bound(parameters: Sequence[Parameter], given: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values as the bindings show them, with tuples for structs."""
    return tuple(
        _bound(str(p["type"]), p, value) for p, value in zip(parameters, given, strict=True)
    )


def _bound(solidity: str, parameter: Parameter, value: Any) -> Any:
    if solidity.endswith("[]"):
        return tuple(_bound(solidity.removesuffix("[]"), parameter, item) for item in value)
    if solidity == "tuple":
        return as_bound(parameter["components"], value)
    if solidity.startswith("bytes") and solidity != "bytes":
        return "0x" + value.hex()
    return value


def plain(value: object) -> object:
    """Return what a binding gave, with tuples for its dataclasses."""
    if is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value


def as_arguments(module: Any, parameters: Sequence[Parameter], given: Sequence[Any]) -> list[Any]:
    """Return the values as an encoder takes them: hexadecimal text for bytesN, the module's dataclasses for structs."""
    return [
        _argument(module, str(p["type"]), p, value)
        for p, value in zip(parameters, given, strict=True)
    ]


def _argument(module: Any, solidity: str, parameter: Parameter, value: Any) -> Any:
    if solidity.endswith("[]"):
        return tuple(
            _argument(module, solidity.removesuffix("[]"), parameter, item) for item in value
        )
    if solidity == "tuple":
        name = str(parameter["internalType"]).replace("[]", "").replace(".", " ").split(" ")[-1]
        return getattr(module, name)(*as_arguments(module, parameter["components"], value))
    return _bound(solidity, parameter, value)
