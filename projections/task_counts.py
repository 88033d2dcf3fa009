"""How many tasks of a network are in each status."""

from __future__ import annotations

from typing import TypedDict, assert_never, get_args

from domain.kernel.event import Event
from domain.task.events import (
    Fault,
    NodeSlashed,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    VerificationExpired,
)


class TaskCounts(TypedDict):
    """Tasks by status. They are right as long as every fact was legal; an anomaly can make them drift."""

    idle: int
    assigned: int
    verifying: int
    completed: int
    refunded: int


CountedEvent = (
    TaskPosted
    | TaskAssigned
    | ProofSubmitted
    | TaskCompleted
    | NodeSlashed
    | VerificationExpired
    | TaskRefunded
)
COUNTED_EVENTS: frozenset[type[Event]] = frozenset(get_args(CountedEvent))
"""The facts that take a task from one status to another."""


def no_tasks() -> TaskCounts:
    """Return the counts before the first task."""
    return {"idle": 0, "assigned": 0, "verifying": 0, "completed": 0, "refunded": 0}


def counted(before: TaskCounts, event: CountedEvent) -> TaskCounts:
    """Return the counts after the fact."""
    after = before.copy()
    match event:
        case TaskPosted():
            after["idle"] += 1
        case TaskAssigned():
            after["idle"] -= 1
            after["assigned"] += 1
        case ProofSubmitted():
            after["assigned"] -= 1
            after["verifying"] += 1
        case TaskCompleted():
            after["verifying"] -= 1
            after["completed"] += 1
        case NodeSlashed(fault=Fault.MISSED_DEADLINE):
            after["assigned"] -= 1
            after["idle"] += 1
        case NodeSlashed() | VerificationExpired():
            # A proof can only be found invalid, or be left unjudged, while it is being verified.
            after["verifying"] -= 1
            after["idle"] += 1
        case TaskRefunded():
            after["idle"] -= 1
            after["refunded"] += 1
        case _:
            assert_never(event)
    return after
