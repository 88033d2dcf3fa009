"""Each transaction that moved tokens in or out of a contract: what the contract counts on, and what the token says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from domain.accounting.suspense import CASH_EVENTS, CashEvent, flows_of, standing_of
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of, parse_network
from domain.network.events import TokenTransferred
from projections.chain_source import source_of
from projections.projection import Body
from projections.stamp import Stamp, stamp


class SuspenseRow(Stamp):
    """What one transaction moved in or out of one contract; amounts below zero went out.

    `unexplained_wei` is moved less expected: `standing` is settled, unclaimed (above zero: tokens that nobody accounts
    for) or missing (below zero: tokens that never came). `since_block` and `since_time` are of the transaction.
    `senders` and `recipients` are those of the token's transfers, each once.
    """

    contract: str
    network: str
    transaction_hash: str
    standing: str
    expected_wei: str
    moved_wei: str
    unexplained_wei: str
    senders: list[str]
    recipients: list[str]
    since_block: int
    since_time: int


class Suspense:
    """Key `<contract>#<transaction>@<network>`, listed by standing."""

    name: Final = "suspense"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = CASH_EVENTS

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the event's transaction at each contract that it concerns."""
        network = network_name_of(recorded.stream)
        transaction = source_of(recorded).transaction_hash
        flows = flows_of(cast(CashEvent, recorded.event), parse_network(network).arbiter)
        return tuple([f"{flow.contract}#{transaction}@{network}" for flow in flows])

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return what is known of the transaction after the event."""
        contract, _, rest = key.partition("#")
        transaction, _, network = rest.partition("@")
        source = source_of(recorded)
        row = None if body is None else cast(SuspenseRow, body)
        event = cast(CashEvent, recorded.event)
        flow = next(
            each
            for each in flows_of(event, parse_network(network).arbiter)
            if each.contract == contract
        )
        expected_wei = flow.expected_wei + (int(row["expected_wei"]) if row else 0)
        moved_wei = flow.moved_wei + (int(row["moved_wei"]) if row else 0)
        senders, recipients = (row["senders"], row["recipients"]) if row else ([], [])
        if isinstance(event, TokenTransferred):
            senders = _with(senders, event.sender)
            recipients = _with(recipients, event.recipient)
        after: SuspenseRow = {
            "contract": contract,
            "network": network,
            "transaction_hash": transaction,
            "standing": standing_of(moved_wei - expected_wei).value,
            "expected_wei": str(expected_wei),
            "moved_wei": str(moved_wei),
            "unexplained_wei": str(moved_wei - expected_wei),
            "senders": senders,
            "recipients": recipients,
            "since_block": row["since_block"] if row else source.block_number,
            "since_time": row["since_time"] if row else source.block_time,
            **stamp(recorded),
        }
        return after

    def scope_of(self, body: Body) -> str:
        """Return how the transaction stands."""
        return cast(SuspenseRow, body)["standing"]


def _with(names: list[str], name: str) -> list[str]:
    return names if name in names else [*names, name]
