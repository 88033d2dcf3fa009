"""Each task: what it was posted under, where it stands, and what is left of its escrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import FIRST_EPOCH, ZERO_HASH
from domain.kernel.streams import network_name_of
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    TaskTerms,
    VerificationExpired,
)
from domain.task.state import STATUS_AFTER, TaskStatus
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp


class TermsRow(TypedDict):
    """What a task was posted under. GPU hours and memory are 256-bit on chain, so they are decimal strings too."""

    version_hash: str | None
    spec_hash: str
    bounty_wei: str
    compute_price_wei: str
    gpu_hours: str
    memory_gb: str
    priority: bool
    expires_at: int
    proof_seconds: int
    verify_seconds: int
    slash_bps: int
    verifier: str
    backups: list[str]


class ShareRow(TypedDict):
    """A part of the bounty that is reserved for a backup, and whether it is claimable already."""

    beneficiary: str
    amount_wei: str
    credited: bool


class TaskRow(Stamp):
    """A task. `status` is idle, assigned, verifying, completed or refunded.

    `node`, deadlines and proof belong to attempt `epoch`. `escrow_wei` is what the contract still holds for the task:
    what is left of the bounty and of the compute price. `terms` is null only for a task whose posting is not in the
    ledger.
    """

    task_id: str
    network: str
    status: str
    requester: str | None
    workflow_id: str | None
    epoch: int
    node: str | None
    proof_deadline: int | None
    verify_deadline: int | None
    proof_hash: str | None
    escrow_wei: str
    bounty_left_wei: str
    shares: list[ShareRow]
    attempt_count: int
    fault_count: int
    slashed_wei: str
    terms: TermsRow | None
    posted_block: int | None
    posted_time: int | None


_AttemptEvent = (
    TaskAssigned | ProofSubmitted | TaskReopened | TaskCompleted | NodeSlashed | VerificationExpired
)
_BountyEvent = BountyRedistributed | BountyReturned | BountyShareCredited
_BoardEvent = TaskPosted | TaskRefunded | _AttemptEvent | _BountyEvent


class TaskBoard:
    """Key `<task>@<network>`, listed by status."""

    name: Final = "task_board"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            TaskPosted,
            TaskAssigned,
            ProofSubmitted,
            TaskCompleted,
            NodeSlashed,
            BountyRedistributed,
            BountyReturned,
            BountyShareCredited,
            TaskReopened,
            VerificationExpired,
            TaskRefunded,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the task that the event names."""
        event = cast(_BoardEvent, recorded.event)
        return (f"{event.task_id}@{network_name_of(recorded.stream)}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the task's row after the event."""
        event = cast(_BoardEvent, recorded.event)
        row = _first(key) if body is None else cast(TaskRow, body)
        after: TaskRow = {**row, **stamp(recorded)}
        status = STATUS_AFTER.get(type(event))
        if status is not None:
            after["status"] = status.value
        match event:
            case TaskPosted():
                _posted(after, event)
            case BountyRedistributed() | BountyReturned() | BountyShareCredited():
                _bounty_moved(after, event)
            case TaskRefunded():
                _pay_out(after, event.bounty_refund_wei, event.compute_refund_wei)
                after["shares"] = []
            case _:
                _attempt(after, event)
        return after

    def scope_of(self, body: Body) -> str:
        """Return the task's status."""
        return cast(TaskRow, body)["status"]


def _first(key: str) -> TaskRow:
    task_id, _, network = key.partition("@")
    return {
        "task_id": task_id,
        "network": network,
        "status": TaskStatus.UNKNOWN.value,
        "requester": None,
        "workflow_id": None,
        "epoch": 0,
        "node": None,
        "proof_deadline": None,
        "verify_deadline": None,
        "proof_hash": None,
        "escrow_wei": "0",
        "bounty_left_wei": "0",
        "shares": [],
        "attempt_count": 0,
        "fault_count": 0,
        "slashed_wei": "0",
        "terms": None,
        "posted_block": None,
        "posted_time": None,
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _posted(after: TaskRow, event: TaskPosted) -> None:
    terms = event.terms
    after["requester"] = event.requester
    after["workflow_id"] = None if event.workflow_id == ZERO_HASH else event.workflow_id
    after["epoch"] = FIRST_EPOCH
    after["escrow_wei"] = str(terms.bounty_wei + terms.compute_price_wei)
    after["bounty_left_wei"] = str(terms.bounty_wei)
    after["terms"] = _terms(terms)
    after["posted_block"] = after["last_block"]
    after["posted_time"] = after["last_time"]


def _terms(terms: TaskTerms) -> TermsRow:
    return {
        "version_hash": None if terms.version_hash == ZERO_HASH else terms.version_hash,
        "spec_hash": terms.spec_hash,
        "bounty_wei": str(terms.bounty_wei),
        "compute_price_wei": str(terms.compute_price_wei),
        "gpu_hours": str(terms.gpu_hours),
        "memory_gb": str(terms.memory_gb),
        "priority": terms.priority,
        "expires_at": terms.expires_at,
        "proof_seconds": terms.proof_seconds,
        "verify_seconds": terms.verify_seconds,
        "slash_bps": terms.slash_bps,
        "verifier": terms.verifier,
        "backups": list(terms.backups),
    }


def _pay_out(after: TaskRow, bounty_wei: int, compute_wei: int) -> None:
    after["escrow_wei"] = plus(after["escrow_wei"], -bounty_wei - compute_wei)
    after["bounty_left_wei"] = plus(after["bounty_left_wei"], -bounty_wei)


def _attempt(after: TaskRow, event: _AttemptEvent) -> None:
    after["epoch"] = event.epoch
    match event:
        case TaskAssigned():
            _clear_attempt(after)
            after["node"] = event.node
            after["proof_deadline"] = event.proof_deadline
            after["attempt_count"] += 1
        case ProofSubmitted():
            after["proof_hash"] = event.proof_hash
            after["verify_deadline"] = event.verify_deadline
        case TaskReopened():
            _clear_attempt(after)
        case TaskCompleted():
            _pay_out(after, event.bounty_paid_wei, event.compute_paid_wei)
        case NodeSlashed():
            after["fault_count"] += 1
            after["slashed_wei"] = plus(after["slashed_wei"], event.amount_wei)
        case VerificationExpired():
            pass
        case _:
            assert_never(event)


def _clear_attempt(after: TaskRow) -> None:
    after["node"] = after["proof_hash"] = None
    after["proof_deadline"] = after["verify_deadline"] = None


def _bounty_moved(after: TaskRow, event: _BountyEvent) -> None:
    match event:
        case BountyRedistributed():
            after["shares"] = [
                {"beneficiary": beneficiary, "amount_wei": str(share), "credited": False}
                for beneficiary, share in zip(event.beneficiaries, event.shares_wei, strict=False)
            ]
        case BountyReturned():
            _pay_out(after, event.amount_wei, 0)
            after["shares"] = []
        case BountyShareCredited():
            _pay_out(after, event.amount_wei, 0)
            after["shares"] = [
                {**share, "credited": True} if share["beneficiary"] == event.beneficiary else share
                for share in after["shares"]
            ]
        case _:
            assert_never(event)
