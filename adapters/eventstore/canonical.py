"""Writers from frozen dataclasses straight to canonical JSON text, compiled once from type hints.

Each class becomes one function that checks its fields and puts them into one format string whose keys are sorted
already. That takes half the time of a dict that is then sorted and written. What a field may be, and how JSON holds
it, is said in `shapes.py`; what its decoders would refuse is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Final, NewType, TypeAlias, cast, get_args, get_origin

import orjson

from adapters.eventstore.shapes import (
    KNOWN_TEXTS_MAX,
    NAME_PATTERN,
    NAME_REASON,
    RULES,
    Moment,
    ShapeError,
    build,
    each_item,
    field_hints,
    unshared,
)
from domain.kernel.ids import Address, BranchName, Hash32, Quantity, StreamName
from domain.kernel.money import WEI_MAX, Wei

JsonText = NewType("JsonText", str)
"""JSON that was written already."""

Write: TypeAlias = Callable[..., str]
"""From a value to its JSON text; raises ShapeError, and orjson.JSONEncodeError for text that is not Unicode."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Generated code for one type: `v` is refused where `refuse` is true; `text` stands in a format string.

    `prepare`, where there is one, takes the place of `v` before that, and raises ShapeError itself.
    """

    text: str
    refuse: str = ""
    reason: str = ""
    prepare: str = ""
    names: Mapping[str, object] = field(default_factory=dict)


def quote(text: str) -> str:
    """Return the text as a JSON string. Raises orjson.JSONEncodeError for text that is not Unicode."""
    return orjson.dumps(text).decode()


class Quoted(dict[str, str]):
    """JSON strings of names, by name. Most repeat, and a look-up is cheaper than checking and quoting."""

    _matches = re.compile(NAME_PATTERN).fullmatch

    def __missing__(self, name: str) -> str:
        if not self._matches(name):
            raise ShapeError("", NAME_REASON)
        if len(self) >= KNOWN_TEXTS_MAX:
            self.clear()
        quoted = self[name] = quote(name)
        return quoted


def _like(hint: object, text: str, **names: object) -> _Rule:
    """Return the rule that refuses what the decoder of `hint` refuses."""
    rule = RULES[hint]
    return _Rule(text, rule.refuse, rule.reason, names={**rule.names, **names})


# Names are printable, so they may hold quotes and backslashes.
_NAME: Final = _Rule("{v}", "type(v) is not str", NAME_REASON, "quoted[v]", {"quoted": Quoted()})
_RULES: Final[dict[object, _Rule]] = {
    Address: _like(Address, '"{v}"'),
    Hash32: _like(Hash32, '"{v}"'),
    Moment: _like(Moment, '"{v}"'),
    StreamName: _NAME,
    BranchName: _NAME,
    JsonText: _Rule("{v}"),
    str: _like(str, "{quote(v) if v else EMPTY}", quote=quote, EMPTY='""'),
    bool: _like(bool, "{TRUE if v else FALSE}", TRUE="true", FALSE="false"),
    int: _like(int, "{v}"),
}
_DIGITS = _Rule(
    '"{v}"', f"type(v) is not int or not 0 <= v <= {WEI_MAX}", "is not a whole number of 256 bits"
)


def encoder_of(hint: object) -> Write:
    """Return the function from a value of the type to its JSON text.

    Raises TypeError for a type that cannot be stored.
    """
    if is_dataclass(hint):
        return _writer_of(cast(type, hint))
    names: dict[str, object] = {}
    lines, text = _field_lines("", 0, _rule(hint), names)
    return build(["def convert(f0):", *lines, f" return f{text!r}"], names)


def writer_of_values(hints: Mapping[str, object]) -> Write:
    """Return the function from values, in the order of their sorted keys, to a JSON object of them."""
    names: dict[str, object] = {}
    given = ", ".join(f"f{number}" for number in range(len(hints)))
    lines, text = _object_lines(hints, names)
    return build([f"def convert({given}):", *lines, f" return f{text!r}"], names)


def _writer_of(cls: type) -> Write:
    hints = field_hints(cls)
    names: dict[str, object] = {"cls": cls}
    lines, text = _object_lines(hints, names)
    return build(
        [
            "def convert(value):",
            f" if type(value) is not cls: raise ShapeError('', 'is not a {cls.__name__}')",
            *(f" f{number} = value.{key}" for number, key in enumerate(sorted(hints))),
            *lines,
            f" return f{text!r}",
        ],
        names,
    )


def _object_lines(hints: Mapping[str, object], names: dict[str, object]) -> tuple[list[str], str]:
    lines, members = [], []
    for number, key in enumerate(sorted(hints)):
        more, text = _field_lines(key, number, _rule(hints[key]), names)
        lines += more
        members.append(f"{quote(key)}:{text}")
    return lines, "{{" + ",".join(members) + "}}"


def _field_lines(
    key: str, number: int, rule: _Rule, names: dict[str, object]
) -> tuple[list[str], str]:
    """Return the lines that check field `f<number>`, and what stands for it in the format string."""
    text, refuse, prepare = (
        re.sub(r"\bv\b", f"f{number}", code)
        for code in unshared((rule.text, rule.refuse, rule.prepare), rule.names, number, names)
    )
    lines = []
    if refuse:
        lines.append(f" if {refuse}: raise ShapeError({key!r}, {rule.reason!r})")
    if prepare:
        lines.append(f" try: f{number} = {prepare}")
        lines.append(f" except ShapeError as error: raise error.under({key!r}) from None")
    return lines, text


def _rule(hint: object) -> _Rule:
    if hint in (Wei, Quantity):
        return _DIGITS
    if hint in _RULES:
        return _RULES[hint]
    if isinstance(hint, NewType):
        return _rule(hint.__supertype__)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        members = {member: quote(member.value) for member in hint}
        return _Rule(
            "{members[v]}",
            "type(v) is not enum",
            f"is not a {hint.__name__}",
            names={"members": members, "enum": hint},
        )
    if is_dataclass(hint):
        return _Rule("{v}", prepare="call(v)", names={"call": encoder_of(hint)})
    if isinstance(hint, UnionType) and get_args(hint)[1:] == (NoneType,):
        call = encoder_of(get_args(hint)[0])
        return _Rule("{v}", prepare="'null' if v is None else call(v)", names={"call": call})
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        return _Rule("{v}", prepare="call(v)", names={"call": _list_of(get_args(hint)[0])})
    raise TypeError(f"a value of type {hint} cannot be stored")


def _list_of(hint: object) -> Write:
    items = each_item(encoder_of(hint), tuple)

    def write_list(values: object) -> str:
        return f"[{','.join(items(values))}]"

    return write_list
