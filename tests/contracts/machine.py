"""Random histories of a network that mostly works: the part of the state machine that every run shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.contracts.actors import (
    ADMIN,
    GOVERNOR,
    JUDGE,
    NODES,
    PAUSE_GUARD,
    REQUESTER,
    SCHEDULER_BOT,
    STRANGER,
    word,
)
from tests.contracts.pair import Pair
from tests.contracts.reference.facts import Log
from tests.contracts.reference.tasks import ENDED, Task, TaskStatus
from tests.contracts.reference.terms import AGPT, DAY, Policy, TaskRequest

WORKERS = NODES[:5]
ACCOUNTS = (*WORKERS, REQUESTER, STRANGER, ADMIN, GOVERNOR, JUDGE)

workers = st.sampled_from(WORKERS)
seldom = st.sampled_from((False,) * 5 + (True,))
picks = st.integers(0, 2**64)


class MainRoad(RuleBasedStateMachine):
    """The rules are the entry points; most arguments make sense, and some do not."""

    steps: ClassVar[int] = 0
    outcomes: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair(ACCOUNTS)
        self.posted = 0
        self.contents = 0
        # A network that already works is where the interesting steps are.
        for worker in WORKERS[:4]:
            self.call("registerNode", "", sender=worker)
            self.call("stake", 1000 * AGPT, sender=worker)

    @initialize(steep=st.booleans())
    def choose_policy(self, steep: bool) -> None:
        """A steep slash and a low minimum, so that a fault reaches into the queue of withdrawals."""
        if steep:
            policy = replace(self.pair.net.policy, slash_bps=1000, min_stake=AGPT)
            self.call("setPolicy", policy, sender=GOVERNOR)

    def teardown(self) -> None:
        self.pair.compare_everything()
        for key, count in self.pair.outcomes.items():
            self.outcomes[key] = self.outcomes.get(key, 0) + count

    def call(self, function: str, *args: Any, sender: str) -> None:
        """Make one call of the arbiter on both sides."""
        type(self).steps += 1
        plain = [
            value.abi() if isinstance(value, TaskRequest | Policy) else value for value in args
        ]
        model, now = self.pair.arbiter, self.pair.now
        expected: dict[str, Callable[[], list[Log]]] = {
            "registerNode": lambda: model.register_node(sender, args[0]),
            "deregisterNode": lambda: model.deregister_node(sender, now),
            "stake": lambda: model.stake(sender, args[0]),
            "requestWithdrawal": lambda: model.request_withdrawal(sender, args[0], now),
            "withdraw": lambda: model.withdraw(sender, now),
            "postTask": lambda: model.post_task(sender, args[0], now),
            "assign": lambda: model.assign(sender, args[0], args[1], now),
            "submitProof": lambda: model.submit_proof(sender, args[0], args[1], args[2], now),
            "resolve": lambda: model.resolve(args[0], args[1], now),
            "expireProof": lambda: model.expire_proof(args[0], now),
            "expireVerification": lambda: model.expire_verification(args[0], now),
            "expireTask": lambda: model.expire_task(args[0], now),
            "cancelTask": lambda: model.cancel_task(sender, args[0]),
            "claim": lambda: model.claim(sender),
            "releaseSlashPool": lambda: model.release_slash_pool(sender, args[0], args[1]),
            "setPolicy": lambda: model.set_policy(sender, args[0]),
            "pause": lambda: model.pause(sender),
            "unpause": lambda: model.unpause(sender),
            "grantRole": lambda: model.roles.grant(sender, args[0], args[1]),
            "revokeRole": lambda: model.roles.revoke(sender, args[0], args[1]),
            "renounceRole": lambda: model.roles.renounce(sender, args[0], args[1]),
        }
        self.pair.act(expected[function], function, *plain, sender=sender)

    def some_task(self, pick: int) -> tuple[str, Task]:
        """Return one of the latest tasks."""
        tasks = list(self.pair.arbiter.tasks.items())
        return tasks[-1 - pick % min(len(tasks), 6)]

    def open_tasks(self) -> list[tuple[str, Task]]:
        return [item for item in self.pair.arbiter.tasks.items() if item[1].status not in ENDED]

    def running(self) -> list[tuple[str, Task]]:
        """Return the tasks that a node works on or waits for a verdict on."""
        under_way = (TaskStatus.ASSIGNED, TaskStatus.VERIFYING)
        return [item for item in self.open_tasks() if item[1].status in under_way]

    def open_task(self, pick: int) -> tuple[str, Task] | None:
        """Return a task that has not ended; posts one when there is none, which may be refused."""
        if not self.open_tasks():
            self.post_plainly(pick)
        found = self.open_tasks()
        return found[pick % len(found)] if found else None

    def post_plainly(self, pick: int) -> None:
        """Post a task that nothing is wrong with, unless the network is paused or the purse is empty."""
        self.posted += 1
        policy = self.pair.arbiter.policy
        request = TaskRequest(
            salt=word(self.posted),
            bounty=1 + pick % (200 * AGPT),
            gpu_hours=pick % 300,
            memory_gb=pick % 77,
            priority=pick % 3 == 0,
            proof_seconds=policy.min_proof_seconds,
            life_seconds=policy.max_task_seconds,
            backups=(WORKERS + WORKERS)[pick % 5 :][: pick % 4],
        )
        self.call("postTask", request, sender=REQUESTER)

    # The main road: a task's next step, with time passing where a deadline is let go.

    @rule(pick=picks, valid=st.booleans(), lapse=seldom)
    def work(self, pick: int, valid: bool, lapse: bool) -> None:
        if found := self.open_task(pick):
            self.take_step(*found, pick, valid=valid, lapse=lapse)

    def take_step(self, task_id: str, task: Task, pick: int, *, valid: bool, lapse: bool) -> None:
        model, chain = self.pair.arbiter, self.pair.net.chain
        # Mostly the first second after a deadline, sometimes the last one before.
        over = 1 if pick % 4 else 0
        if task.status is TaskStatus.IDLE:
            ready = [w for w in WORKERS if not model._why_not_assign(task, w, chain.now)]
            if ready:
                self.call("assign", task_id, ready[pick % len(ready)], sender=SCHEDULER_BOT)
                return
            if valid:
                chain.warp(max(0, task.terms.expires_at + over - chain.now))
            self.call("expireTask", task_id, sender=STRANGER)
        elif task.status is TaskStatus.ASSIGNED and (lapse or chain.now > task.proof_deadline):
            chain.warp(max(0, task.proof_deadline + over - chain.now))
            self.call("expireProof", task_id, sender=STRANGER)
        elif task.status is TaskStatus.ASSIGNED:
            self.call("submitProof", task_id, task.epoch, word(pick), sender=task.node)
        elif task.status is TaskStatus.VERIFYING and lapse:
            chain.warp(max(0, task.verify_deadline + over - chain.now))
            self.call("expireVerification", task_id, sender=STRANGER)
        elif task.status is TaskStatus.VERIFYING:
            self.attest(task_id, valid=valid)
            self.call("resolve", task_id, task.epoch, b"", sender=STRANGER)

    @rule(
        pick=picks,
        ends=st.lists(st.sampled_from(("invalid", "late", "lapsed", "valid")), max_size=4),
    )
    def carry_through(self, pick: int, ends: list[str]) -> None:
        """Lead one task through several attempts, and let everybody collect what they are owed."""
        if self.pair.arbiter.paused:
            self.call("unpause", sender=PAUSE_GUARD)
        if found := self.open_task(pick):
            for end in ends:
                self._attempt(*found, pick, end)
        for account in ACCOUNTS if pick % 2 else ():
            if self.pair.arbiter.credits[account]:
                self.call("claim", sender=account)

    def _attempt(self, task_id: str, task: Task, pick: int, end: str) -> None:
        valid = end == "valid"
        if task.status is TaskStatus.IDLE:
            self.take_step(task_id, task, pick, valid=valid, lapse=False)
        if task.status is TaskStatus.ASSIGNED:
            self.take_step(task_id, task, pick | 1, valid=valid, lapse=end == "late")
        if task.status is TaskStatus.VERIFYING:
            self.take_step(task_id, task, pick | 1, valid=valid, lapse=end == "lapsed")

    @rule(pick=picks)
    def post(self, pick: int) -> None:
        self.post_plainly(pick)

    def attest(self, task_id: str, *, valid: bool, judge: str = JUDGE, epoch_off: int = 0) -> None:
        type(self).steps += 1
        claim = self.pair.arbiter.claim_of(task_id)
        claim = replace(claim, epoch=claim.epoch + epoch_off)
        net = self.pair.net
        self.pair.step(
            lambda: self.pair.verifier.attest(judge, net.arbiter.address, claim, valid=valid),
            net.verifier,
            "attest",
            net.arbiter.address,
            claim.abi(),
            valid,
            sender=judge,
        )

    # Time.

    @rule(seconds=st.sampled_from((1, 30, 60, 61, 3600, DAY)))
    def wait(self, seconds: int) -> None:
        self.pair.net.chain.warp(seconds)

    @rule(pick=picks, off=st.sampled_from((-1, 0, 1)))
    def wait_until_just_about_a_deadline(self, pick: int, off: int) -> None:
        model, now = self.pair.arbiter, self.pair.now
        moments = {
            moment
            for task in model.tasks.values()
            if task.status not in ENDED
            for moment in (
                task.proof_deadline,
                task.verify_deadline,
                task.terms.expires_at,
                task.terms.expires_at - task.terms.proof_seconds,
            )
        } | {entry.unlock_at for node in model.nodes.values() for entry in node.queue}
        ahead = sorted(moment for moment in moments if moment + off > now)[:3]
        if ahead:
            self.pair.net.chain.warp(ahead[pick % len(ahead)] + off - now)
