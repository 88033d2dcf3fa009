"""Who paid whom for a task, and why: each movement of its bounty and of its compute price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast, get_args

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
)
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp

FLOWS_MAX: Final = 500
"""The newest flows that a row keeps; a task whose attempts fail has one for each redistribution."""


class FlowRow(TypedDict):
    """A movement between two addresses, one of which may be `escrow`.

    `reason` is bounty_escrowed, compute_escrowed, bounty_reserved (nothing moves: a backup has a claim to a share),
    bounty_paid, compute_paid, share_paid, bounty_returned, bounty_refunded or compute_refunded.
    """

    position: int
    reason: str
    sender: str
    recipient: str
    amount_wei: str
    epoch: int | None
    block: int | None
    transaction_hash: str | None
    log_index: int | None


class BountyFlowsRow(Stamp):
    """The flows of a task. `escrowed_wei` = `paid_wei` + `returned_wei` + what is left in escrow."""

    task_id: str
    network: str
    requester: str | None
    escrowed_wei: str
    paid_wei: str
    returned_wei: str
    flow_count: int
    flows: list[FlowRow]


_FlowEvent = (
    TaskPosted
    | TaskCompleted
    | BountyRedistributed
    | BountyReturned
    | BountyShareCredited
    | TaskRefunded
)
_Flow = tuple[str, str, str, int]
"""Reason, sender, recipient, wei."""

_ESCROW = "escrow"


class BountyFlows:
    """Key `<task>@<network>`, listed by requester."""

    name: Final = "bounty_flows"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(get_args(_FlowEvent))

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the task that the event names."""
        event = cast(_FlowEvent, recorded.event)
        return (f"{event.task_id}@{network_name_of(recorded.stream)}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the task's flows after the event."""
        event, source = cast(_FlowEvent, recorded.event), recorded.provenance
        row = _first(key) if body is None else cast(BountyFlowsRow, body)
        after: BountyFlowsRow = {**row, **stamp(recorded)}
        if isinstance(event, TaskPosted):
            after["requester"] = event.requester
        moved = [flow for flow in _flows(event) if flow[3]]
        for reason, _, _, amount_wei in moved:
            total = _TOTALS.get(reason)
            if total == "escrowed":
                after["escrowed_wei"] = plus(after["escrowed_wei"], amount_wei)
            elif total == "paid":
                after["paid_wei"] = plus(after["paid_wei"], amount_wei)
            elif total == "returned":
                after["returned_wei"] = plus(after["returned_wei"], amount_wei)
        flows: list[FlowRow] = [
            {
                "position": recorded.position,
                "reason": reason,
                "sender": sender,
                "recipient": recipient,
                "amount_wei": str(amount_wei),
                "epoch": None if isinstance(event, TaskPosted) else event.epoch,
                "block": None if source is None else source.block_number,
                "transaction_hash": None if source is None else source.transaction_hash,
                "log_index": None if source is None else source.log_index,
            }
            for reason, sender, recipient, amount_wei in moved
        ]
        after["flows"] = [*row["flows"], *flows][-FLOWS_MAX:]
        after["flow_count"] = row["flow_count"] + len(flows)
        return after

    def scope_of(self, body: Body) -> str:
        """Return who posted the task."""
        return cast(BountyFlowsRow, body)["requester"] or ""


_TOTALS: Final = {
    "bounty_escrowed": "escrowed",
    "compute_escrowed": "escrowed",
    "bounty_paid": "paid",
    "compute_paid": "paid",
    "share_paid": "paid",
    "bounty_returned": "returned",
    "bounty_refunded": "returned",
    "compute_refunded": "returned",
}


def _flows(event: _FlowEvent) -> list[_Flow]:
    match event:
        case TaskPosted(terms=terms):
            return [
                ("bounty_escrowed", event.requester, _ESCROW, terms.bounty_wei),
                ("compute_escrowed", event.requester, _ESCROW, terms.compute_price_wei),
            ]
        case TaskCompleted():
            return [
                ("bounty_paid", _ESCROW, event.node, event.bounty_paid_wei),
                ("compute_paid", _ESCROW, event.node, event.compute_paid_wei),
            ]
        case BountyRedistributed():
            shares = zip(event.beneficiaries, event.shares_wei, strict=False)
            return [("bounty_reserved", _ESCROW, backup, share) for backup, share in shares]
        case BountyReturned():
            return [("bounty_returned", _ESCROW, event.requester, event.amount_wei)]
        case BountyShareCredited():
            return [("share_paid", _ESCROW, event.beneficiary, event.amount_wei)]
        case TaskRefunded():
            return [
                ("bounty_refunded", _ESCROW, event.requester, event.bounty_refund_wei),
                ("compute_refunded", _ESCROW, event.requester, event.compute_refund_wei),
            ]
        case _:
            assert_never(event)


def _first(key: str) -> BountyFlowsRow:
    task_id, _, network = key.partition("@")
    return {
        "task_id": task_id,
        "network": network,
        "requester": None,
        "escrowed_wei": "0",
        "paid_wei": "0",
        "returned_wei": "0",
        "flow_count": 0,
        "flows": [],
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }
