"""The part of the state machine that moves tokens, uses powers, and changes workflows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.contracts.actors import (
    ADMIN,
    GOVERNOR,
    MINT,
    PAUSE_GUARD,
    REQUESTER,
    STRANGER,
    word,
)
from tests.contracts.machine import ACCOUNTS, WORKERS, MainRoad, picks
from tests.contracts.reference.facts import ZERO_ADDRESS, Log
from tests.contracts.reference.registry import workflow_id_of
from tests.contracts.reference.roles import SCHEDULER
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import AGPT, DAY, TaskRequest

anybody = st.sampled_from(ACCOUNTS)
mostly = st.sampled_from((True,) * 7 + (False,))


class Powers(MainRoad):
    """What requesters and nodes do not do, and what happens around them."""

    # Credits, tokens, policy, roles.

    @rule(
        function=st.sampled_from(
            ("claim", "claim", "releaseSlashPool", "approve", "transfer", "mint")
        ),
        sender=anybody,
        to=anybody,
        amount=st.sampled_from((0, 1, 50 * AGPT, 2**256 - 1)),
        percent=st.sampled_from((1, 50, 100, 101)),
    )
    def move_tokens(self, function: str, sender: str, to: str, amount: int, percent: int) -> None:
        net, token = self.pair.net, self.pair.token
        if function == "claim":
            self.call("claim", sender=sender)
            return
        if function == "releaseSlashPool":
            # GOVERNOR is one of the accounts, and not the most likely one.
            source = sender if percent == 1 else GOVERNOR
            target = ZERO_ADDRESS if amount == 1 else to
            self.call(function, target, self.pair.arbiter.pool * percent // 100, sender=source)
            return
        part = token.balances[sender] * percent // 100
        calls: dict[str, tuple[Callable[[], list[Log]], tuple[object, ...], str]] = {
            "approve": (
                lambda: token.approve(sender, net.arbiter.address, amount),
                (net.arbiter.address, amount),
                sender,
            ),
            "transfer": (lambda: token.transfer(sender, to, part), (to, part), sender),
            "mint": (lambda: token.mint(MINT, to, 500 * AGPT), (to, 500 * AGPT), MINT),
        }
        expected, args, caller = calls[function]
        type(self).steps += 1
        self.pair.step(expected, net.token, function, *args, sender=caller)

    @rule(
        sender=st.sampled_from((GOVERNOR, GOVERNOR, GOVERNOR, STRANGER)),
        change=st.sampled_from(
            (
                {},
                {"gpu_rate": 0, "memory_rate": 10**13 + 1},
                {"gpu_rate": 10**24, "min_stake": AGPT},
                {"gpu_rate": 10**24 + 1},
                {"memory_rate": 10**24 + 1},
                {"min_stake": 90 * AGPT, "slash_bps": 1000},
                {"min_stake": 600 * AGPT, "slash_bps": 1},
                {"min_stake": AGPT - 1},
                {"min_stake": 10**27 + 1},
                {"slash_bps": 0},
                {"slash_bps": 1001},
                {"unbonding_seconds": 8 * DAY},
                {"unbonding_seconds": 8 * DAY - 1},
                {"unbonding_seconds": 60 * DAY},
                {"unbonding_seconds": 60 * DAY + 1},
                {"min_proof_seconds": 0},
                {"min_proof_seconds": 3600, "verify_seconds": 1},
                {"min_proof_seconds": 8 * DAY},
                {"max_proof_seconds": 3600, "unbonding_seconds": 25 * 3600},
                {"max_proof_seconds": 31 * DAY, "unbonding_seconds": 60 * DAY},
                {"verify_seconds": 0},
                {"verify_seconds": 7 * DAY + 1, "unbonding_seconds": 60 * DAY},
                {"max_task_seconds": 59},
                {"max_task_seconds": DAY},
                {"max_task_seconds": 366 * DAY},
                {"verifier": STRANGER},
                {"verifier": ZERO_ADDRESS},
            )
        ),
    )
    def set_policy(self, sender: str, change: dict[str, Any]) -> None:
        self.call("setPolicy", replace(self.pair.net.policy, **change), sender=sender)

    @rule(
        function=st.sampled_from(
            ("unpause", "unpause", "pause", "grantRole", "revokeRole", "renounceRole")
        ),
        entitled=mostly,
        holder=st.sampled_from((STRANGER, WORKERS[0])),
    )
    def use_power(self, function: str, entitled: bool, holder: str) -> None:
        if function in {"pause", "unpause"}:
            self.call(function, sender=PAUSE_GUARD if entitled else STRANGER)
            return
        power = holder if function == "renounceRole" else ADMIN
        self.call(function, SCHEDULER, holder, sender=power if entitled else REQUESTER)

    @precondition(lambda self: self.running())
    @rule(pick=picks, lapse=st.booleans())
    def fail_during_a_pause(self, pick: int, lapse: bool) -> None:
        running = self.running()
        task_id, task = running[pick % len(running)]
        self.call("pause", sender=PAUSE_GUARD)
        for _ in range(2):
            if task.status in (TaskStatus.ASSIGNED, TaskStatus.VERIFYING):
                self.take_step(task_id, task, pick, valid=False, lapse=lapse)
        self.call("unpause", sender=PAUSE_GUARD)

    # Workflows.

    @rule(
        function=st.sampled_from(("publish", "publish", "publish", "roll back", "post")),
        right=mostly,
        pick=picks,
    )
    def change_workflow(self, function: str, right: bool, pick: int) -> None:
        registry = self.pair.registry
        workflow_id = workflow_id_of(REQUESTER, "flow")
        active = registry.active_version_of(workflow_id)
        type(self).steps += 1
        if function == "publish":
            self._publish(workflow_id, active if right else word(1), pick)
        elif function == "roll back":
            hashes = [*registry.versions, word(1)]
            version_hash = hashes[pick % len(hashes)]
            sender = GOVERNOR if right else STRANGER
            self.pair.step(
                lambda: registry.emergency_rollback(sender, version_hash),
                self.pair.net.registry,
                "emergencyRollback",
                version_hash,
                sender=sender,
            )
        else:
            self.posted += 1
            request = TaskRequest(
                salt=word(self.posted),
                workflow_id=workflow_id,
                version_hash=active if right else word(1),
            )
            self.call("postTask", request, sender=REQUESTER)

    def _publish(self, workflow_id: str, expected_active: str, pick: int) -> None:
        registry, contract = self.pair.registry, self.pair.net.registry
        if workflow_id not in registry.workflows:
            self.pair.step(
                lambda: registry.register(REQUESTER, "flow"),
                contract,
                "registerWorkflow",
                "flow",
                sender=REQUESTER,
            )
        # Few contents, so that after a rollback the same one is published again.
        content, uri = word(pick % 4), "u" * (257 if pick % 20 == 0 else 5)
        sender = STRANGER if pick % 15 == 0 else REQUESTER
        self.pair.step(
            lambda: registry.publish(
                sender,
                now=self.pair.now,
                workflow_id=workflow_id,
                content_hash=content,
                expected_active=expected_active,
                content_uri=uri,
            ),
            contract,
            "publishVersion",
            workflow_id,
            content,
            expected_active,
            uri,
            sender=sender,
        )
