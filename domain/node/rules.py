"""What the arbiter allows a node, as checks on its facts."""

from __future__ import annotations

from typing import assert_never

from domain.kernel.violation import Violation
from domain.node.events import NodeDeregistered, NodeEvent, NodeJailed, NodeRegistered, NodeUnjailed
from domain.node.state import NodeState, NodeStatus


def violations(state: NodeState, event: NodeEvent) -> tuple[Violation, ...]:
    """Return the rules that the fact breaks in this state, none for a legal one."""
    found: list[Violation] = []
    allowed = _allowed_before(event)
    if state.status not in allowed:
        names = " or ".join(allowed)
        found.append(
            Violation(
                f"{event.NAME}.wrong_status",
                f"`{event.NAME}` needs a node that is {names}, this one is {state.status}",
            )
        )
    match event:
        case NodeJailed(stake_wei=stake, min_stake_wei=least) if stake >= least:
            found.append(
                Violation(
                    "node.jailed.enough_stake",
                    f"jailed with {stake} wei, the minimum is {least} wei",
                )
            )
        case NodeUnjailed(stake_wei=stake, min_stake_wei=least) if stake < least:
            found.append(
                Violation(
                    "node.unjailed.too_little_stake",
                    f"unjailed with {stake} wei, the minimum is {least} wei",
                )
            )
        case _:
            pass
    return tuple(found)


def _allowed_before(event: NodeEvent) -> tuple[NodeStatus, ...]:
    match event:
        case NodeRegistered():
            return (NodeStatus.UNKNOWN, NodeStatus.EXITED)
        case NodeDeregistered():
            return (NodeStatus.ACTIVE, NodeStatus.JAILED)
        case NodeJailed():
            return (NodeStatus.ACTIVE,)
        case NodeUnjailed():
            return (NodeStatus.JAILED,)
        case _:
            assert_never(event)
