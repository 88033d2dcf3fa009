"""How sure each recorded event is right now: computed when it is asked for, never stored with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from api.event_view import event_view
from api.ledger import Ledger
from api.queries import MAX_NETWORKS
from domain.chain.finality import Finality
from domain.kernel.envelope import RecordedEvent
from domain.kernel.streams import network_name_of
from projections.chains import ChainRow


class EventFinalities:
    """Tells how sure events are, as far as chains are read at the moment this is made.

    A chain fact is what its block is. What the ledger wrote beside the facts of a network (anomalies, cursors) is
    as sure as what had been read by then, and a decision taken here is final at once.
    """

    def __init__(self, ledger: Ledger) -> None:
        ledger.standing.refresh()
        self._stands = ledger.standing.stands
        rows = ledger.read_models.page("chains", after="", limit=MAX_NETWORKS)
        self._chains = {row.key: cast(ChainRow, row.body) for row in rows}
        self._networks = {
            (body["chain_id"], contract): key
            for key, body in self._chains.items()
            for contract in body["contracts"]
        }

    def of(self, recorded: RecordedEvent) -> Finality:
        """Return how sure the event is."""
        if not self._stands(recorded.position):
            return Finality.ORPHANED
        source = recorded.provenance
        if source is None:
            network = network_name_of(recorded.stream)
            if not network:
                return Finality.FINAL
            row = self._chains.get(network)
            return _level(recorded.position, row, "safe_position", "final_position")
        key = self._networks.get((source.chain_id, source.contract), "")
        return _level(source.block_number, self._chains.get(key), "safe_block", "final_block")


def shown_events(ledger: Ledger, events: Sequence[RecordedEvent]) -> list[dict[str, object]]:
    """Return events as JSON-ready members, each with its `finality`."""
    if not events:
        return []
    finalities = EventFinalities(ledger)
    return [
        {**event_view(event, ledger.payload), "finality": finalities.of(event).value}
        for event in events
    ]


def _level(place: int, row: Mapping[str, object] | None, safe: str, final: str) -> Finality:
    if row is None:
        return Finality.SEEN
    if _reaches(row[final], place):
        return Finality.FINAL
    return Finality.SAFE if _reaches(row[safe], place) else Finality.SEEN


def _reaches(height: object, place: int) -> bool:
    return isinstance(height, int) and place <= height
