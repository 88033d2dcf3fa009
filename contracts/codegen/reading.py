"""Code that reads encoded values: a straight line for each log, result, error and dynamic struct.

The layout of the text is the one `ruff format` leaves alone.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence

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
from contracts.sources import BuildError

_INDENT = "    "
# Names that the generated functions use themselves.
_TAKEN = {"abi", "at", "cursor", "data", "from_bytes", "items", "topics", *dir(builtins)}


def read_fields(
    fields: Sequence[Field], layout: str, *, base: str | None
) -> tuple[list[str], list[str]]:
    """Return statements that read `fields`, and the expression of each field's value.

    With `base` None the data must hold just these fields; else they begin at the variable named by `base`, and
    the variable `cursor` says where they end. `layout` names the Layout of the head.
    """
    names = [name for field in fields for name, _ in _words(field.name, field.type)]
    targets = _targets(names)
    dynamic = [field for field in fields if is_dynamic(field.type)]
    if base is None and not dynamic:
        return [f"{targets}{layout}.whole(data)"], [
            value(field.name, field.type) for field in fields
        ]
    lines = [
        f"{targets}{layout}.read(data, {base or 0})",
        f"cursor = {base} + {layout}.size" if base else f"cursor = {layout}.size",
    ]
    for field in dynamic:
        offset = variable(field.name + "_at")
        lines.append(
            f"abi.expect({base} + {offset}, cursor)" if base else f"abi.expect({offset}, cursor)"
        )
        lines.extend(_read_dynamic(variable(field.name), field.type))
    if base is None:
        lines.append("abi.finish(data, cursor)")
    return lines, [value(field.name, field.type) for field in fields]


def head_types(fields: Sequence[Field]) -> list[str]:
    """Return the Solidity type of each word of the head; an offset counts as uint64."""
    return [word for field in fields for _, word in _words(field.name, field.type)]


def item_layout(array: str) -> str:
    """Return the name of the Layout of an array's items, given the name of the items' type."""
    return f"_{array.upper()}_ITEM"


def item_name(kind: AbiType) -> str:
    """Return a name for the type of an array's items."""
    match kind:
        case Elementary(solidity=solidity):
            return solidity
        case Struct(name=name) if not is_dynamic(kind):
            return snake_case(name)
        case _:
            raise BuildError("the generator reads no arrays of dynamic items")


def value(name: str, kind: AbiType) -> str:
    """Return the expression of a value once its words, or for a dynamic one itself, are in variables."""
    match kind:
        case Elementary(solidity=solidity):
            return _converted(variable(name), solidity)
        case Struct() if not is_dynamic(kind):
            parts = [
                (field.name, value(f"{name}_{field.name}", field.type)) for field in kind.fields
            ]
            return construct(kind.name, parts)
        case _:
            return variable(name)


def construct(name: str, parts: Sequence[tuple[str, str]]) -> str:
    """Return a call with keyword arguments, one a line."""
    inside = "".join(f"{indent(f'{key}={expression},')}\n" for key, expression in parts)
    return f"{name}(\n{inside})" if parts else f"{name}()"


def indent(text: str) -> str:
    """Return the text one step further in."""
    return "\n".join(_INDENT + line if line else line for line in text.split("\n"))


def _words(name: str, kind: AbiType) -> Iterator[tuple[str, str]]:
    """Yield the variable and Solidity type of each word that a field has in the head."""
    if is_dynamic(kind):
        yield variable(name + "_at"), "uint64"
        return
    match kind:
        case Elementary(solidity=solidity):
            yield variable(name), solidity
        case Struct(fields=fields):
            for field in fields:
                yield from _words(f"{name}_{field.name}", field.type)


def _targets(names: Sequence[str]) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return f"({names[0]},) = "
    return "(\n" + "".join(f"{_INDENT}{name},\n" for name in names) + ") = "


def _read_dynamic(variable: str, kind: AbiType) -> list[str]:
    match kind:
        case Blob(solidity=solidity):
            return [f"{variable}, cursor = abi.read_{solidity}(data, cursor)"]
        case Struct(name=name):
            return [f"{variable}, cursor = _read_{snake_case(name)}(data, cursor)"]
        case Array(item=item):
            return [
                f"items, cursor = abi.read_array(data, cursor, {item_layout(item_name(item))})",
                f"{variable} = tuple(\n{indent(value('item', item))}\n{_INDENT}{_loop(item)}\n)"
                if isinstance(item, Struct)
                else f"{variable} = tuple({value('item', item)} {_loop(item)})",
            ]
        case Elementary():
            raise BuildError("a word is not dynamic")


def _loop(item: AbiType) -> str:
    names = [name for name, _ in _words("item", item)]
    return f"for ({names[0]},) in items" if len(names) == 1 else f"for {', '.join(names)} in items"


def _converted(variable: str, solidity: str) -> str:
    if solidity == "bool" or solidity in ("uint8", "uint16", "uint32", "uint64"):
        return variable
    if solidity.startswith("uint"):
        return f'from_bytes({variable}, "big")'
    return f'"0x" + {variable}.hex()'


def variable(name: str) -> str:
    """Return the name of a variable for a field."""
    return name + "_" if name in _TAKEN else name
