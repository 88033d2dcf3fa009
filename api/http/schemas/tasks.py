"""Shapes of tasks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.http.schemas.nodes import AttemptOut
from api.http.schemas.shape import (
    AddressText,
    HashText,
    NetworkText,
    Shape,
    StampedShape,
    WeiText,
)

TaskStatusText = Literal["idle", "assigned", "verifying", "completed", "refunded"]


class TermsOut(Shape):
    """What a task was posted under; fixed for its whole life."""

    version_hash: HashText | None
    spec_hash: HashText
    bounty_wei: WeiText
    compute_price_wei: WeiText
    gpu_hours: str = Field(description="256-bit on chain, so decimal digits.")
    memory_gb: str = Field(description="256-bit on chain, so decimal digits.")
    priority: bool
    expires_at: int
    proof_seconds: int
    verify_seconds: int
    slash_bps: int
    verifier: AddressText
    backups: list[AddressText]


class ShareOut(Shape):
    """A part of the bounty that is reserved for a backup node."""

    beneficiary: AddressText
    amount_wei: WeiText
    credited: bool


class TaskOut(StampedShape):
    """A task; node, deadlines and proof belong to attempt `epoch`."""

    task_id: HashText
    network: NetworkText
    status: TaskStatusText
    requester: AddressText | None
    workflow_id: HashText | None
    epoch: int
    node: AddressText | None
    proof_deadline: int | None
    verify_deadline: int | None
    proof_hash: HashText | None
    escrow_wei: WeiText = Field(description="What the contract still holds for the task.")
    bounty_left_wei: WeiText
    shares: list[ShareOut]
    attempt_count: int
    fault_count: int
    slashed_wei: WeiText
    terms: TermsOut | None
    posted_block: int | None
    posted_time: int | None


class TaskWithAttemptsOut(TaskOut):
    """A task with its attempts, oldest first."""

    attempts: list[AttemptOut]
