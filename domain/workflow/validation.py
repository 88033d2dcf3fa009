"""Which task graphs are valid."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from domain.workflow.errors import InvalidGraph
from domain.workflow.graph import TaskGraph, TaskNode

TASKS_MAX = 1_000
GPU_HOURS_MAX = 1_000_000
MEMORY_GB_MAX = 1_000_000
BOUNTY_WEI_MAX = 2**128 - 1
"""The arbiter keeps a bounty in 128 bits."""

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_ID_HINT = "1 to 64 of a-z, 0-9, `_`, `.` and `-`, starting with a letter or digit"


def check_graph(graph: TaskGraph) -> None:
    """Refuse a graph that cannot be run; the error names the first bad place.

    Valid: 1 to 1000 tasks with unique ids; ids and kinds are short plain names; GPU hours and memory are positive and
    bounded; the bounty is positive and below 2**128; every task named in `after` exists, once, and there is no cycle.
    Raises InvalidGraph.
    """
    if not 1 <= len(graph.tasks) <= TASKS_MAX:
        raise InvalidGraph("tasks", f"a graph has 1 to {TASKS_MAX} tasks, not {len(graph.tasks)}")
    index: dict[str, int] = {}
    for number, task in enumerate(graph.tasks):
        path = f"tasks[{number}]"
        _check_task(task, path)
        if task.id in index:
            raise InvalidGraph(
                f"{path}.id", f"`{task.id}` is the id of tasks[{index[task.id]}] too"
            )
        index[task.id] = number
    for number, task in enumerate(graph.tasks):
        _check_needs(task, f"tasks[{number}]", index)
    _check_no_cycle(graph, index)


def _check_task(task: TaskNode, path: str) -> None:
    for field, text in (("id", task.id), ("kind", task.kind)):
        if not _ID.fullmatch(text):
            raise InvalidGraph(f"{path}.{field}", f"`{text[:80]}` is not a name", hint=_ID_HINT)
    for field, amount, most in (
        ("gpu_hours", task.gpu_hours, GPU_HOURS_MAX),
        ("memory_gb", task.memory_gb, MEMORY_GB_MAX),
        ("bounty_wei", task.bounty_wei, BOUNTY_WEI_MAX),
    ):
        if not 1 <= amount <= most:
            raise InvalidGraph(f"{path}.{field}", f"must be 1 to {most}")


def _check_needs(task: TaskNode, path: str, index: Mapping[str, int]) -> None:
    seen: set[str] = set()
    for number, needed in enumerate(task.after):
        place = f"{path}.after[{number}]"
        if needed not in index:
            raise InvalidGraph(place, f"there is no task `{needed[:80]}`")
        if needed in seen:
            raise InvalidGraph(place, f"`{needed}` is named twice")
        seen.add(needed)


def _check_no_cycle(graph: TaskGraph, index: Mapping[str, int]) -> None:
    waiting = [len(task.after) for task in graph.tasks]
    followers: list[list[int]] = [[] for _ in graph.tasks]
    for number, task in enumerate(graph.tasks):
        for needed in task.after:
            followers[index[needed]].append(number)
    ready = deque(number for number, count in enumerate(waiting) if count == 0)
    while ready:
        for follower in followers[ready.popleft()]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    for number, count in enumerate(waiting):
        if count:
            raise InvalidGraph(
                f"tasks[{number}].after",
                f"`{graph.tasks[number].id}` waits, directly or not, for a task that waits for itself",
                hint="break the cycle",
            )
