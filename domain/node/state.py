"""A node's membership: Unknown -> Active <-> Jailed -> Exited, and from Exited back to Active."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.node.events import NodeDeregistered, NodeEvent, NodeJailed, NodeRegistered, NodeUnjailed


class NodeStatus(StrEnum):
    """Where a node stands. Source: the arbiter's `NodeStatus`."""

    UNKNOWN = "unknown"
    ACTIVE = "active"
    JAILED = "jailed"
    EXITED = "exited"


STATUS_AFTER: dict[type[NodeEvent], NodeStatus] = {
    NodeRegistered: NodeStatus.ACTIVE,
    NodeDeregistered: NodeStatus.EXITED,
    NodeJailed: NodeStatus.JAILED,
    NodeUnjailed: NodeStatus.ACTIVE,
}
"""What each fact makes of a node, whatever it was before: facts outrank rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """A node as its own stream tells it."""

    status: NodeStatus = NodeStatus.UNKNOWN
    metadata_uri: str = ""


UNKNOWN_NODE = NodeState()


def evolve(state: NodeState, event: NodeEvent) -> NodeState:
    """Return the state after the fact. Never refuses one: `rules.violations` says what is wrong with it."""
    uri = event.metadata_uri if isinstance(event, NodeRegistered) else state.metadata_uri
    return NodeState(status=STATUS_AFTER[type(event)], metadata_uri=uri)
