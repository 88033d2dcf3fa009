"""The arbiter as one pure state machine: each call returns its logs, or raises Refused and changes nothing."""

from __future__ import annotations

from tests.contracts.reference.books import log
from tests.contracts.reference.facts import ZERO_ADDRESS, Log, broken, refuse, refuse_any
from tests.contracts.reference.posting import Posting
from tests.contracts.reference.roles import GOVERNANCE, PAUSER, SCHEDULER
from tests.contracts.reference.tasks import Fault, RefundCause, TaskStatus
from tests.contracts.reference.terms import Policy
from tests.contracts.reference.verifier import Claim, Verdict


class Arbiter(Posting):
    """Assigning and settling tasks; credits, slash pool and policy."""

    def assign(self, sender: str, task_id: str, account: str, now: int) -> list[Log]:
        allowed = sender == account or self.roles.has(SCHEDULER, sender)
        reasons = broken(EnforcedPause=self.paused, NotScheduler=not allowed)
        task = self.tasks.get(task_id)
        refuse_any(
            reasons | (self._why_not_assign(task, account, now) if task else {"UnknownTask"})
        )
        return [self._assign(task_id, account, now)]

    def submit_proof(
        self, sender: str, task_id: str, epoch: int, proof_hash: str, now: int
    ) -> list[Log]:
        task = self._task(task_id)
        refuse(
            WrongTaskStatus=task.status is not TaskStatus.ASSIGNED,
            WrongEpoch=epoch != task.epoch,
            NotAssignedNode=sender != task.node,
            DeadlinePassed=task.status is TaskStatus.ASSIGNED and now > task.proof_deadline,
        )
        task.status = TaskStatus.VERIFYING
        task.proof_hash = proof_hash
        task.verify_deadline = now + task.terms.verify_seconds
        return [
            log(
                "ProofSubmitted",
                taskId=task_id,
                node=sender,
                epoch=epoch,
                proofHash=proof_hash,
                verifyDeadline=task.verify_deadline,
            )
        ]

    def claim_of(self, task_id: str) -> Claim:
        task = self._task(task_id)
        return Claim(
            task_id, task.epoch, task.node, task.requester, task.terms.spec_hash, task.proof_hash
        )

    def _verdict(self, task_id: str) -> Verdict:
        verifier = self.verifiers[self.tasks[task_id].terms.verifier]
        return verifier.verdict_of(self.address, self.claim_of(task_id))

    def resolve(self, task_id: str, epoch: int, now: int) -> list[Log]:
        task = self._task(task_id)
        verifying = task.status is TaskStatus.VERIFYING
        verdict = self._verdict(task_id) if verifying else Verdict.PENDING
        refuse(
            WrongTaskStatus=not verifying,
            WrongEpoch=epoch != task.epoch,
            VerdictPending=verifying and verdict is Verdict.PENDING,
        )
        if verdict is Verdict.VALID:
            return self._complete(task_id)
        return self._fault(task_id, Fault.INVALID_PROOF, now)

    def expire_proof(self, task_id: str, now: int) -> list[Log]:
        task = self._task(task_id)
        assigned = task.status is TaskStatus.ASSIGNED
        refuse(
            WrongTaskStatus=not assigned,
            DeadlineNotPassed=assigned and now <= task.proof_deadline,
        )
        return self._fault(task_id, Fault.MISSED_DEADLINE, now)

    def expire_verification(self, task_id: str, now: int) -> list[Log]:
        task = self._task(task_id)
        verifying = task.status is TaskStatus.VERIFYING
        refuse(
            WrongTaskStatus=not verifying,
            DeadlineNotPassed=verifying and now <= task.verify_deadline,
            VerdictGiven=verifying and self._verdict(task_id) is not Verdict.PENDING,
        )
        account = task.node
        self._free_node(account)
        lapsed = log(
            "VerificationExpired",
            taskId=task_id,
            node=account,
            epoch=task.epoch,
            balance=self.nodes[account].logged(),
        )
        return [lapsed, self._next_attempt(task_id)]

    def expire_task(self, task_id: str, now: int) -> list[Log]:
        task = self._task(task_id)
        refuse(
            WrongTaskStatus=task.status is not TaskStatus.IDLE,
            DeadlineNotPassed=now <= task.terms.expires_at,
        )
        return [self._refund(task_id, RefundCause.EXPIRED)]

    def cancel_task(self, sender: str, task_id: str) -> list[Log]:
        task = self._task(task_id)
        refuse(
            NotRequester=sender != task.requester,
            WrongTaskStatus=task.status is not TaskStatus.IDLE,
            AlreadyAttempted=task.epoch > 1,
        )
        return [self._refund(task_id, RefundCause.CANCELLED)]

    def claim(self, sender: str) -> list[Log]:
        amount = self.credits[sender]
        refuse(NothingToClaim=amount == 0)
        self.credits[sender] = 0
        claimed = log("CreditClaimed", account=sender, amount=amount, credit=0)
        return [claimed, *self._pay(sender, amount)]

    def release_slash_pool(self, sender: str, recipient: str, amount: int) -> list[Log]:
        refuse_any(
            self.roles.missing(GOVERNANCE, sender)
            | broken(
                ZeroAddress=recipient == ZERO_ADDRESS,
                ZeroAmount=amount == 0,
                PoolTooSmall=amount > self.pool,
            )
        )
        self.pool -= amount
        return [
            log(
                "SlashPoolReleased",
                recipient=recipient,
                amount=amount,
                pool=self.pool,
                credit=self._credit(recipient, amount),
            )
        ]

    def set_policy(self, sender: str, policy: Policy) -> list[Log]:
        fits = policy.in_bounds(verifier_has_code=policy.verifier in self.verifiers)
        refuse_any(self.roles.missing(GOVERNANCE, sender) | broken(PolicyOutOfBounds=not fits))
        self.policy = policy
        return [log("PolicyChanged", policy=policy.logged())]

    def pause(self, sender: str) -> list[Log]:
        refuse_any(self.roles.missing(PAUSER, sender) | broken(EnforcedPause=self.paused))
        self.paused = True
        return [log("Paused", account=sender)]

    def unpause(self, sender: str) -> list[Log]:
        refuse_any(self.roles.missing(PAUSER, sender) | broken(ExpectedPause=not self.paused))
        self.paused = False
        return [log("Unpaused", account=sender)]
