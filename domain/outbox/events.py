"""Transactions that this ledger's owner wants sent, and what became of them. The stored names outlive the classes.

All events of one sender on one chain are one stream, because its nonces are one sequence. An intent is what shall
happen once; an attempt is one signed transaction for it. All attempts of an intent have the same nonce, and a chain
takes one transaction for each nonce: that is why an effect cannot happen twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32
from domain.kernel.money import Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRequested(Event):
    """Decision: `sender` shall call `to` once.

    `intent_id` is the hash of chain, sender and `key`, the asker's own name for it. `data` is the call, 0x and
    hexadecimal. It costs at most `value_wei` and `gas` times `fee_cap_wei`, and takes `token_wei` of `token` by
    allowance; without tokens both are zero.
    """

    NAME: ClassVar[str] = "outbox.requested"
    intent_id: Hash32
    key: str
    chain_id: ChainId
    sender: Address
    label: str
    to: Address
    data: str
    value_wei: Wei
    gas: int
    fee_cap_wei: Wei
    token: Address
    token_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSigned(Event):
    """Decision: attempt `attempt` (from 1) is signed, with the intent's nonce. It is sent only after this is stored.

    `raw` is the signed transaction, 0x and hexadecimal; `at_block` was the newest block then.
    """

    NAME: ClassVar[str] = "outbox.signed"
    intent_id: Hash32
    nonce: int
    attempt: int
    transaction_hash: Hash32
    raw: str
    max_fee_wei: Wei
    max_priority_fee_wei: Wei
    at_block: BlockNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentMined(Event):
    """Observation: a block holds an attempt. `succeeded` is false when the call was refused; that uses a nonce too."""

    NAME: ClassVar[str] = "outbox.mined"
    intent_id: Hash32
    transaction_hash: Hash32
    block_number: BlockNumber
    block_hash: Hash32
    succeeded: bool
    gas_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentUnmined(Event):
    """Observation: the chain replaced the block that held the attempt. The same bytes are sent again."""

    NAME: ClassVar[str] = "outbox.unmined"
    intent_id: Hash32
    transaction_hash: Hash32
    block_number: BlockNumber
    block_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFinal(Event):
    """Observation: the attempt succeeded in a block that is final. The intent is done."""

    NAME: ClassVar[str] = "outbox.final"
    intent_id: Hash32
    transaction_hash: Hash32
    block_number: BlockNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFailed(Event):
    """Observation: the call was refused in a block that is final. The intent is done, without its effect."""

    NAME: ClassVar[str] = "outbox.failed"
    intent_id: Hash32
    transaction_hash: Hash32
    block_number: BlockNumber
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentDisplaced(Event):
    """Observation: somebody else's transaction used the nonce, and is final. The intent gets another nonce."""

    NAME: ClassVar[str] = "outbox.displaced"
    intent_id: Hash32
    nonce: int
    by_transaction: Hash32
    block_number: BlockNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentWithdrawn(Event):
    """Decision: an intent that nothing was signed for shall not be carried out."""

    NAME: ClassVar[str] = "outbox.withdrawn"
    intent_id: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingLimited(Event):
    """Decision: intents of the sender that are not done may not ask for more than this in sum."""

    NAME: ClassVar[str] = "outbox.limited"
    chain_id: ChainId
    sender: Address
    ether_wei: Wei
    token_wei: Wei


OutboxEvent: TypeAlias = (
    IntentRequested
    | IntentSigned
    | IntentMined
    | IntentUnmined
    | IntentFinal
    | IntentFailed
    | IntentDisplaced
    | IntentWithdrawn
    | SpendingLimited
)
