"""Code that encodes calls and the structs in them."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.codegen.abi_types import (
    AbiType,
    Array,
    Blob,
    Elementary,
    Field,
    Struct,
    is_dynamic,
    snake_case,
)
from contracts.codegen.reading import indent, variable


def assembled(function: str, first: str, fields: Sequence[Field], owner: str) -> str:
    """Return a call of `abi.assemble` or `abi.call` for `fields`, which are names in scope or members of `owner`."""
    names = [owner + field.name if owner else variable(field.name) for field in fields]
    expressions = [
        (_written(name, field.type), is_dynamic(field.type))
        for name, field in zip(names, fields, strict=True)
    ]
    head = ["None" if dynamic else expression for expression, dynamic in expressions]
    tails = [expression for expression, dynamic in expressions if dynamic]
    arguments = [first] if first else []
    arguments += [_list(head), _list(tails)]
    return f"{function}(\n" + "".join(f"{indent(argument)},\n" for argument in arguments) + ")"


def parameters(fields: Sequence[Field]) -> str:
    """Return the parameter list of a function, with brackets."""
    if not fields:
        return "()"
    return (
        "(\n"
        + "".join(f"    {variable(field.name)}: {_accepted(field.type)},\n" for field in fields)
        + ")"
    )


def _accepted(kind: AbiType) -> str:
    match kind:
        case Elementary(solidity="bool"):
            return "bool"
        case Elementary(solidity=solidity):
            return "int" if solidity.startswith("uint") else "str"
        case Blob(solidity=solidity):
            return "bytes" if solidity == "bytes" else "str"
        case Array(item=item):
            return f"Sequence[{_accepted(item)}]"
        case Struct(name=name):
            return name


def _list(items: Sequence[str]) -> str:
    return "[\n" + "".join(f"{indent(item)},\n" for item in items) + "]" if items else "[]"


def _written(name: str, kind: AbiType) -> str:
    match kind:
        case Elementary(solidity=solidity) if solidity in ("address", "bool"):
            return f"abi.{solidity}_word({name})"
        case Elementary(solidity=solidity):
            family = "uint" if solidity.startswith("uint") else "bytes"
            return f"abi.{family}_word({name}, {solidity.removeprefix(family)})"
        case Blob(solidity=solidity):
            return f"abi.{solidity}_tail({name})"
        case Array(item=item):
            function = "dynamic_array_tail" if is_dynamic(item) else "array_tail"
            return f"abi.{function}([{_written('item', item)} for item in {name}])"
        case Struct(name=struct):
            return f"_encode_{snake_case(struct)}({name})"
