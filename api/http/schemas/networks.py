"""Shapes of whole networks."""

from __future__ import annotations

from pydantic import Field

from api.http.schemas.shape import (
    AddressText,
    HashText,
    NetworkText,
    Shape,
    StampedShape,
    WeiText,
)


class PolicyOut(Shape):
    """The policy in force for new tasks."""

    gpu_rate_wei: WeiText
    memory_rate_wei: WeiText
    min_stake_wei: WeiText
    slash_bps: int
    unbonding_seconds: int
    min_proof_seconds: int
    max_proof_seconds: int
    verify_seconds: int
    max_task_seconds: int
    verifier: AddressText


class ContractsOut(Shape):
    """Where the contracts stand."""

    token: AddressText
    arbiter: AddressText
    registry: AddressText
    verifier: AddressText
    timelock: AddressText
    genesis_hash: HashText
    start_block: int


class RoleOut(Shape):
    """An account that has a role on a contract; `role` is the hash of the role's name."""

    contract: AddressText
    role: HashText
    account: AddressText


class TaskCountsOut(Shape):
    """How many tasks stand where."""

    idle: int
    assigned: int
    verifying: int
    completed: int
    refunded: int


class NetworkOut(StampedShape):
    """One deployment with its totals. `held_wei` is what the arbiter must hold of the token."""

    network: NetworkText
    chain_id: int
    arbiter: AddressText
    contracts: ContractsOut | None
    policy: PolicyOut | None
    paused: bool
    roles: list[RoleOut]
    stake_wei: WeiText
    credit_wei: WeiText
    pool_wei: WeiText
    escrow_wei: WeiText
    held_wei: WeiText
    slashed_wei: WeiText
    member_count: int = Field(description="Nodes that are active or jailed.")
    tasks: TaskCountsOut
    read_block: int | None
    read_block_hash: HashText | None
    read_block_time: int | None
    fact_count: int
    anomaly_count: int
    unrecognised_count: int


class OverviewOut(Shape):
    """Counts over the whole ledger. Keys that nothing stands under are absent."""

    position: int
    nodes: dict[str, int] = Field(description="By status.")
    tasks: dict[str, int] = Field(description="By status.")
    workflows: int
    versions: int
    networks: list[NetworkOut] = Field(description="At most 100.")
