"""Shapes of roots and proofs."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.shape import Shape


class RootOut(Shape):
    """A Merkle root over the log."""

    size: int = Field(description="Over the first so many events.")
    root: str = Field(description="32 bytes, base64.")


class InclusionProofOut(Shape):
    """That an event is in the log."""

    proof: str = Field(examples=["agentgpt-ledger/inclusion/1"])
    position: int = Field(description="The event's position; its leaf has the index position - 1.")
    size: int = Field(description="In the log of so many events.")
    leaf: str = Field(description="The event's exact stored bytes, base64.")
    hashes: list[str] = Field(
        description="The audit path (RFC 9162, section 2.1.3), 32 bytes each, base64."
    )
