"""Shapes of the books: accounts, and the trial balance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.http.schemas.shape import (
    AddressText,
    HashText,
    NetworkText,
    Shape,
    StampedShape,
    WeiText,
)

SignedWeiText = Annotated[
    str,
    Field(
        pattern=r"^(0|-?[1-9][0-9]{0,99})$",
        description="Wei in decimal digits; below zero only where something is wrong or missing.",
        examples=["1500000000000000000"],
    ),
]
OwnerKindText = Literal["party", "task", "contract", "treasury"]
StandingText = Literal["settled", "unclaimed", "missing"]
AccountKindText = Literal[
    "held",
    "suspense",
    "stake:available",
    "stake:locked",
    "stake:unbonding",
    "credit",
    "bounty:escrow",
    "bounty:reserved",
    "compute:escrow",
    "treasury:slash_pool",
]


class AccountOut(Shape):
    """An account: its balance, what of it is spoken for, and what is left."""

    account: str = Field(examples=["stake:locked:0x00000000000000000000000000000000000000aa"])
    posted_wei: SignedWeiText = Field(description="The balance.")
    pending_wei: SignedWeiText = Field(
        description="Bonds an attempt, waits to leave, is reserved, or is on hold for a running attempt."
    )
    available_wei: SignedWeiText = Field(description="Posted less pending.")
    debits_wei: WeiText = Field(description="Over all time.")
    credits_wei: WeiText = Field(description="Over all time.")
    stated_wei: WeiText | None = Field(
        description="The balance that the contract stated last; null where it states none."
    )


class BooksOut(StampedShape):
    """The accounts of one owner."""

    owner: str = Field(examples=["party:0x00000000000000000000000000000000000000aa"])
    kind: OwnerKindText
    network: NetworkText
    running: int | None = Field(description="The attempt that a task's escrow is on hold for.")
    accounts: list[AccountOut]


class TrialLineOut(Shape):
    """All accounts of a kind together."""

    kind: AccountKindText
    side: Literal["debit", "credit"] = Field(description="The side that its balance is on.")
    accounts: int
    debits_wei: WeiText
    credits_wei: WeiText
    balance_wei: SignedWeiText
    pending_wei: SignedWeiText


class NetworkTrialOut(Shape):
    """The trial balance of one network; what is held is owed to somebody, to the wei."""

    network: NetworkText
    balanced: bool
    debits_wei: WeiText
    credits_wei: WeiText
    held_wei: SignedWeiText
    owed_wei: SignedWeiText
    lines: list[TrialLineOut]


class TrialBalanceOut(Shape):
    """The trial balance up to a position."""

    position: int
    balanced: bool
    networks: list[NetworkTrialOut]


class SuspenseOut(StampedShape):
    """What one transaction moved in or out of a contract; amounts below zero went out."""

    contract: AddressText
    network: NetworkText
    transaction_hash: HashText
    standing: StandingText
    expected_wei: SignedWeiText = Field(description="What the contract says was paid in.")
    moved_wei: SignedWeiText = Field(description="What the token says came in.")
    unexplained_wei: SignedWeiText = Field(description="Moved less expected.")
    senders: list[AddressText]
    recipients: list[AddressText]
    since_block: int
    since_time: int = Field(description="Seconds since 1970-01-01 UTC.")
    age_blocks: int = Field(description="From the transaction to the last block that was read.")
    age_seconds: int
