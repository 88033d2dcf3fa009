"""Puts a module of bindings together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from contracts.codegen.abi_types import (
    AbiType,
    Array,
    Elementary,
    Field,
    Struct,
    fields_of,
    is_dynamic,
    python_type,
    signature,
    snake_case,
    structs_in,
)
from contracts.codegen.reading import (
    construct,
    head_types,
    indent,
    item_layout,
    item_name,
    read_fields,
)
from contracts.codegen.writing import assembled, parameters
from contracts.sources import BuildError

_LINE_LENGTH = 100
_HEADER = '''# Generated, do not edit: `python -m contracts.build` writes it from the ABI.
"""Calls, results, logs and errors of the contract {contract}."""

from __future__ import annotations

{imports}
from contracts.bindings import abi
'''


def generate(contract: str, abi: Sequence[Mapping[str, Any]]) -> str:
    """Return the source of the bindings of `contract`. Raises BuildError for what the generator does not know."""
    entries = {
        kind: sorted(
            (entry for entry in abi if entry["type"] == kind), key=lambda entry: str(entry["name"])
        )
        for kind in ("event", "function", "error")
    }
    constructor = [entry for entry in abi if entry["type"] == "constructor"]
    _refuse_duplicates(entries, abi)
    blocks = [
        *_structs(abi),
        *(_item_layouts(entries)),
        *(block for entry in entries["event"] for block in _event(entry)),
        _union(entries["event"]),
        _events_table(entries["event"]),
        *(_constructor(entry) for entry in constructor),
        *(block for entry in entries["function"] for block in _function(entry)),
        *(block for entry in entries["error"] for block in _error(entry)),
        _errors_table(entries["error"]),
    ]
    body = "\n\n\n".join(block for block in blocks if block)
    # isort's rule: two blank lines before a definition, one before anything else.
    gap = "\n\n" if body.startswith(("@", "def")) else "\n"
    return _header(contract, body) + gap + body + "\n"


def _header(contract: str, body: str) -> str:
    imports = [
        "from collections.abc import Callable, Mapping, Sequence",
        "from dataclasses import dataclass",
        "from typing import TypeAlias",
    ]
    header = _HEADER.format(contract=contract, imports="\n".join(imports) + "\n")
    return header + (
        "from contracts.bindings.abi import from_bytes\n" if "from_bytes(" in body else ""
    )


def _structs(abi: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a class for each struct, and what encodes those that go in and reads those that come out."""
    read = _distinct(
        kind
        for entry in abi
        for field in fields_of([*entry.get("outputs", ()), *_logged(entry)])
        for kind in structs_in(field.type)
    )
    written = _distinct(
        kind
        for entry in abi
        if entry["type"] in ("function", "constructor")
        for field in fields_of(entry["inputs"])
        for kind in structs_in(field.type)
    )
    every = _distinct([*read.values(), *written.values()])
    return [
        *(_dataclass(kind.name, kind.fields, f"Struct `{kind.name}`.") for kind in every.values()),
        *(_struct_encoder(kind) for kind in written.values()),
        *(block for kind in read.values() if is_dynamic(kind) for block in _struct_reader(kind)),
    ]


