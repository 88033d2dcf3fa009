"""Questions about how tasks went, one by one and in groups: AgentPerfDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from domain.application.read_models import RowReader

PROJECTION: Final = "performance"
GroupBy = Literal["node", "workflow", "version", "spec"]

_MEMBER: Final[Mapping[str, str]] = {
    "node": "node",
    "workflow": "workflow_id",
    "version": "version_hash",
    "spec": "spec_hash",
}
_DURATIONS: Final = ("wait_seconds", "work_seconds", "verify_seconds", "total_seconds")
Body = Mapping[str, Any]


def performance_summary(rows: RowReader, by: GroupBy) -> Sequence[Mapping[str, object]]:
    """Return the tasks in groups, the largest first: how many there are, how long they took, what they cost.

    Grouped by node, a task counts for the node that completed it, and each failed attempt for the node that failed.
    Reads every task.
    """
    groups: dict[str, list[Body]] = {}
    faults: dict[str, int] = {}
    for row in rows.rows(PROJECTION):
        body: Body = row.body
        groups.setdefault(body[_MEMBER[by]] or "", []).append(body)
        for attempt in body["attempts"]:
            if attempt["outcome"] == "slashed":
                blamed = attempt["node"] if by == "node" else body[_MEMBER[by]] or ""
                faults[blamed] = faults.get(blamed, 0) + 1
    names = {*groups, *faults}
    found = [_group(name, groups.get(name, []), faults.get(name, 0)) for name in names]
    return sorted(found, key=lambda group: (-int(str(group["tasks"])), str(group["name"])))


def _group(name: str, tasks: Sequence[Body], faults: int) -> Mapping[str, object]:
    completed = [task for task in tasks if task["outcome"] == "completed"]
    paid_wei = sum(int(task["paid_wei"]) for task in completed)
    gpu_hours = sum(int(task["gpu_hours"]) for task in completed)
    return {
        "name": name,
        "tasks": len(tasks),
        "completed": len(completed),
        "refunded": sum(task["outcome"] == "refunded" for task in tasks),
        "attempts": sum(task["attempt_count"] for task in tasks),
        "faults": faults,
        "paid_wei": str(paid_wei),
        "paid_wei_per_task": str(paid_wei // len(completed)) if completed else None,
        "paid_wei_per_gpu_hour": str(paid_wei // gpu_hours) if gpu_hours else None,
        **{name: _spread(task[name] for task in completed) for name in _DURATIONS},
    }


def _spread(seconds: Iterable[int | None]) -> Mapping[str, int] | None:
    """Return median and nine tenths of whole seconds, by nearest rank, and the largest; None for none."""
    known = sorted(each for each in seconds if each is not None)
    if not known:
        return None
    return {
        "median": known[(len(known) - 1) // 2],
        "p90": known[(len(known) * 9 + 9) // 10 - 1],
        "most": known[-1],
    }
