"""Each intent of the outbox: what shall be sent, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.outbox.events import (
    IntentDisplaced,
    IntentFailed,
    IntentFinal,
    IntentMined,
    IntentRequested,
    IntentSigned,
    IntentUnmined,
    IntentWithdrawn,
)
from domain.outbox.state import IntentStatus
from projections.projection import Body
from projections.stamp import Stamp, stamp

NOBODY: Final = "0x" + "00" * 20


class IntentRow(Stamp):
    """An intent. `status` is requested, signed, mined, final, failed or withdrawn.

    `nonce` and `transaction_hash` are those of the newest attempt, or of the one that a block holds; null before the
    first. `attempts` counts all, `unmined` how often a block that held one was replaced. `reason` is why the call was
    refused, else null.
    """

    intent_id: str
    key: str
    chain_id: int
    sender: str
    label: str
    to: str
    data: str
    value_wei: str
    gas: int
    fee_cap_wei: str
    token: str
    token_wei: str
    status: str
    requested_at: str
    requested_by: str
    nonce: int | None
    attempts: int
    unmined: int
    transaction_hash: str | None
    max_fee_wei: str | None
    block_number: int | None
    block_hash: str | None
    reason: str | None


_Step = (
    IntentSigned
    | IntentMined
    | IntentUnmined
    | IntentFinal
    | IntentFailed
    | IntentDisplaced
    | IntentWithdrawn
)


class Outbox:
    """Key `<intent id>`, listed by status."""

    name: Final = "outbox"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            IntentRequested,
            IntentSigned,
            IntentMined,
            IntentUnmined,
            IntentFinal,
            IntentFailed,
            IntentDisplaced,
            IntentWithdrawn,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the id of the intent that the event names."""
        return (cast(IntentRequested | _Step, recorded.event).intent_id,)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the intent's row after the event."""
        row = _first(key) if body is None else cast(IntentRow, body)
        event = cast(IntentRequested | _Step, recorded.event)
        if isinstance(event, IntentRequested):
            return {**_requested(row, event, recorded), **stamp(recorded)}
        return {**_after(row, event), **stamp(recorded)}

    def scope_of(self, body: Body) -> str:
        """Return the intent's status."""
        return cast(IntentRow, body)["status"]


def _first(key: str) -> IntentRow:
    """Return the row before its first event, which the outbox's rules make a request."""
    return {
        "intent_id": key,
        "key": "",
        "chain_id": 0,
        "sender": NOBODY,
        "label": "",
        "to": NOBODY,
        "data": "0x",
        "value_wei": "0",
        "gas": 0,
        "fee_cap_wei": "0",
        "token": NOBODY,
        "token_wei": "0",
        "status": IntentStatus.REQUESTED.value,
        "requested_at": "",
        "requested_by": "",
        "nonce": None,
        "attempts": 0,
        "unmined": 0,
        "transaction_hash": None,
        "max_fee_wei": None,
        "block_number": None,
        "block_hash": None,
        "reason": None,
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _requested(row: IntentRow, event: IntentRequested, recorded: RecordedEvent) -> IntentRow:
    return {
        **row,
        "key": event.key,
        "chain_id": event.chain_id,
        "sender": event.sender,
        "label": event.label,
        "to": event.to,
        "data": event.data,
        "value_wei": str(event.value_wei),
        "gas": event.gas,
        "fee_cap_wei": str(event.fee_cap_wei),
        "token": event.token,
        "token_wei": str(event.token_wei),
        "requested_at": recorded.recorded_at,
        "requested_by": recorded.actor,
    }


def _after(row: IntentRow, event: _Step) -> IntentRow:
    after: IntentRow = {**row}
    match event:
        case IntentSigned():
            after["status"] = IntentStatus.SIGNED.value
            after["nonce"], after["transaction_hash"] = event.nonce, event.transaction_hash
            after["max_fee_wei"] = str(event.max_fee_wei)
            after["attempts"] += 1
        case IntentMined():
            after["status"] = IntentStatus.MINED.value
            after["transaction_hash"] = event.transaction_hash
            after["block_number"], after["block_hash"] = event.block_number, event.block_hash
        case IntentUnmined():
            after["status"] = IntentStatus.SIGNED.value
            after["block_number"] = after["block_hash"] = None
            after["unmined"] += 1
        case IntentFinal():
            after["status"] = IntentStatus.FINAL.value
        case IntentFailed():
            after["status"], after["reason"] = IntentStatus.FAILED.value, event.reason
        case IntentDisplaced():
            after["status"] = IntentStatus.REQUESTED.value
            after["nonce"] = after["transaction_hash"] = after["max_fee_wei"] = None
        case IntentWithdrawn():
            after["status"] = IntentStatus.WITHDRAWN.value
        case _:
            assert_never(event)
    return after