def _logged(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return entry["inputs"] if entry["type"] in ("event", "error") else ()


def _distinct(kinds: Iterable[Struct]) -> dict[str, Struct]:
    found: dict[str, Struct] = {}
    for kind in kinds:
        if found.setdefault(kind.name, kind) != kind:
            raise BuildError(f"two structs are called {kind.name}")
    return found


def _dataclass(name: str, fields: Sequence[Field], about: str) -> str:
    lines = ["@dataclass(frozen=True, slots=True)", f"class {name}:", f'    """{about}"""']
    if fields:
        lines += ["", *(f"    {field.name}: {python_type(field.type)}" for field in fields)]
    return "\n".join(lines)


def _struct_encoder(kind: Struct) -> str:
    body = assembled("abi.assemble", "", kind.fields, "value.")
    return f"def _encode_{snake_case(kind.name)}(value: {kind.name}) -> bytes:\n" + indent(
        f"return {body}"
    )


def _struct_reader(kind: Struct) -> list[str]:
    name = snake_case(kind.name)
    layout = f"_{name.upper()}_WORDS"
    lines, values = read_fields(kind.fields, layout, base="at")
    result = construct(
        kind.name, [(field.name, value) for field, value in zip(kind.fields, values, strict=True)]
    )
    lines.append(f"value = {result}")
    lines.append("return value, cursor")
    head = f"def _read_{name}(data: bytes, at: int) -> tuple[{kind.name}, int]:\n"
    return [_layout(layout, head_types(kind.fields)), head + indent("\n".join(lines))]


def _item_layouts(entries: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Return a Layout for the items of each kind of array that is read."""
    items: dict[str, AbiType] = {}

    def visit(kind: AbiType) -> None:
        match kind:
            case Array(item=item):
                items[item_name(item)] = item
                visit(item)
            case Struct(fields=fields):
                for field in fields:
                    visit(field.type)
            case _:
                pass

    for group in entries.values():
        for entry in group:
            for field in fields_of([*entry.get("outputs", ()), *_logged(entry)]):
                visit(field.type)
    return [
        _layout(item_layout(name), head_types((Field("item", kind, indexed=False),)))
        for name, kind in sorted(items.items())
    ]


def _event(entry: Mapping[str, Any]) -> list[str]:
    name, fields = entry["name"], fields_of(entry["inputs"])
    indexed = [field for field in fields if field.indexed]
    stem = f"_{snake_case(name).upper()}"
    lines, values = read_fields(
        [field for field in fields if not field.indexed], f"{stem}_WORDS", base=None
    )
    unread = iter(values)
    parts = [
        (field.name, _topic(field, 1 + indexed.index(field)) if field.indexed else next(unread))
        for field in fields
    ]
    lines.insert(0, f"abi.expect_log(topics, {stem}_TOPIC, {1 + len(indexed)})")
    lines.append(f"return {construct(name, parts)}")
    constants = [
        f'{stem}_TOPIC = "{_topic0(entry)}"',
        _layout(f"{stem}_WORDS", head_types([field for field in fields if not field.indexed])),
    ]
    head = f"def _log_{snake_case(name)}(topics: Sequence[str], data: bytes) -> {name}:\n"
    return [
        _dataclass(name, fields, f"Log `{name}`."),
        "\n".join(constants),
        head + indent("\n".join(lines)),
    ]


def _topic(field: Field, index: int) -> str:
    match field.type:
        case Elementary(solidity="bytes32"):
            return f"abi.hash_topic(topics[{index}])"
        case Elementary(solidity="address"):
            return f"abi.address_topic(topics[{index}])"
        case Elementary(solidity=solidity) if solidity.startswith("uint"):
            return f"abi.uint_topic(topics[{index}], {solidity.removeprefix('uint')})"
        case _:
            raise BuildError(f"the generator reads no indexed {field.name}")


def _union(events: Sequence[Mapping[str, Any]]) -> str:
    names = [entry["name"] for entry in events]
    line = f"Event: TypeAlias = {' | '.join(names)}"
    if len(line) <= _LINE_LENGTH:
        return line
    if len(" | ".join(names)) <= _LINE_LENGTH - 4:
        return f"Event: TypeAlias = (\n    {' | '.join(names)}\n)"
    return "Event: TypeAlias = (\n    " + "\n    | ".join(names) + "\n)"


def _events_table(events: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"    _{snake_case(entry['name']).upper()}_TOPIC: _log_{snake_case(entry['name'])},\n"
        for entry in events
    )
    return f"EVENTS: Mapping[str, Callable[[Sequence[str], bytes], Event]] = {{\n{rows}}}"


def _constructor(entry: Mapping[str, Any]) -> str:
    fields = fields_of(entry["inputs"])
    body = assembled("abi.assemble", "", fields, "")
    about = '"""Return the arguments of the constructor, to be put behind the bytecode."""'
    return f"def encode_constructor{parameters(fields)} -> bytes:\n" + indent(
        f"{about}\nreturn {body}"
    )


def _function(entry: Mapping[str, Any]) -> list[str]:
    name, inputs, outputs = entry["name"], fields_of(entry["inputs"]), fields_of(entry["outputs"])
    snake = snake_case(name)
    body = assembled("abi.call", f'"{_selector(entry)}"', inputs, "")
    about = f'"""Return the calldata of `{name}`."""'
    blocks = [
        f"def encode_{snake}{parameters(inputs)} -> bytes:\n" + indent(f"{about}\nreturn {body}")
    ]
    if not outputs:
        return blocks
    layout = f"_{snake.upper()}_RESULT"
    lines, values = read_fields(outputs, layout, base=None)
    if len(outputs) == 1:
        annotation, result = python_type(outputs[0].type), values[0]
    else:
        annotation = f"tuple[{', '.join(python_type(field.type) for field in outputs)}]"
        result = "(\n" + "".join(f"{indent(value)},\n" for value in values) + ")"
    if len(outputs) == 1 and lines[-1] == "abi.finish(data, cursor)":
        annotation = python_type(outputs[0].type)
    lines.insert(0, f'"""Return what `{name}` gave back."""')
    # A typed name: what a Layout gives is not typed.
    lines += [f"result: {annotation} = {result}", "return result"]
    head = f"def decode_{snake}(data: bytes) -> {annotation}:\n"
    return [*blocks, _layout(layout, head_types(outputs)), head + indent("\n".join(lines))]


def _error(entry: Mapping[str, Any]) -> list[str]:
    name, fields = entry["name"], fields_of(entry["inputs"])
    layout = f"_{snake_case(name).upper()}_FIELDS"
    lines, values = read_fields(fields, layout, base=None)
    lines.insert(0, f'data = abi.error_fields(data, "{_selector(entry)}")')
    inside = "".join(
        f"{indent(f'{chr(34)}{field.name}{chr(34)}: {value},')}\n"
        for field, value in zip(fields, values, strict=True)
    )
    mapping = f"{{\n{inside}}}" if fields else "{}"
    lines.append(f'return abi.ContractError(\n    "{name}",\n{indent(mapping)},\n)')
    head = f"def _error_{snake_case(name)}(data: bytes) -> abi.ContractError:\n"
    return [_layout(layout, head_types(fields)), head + indent("\n".join(lines))]


def _errors_table(errors: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f'    "0x{_selector(entry)}": _error_{snake_case(entry["name"])},\n'
        for entry in sorted(errors, key=_selector)
    )
    return f"ERRORS: Mapping[str, Callable[[bytes], abi.ContractError]] = {{\n{rows}}}"


def _layout(name: str, types: Sequence[str]) -> str:
    line = (
        f"{name} = abi.Layout({', '.join(f'{chr(34)}{solidity}{chr(34)}' for solidity in types)})"
    )
    if len(line) <= _LINE_LENGTH:
        return line
    return f"{name} = abi.Layout(\n" + "".join(f'    "{solidity}",\n' for solidity in types) + ")"


def _topic0(entry: Mapping[str, Any]) -> str:
    return "0x" + keccak(text=signature(entry)).hex()


def _selector(entry: Mapping[str, Any]) -> str:
    return keccak(text=signature(entry))[:4].hex()


def _refuse_duplicates(
    entries: Mapping[str, Sequence[Mapping[str, Any]]], abi: Sequence[Mapping[str, Any]]
) -> None:
    for kind, group in entries.items():
        names = [snake_case(entry["name"]) for entry in group]
        for name in names:
            if names.count(name) > 1:
                raise BuildError(f"two entries of kind {kind} become {name}")
    classes = {
        kind.name
        for entry in abi
        for field in fields_of(entry.get("inputs", ()))
        for kind in structs_in(field.type)
    }
    for entry in entries["event"]:
        if entry["name"] in classes:
            raise BuildError(f"a struct and an event are called {entry['name']}")
