"""Random calls by anybody, at any time, valid or not: the contracts and the reference model never disagree.

AGENTGPT_FUZZ_EXAMPLES=1000 makes a longer run, with a new seed each time.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from tests.contracts.actors import (
    JUDGE,
    NODES,
    REQUESTER,
    SCHEDULER_BOT,
    STRANGER,
    word,
)
from tests.contracts.machine import WORKERS, picks, seldom, workers
from tests.contracts.machine_powers import Powers, anybody
from tests.contracts.reference.facts import ZERO_ADDRESS
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import AGPT, DAY, TaskRequest

EXAMPLES = int(os.environ.get("AGENTGPT_FUZZ_EXAMPLES", "0"))

pytestmark = pytest.mark.slow

requesters = st.sampled_from((REQUESTER, REQUESTER, REQUESTER, STRANGER, WORKERS[4]))
stakes = st.one_of(
    st.integers(1, 400 * AGPT), st.sampled_from((0, 1, 99 * AGPT, 1000 * AGPT, 2**128))
)
bounties = st.one_of(st.integers(1, 200 * AGPT), st.sampled_from((1, 2, 7, 10**24)))


class ContractsAndModel(Powers):
    """The entry points off the main road: odd callers, odd moments, odd amounts."""

    # Side roads: anybody calls anything, at the wrong time, for the wrong attempt, with odd amounts.

    @rule(
        sender=workers,
        function=st.sampled_from(
            (
                "stake",
                "stake",
                "requestWithdrawal",
                "requestWithdrawal",
                "withdraw",
                "withdraw",
                "registerNode",
                "deregisterNode",
            )
        ),
        amount=stakes,
        percent=st.sampled_from((0, 1, 10, 50, 95, 100, 101)),
    )
    def move_stake(self, sender: str, function: str, amount: int, percent: int) -> None:
        available = self.pair.arbiter.nodes[sender].available
        args: dict[str, tuple[object, ...]] = {
            "stake": (amount,),
            "requestWithdrawal": (available * percent // 100 + (percent == 101),),
            "registerNode": ("u" * (257 if percent == 101 else percent),),
        }
        self.call(function, *args.get(function, ()), sender=sender)

    @rule(sender=workers, percent=st.sampled_from((1, 30, 99)), off=st.sampled_from((0, 0, -1)))
    def take_stake_out(self, sender: str, percent: int, off: int) -> None:
        node, chain = self.pair.arbiter.nodes[sender], self.pair.net.chain
        self.call("requestWithdrawal", node.available * percent // 100, sender=sender)
        if percent == 1 or not node.queue:
            return
        chain.warp(max(0, node.queue[0].unlock_at + off - chain.now))
        self.call("withdraw", sender=sender)

    @rule(sender=workers, pick=picks)
    def fail_while_a_withdrawal_matures(self, sender: str, pick: int) -> None:
        """Nearly all of a node's stake is queued, and unlocks in the middle of an attempt or just after it."""
        available = self.pair.arbiter.nodes[sender].available
        found = self.open_task(pick)
        if found is None or found[1].status is not TaskStatus.IDLE or available < 100 * AGPT:
            return
        task_id, task = found
        need = max(self.pair.arbiter.policy.min_stake, task.terms.bounty + task.terms.compute_price)
        first = max(1, (available - need) * (pick % 100) // 100)
        self.call("requestWithdrawal", first, sender=sender)
        self.call("requestWithdrawal", max(1, available - need - first), sender=sender)
        unlocks = self.pair.now + self.pair.arbiter.policy.unbonding_seconds
        lead = task.terms.proof_seconds + (pick % 3) - 1
        self.pair.net.chain.warp(max(0, unlocks - lead - self.pair.now))
        self.call("assign", task_id, sender, sender=SCHEDULER_BOT)
        if task.status is TaskStatus.ASSIGNED:
            self.take_step(task_id, task, pick | 1, valid=False, lapse=True)

    @rule(
        sender=requesters,
        fields=st.fixed_dictionaries(
            {
                "bounty": bounties,
                "gpu_hours": st.integers(0, 2000),
                "memory_gb": st.sampled_from((0, 1, 63, 10**5)),
                "priority": st.booleans(),
                "proof_seconds": st.sampled_from((60, 3600, 3 * DAY, 7 * DAY)),
                "life_seconds": st.sampled_from((3600, DAY, 4 * DAY, 30 * DAY)),
                "backups": st.lists(workers, unique=True, max_size=5).map(tuple),
            },
            optional={
                "salt": st.just(word(1)),
                "workflow_id": st.just(word(77)),
                "version_hash": st.just(word(78)),
            },
        ),
    )
    def post_anything(self, sender: str, fields: dict[str, Any]) -> None:
        self.posted += 1
        request = replace(TaskRequest(salt=word(self.posted)), **fields)
        self.call("postTask", request, sender=sender)

    @rule(
        sender=requesters,
        spoilt=st.sampled_from(
            (
                {"bounty": 0},
                {"gpu_hours": 10**22},
                {"gpu_hours": 2**200},
                {"gpu_hours": 2**256 // (3 * 10**16 + 7), "priority": True},
                {"memory_gb": 2**256 - 1},
                {"proof_seconds": 59},
                {"proof_seconds": 7 * DAY + 1, "life_seconds": 8 * DAY},
                {"life_seconds": 59},
                {"life_seconds": 2**32 - 1},
                {"backups": NODES},
                {"backups": (*NODES[:3], NODES[0])},
                {"backups": (ZERO_ADDRESS,)},
                {"backups": (REQUESTER, STRANGER, WORKERS[4])},
            )
        ),
    )
    def post_nonsense(self, sender: str, spoilt: dict[str, Any]) -> None:
        self.posted += 1
        request = replace(TaskRequest(salt=word(self.posted)), **spoilt)
        self.call("postTask", request, sender=sender)

    @precondition(lambda self: self.pair.arbiter.tasks)
    @rule(
        pick=picks,
        sender=anybody,
        function=st.sampled_from(
            (
                "assign",
                "submitProof",
                "resolve",
                "attest",
                "expireProof",
                "expireVerification",
                "expireTask",
                "cancelTask",
            )
        ),
        epoch_off=st.sampled_from((0, 0, 0, 1, -1)),
        own=st.booleans(),
        worker=workers,
        unknown=seldom,
    )
    def stray(
        self,
        *,
        pick: int,
        sender: str,
        function: str,
        epoch_off: int,
        own: bool,
        worker: str,
        unknown: bool,
    ) -> None:
        task_id, task = self.some_task(pick)
        if function == "attest":
            self.attest(
                task_id, valid=own, judge=JUDGE if own else sender, epoch_off=abs(epoch_off)
            )
            return
        if own:
            insider = {"cancelTask": task.requester, "assign": worker, "submitProof": task.node}
            sender = insider.get(function, sender)
        epoch = max(0, task.epoch + epoch_off)
        args = {
            "assign": (worker,),
            "submitProof": (epoch, word(pick)),
            "resolve": (epoch, b"\x01"),
        }
        target = word(404) if unknown else task_id
        self.call(function, target, *args.get(function, ()), sender=sender)

    @precondition(lambda self: self.running())
    @rule(pick=picks, off=st.sampled_from((-1, 1)), valid=st.booleans())
    def speak_for_another_attempt(self, pick: int, off: int, valid: bool) -> None:
        """Everything is right but the epoch."""
        running = self.running()
        task_id, task = running[pick % len(running)]
        if task.status is TaskStatus.ASSIGNED:
            self.call("submitProof", task_id, task.epoch + off, word(pick), sender=task.node)
            return
        self.attest(task_id, valid=valid)
        self.call("resolve", task_id, task.epoch + off, b"", sender=STRANGER)


# A run that reaches less than this says little. What is missing here is rare, and has tests of its own.
WORTH_IT = {
    "BountyRedistributed",
    "BountyReturned",
    "BountyShareCredited",
    "NodeJailed",
    "NodeSlashed",
    "StakeWithdrawn",
    "TaskCompleted",
    "TaskRefunded",
    "TaskReopened",
    "VerificationExpired",
}


def test_the_contracts_and_the_model_never_disagree() -> None:
    run_state_machine_as_test(
        ContractsAndModel,
        settings=settings(
            max_examples=EXAMPLES or 150,
            stateful_step_count=60,
            deadline=None,
            derandomize=not EXAMPLES,
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ContractsAndModel.steps > 3000
    assert ContractsAndModel.outcomes.keys() >= WORTH_IT
