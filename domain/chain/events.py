"""What the ledger records about its own reading of a chain. The stored names outlive the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32, StreamName, Timestamp
from domain.kernel.position_range import PositionRange


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
class BlocksOrphaned(Event):
    """The chain replaced blocks above `fork_block`, the newest that it still has of those whose hash is known here.

    `voided` are the positions, below this event's own, that do not stand from here on: every fact that this network
    had above the fork, and the anomalies beside those. Cursors and other events of the chain's stream are never
    voided. `facts` counts the voided facts. Whether an event stands at a position is told by the last
    BlocksOrphaned or BlocksRestored up to there that names it; an event that none names stands.
    """

    NAME: ClassVar[str] = "blocks.orphaned"
    fork_block: BlockNumber
    fork_block_hash: Hash32
    fork_block_time: Timestamp
    orphaned_last_block: BlockNumber
    orphaned_last_block_hash: Hash32
    facts: int
    voided: tuple[PositionRange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksRestored(Event):
    """Blocks that an earlier BlocksOrphaned voided are on the chain again: their facts stand from here on.

    The same facts are not recorded twice, so `restored` names their positions, and those of the anomalies beside
    them. Positions still are in the order of the chain: a block's facts are recorded after its parent's.
    """

    NAME: ClassVar[str] = "blocks.restored"
    first_block: BlockNumber
    last_block: BlockNumber
    last_block_hash: Hash32
    facts: int
    restored: tuple[PositionRange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityAdvanced(Event):
    """The finality policy calls blocks up to `safe_block` safe and up to `final_block` final.

    Appended only when that changes an answer: a cursor's last block became safe or final. What is final is not
    replaced any more without ChainHealed; a BlocksOrphaned below `safe_block` takes that back to its fork.
    """

    NAME: ClassVar[str] = "chain.finality_advanced"
    safe_block: BlockNumber
    safe_block_hash: Hash32
    final_block: BlockNumber
    final_block_hash: Hash32
    policy: str
    policy_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHalted(Event):
    """An endpoint contradicts a final block: nothing of this chain is read until it is healed.

    `fork_block` is the newest block on which ledger and endpoint agree; `expected_hash` is what the ledger holds for
    `final_block`, `found_hash` what the endpoint has there, zero for nothing. `endpoint` is a label without secrets.
    """

    NAME: ClassVar[str] = "chain.halted"
    fork_block: BlockNumber
    fork_block_hash: Hash32
    final_block: BlockNumber
    expected_hash: Hash32
    found_hash: Hash32
    head_block: BlockNumber
    head_block_hash: Hash32
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHealed(Event):
    """Somebody had several endpoints agree on the chain beyond a halt: reading goes on after the BlocksOrphaned before.

    Below `fork_block` nothing changed; blocks above it are neither safe nor final any more. `endpoints` are labels.
    """

    NAME: ClassVar[str] = "chain.healed"
    fork_block: BlockNumber
    fork_block_hash: Hash32
    head_block: BlockNumber
    head_block_hash: Hash32
    endpoints: tuple[str, ...]


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


ChainEvent: TypeAlias = (
    ChainAdopted
    | ChainAdvanced
    | BlocksOrphaned
    | BlocksRestored
    | FinalityAdvanced
    | ChainHalted
    | ChainHealed
    | AnomalyDetected
    | LogUnrecognised
)
