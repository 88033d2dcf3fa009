"""A workflow's content: a typed task graph."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.money import Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNode:
    """One task of the graph. `after` names the tasks whose results it needs."""

    id: str
    kind: str
    gpu_hours: int
    memory_gb: int
    priority: bool
    bounty_wei: Wei
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGraph:
    """Tasks in a stable order; valid when ids are unique, every `after` exists and there is no cycle."""

    tasks: tuple[TaskNode, ...]
