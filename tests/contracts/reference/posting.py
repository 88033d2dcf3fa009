"""Posting a task: what is refused, what goes into escrow, and under which terms."""

from __future__ import annotations

from tests.contracts.reference.books import log
from tests.contracts.reference.endings import Endings
from tests.contracts.reference.facts import (
    UINT128_MAX,
    UINT256_MAX,
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Log,
    broken,
    refuse_any,
)
from tests.contracts.reference.tasks import Task, TaskStatus, task_id_of
from tests.contracts.reference.terms import Policy, TaskRequest, Terms

BACKUP_LIMIT = 8


class Posting(Endings):
    """The entry point `postTask`."""

    def task_id(self, requester: str, salt: str) -> str:
        return task_id_of(self.chain_id, self.address, requester, salt)

    def post_task(self, sender: str, request: TaskRequest, now: int) -> list[Log]:
        task_id = self.task_id(sender, request.salt)
        price = self.policy.cost(request.gpu_hours, request.memory_gb, priority=request.priority)
        refuse_any(self._why_not_post(sender, request, task_id, price))
        terms = Terms(
            version_hash=request.version_hash,
            spec_hash=request.spec_hash,
            bounty=request.bounty,
            compute_price=price,
            gpu_hours=request.gpu_hours,
            memory_gb=request.memory_gb,
            priority=request.priority,
            expires_at=now + request.life_seconds,
            proof_seconds=request.proof_seconds,
            verify_seconds=self.policy.verify_seconds,
            slash_bps=self.policy.slash_bps,
            verifier=self.policy.verifier,
            backups=request.backups,
        )
        paid = self.token.pull(self.address, sender, request.bounty + price)
        self.tasks[task_id] = Task(
            requester=sender,
            workflow_id=request.workflow_id,
            status=TaskStatus.IDLE,
            epoch=1,
            bounty_left=request.bounty,
            terms=terms,
        )
        posted = log(
            "TaskPosted",
            taskId=task_id,
            requester=sender,
            workflowId=request.workflow_id,
            terms=terms.logged(),
        )
        return [*paid, posted]

    def _why_not_post(
        self, sender: str, request: TaskRequest, task_id: str, price: int
    ) -> set[str]:
        policy = self.policy
        active = self.registry.active_version_of(request.workflow_id)
        in_workflow = request.workflow_id != ZERO_BYTES32
        version_fits = request.version_hash == active and (
            active != ZERO_BYTES32 or not in_workflow
        )
        return (
            broken(
                EnforcedPause=self.paused,
                ZeroAmount=request.bounty == 0,
                TaskExists=task_id in self.tasks,
                VersionNotActive=not version_fits,
                DurationOutOfBounds=not (
                    policy.min_proof_seconds <= request.proof_seconds <= policy.max_proof_seconds
                    and request.proof_seconds <= request.life_seconds <= policy.max_task_seconds
                ),
                TooManyBackups=len(request.backups) > BACKUP_LIMIT,
                DuplicateBackup=len(set(request.backups)) < len(request.backups),
                ZeroAddress=ZERO_ADDRESS in request.backups,
                RequesterConflict=sender in request.backups or sender == policy.verifier,
            )
            | _price_overflow(request, policy, price)
            | self.token.why_not_pull(self.address, sender, request.bounty + price)
        )


def _price_overflow(request: TaskRequest, policy: Policy, price: int) -> set[str]:
    """Return why the price cannot be computed or stored, if it cannot: every step has 256 bits, the price 128."""
    cost = policy.cost(request.gpu_hours, request.memory_gb, priority=False)
    highest = cost * 22 if request.priority else cost
    return broken(Panic=highest > UINT256_MAX, SafeCastOverflowedUintDowncast=price > UINT128_MAX)
