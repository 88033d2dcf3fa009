"""Shapes of the outbox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.http.schemas.shape import AddressText, HashText, StampedShape, WeiText

IntentStatusText = Literal["requested", "signed", "mined", "final", "failed", "withdrawn"]


class IntentOut(StampedShape):
    """A transaction that shall be sent once, and how far it is."""

    intent_id: HashText
    key: str = Field(description="The asker's own name for it: the same key is never sent twice.")
    chain_id: int
    sender: AddressText
    label: str
    to: AddressText
    data: str
    value_wei: WeiText
    gas: int
    fee_cap_wei: WeiText = Field(description="The most that a unit of gas may cost.")
    token: AddressText
    token_wei: WeiText
    status: IntentStatusText
    requested_at: str
    requested_by: str
    nonce: int | None
    attempts: int = Field(
        description="How many transactions were signed for it, replacements included."
    )
    unmined: int = Field(description="How often the chain replaced a block that held it.")
    transaction_hash: HashText | None
    max_fee_wei: WeiText | None
    block_number: int | None
    block_hash: HashText | None
    reason: str | None = Field(description="Why the call was refused on chain.")
