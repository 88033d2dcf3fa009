"""How each task went: how long it took, what it cost, who did it. This is AgentPerfDB.

Times are those of blocks, so a duration is true to a block. Gas is not in it: no event of the contracts states any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast, get_args

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import ZERO_HASH
from domain.kernel.streams import network_name_of
from domain.task.events import (
    BountyShareCredited,
    NodeSlashed,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    VerificationExpired,
)
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp

ATTEMPTS_MAX: Final = 100
"""The newest attempts that a row keeps."""


class AttemptTimes(TypedDict):
    """An attempt and when its steps were; `outcome` is running, completed, slashed or lapsed."""

    epoch: int
    node: str
    assigned_time: int | None
    submitted_time: int | None
    ended_time: int | None
    outcome: str
    fault: str | None


class PerformanceRow(Stamp):
    """A task. `spec_hash` says what kind of work it is; `outcome` is open, completed or refunded.

    `price_wei` is what the requester offered, bounty and compute price; `paid_wei` what was paid for the result.
    `wait_seconds` runs from the posting to the first attempt, `work_seconds` and `verify_seconds` are those of the
    attempt that completed it, `total_seconds` run from the posting to the end. Null until they are known.
    """

    task_id: str
    network: str
    requester: str | None
    workflow_id: str | None
    version_hash: str | None
    spec_hash: str | None
    gpu_hours: str
    memory_gb: str
    priority: bool
    price_wei: str
    paid_wei: str
    node: str | None
    outcome: str
    posted_time: int | None
    wait_seconds: int | None
    work_seconds: int | None
    verify_seconds: int | None
    total_seconds: int | None
    attempt_count: int
    fault_count: int
    attempts: list[AttemptTimes]


_Event = (
    TaskPosted
    | TaskAssigned
    | ProofSubmitted
    | TaskCompleted
    | NodeSlashed
    | VerificationExpired
    | BountyShareCredited
    | TaskRefunded
)


class Performance:
    """Key `<task>@<network>`, listed by workflow ("" for a task outside any)."""

    name: Final = "performance"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(get_args(_Event))

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the task that the event names."""
        event = cast(_Event, recorded.event)
        return (f"{event.task_id}@{network_name_of(recorded.stream)}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the task's performance after the event."""
        row = _first(key) if body is None else cast(PerformanceRow, body)
        after: PerformanceRow = {**row, **stamp(recorded)}
        _take_in(after, cast(_Event, recorded.event), after["last_time"])
        return after

    def scope_of(self, body: Body) -> str:
        """Return the workflow."""
        return cast(PerformanceRow, body)["workflow_id"] or ""


def _take_in(after: PerformanceRow, event: _Event, now: int | None) -> None:
    match event:
        case TaskPosted():
            _posted(after, event, now)
        case TaskAssigned():
            after["attempt_count"] += 1
            if after["wait_seconds"] is None:
                after["wait_seconds"] = _between(after["posted_time"], now)
            begun: AttemptTimes = {
                "epoch": event.epoch,
                "node": event.node,
                "assigned_time": now,
                "submitted_time": None,
                "ended_time": None,
                "outcome": "running",
                "fault": None,
            }
            after["attempts"] = [*after["attempts"], begun][-ATTEMPTS_MAX:]
        case ProofSubmitted():
            _change_attempt(after, event.epoch, submitted_time=now)
        case TaskCompleted():
            paid_wei = event.bounty_paid_wei + event.compute_paid_wei
            after["paid_wei"] = plus(after["paid_wei"], paid_wei)
            after["outcome"], after["node"] = "completed", event.node
            after["total_seconds"] = _between(after["posted_time"], now)
            done = _change_attempt(after, event.epoch, ended_time=now, outcome="completed")
            if done is not None:
                after["work_seconds"] = _between(done["assigned_time"], done["submitted_time"])
                after["verify_seconds"] = _between(done["submitted_time"], now)
        case NodeSlashed():
            after["fault_count"] += 1
            _change_attempt(
                after, event.epoch, ended_time=now, outcome="slashed", fault=event.fault.value
            )
        case VerificationExpired():
            _change_attempt(after, event.epoch, ended_time=now, outcome="lapsed")
        case BountyShareCredited():
            after["paid_wei"] = plus(after["paid_wei"], event.amount_wei)
        case TaskRefunded():
            after["outcome"] = "refunded"
            after["total_seconds"] = _between(after["posted_time"], now)
        case _:
            assert_never(event)


def _posted(after: PerformanceRow, event: TaskPosted, now: int | None) -> None:
    terms = event.terms
    after["requester"] = event.requester
    after["workflow_id"] = None if event.workflow_id == ZERO_HASH else event.workflow_id
    after["version_hash"] = None if terms.version_hash == ZERO_HASH else terms.version_hash
    after["spec_hash"] = terms.spec_hash
    after["gpu_hours"], after["memory_gb"] = str(terms.gpu_hours), str(terms.memory_gb)
    after["priority"] = terms.priority
    after["price_wei"] = str(terms.bounty_wei + terms.compute_price_wei)
    after["posted_time"] = now


def _change_attempt(
    after: PerformanceRow,
    epoch: int,
    *,
    submitted_time: int | None = None,
    ended_time: int | None = None,
    outcome: str | None = None,
    fault: str | None = None,
) -> AttemptTimes | None:
    """Write what is new into the newest attempt, if it is the one of `epoch`, and return it."""
    attempts = after["attempts"]
    if not attempts or attempts[-1]["epoch"] != epoch:
        return None
    latest = attempts[-1]
    changed: AttemptTimes = {
        **latest,
        "submitted_time": submitted_time or latest["submitted_time"],
        "ended_time": ended_time or latest["ended_time"],
        "outcome": outcome or latest["outcome"],
        "fault": fault or latest["fault"],
    }
    after["attempts"] = [*attempts[:-1], changed]
    return changed


def _between(first: int | None, last: int | None) -> int | None:
    return None if first is None or last is None else last - first


def _first(key: str) -> PerformanceRow:
    task_id, _, network = key.partition("@")
    return {
        "task_id": task_id,
        "network": network,
        "requester": None,
        "workflow_id": None,
        "version_hash": None,
        "spec_hash": None,
        "gpu_hours": "0",
        "memory_gb": "0",
        "priority": False,
        "price_wei": "0",
        "paid_wei": "0",
        "node": None,
        "outcome": "open",
        "posted_time": None,
        "wait_seconds": None,
        "work_seconds": None,
        "verify_seconds": None,
        "total_seconds": None,
        "attempt_count": 0,
        "fault_count": 0,
        "attempts": [],
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }
