"""Shapes of followed chains."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.shape import AddressText, HashText, NetworkText, Shape, StampedShape


class ReorgOut(Shape):
    """A reorganisation: `depth` blocks above `fork_block` were replaced, and facts in them stand no more."""

    position: int
    fork_block: int
    fork_block_hash: HashText
    orphaned_last_block: int
    orphaned_last_block_hash: HashText
    depth: int
    voided_facts: int
    voided_events: int


class HaltOut(Shape):
    """Why nothing is read: `endpoint` shows `found_hash` at the final block, the ledger holds `expected_hash`."""

    position: int
    fork_block: int
    fork_block_hash: HashText
    final_block: int
    expected_hash: HashText
    found_hash: HashText
    head_block: int
    head_block_hash: HashText
    endpoint: str


class ChainOut(StampedShape):
    """A chain as one deployment is followed on it. As of `final_position` every chain fact that stands is final."""

    network: NetworkText
    chain_id: int
    arbiter: AddressText
    contracts: list[AddressText]
    start_block: int
    head_block: int | None
    head_block_hash: HashText | None
    head_block_time: int | None
    safe_block: int | None
    safe_block_hash: HashText | None
    safe_position: int
    final_block: int | None
    final_block_hash: HashText | None
    final_position: int
    policy: str | None
    policy_version: int | None
    reorg_count: int
    deepest_reorg: int
    reorgs: list[ReorgOut] = Field(description="The newest 20, the newest first.")
    halted: HaltOut | None
    healed_count: int


class ChainsOut(Shape):
    """All followed chains, at most 100."""

    items: list[ChainOut]
