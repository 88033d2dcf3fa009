"""What stored fields may be, and decoders from JSON-ready dicts to frozen dataclasses, compiled once from type hints.

What a field may be, and how JSON holds it:

    Wei, Quantity           canonical decimal string, see domain.kernel.money.parse_wei
    Address, Hash32         lower-case hexadecimal string of the right length
    StreamName, BranchName  1 to 200 printable ASCII characters without spaces
    Moment                  ISO 8601 in UTC with microseconds and a `Z`
    other NewTypes of str   string, as str
    int and its NewTypes    integer from 0 to 2**53 - 1, what every JSON reader keeps exactly
    bool                    true or false, never 0 or 1
    StrEnum                 one of its values
    dataclass, tuple        object with exactly its fields, list
    dataclass or None       object or null

`canonical.py` writes, and checks the same: what could not be read back is not written. The code is generated as text,
as the standard library does for dataclasses, because a log is decoded millions of times and a loop over fields costs
twice as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import (
    Any,
    Final,
    NewType,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from domain.kernel.errors import InvalidAmount
from domain.kernel.ids import Address, BranchName, Hash32, Quantity, StreamName
from domain.kernel.money import Wei, parse_wei

INTEGER_MAX = 2**53 - 1
KNOWN_TEXTS_MAX = 16_384

Moment = NewType("Moment", str)
Convert: TypeAlias = Callable[[Any], Any]
Made = TypeVar("Made")


class ShapeError(Exception):
    """A value is not what its type says: `path` leads to it (empty: the value itself), `reason` says what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def under(self, parent: str) -> ShapeError:
        """Return the same error as seen from the enclosing object."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return ShapeError(f"{parent}{joint}{self.path}", self.reason)


@dataclass(frozen=True, slots=True)
class Rule:
    """Generated code to read one type: `v` is refused where `refuse` is true, otherwise `convert` is its other form.

    Without `refuse`, `convert` itself raises ShapeError.
    """

    convert: str
    refuse: str = ""
    reason: str = ""
    names: Mapping[str, object] = field(default_factory=dict)


class _Known:
    """Texts that were found well formed before. Most repeat, and a look into a set is cheaper than a pattern."""

    def __init__(self, pattern: str) -> None:
        self.texts: set[str] = set()
        self._matches = re.compile(pattern).fullmatch

    def learn(self, text: str) -> bool:
        """Return whether a text that is not known yet is well formed; remember it if so."""
        if not self._matches(text):
            return False
        if len(self.texts) >= KNOWN_TEXTS_MAX:
            self.texts.clear()
        self.texts.add(text)
        return True


def _text_rule(name: str, pattern: str, reason: str) -> Rule:
    known = _Known(pattern)
    return Rule(
        "v",
        f"type(v) is not str or (v not in {name}_texts and not learn_{name}(v))",
        reason,
        {f"{name}_texts": known.texts, f"learn_{name}": known.learn},
    )


def _read_digits(value: object) -> int:
    try:
        return parse_wei(value)
    except InvalidAmount:
        raise ShapeError("", "is not a whole number of 256 bits as a decimal string") from None


NAME_PATTERN: Final = r"[!-~]{1,200}"
NAME_REASON: Final = "is not 1 to 200 printable ASCII characters"
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
RULES: dict[object, Rule] = {
    Address: _text_rule("address", r"0x[0-9a-f]{40}", "is not an address"),
    Hash32: _text_rule("hash", r"0x[0-9a-f]{64}", "is not a 32-byte hash"),
    StreamName: _text_rule("stream", NAME_PATTERN, NAME_REASON),
    BranchName: _text_rule("branch", NAME_PATTERN, NAME_REASON),
    Moment: _text_rule("moment", _MOMENT, "is not a moment in UTC with microseconds"),
    str: Rule("v", "type(v) is not str", "is not a string"),
    bool: Rule("v", "type(v) is not bool", "is neither true nor false"),
    int: Rule(
        "v",
        f"type(v) is not int or not 0 <= v <= {INTEGER_MAX}",
        f"is not an integer from 0 to {INTEGER_MAX}",
    ),
}
# The usual case in a few quick looks; parse_wei has the last word on everything else.
_READ_DIGITS = Rule(
    "int(v) if type(v) is str and len(v) < 78 and v.isascii() and v.isdecimal() "
    "and (v[0] != '0' or v == '0') else read_digits(v)",
    names={"read_digits": _read_digits},
)


def decoder_of(hint: object) -> Convert:
    """Return the function from the JSON-ready form back to a value of the type; it raises ShapeError.

    Raises TypeError for a type that cannot be stored.
    """
    if is_dataclass(hint):
        return reader_of(field_hints(hint), cast(type, hint))
    return build(["def convert(v):", *_value_lines(rule := _rule(hint))], rule.names)


def field_hints(cls: object) -> dict[str, object]:
    """Return the dataclass's fields with their types, in the order of their declaration."""
    hints = get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cast(Any, cls))}


