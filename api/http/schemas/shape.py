"""What all answers share: exact shapes, and amounts that survive JSON."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

WeiText = Annotated[
    str,
    Field(
        pattern=r"^(0|[1-9][0-9]{0,77})$",
        description="Wei in decimal digits; a string, since JSON numbers lose digits.",
        examples=["1500000000000000000"],
    ),
]
AddressText = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
HashText = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
NetworkText = Annotated[
    str, Field(description="`<chain id>.<arbiter>`: one deployment on one chain.")
]


class Shape(BaseModel):
    """An answer with exactly the named members: a read model that changes its shape must change this too."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StampedShape(Shape):
    """A row and the last event that changed it; block and time are null for a decision taken off-chain."""

    last_position: int
    last_block: int | None
    last_time: int | None = Field(description="Seconds since 1970-01-01 UTC.")


Item = TypeVar("Item", bound=BaseModel)


class PageOut(Shape, Generic[Item]):
    """Items in key order. Pass `next` as `after` for those that follow; null means that this was the last page."""

    items: list[Item]
    next: str | None
