"""Shapes of statements and explanations."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.http.schemas.accounts import SignedWeiText
from api.http.schemas.shape import HashText, NetworkText, Shape, WeiText


class EntryOut(Shape):
    """What an event did to one account."""

    account: str
    against: str = Field(description="The account on the other side.")
    debit_wei: WeiText
    credit_wei: WeiText
    balance_wei: SignedWeiText = Field(description="What was left.")


class LineOut(Shape):
    """An event with what it moved; block, transaction and log are null for a decision off-chain."""

    position: int
    type: str
    what: str = Field(description="In a sentence.")
    block: int | None
    time: int | None = Field(description="Seconds since 1970-01-01 UTC.")
    transaction_hash: HashText | None
    log_index: int | None
    entries: list[EntryOut]


class StatementOut(Shape):
    """Part of a statement. Pass `next` as `after` for what follows; null means that this was the end."""

    owner: str
    network: NetworkText
    items: list[LineOut]
    next: int | None


class TimelineLineOut(LineOut):
    """An event of a story with its own members, as in /v1/events."""

    payload: dict[str, Any]


class TimelineOut(Shape):
    """Part of a story. Pass `next` as `after` for what follows; null means that this was the end."""

    owner: str
    network: NetworkText
    items: list[TimelineLineOut]
    next: int | None


class ResultOut(Shape):
    """What an account holds after the last line."""

    account: str
    balance_wei: SignedWeiText


class ExplanationOut(Shape):
    """The events behind a number."""

    subject: Literal["stake", "account", "node", "task"]
    owner: str
    network: NetworkText
    lines: list[LineOut]
    result: list[ResultOut]
    agrees: bool | None = Field(
        description="Whether the read models say the same; null while more lines follow."
    )
    next: int | None
