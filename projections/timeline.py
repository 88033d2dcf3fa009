"""The story of each owner: every event that concerns a party, a task, a contract or the treasury, in order.

A row only says where the event is; what it moved, and what was left, is folded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, cast, get_args

from domain.accounting.concerns import concerned_by, moves_money
from domain.accounting.postings import AccountedEvent, PostedEvent
from domain.chain.events import AnomalyDetected
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of, parse_network
from domain.node.events import NodeEvent
from domain.task.events import TaskEvent
from projections.projection import Body

POSTING: Final = "posting"
MEMO: Final = "memo"


class TimelineRow(TypedDict):
    """Where an event is that concerns `owner`. `log_index` and what is beside it are null for a decision off-chain."""

    owner: str
    network: str
    position: int
    type: str
    kind: str
    block: int | None
    time: int | None
    transaction_hash: str | None
    log_index: int | None


class Timeline:
    """Key `<owner>@<network>#<position, fifteen digits>`, listed by whether it is a posting or a memo."""

    name: Final = "timeline"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {*get_args(PostedEvent), *get_args(NodeEvent), *get_args(TaskEvent), AnomalyDetected}
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return a new key for each owner that the event concerns."""
        network = network_name_of(recorded.stream)
        if not network:
            return ()
        event = cast(AccountedEvent, recorded.event)
        owners = concerned_by(event, parse_network(network).arbiter)
        return tuple([timeline_key(str(owner), network, recorded.position) for owner in owners])

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return where the event is."""
        del body
        owner, _, rest = key.partition("@")
        source = recorded.provenance
        row: TimelineRow = {
            "owner": owner,
            "network": rest.partition("#")[0],
            "position": recorded.position,
            "type": recorded.name,
            "kind": POSTING if moves_money(cast(AccountedEvent, recorded.event)) else MEMO,
            "block": None if source is None else source.block_number,
            "time": None if source is None else source.block_time,
            "transaction_hash": None if source is None else source.transaction_hash,
            "log_index": None if source is None else source.log_index,
        }
        return cast(Body, row)

    def scope_of(self, body: Body) -> str:
        """Return whether the event moves money."""
        return cast(TimelineRow, body)["kind"]


def timeline_key(owner: str, network: str, position: int) -> str:
    """Return the key of the row of an event; keys of one owner are in the order of positions."""
    return f"{owner}@{network}#{position:015d}"
