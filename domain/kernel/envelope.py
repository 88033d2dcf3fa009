"""What surrounds an event: where it stands in the log, who caused it, and which chain log it came from."""

from __future__ import annotations

from dataclasses import dataclass

from domain.kernel.event import Event
from domain.kernel.ids import (
    Address,
    BlockNumber,
    BranchName,
    ChainId,
    Hash32,
    Position,
    StreamName,
    Timestamp,
    Version,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The chain log that an event was translated from.

    (chain_id, block_hash, transaction_hash, log_index) identifies a fact: seen twice, it is recorded once.
    """

    chain_id: ChainId
    block_number: BlockNumber
    block_hash: Hash32
    block_time: Timestamp
    transaction_hash: Hash32
    log_index: int
    contract: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be appended to `stream`."""

    stream: StreamName
    event: Event
    provenance: Provenance | None = None
    actor: str = ""
    causation_id: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event as the log holds it.

    `recorded_at` is when the ledger wrote it down, ISO 8601 in UTC; when it happened on chain is
    `provenance.block_time`.
    """

    position: Position
    branch: BranchName
    stream: StreamName
    version: Version
    name: str
    schema_version: int
    recorded_at: str
    actor: str
    causation_id: str
    correlation_id: str
    provenance: Provenance | None
    event: Event
