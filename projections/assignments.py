"""Each attempt at each task: Idle, Assigned, Verifying, then Completed, Slashed or Released."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import FIRST_EPOCH
from domain.kernel.streams import network_name_of
from domain.task.events import (
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    TaskReopened,
    VerificationExpired,
)
from domain.task.state import ATTEMPT_AFTER, ENDED, AssignmentState
from projections.projection import Body
from projections.stamp import Stamp, stamp


class AssignmentRow(Stamp):
    """Attempt `epoch` at a task.

    `state` is idle, assigned, verifying, completed, slashed or released; `ended_by` is the stored name of the
    fact that ended it. `node` is null as long as nobody has it. `verdict` is the attesters' latest word: valid,
    invalid or null; `fault` is invalid_proof or missed_deadline. Deadlines are seconds since 1970.
    """

    task_id: str
    network: str
    epoch: int
    node: str | None
    state: str
    bonded_wei: str
    proof_deadline: int | None
    verify_deadline: int | None
    proof_hash: str | None
    verdict: str | None
    attester: str | None
    fault: str | None
    slashed_wei: str
    bounty_paid_wei: str
    compute_paid_wei: str
    assigned_block: int | None
    ended_block: int | None
    ended_by: str | None


_AttemptEvent = (
    TaskPosted
    | TaskReopened
    | TaskAssigned
    | ProofSubmitted
    | ProofAttested
    | TaskCompleted
    | NodeSlashed
    | VerificationExpired
    | TaskRefunded
)


class Assignments:
    """Key `<task>@<network>#<epoch, six digits>`, listed by node ("" while nobody has the attempt)."""

    name: Final = "assignments"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            TaskPosted,
            TaskReopened,
            TaskAssigned,
            ProofSubmitted,
            ProofAttested,
            TaskCompleted,
            NodeSlashed,
            VerificationExpired,
            TaskRefunded,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the key of the attempt that the event names."""
        event = cast(_AttemptEvent, recorded.event)
        epoch = FIRST_EPOCH if isinstance(event, TaskPosted) else event.epoch
        return (f"{event.task_id}@{network_name_of(recorded.stream)}#{epoch:06d}",)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the attempt's row after the event."""
        event = cast(_AttemptEvent, recorded.event)
        row = _first(key) if body is None else cast(AssignmentRow, body)
        after: AssignmentRow = {**row, **stamp(recorded)}
        if not isinstance(event, ProofAttested):
            state = ATTEMPT_AFTER[type(event)]
            after["state"] = state.value
            if state in ENDED:
                after["ended_by"] = recorded.name
                after["ended_block"] = after["last_block"]
        _details(after, event)
        return after

    def scope_of(self, body: Body) -> str:
        """Return the node that has the attempt."""
        return cast(AssignmentRow, body)["node"] or ""


def _first(key: str) -> AssignmentRow:
    task_id, _, rest = key.partition("@")
    network, _, epoch = rest.rpartition("#")
    return {
        "task_id": task_id,
        "network": network,
        "epoch": int(epoch),
        "node": None,
        "state": AssignmentState.IDLE.value,
        "bonded_wei": "0",
        "proof_deadline": None,
        "verify_deadline": None,
        "proof_hash": None,
        "verdict": None,
        "attester": None,
        "fault": None,
        "slashed_wei": "0",
        "bounty_paid_wei": "0",
        "compute_paid_wei": "0",
        "assigned_block": None,
        "ended_block": None,
        "ended_by": None,
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _details(after: AssignmentRow, event: _AttemptEvent) -> None:
    """Fill in what the event alone knows. `after` is a copy that nobody else has seen."""
    match event:
        case TaskAssigned():
            after["node"] = event.node
            after["bonded_wei"] = str(event.bonded_wei)
            after["proof_deadline"] = event.proof_deadline
            after["assigned_block"] = after["last_block"]
        case ProofSubmitted():
            after["proof_hash"] = event.proof_hash
            after["verify_deadline"] = event.verify_deadline
        case ProofAttested():
            after["verdict"] = "valid" if event.valid else "invalid"
            after["attester"] = event.attester
        case TaskCompleted():
            after["bounty_paid_wei"] = str(event.bounty_paid_wei)
            after["compute_paid_wei"] = str(event.compute_paid_wei)
        case NodeSlashed():
            after["fault"] = event.fault.value
            after["slashed_wei"] = str(event.amount_wei)
        case TaskPosted() | TaskReopened() | VerificationExpired() | TaskRefunded():
            pass
        case _:
            assert_never(event)
