"""The task graphs that the story publishes: a risk engine, and what three releases change in it."""

from __future__ import annotations

from typing import Final

from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.workflow.graph import TaskGraph, TaskNode


def _task(task_id: str, kind: str, gpu_hours: int, memory_gb: int, *after: str) -> TaskNode:
    return TaskNode(
        id=task_id,
        kind=kind,
        gpu_hours=gpu_hours,
        memory_gb=memory_gb,
        priority=False,
        bounty_wei=Wei(5 * WEI_PER_AGPT * gpu_hours),
        after=after,
    )


_PRICES = _task("prices", "ingest", 1, 16)
_MODEL = _task("model", "monte-carlo", 24, 256, "prices")
_REPORT = _task("report", "render", 2, 32, "model")

GRAPHS: Final = {
    "v1.0": TaskGraph(tasks=(_PRICES, _MODEL, _REPORT)),
    "v1.1": TaskGraph(
        tasks=(
            _PRICES,
            _MODEL,
            _task("stress", "stress-test", 16, 128, "prices"),
            _task("report", "render", 2, 32, "model", "stress"),
        )
    ),
    # The release that the story rolls back: its model runs without the prices.
    "v1.2": TaskGraph(tasks=(_PRICES, _task("model", "monte-carlo", 48, 256), _REPORT)),
    "v1.3": TaskGraph(
        tasks=(
            _PRICES,
            _MODEL,
            _task("stress", "stress-test", 16, 128, "prices"),
            _task("report", "render", 2, 32, "model", "stress"),
            _task("archive", "store", 1, 64, "report"),
        )
    ),
}
"""By the label of the version."""
