"""What the ledger records about its own reading of a chain. The stored names outlive the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32, StreamName, Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAdopted(Event):
    """The ledger began to follow a deployment: the first event of its chain stream."""

    NAME: ClassVar[str] = "chain.adopted"
    chain_id: ChainId
    genesis_hash: Hash32
    start_block: BlockNumber
    token: Address
    arbiter: Address
    registry: Address
    verifier: Address
    timelock: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainAdvanced(Event):
    """The cursor: every log of the deployment in [first_block, last_block] is in the log up to this event.

    Its (stream, version) key makes each batch exactly-once and fences a second writer.
    """

    NAME: ClassVar[str] = "chain.advanced"
    first_block: BlockNumber
    last_block: BlockNumber
    last_block_hash: Hash32
    last_block_time: Timestamp
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyDetected(Event):
    """A fact that our rules say cannot happen. The fact stands beside it in the same stream, unchanged."""

    NAME: ClassVar[str] = "anomaly.detected"
    subject: StreamName
    fact_name: str
    transaction_hash: Hash32
    log_index: int
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUnrecognised(Event):
    """A log of one of our contracts that this version of the program cannot translate; kept as raw bytes."""

    NAME: ClassVar[str] = "chain.log_unrecognised"
    contract: Address
    topics: tuple[Hash32, ...]
    data: str
    reason: str


ChainEvent: TypeAlias = ChainAdopted | ChainAdvanced | AnomalyDetected | LogUnrecognised
