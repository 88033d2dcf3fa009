"""What can be asked of an outbox, and what the outside has seen when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32
from domain.kernel.money import Wei
from domain.outbox.events import IntentRequested, IntentSigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What the sender has at the newest block. `allowance_wei` is what the call's target may take of the token."""

    ether_wei: Wei
    tokens_wei: Wei
    allowance_wei: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIntent:
    """Ask for an intent; `funds` is what the sender has."""

    intent: IntentRequested
    funds: Funds


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttempt:
    """Record a signed transaction before it is sent."""

    attempt: IntentSigned


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenReceipt:
    """An attempt in a block that the chain has at present. `reason` is why the call was refused, "" if it was not."""

    transaction_hash: Hash32
    block_number: BlockNumber
    block_hash: Hash32
    succeeded: bool
    gas_used: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenForeign:
    """Somebody else's transaction with the nonce of an intent, in a final block."""

    transaction_hash: Hash32
    block_number: BlockNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe:
    """Take in what the chain says about an intent now. `final_height` is the newest final block, -1 for none."""

    intent_id: Hash32
    receipt: SeenReceipt | None
    foreign: SeenForeign | None
    final_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Ask not to carry out an intent that nothing was signed for."""

    intent_id: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpending:
    """Bound what intents that are not done may ask for in sum."""

    chain_id: ChainId
    sender: Address
    ether_wei: Wei
    token_wei: Wei


OutboxCommand: TypeAlias = RequestIntent | RecordAttempt | Observe | Withdraw | LimitSpending
