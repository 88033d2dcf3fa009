"""How an attempt ends: by completion, by a fault with all that follows from it, or by a refund of the task."""

from __future__ import annotations

from tests.contracts.reference.books import log
from tests.contracts.reference.facts import Log, broken
from tests.contracts.reference.membership import Membership
from tests.contracts.reference.stakes import NodeStatus, slash_due
from tests.contracts.reference.tasks import Fault, RefundCause, Task, TaskStatus, split


class Endings(Membership):
    """The consequences; the entry points that lead to them are the arbiter's."""

    def _next_attempt(self, task_id: str) -> Log:
        task = self.tasks[task_id]
        task.epoch += 1
        task.status = TaskStatus.IDLE
        task.release_attempt()
        return log("TaskReopened", taskId=task_id, epoch=task.epoch)

    def _complete(self, task_id: str) -> list[Log]:
        task = self.tasks[task_id]
        account, price = task.node, task.terms.compute_price
        bounty_paid = 0 if task.shares else task.bounty_left
        self._free_node(account)
        task.status = TaskStatus.COMPLETED
        task.bounty_left = 0
        logs = [
            log(
                "TaskCompleted",
                taskId=task_id,
                node=account,
                epoch=task.epoch,
                bountyPaid=bounty_paid,
                computePaid=price,
                credit=self._credit(account, bounty_paid + price),
                balance=self.nodes[account].logged(),
            )
        ]
        for beneficiary, share in task.shares:
            logs.append(
                log(
                    "BountyShareCredited",
                    taskId=task_id,
                    beneficiary=beneficiary,
                    epoch=task.epoch,
                    amount=share,
                    credit=self._credit(beneficiary, share),
                )
            )
        task.shares = []
        return logs

    def _refund(self, task_id: str, cause: RefundCause) -> Log:
        task = self.tasks[task_id]
        bounty, price = task.bounty_left, task.terms.compute_price
        task.status = TaskStatus.REFUNDED
        task.bounty_left = 0
        task.shares = []
        return log(
            "TaskRefunded",
            taskId=task_id,
            requester=task.requester,
            epoch=task.epoch,
            cause=int(cause),
            bountyRefund=bounty,
            computeRefund=price,
            credit=self._credit(task.requester, bounty + price),
        )

    def _fault(self, task_id: str, fault: Fault, now: int) -> list[Log]:
        task = self.tasks[task_id]
        account, node = task.node, self.nodes[task.node]
        self.faults += 1
        amount = node.slash(slash_due(task.bonded, task.terms.slash_bps), now)
        self.pool += amount
        self._free_node(account)
        task.failed.add(account)
        slashed = log(
            "NodeSlashed",
            taskId=task_id,
            node=account,
            epoch=task.epoch,
            fault=int(fault),
            amount=amount,
            bonded=task.bonded,
            pool=self.pool,
            balance=node.logged(),
        )
        logs = [slashed, *self._jail_if_short(account)]
        eligible = [backup for backup in task.terms.backups if self._is_eligible(task, backup)]
        logs += self._redistribute(task_id, eligible)
        reopened = self._next_attempt(task_id)
        for backup in () if self.paused else eligible:
            if not self._why_not_assign(task, backup, now):
                return [*logs, self._assign(task_id, backup, now)]
        return [*logs, reopened]

    def _is_eligible(self, task: Task, account: str) -> bool:
        node = self.nodes[account]
        return (
            node.status is NodeStatus.ACTIVE
            and node.working_stake >= self.policy.min_stake
            and account not in task.failed
        )

    def _redistribute(self, task_id: str, eligible: list[str]) -> list[Log]:
        """Reserve the bounty for the eligible backups, or return it. A bounty that is gone stays gone."""
        task = self.tasks[task_id]
        bounty = task.bounty_left
        if bounty == 0:
            return []
        if not eligible:
            task.bounty_left = 0
            task.shares = []
            returned = log(
                "BountyReturned",
                taskId=task_id,
                requester=task.requester,
                epoch=task.epoch,
                amount=bounty,
                credit=self._credit(task.requester, bounty),
            )
            return [returned]
        task.shares = split(bounty, eligible)
        return [
            log(
                "BountyRedistributed",
                taskId=task_id,
                epoch=task.epoch,
                bounty=bounty,
                beneficiaries=[account for account, _ in task.shares],
                shares=[share for _, share in task.shares],
            )
        ]

    def _why_not_assign(self, task: Task, account: str, now: int) -> set[str]:
        node = self.nodes[account]
        at_risk = task.terms.bounty + task.terms.compute_price
        return broken(
            WrongTaskStatus=task.status is not TaskStatus.IDLE,
            DeadlinePassed=now + task.terms.proof_seconds > task.terms.expires_at,
            WrongNodeStatus=node.status is not NodeStatus.ACTIVE,
            NodeBusy=node.is_busy,
            RequesterConflict=account == task.requester,
            NodeFailedTask=account in task.failed,
            InsufficientStake=node.available < max(self.policy.min_stake, at_risk),
        )

    def _assign(self, task_id: str, account: str, now: int) -> Log:
        task, node = self.tasks[task_id], self.nodes[account]
        task.status = TaskStatus.ASSIGNED
        task.node = account
        task.bonded = node.bond(now)
        task.proof_deadline = now + task.terms.proof_seconds
        node.lock_all()
        node.task_id = task_id
        return log(
            "TaskAssigned",
            taskId=task_id,
            node=account,
            epoch=task.epoch,
            bonded=task.bonded,
            proofDeadline=task.proof_deadline,
            balance=node.logged(),
        )
