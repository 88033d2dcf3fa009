"""Each node on each network: its membership, what it is working on, and how its attempts ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of
from domain.node.events import NodeDeregistered, NodeEvent, NodeJailed, NodeRegistered, NodeUnjailed
from domain.node.state import STATUS_AFTER, NodeStatus
from domain.task.events import (
    NodeSlashed,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    VerificationExpired,
)
from domain.task.state import ATTEMPT_AFTER
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp


class NodeRow(Stamp):
    """A node. `status` is unknown, active, jailed or exited.

    `assignment_state` is the state of its latest attempt (idle before the first); `task_id` and `epoch` name the
    attempt it is running, null when it is free. `paid_wei` is bounty and compute price of its completed attempts.
    """

    node: str
    network: str
    status: str
    metadata_uri: str
    registered_block: int | None
    assignment_state: str
    task_id: str | None
    epoch: int | None
    assigned_count: int
    completed_count: int
    slashed_count: int
    released_count: int
    paid_wei: str
    slashed_wei: str


_AttemptEvent = TaskAssigned | ProofSubmitted | TaskCompleted | NodeSlashed | VerificationExpired


class NodeStates:
    """Key `<node>@<network>`, listed by status."""

    name: Final = "node_states"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            NodeRegistered,
            NodeDeregistered,
            NodeJailed,
            NodeUnjailed,
            TaskAssigned,
            ProofSubmitted,
            TaskCompleted,
            NodeSlashed,
            VerificationExpired,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the node that the event names."""
        event = cast(NodeEvent | _AttemptEvent, recorded.event)
        return (f"{event.node}@{network_name_of(recorded.stream)}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the node's row after the event."""
        row = _first(key) if body is None else cast(NodeRow, body)
        event = cast(NodeEvent | _AttemptEvent, recorded.event)
        match event:
            case NodeRegistered() | NodeDeregistered() | NodeJailed() | NodeUnjailed():
                after = _membership(row, event, recorded)
            case _:
                after = _attempt(row, event)
        return {**after, **stamp(recorded)}

    def scope_of(self, body: Body) -> str:
        """Return the node's status."""
        return cast(NodeRow, body)["status"]


def _first(key: str) -> NodeRow:
    node, _, network = key.partition("@")
    return {
        "node": node,
        "network": network,
        "status": NodeStatus.UNKNOWN.value,
        "metadata_uri": "",
        "registered_block": None,
        "assignment_state": "idle",
        "task_id": None,
        "epoch": None,
        "assigned_count": 0,
        "completed_count": 0,
        "slashed_count": 0,
        "released_count": 0,
        "paid_wei": "0",
        "slashed_wei": "0",
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _membership(row: NodeRow, event: NodeEvent, recorded: RecordedEvent) -> NodeRow:
    after: NodeRow = {**row, "status": STATUS_AFTER[type(event)].value}
    if isinstance(event, NodeRegistered):
        after["metadata_uri"] = event.metadata_uri
        if recorded.provenance is not None:
            after["registered_block"] = recorded.provenance.block_number
    return after


def _attempt(row: NodeRow, event: _AttemptEvent) -> NodeRow:
    after: NodeRow = {
        **row,
        "assignment_state": ATTEMPT_AFTER[type(event)].value,
        "task_id": event.task_id,
        "epoch": event.epoch,
    }
    match event:
        case TaskAssigned():
            after["assigned_count"] += 1
            return after
        case ProofSubmitted():
            return after
        case TaskCompleted():
            after["completed_count"] += 1
            paid = event.bounty_paid_wei + event.compute_paid_wei
            after["paid_wei"] = plus(row["paid_wei"], paid)
        case NodeSlashed():
            after["slashed_count"] += 1
            after["slashed_wei"] = plus(row["slashed_wei"], event.amount_wei)
        case VerificationExpired():
            after["released_count"] += 1
        case _:
            assert_never(event)
    after["task_id"] = after["epoch"] = None
    return after
