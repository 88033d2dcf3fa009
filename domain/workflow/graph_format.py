"""Reads a task graph from plain mappings, as a JSON or YAML parser gives them.

    {"tasks": [{"id": "render", "kind": "ray_trace", "gpu_hours": 4, "memory_gb": 64,
                "bounty_wei": "5000000000000000000", "priority": false, "after": []}]}

`priority` and `after` may be left out. Amounts are strings of decimal digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.kernel.errors import InvalidAmount
from domain.kernel.money import Wei, parse_wei
from domain.workflow.errors import InvalidGraph
from domain.workflow.graph import TaskGraph, TaskNode
from domain.workflow.validation import TASKS_MAX, check_graph

_REQUIRED = ("id", "kind", "gpu_hours", "memory_gb", "bounty_wei")
_OPTIONAL = ("priority", "after")


def parse_graph(document: object) -> TaskGraph:
    """Return the valid graph that `document` describes.

    Raises InvalidGraph, which names the path of the first field that is missing, unknown, of the wrong type or
    against a rule.
    """
    fields = _mapping(document, "graph", required=("tasks",), optional=())
    entries = _sequence(fields["tasks"], "tasks", most=TASKS_MAX)
    graph = TaskGraph(
        tasks=tuple(_task(entry, f"tasks[{number}]") for number, entry in enumerate(entries))
    )
    check_graph(graph)
    return graph


def _task(entry: object, path: str) -> TaskNode:
    fields = _mapping(entry, path, required=_REQUIRED, optional=_OPTIONAL)
    after = _sequence(fields.get("after", ()), f"{path}.after", most=TASKS_MAX)
    return TaskNode(
        id=_text(fields["id"], f"{path}.id"),
        kind=_text(fields["kind"], f"{path}.kind"),
        gpu_hours=_integer(fields["gpu_hours"], f"{path}.gpu_hours"),
        memory_gb=_integer(fields["memory_gb"], f"{path}.memory_gb"),
        priority=_flag(fields.get("priority", False), f"{path}.priority"),
        bounty_wei=_amount(fields["bounty_wei"], f"{path}.bounty_wei"),
        after=tuple(_text(needed, f"{path}.after[{n}]") for n, needed in enumerate(after)),
    )


def _mapping(
    value: object, path: str, *, required: Sequence[str], optional: Sequence[str]
) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidGraph(path, f"must be an object, not {_kind(value)}")
    for name in required:
        if name not in value:
            raise InvalidGraph(f"{path}.{name}", "is missing")
    for name in value:
        if name not in required and name not in optional:
            raise InvalidGraph(
                f"{path}.{str(name)[:80]}",
                "is not a field of a graph",
                hint="known fields: " + ", ".join((*required, *optional)),
            )
    return value


def _sequence(value: object, path: str, *, most: int) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise InvalidGraph(path, f"must be an array, not {_kind(value)}")
    if len(value) > most:
        raise InvalidGraph(path, f"has {len(value)} entries, at most {most} are allowed")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidGraph(path, f"must be a string, not {_kind(value)}")
    return value


def _integer(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidGraph(path, f"must be a whole number, not {_kind(value)}")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidGraph(path, f"must be true or false, not {_kind(value)}")
    return value


def _amount(value: object, path: str) -> Wei:
    try:
        return parse_wei(value)
    except InvalidAmount as error:
        raise InvalidGraph(path, error.message, hint=error.hint) from error


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list() | tuple():
            return "an array"
        case _:
            return "an object"
