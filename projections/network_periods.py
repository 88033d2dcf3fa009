"""What happened on a network in each day and in each block: what moved, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, assert_never, cast, get_args

from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of
from domain.network.events import SlashPoolReleased
from domain.node.events import NodeDeregistered, NodeRegistered
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn
from domain.task.events import (
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    VerificationExpired,
)
from projections.chain_source import source_of
from projections.money_moves import MONEY_EVENTS, MoneyEvent, money_moved
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp

SECONDS_PER_DAY: Final = 86_400

Period = Literal["day", "block"]


class PeriodRow(Stamp):
    """A day (`number` counts them from 1970-01-01 UTC) or a block of a network, by the times that blocks state.

    The `*_change_wei` say by how much stakes, credits, slash pool and escrow grew; they are below zero where these
    shrank. The other amounts are what was deposited, withdrawn, posted, paid to nodes and backups, returned to
    requesters, slashed and claimed.
    """

    network: str
    period: str
    number: int
    first_block: int
    first_time: int
    stake_change_wei: str
    credit_change_wei: str
    pool_change_wei: str
    escrow_change_wei: str
    deposited_wei: str
    withdrawn_wei: str
    posted_wei: str
    paid_wei: str
    returned_wei: str
    slashed_wei: str
    claimed_wei: str
    nodes_joined: int
    nodes_left: int
    tasks_posted: int
    tasks_completed: int
    tasks_refunded: int
    attempts: int
    slashes: int
    lapses: int


_Event = MoneyEvent | NodeRegistered | NodeDeregistered | TaskAssigned | VerificationExpired


class NetworkPeriods:
    """Key `<network>#<number, twelve digits>`; not listed under anything."""

    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(get_args(_Event))

    def __init__(self, period: Period) -> None:
        self.name: Final = f"network_{period}s"
        self._period = period

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the period that the event's block lies in."""
        return (
            period_key(
                network_name_of(recorded.stream), number_of(self._period, source_of(recorded))
            ),
        )

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the period after the event."""
        source, event = source_of(recorded), cast(_Event, recorded.event)
        row = _first(key, self._period, source) if body is None else cast(PeriodRow, body)
        after: PeriodRow = {**row, **stamp(recorded)}
        if type(event) in MONEY_EVENTS:
            moved = money_moved(cast(MoneyEvent, event))
            after["stake_change_wei"] = plus(row["stake_change_wei"], moved.stake_wei)
            after["credit_change_wei"] = plus(row["credit_change_wei"], moved.credit_wei)
            after["pool_change_wei"] = plus(row["pool_change_wei"], moved.pool_wei)
            after["escrow_change_wei"] = plus(row["escrow_change_wei"], moved.escrow_wei)
        _count(after, event)
        return after

    def scope_of(self, body: Body) -> str:
        """Return nothing: periods are found by key."""
        del body
        return ""


def period_key(network: str, number: int) -> str:
    """Return the key of a period; the keys of a network are in the order of time."""
    return f"{network}#{number:012d}"


def number_of(period: Period, source: Provenance) -> int:
    """Return the number of the period in which a block lies."""
    return source.block_time // SECONDS_PER_DAY if period == "day" else source.block_number


def _count(after: PeriodRow, event: _Event) -> None:
    match event:
        case StakeDeposited():
            after["deposited_wei"] = plus(after["deposited_wei"], event.amount_wei)
        case StakeWithdrawn():
            after["withdrawn_wei"] = plus(after["withdrawn_wei"], event.amount_wei)
        case CreditClaimed():
            after["claimed_wei"] = plus(after["claimed_wei"], event.amount_wei)
        case TaskPosted(terms=terms):
            after["tasks_posted"] += 1
            escrow_wei = terms.bounty_wei + terms.compute_price_wei
            after["posted_wei"] = plus(after["posted_wei"], escrow_wei)
        case TaskCompleted():
            after["tasks_completed"] += 1
            paid_wei = event.bounty_paid_wei + event.compute_paid_wei
            after["paid_wei"] = plus(after["paid_wei"], paid_wei)
        case BountyShareCredited():
            after["paid_wei"] = plus(after["paid_wei"], event.amount_wei)
        case BountyReturned():
            after["returned_wei"] = plus(after["returned_wei"], event.amount_wei)
        case TaskRefunded():
            after["tasks_refunded"] += 1
            refund_wei = event.bounty_refund_wei + event.compute_refund_wei
            after["returned_wei"] = plus(after["returned_wei"], refund_wei)
        case NodeSlashed():
            after["slashes"] += 1
            after["slashed_wei"] = plus(after["slashed_wei"], event.amount_wei)
        case NodeRegistered():
            after["nodes_joined"] += 1
        case NodeDeregistered():
            after["nodes_left"] += 1
        case TaskAssigned():
            after["attempts"] += 1
        case VerificationExpired():
            after["lapses"] += 1
        case SlashPoolReleased():
            pass
        case _:
            assert_never(event)


def _first(key: str, period: Period, source: Provenance) -> PeriodRow:
    network, _, number = key.partition("#")
    return {
        "network": network,
        "period": period,
        "number": int(number),
        "first_block": source.block_number,
        "first_time": source.block_time,
        "stake_change_wei": "0",
        "credit_change_wei": "0",
        "pool_change_wei": "0",
        "escrow_change_wei": "0",
        "deposited_wei": "0",
        "withdrawn_wei": "0",
        "posted_wei": "0",
        "paid_wei": "0",
        "returned_wei": "0",
        "slashed_wei": "0",
        "claimed_wei": "0",
        "nodes_joined": 0,
        "nodes_left": 0,
        "tasks_posted": 0,
        "tasks_completed": 0,
        "tasks_refunded": 0,
        "attempts": 0,
        "slashes": 0,
        "lapses": 0,
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }
