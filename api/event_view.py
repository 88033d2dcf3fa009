"""How a recorded event looks to the outside, the same in HTTP, streams and commands."""

from __future__ import annotations

from collections.abc import Mapping

from api.ledger import EventPayload
from domain.kernel.envelope import Provenance, RecordedEvent


def event_view(recorded: RecordedEvent, payload: EventPayload) -> dict[str, object]:
    """Return the event with its envelope as JSON-ready members."""
    return {
        "position": recorded.position,
        "branch": recorded.branch,
        "stream": recorded.stream,
        "version": recorded.version,
        "type": recorded.name,
        "schema_version": recorded.schema_version,
        "recorded_at": recorded.recorded_at,
        "actor": recorded.actor,
        "causation_id": recorded.causation_id,
        "correlation_id": recorded.correlation_id,
        "provenance": None if recorded.provenance is None else _provenance(recorded.provenance),
        "payload": payload(recorded.event),
    }


def _provenance(provenance: Provenance) -> Mapping[str, object]:
    return {
        "chain_id": provenance.chain_id,
        "block_number": provenance.block_number,
        "block_hash": provenance.block_hash,
        "block_time": provenance.block_time,
        "transaction_hash": provenance.transaction_hash,
        "log_index": provenance.log_index,
        "contract": provenance.contract,
    }
