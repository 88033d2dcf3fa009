"""Amounts are whole wei: ints in Python, decimal strings in JSON, and never summed by SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from adapters.eventstore.codec import Codec
from domain.application.catalogue import REGISTRY
from domain.kernel.event import Event
from domain.kernel.money import Wei
from tests.golden.samples import sample_of

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("domain", "projections", "adapters", "api")
AMOUNT_WORDS = re.compile(r"_wei$|amount|bounty(?!_)|price|stake$|reward|fee")


def walk(hint: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the way to each plain value in a type, and its type."""
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        for item in fields(hint):
            yield from walk(hints[item.name], f"{path}.{item.name}" if path else item.name)
    elif get_origin(hint) is tuple:
        yield from walk(get_args(hint)[0], f"{path}[]")
    else:
        yield path, hint


def values_at(data: Any, path: str) -> list[Any]:
    """Return the values that a path of `walk` leads to."""
    found = [data]
    for part in path.split("."):
        key, is_list = part.removesuffix("[]"), part.endswith("[]")
        found = [value[key] for value in found]
        if is_list:
            found = [item for value in found for item in value]
    return found


@pytest.mark.parametrize("event_type", list(REGISTRY), ids=lambda cls: cls.NAME)
def test_no_amount_of_any_event_is_a_json_number(event_type: type[Event]) -> None:
    data = Codec(REGISTRY).payload(sample_of(event_type).event)
    for path, hint in walk(event_type, ""):
        if hint is Wei:
            values = values_at(data, path)
            assert values
            assert all(isinstance(value, str) and value.isdecimal() for value in values), path


@pytest.mark.parametrize("event_type", list(REGISTRY), ids=lambda cls: cls.NAME)
def test_every_field_that_names_an_amount_is_typed_as_wei(event_type: type[Event]) -> None:
    for path, hint in walk(event_type, ""):
        name = path.rsplit(".", 1)[-1].removesuffix("[]")
        assert bool(AMOUNT_WORDS.search(name)) == (hint is Wei), f"{path} is a {hint}"


def nodes() -> Iterator[tuple[str, str, ast.AST]]:
    """Yield every syntax node of our sources with its place and the innermost function around it."""

    def below(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
        for child in ast.iter_child_nodes(node):
            inner = function
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = child.name
            yield inner, child
            yield from below(child, inner)

    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for function, node in below(ast.parse(path.read_text()), ""):
                place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
                yield place, function, node


def test_nothing_of_ours_makes_a_float_but_of_seconds() -> None:
    found = [
        place
        for place, function, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
        and "seconds" not in function
    ]
    assert not found


def test_no_sql_of_ours_sums() -> None:
    sums = re.compile(r"\b(?:SUM|TOTAL|AVG)\s*\(", re.IGNORECASE)
    found = [
        place
        for place, _, node in nodes()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and sums.search(node.value)
    ]
    assert not found
