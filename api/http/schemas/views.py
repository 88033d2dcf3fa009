"""Shapes of slashes, bounties, days and blocks, reliability and performance."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.http.schemas.accounts import SignedWeiText
from api.http.schemas.shape import AddressText, HashText, NetworkText, Shape, StampedShape, WeiText

FaultText = Literal["invalid_proof", "missed_deadline"]


class FailureOut(Shape):
    """What is known of the attempt that failed; null where the ledger has not seen it."""

    proof_deadline: int | None
    verify_deadline: int | None
    proof_hash: HashText | None
    verdict: Literal["valid", "invalid"] | None
    attester: AddressText | None


class SlashPolicyOut(Shape):
    """The terms that the task was posted under; a later policy does not change them."""

    slash_bps: int = Field(description="Hundredths of a percent of the bonded stake.")
    verifier: AddressText


class SlashOut(StampedShape):
    """A slash with its reason, the failure behind it, and the policy it fell under."""

    network: NetworkText
    position: int
    node: AddressText
    task_id: HashText
    epoch: int
    fault: FaultText
    amount_wei: WeiText
    bonded_wei: WeiText
    pool_wei: WeiText = Field(description="The slash pool afterwards.")
    transaction_hash: HashText
    log_index: int
    failure: FailureOut
    policy: SlashPolicyOut | None


class FlowOut(Shape):
    """A movement of a task's money; one side is `escrow`."""

    position: int
    reason: Literal[
        "bounty_escrowed",
        "compute_escrowed",
        "bounty_reserved",
        "bounty_paid",
        "compute_paid",
        "share_paid",
        "bounty_returned",
        "bounty_refunded",
        "compute_refunded",
    ]
    sender: str
    recipient: str
    amount_wei: WeiText
    epoch: int | None
    block: int | None
    transaction_hash: HashText | None
    log_index: int | None


class BountyOut(StampedShape):
    """Who paid whom for a task, and why; `flows` are the newest 500."""

    task_id: HashText
    network: NetworkText
    requester: AddressText | None
    escrowed_wei: WeiText
    paid_wei: WeiText
    returned_wei: WeiText
    flow_count: int
    flows: list[FlowOut]


class PeriodOut(StampedShape):
    """A day or block of a network in which something happened: what moved, and the totals at its end."""

    network: NetworkText
    period: Literal["day", "block"]
    number: int = Field(description="Of the block; a day counts from 1970-01-01 UTC.")
    day: str = Field(description="ISO 8601 date.")
    first_block: int
    first_time: int
    stake_change_wei: SignedWeiText
    credit_change_wei: SignedWeiText
    pool_change_wei: SignedWeiText
    escrow_change_wei: SignedWeiText
    deposited_wei: WeiText
    withdrawn_wei: WeiText
    posted_wei: WeiText
    paid_wei: WeiText
    returned_wei: WeiText
    slashed_wei: WeiText
    claimed_wei: WeiText
    nodes_joined: int
    nodes_left: int
    tasks_posted: int
    tasks_completed: int
    tasks_refunded: int
    attempts: int
    slashes: int
    lapses: int
    stake_wei: SignedWeiText
    credit_wei: SignedWeiText
    pool_wei: SignedWeiText
    escrow_wei: SignedWeiText
    held_wei: SignedWeiText


class NodeDayOut(StampedShape):
    """A node's day."""

    node: AddressText
    network: NetworkText
    day: str
    assigned: int
    completed: int
    invalid_proofs: int
    missed_deadlines: int
    lapsed: int
    earned_wei: WeiText
    slashed_wei: WeiText


class ReliabilityOut(Shape):
    """How a node's attempts ended in days that are over."""

    node: AddressText
    network: NetworkText
    first_day: str
    last_day: str
    assigned: int
    completed: int
    invalid_proofs: int
    missed_deadlines: int
    lapsed: int
    judged: int = Field(description="Completed and failed; what lapsed is nobody's fault.")
    reliability_bps: int | None = Field(
        description="Completed of judged in hundredths of a percent, rounded down; null when none was judged."
    )
    earned_wei: WeiText
    slashed_wei: WeiText
    days: list[NodeDayOut]


class AttemptTimesOut(Shape):
    """When the steps of an attempt were, seconds since 1970."""

    epoch: int
    node: AddressText
    assigned_time: int | None
    submitted_time: int | None
    ended_time: int | None
    outcome: Literal["running", "completed", "slashed", "lapsed"]
    fault: FaultText | None


class PerformanceOut(StampedShape):
    """How a task went, by the times of blocks."""

    task_id: HashText
    network: NetworkText
    requester: AddressText | None
    workflow_id: HashText | None
    version_hash: HashText | None
    spec_hash: HashText | None = Field(description="What kind of work it is.")
    gpu_hours: WeiText = Field(description="A decimal string: 256-bit on chain.")
    memory_gb: WeiText
    priority: bool
    price_wei: WeiText
    paid_wei: WeiText
    node: AddressText | None
    outcome: Literal["open", "completed", "refunded"]
    posted_time: int | None
    wait_seconds: int | None
    work_seconds: int | None
    verify_seconds: int | None
    total_seconds: int | None
    attempt_count: int
    fault_count: int
    attempts: list[AttemptTimesOut]


class SpreadOut(Shape):
    """Whole seconds by nearest rank."""

    median: int
    p90: int
    most: int


class GroupOut(Shape):
    """Tasks that share a node, workflow, version or spec; the name is empty where they have none."""

    name: str
    tasks: int
    completed: int
    refunded: int
    attempts: int
    faults: int
    paid_wei: WeiText
    paid_wei_per_task: WeiText | None
    paid_wei_per_gpu_hour: WeiText | None
    wait_seconds: SpreadOut | None
    work_seconds: SpreadOut | None
    verify_seconds: SpreadOut | None
    total_seconds: SpreadOut | None


class SummaryOut(Shape):
    """Groups of tasks, the largest first."""

    by: Literal["node", "workflow", "version", "spec"]
    groups: list[GroupOut]