def reader_of(hints: Mapping[str, object], cls: type | None = None) -> Convert:
    """Return the function from a dict with exactly the keys of `hints` to a `cls`, or to a tuple in their order.

    It raises ShapeError.
    """
    keys = list(hints)
    names: dict[str, object] = {"misfit": _misfit, "keys": frozenset(keys)}
    lines = ["def convert(data):"]
    lines.append(" if type(data) is not dict: raise ShapeError('', 'is not an object')")
    lines.append(f" if len(data) != {len(keys)}: raise misfit(data, keys)")
    lines.append(" try:")
    lines += [f"  r{number} = data[{key!r}]" for number, key in enumerate(keys)] or ["  pass"]
    lines.append(" except KeyError: raise misfit(data, keys) from None")
    for number, key in enumerate(keys):
        lines.append(f" v = r{number}")
        lines += _field_lines(key, number, _rule(hints[key]), names)
    values = [f"f{number}" for number in range(len(keys))]
    if cls is None:
        lines.append(f" return ({', '.join(values)},)")
    else:
        lines += _construction_lines(cls, dict(zip(keys, values, strict=True)), names)
    return build(lines, names)


def maker_of(cls: type[Made]) -> Callable[..., Made]:
    """Return a function that does what the dataclass's constructor does with keyword arguments, but faster."""
    names: dict[str, object] = {}
    keys = list(field_hints(cls))
    lines = [f"def convert({', '.join(keys)}):"]
    lines += _construction_lines(cls, {key: key for key in keys}, names)
    return build(lines, names)


def _construction_lines(
    cls: type, values: Mapping[str, str], names: dict[str, object]
) -> list[str]:
    names["cls"] = cls
    slots = [vars(cls).get(key) for key in values]
    if hasattr(cls, "__post_init__") or not all(hasattr(slot, "__set__") for slot in slots):
        given = ", ".join(f"{key}={value}" for key, value in values.items())
        return [f" return cls({given})"]
    # A frozen dataclass sets its fields through object.__setattr__, which looks each one up by name.
    names["new"] = object.__new__
    lines = [" made = new(cls)"]
    for number, (slot, value) in enumerate(zip(slots, values.values(), strict=True)):
        names[f"set{number}"] = cast(Any, slot).__set__
        lines.append(f" set{number}(made, {value})")
    return [*lines, " return made"]


def _rule(hint: object) -> Rule:
    if hint in (Wei, Quantity):
        return _READ_DIGITS
    if hint in RULES:
        return RULES[hint]
    if isinstance(hint, NewType):
        return _rule(hint.__supertype__)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        members = {member.value: member for member in hint}
        return Rule(
            "members[v]",
            "type(v) is not str or v not in members",
            f"is none of {', '.join(members)}",
            {"members": members},
        )
    if hint is dict:
        return Rule("v", "type(v) is not dict", "is not an object")
    if is_dataclass(hint):
        return Rule("call(v)", names={"call": decoder_of(hint)})
    if isinstance(hint, UnionType) and get_args(hint)[1:] == (NoneType,):
        call = decoder_of(get_args(hint)[0])
        return Rule("None if v is None else call(v)", names={"call": call})
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        items = each_item(decoder_of(get_args(hint)[0]), list)
        return Rule("call(v)", names={"call": lambda values: tuple(items(values))})
    raise TypeError(f"a value of type {hint} cannot be stored")


def each_item(convert: Convert, given: type[list[Any] | tuple[Any, ...]]) -> Convert:
    """Return the function that converts each item of a `given` into a list; it raises ShapeError with the index."""

    def convert_each(values: object) -> list[Any]:
        if type(values) is not given or not isinstance(values, list | tuple):
            raise ShapeError("", "is not a list")
        converted = []
        for index, value in enumerate(values):
            try:
                converted.append(convert(value))
            except ShapeError as error:
                raise error.under(f"[{index}]") from None
        return converted

    return convert_each


def _value_lines(rule: Rule) -> list[str]:
    refusal = f" if {rule.refuse}: raise ShapeError('', {rule.reason!r})"
    return [*([refusal] if rule.refuse else []), f" return {rule.convert}"]


def _field_lines(key: str, number: int, rule: Rule, names: dict[str, object]) -> list[str]:
    convert, refuse = unshared((rule.convert, rule.refuse), rule.names, number, names)
    if refuse:
        return [
            f" if {refuse}: raise ShapeError({key!r}, {rule.reason!r})",
            f" f{number} = {convert}",
        ]
    return [
        f" try: f{number} = {convert}",
        f" except ShapeError as error: raise error.under({key!r}) from None",
    ]


def unshared(
    code: Sequence[str], wanted: Mapping[str, object], number: int, names: dict[str, object]
) -> Sequence[str]:
    """Add `wanted` to `names` and return the code; what another field's rule has taken is renamed in it."""
    for name, value in wanted.items():
        if names.setdefault(name, value) is not value:
            names[f"{name}_{number}"] = value
            code = [re.sub(rf"\b{name}\b", f"{name}_{number}", line) for line in code]
    return code


def _misfit(data: dict[str, Any], keys: frozenset[str]) -> ShapeError:
    missing = keys - data.keys()
    if missing:
        return ShapeError(min(missing), "is missing")
    return ShapeError(min(data.keys() - keys)[:80], "is not known")


def build(lines: list[str], names: Mapping[str, object]) -> Convert:
    """Return the function `convert` that the lines define; `names` are its globals."""
    space = {**names, "ShapeError": ShapeError}
    exec(compile("\n".join(lines), "<shape>", "exec"), space)  # noqa: S102 - names come from our own classes
    return cast(Convert, space["convert"])
