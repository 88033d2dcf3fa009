"""Each slash, in the order of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of
from domain.task.events import NodeSlashed
from projections.chain_source import source_of
from projections.projection import Body
from projections.stamp import Stamp, stamp


class SlashRow(Stamp):
    """What a node lost, and why: `fault` is invalid_proof or missed_deadline, of attempt `epoch` at the task.

    `bonded_wei` is what the fault was measured by, `pool_wei` the slash pool afterwards.
    """

    network: str
    position: int
    node: str
    task_id: str
    epoch: int
    fault: str
    amount_wei: str
    bonded_wei: str
    pool_wei: str
    transaction_hash: str
    log_index: int


class Slashes:
    """Key `<network>#<position, fifteen digits>`, listed by node."""

    name: Final = "slashes"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset({NodeSlashed})

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return a new key."""
        return (f"{network_name_of(recorded.stream)}#{recorded.position:015d}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the slash."""
        del body
        event, source = cast(NodeSlashed, recorded.event), source_of(recorded)
        row: SlashRow = {
            "network": key.partition("#")[0],
            "position": recorded.position,
            "node": event.node,
            "task_id": event.task_id,
            "epoch": event.epoch,
            "fault": event.fault.value,
            "amount_wei": str(event.amount_wei),
            "bonded_wei": str(event.bonded_wei),
            "pool_wei": str(event.pool_wei),
            "transaction_hash": source.transaction_hash,
            "log_index": source.log_index,
            **stamp(recorded),
        }
        return row

    def scope_of(self, body: Body) -> str:
        """Return the node."""
        return cast(SlashRow, body)["node"]
