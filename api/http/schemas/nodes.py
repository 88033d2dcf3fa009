"""Shapes of compute nodes and of attempts at tasks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.http.schemas.shape import AddressText, HashText, NetworkText, StampedShape, WeiText

AssignmentStateText = Literal["idle", "assigned", "verifying", "completed", "slashed", "released"]
NodeStatusText = Literal["unknown", "active", "jailed", "exited"]


class NodeOut(StampedShape):
    """A node: its membership, what it works on, and how its attempts ended."""

    node: AddressText
    network: NetworkText
    status: NodeStatusText
    metadata_uri: str
    registered_block: int | None
    assignment_state: AssignmentStateText = Field(description="Of its latest attempt.")
    task_id: HashText | None = Field(description="What it is running; null when it is free.")
    epoch: int | None
    assigned_count: int
    completed_count: int
    slashed_count: int
    released_count: int
    paid_wei: WeiText
    slashed_wei: WeiText


class AttemptOut(StampedShape):
    """One attempt at a task."""

    task_id: HashText
    network: NetworkText
    epoch: int
    node: AddressText | None
    state: AssignmentStateText
    bonded_wei: WeiText = Field(description="The stake by which a fault is measured.")
    proof_deadline: int | None
    verify_deadline: int | None
    proof_hash: HashText | None
    verdict: Literal["valid", "invalid"] | None
    attester: AddressText | None
    fault: Literal["invalid_proof", "missed_deadline"] | None
    slashed_wei: WeiText
    bounty_paid_wei: WeiText
    compute_paid_wei: WeiText
    assigned_block: int | None
    ended_block: int | None
    ended_by: str | None
