"""Shapes of recorded events."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.http.schemas.shape import AddressText, HashText, Shape


class ProvenanceOut(Shape):
    """The chain log that an event was translated from."""

    chain_id: int
    block_number: int
    block_hash: HashText
    block_time: int = Field(description="Seconds since 1970-01-01 UTC.")
    transaction_hash: HashText
    log_index: int
    contract: AddressText


class EventOut(Shape):
    """An event with its envelope."""

    position: int = Field(description="Order in the whole log, dense, from 1.")
    branch: str
    stream: str
    version: int = Field(description="Order in its stream, dense, from 1.")
    type: str = Field(examples=["task.posted"])
    schema_version: int
    recorded_at: str = Field(description="When the ledger wrote it down, ISO 8601 in UTC.")
    actor: str
    causation_id: str
    correlation_id: str
    provenance: ProvenanceOut | None
    payload: dict[str, Any] = Field(
        description="Members by type; amounts are decimal strings of wei."
    )
    finality: Literal["seen", "safe", "final", "orphaned"] = Field(
        description="How sure the event is when it is sent: `orphaned` facts stand no more."
    )


class EventPageOut(Shape):
    """Events in order; `next` is the position to go on from."""

    items: list[EventOut]
    next: int
