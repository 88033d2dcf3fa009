"""How each node's attempts ended, day by day: what its reliability is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never, cast, get_args

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of
from domain.task.events import (
    Fault,
    NodeSlashed,
    TaskAssigned,
    TaskCompleted,
    VerificationExpired,
)
from projections.chain_source import source_of
from projections.network_periods import SECONDS_PER_DAY
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp


class NodeDayRow(Stamp):
    """A node's day (`day` counts them from 1970-01-01 UTC): attempts that began, and how attempts ended.

    `lapsed` ended because nobody judged them, which is not the node's fault.
    """

    node: str
    network: str
    day: int
    assigned: int
    completed: int
    invalid_proofs: int
    missed_deadlines: int
    lapsed: int
    earned_wei: str
    slashed_wei: str


_AttemptEvent = TaskAssigned | TaskCompleted | NodeSlashed | VerificationExpired


class NodeDays:
    """Key `<node>@<network>#<day, six digits>`; not listed under anything."""

    name: Final = "node_days"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(get_args(_AttemptEvent))

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the node's day in which the event's block lies."""
        event = cast(_AttemptEvent, recorded.event)
        day = source_of(recorded).block_time // SECONDS_PER_DAY
        return (node_day_key(event.node, network_name_of(recorded.stream), day),)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the day after the event."""
        event = cast(_AttemptEvent, recorded.event)
        row = _first(key) if body is None else cast(NodeDayRow, body)
        after: NodeDayRow = {**row, **stamp(recorded)}
        match event:
            case TaskAssigned():
                after["assigned"] += 1
            case TaskCompleted():
                after["completed"] += 1
                earned_wei = event.bounty_paid_wei + event.compute_paid_wei
                after["earned_wei"] = plus(row["earned_wei"], earned_wei)
            case NodeSlashed():
                if event.fault is Fault.INVALID_PROOF:
                    after["invalid_proofs"] += 1
                else:
                    after["missed_deadlines"] += 1
                after["slashed_wei"] = plus(row["slashed_wei"], event.amount_wei)
            case VerificationExpired():
                after["lapsed"] += 1
            case _:
                assert_never(event)
        return after

    def scope_of(self, body: Body) -> str:
        """Return nothing: days are found by key."""
        del body
        return ""


def node_day_key(node: str, network: str, day: int) -> str:
    """Return the key of a node's day; the keys of a node are in the order of time."""
    return f"{node}@{network}#{day:06d}"


def _first(key: str) -> NodeDayRow:
    node, _, rest = key.partition("@")
    network, _, day = rest.partition("#")
    return {
        "node": node,
        "network": network,
        "day": int(day),
        "assigned": 0,
        "completed": 0,
        "invalid_proofs": 0,
        "missed_deadlines": 0,
        "lapsed": 0,
        "earned_wei": "0",
        "slashed_wei": "0",
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }
