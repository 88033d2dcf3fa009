"""Random but legal stories of a network: what the contracts could really have logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from domain.kernel.envelope import NewEvent
from domain.kernel.ids import ZERO_HASH, Address, Hash32, Timestamp
from domain.kernel.money import Wei
from domain.network.events import RoleGranted, RoleRevoked
from domain.node.state import NodeStatus
from domain.stake.withdrawals import WITHDRAWALS_MAX
from domain.task.events import RefundCause
from domain.task.state import TaskStatus
from domain.workflow import events as workflow_facts
from domain.workflow.content import content_hash_of
from domain.workflow.graph import TaskGraph
from domain.workflow.names import version_hash_of, workflow_id_of
from tests.support.events import (
    ARBITER,
    REGISTRY_CONTRACT,
    account,
    agpt,
    decision,
    graph,
    graph_task,
    word,
)
from tests.support.story_world import GOVERNOR, World

NODES = tuple(account(number) for number in range(1, 9))
REQUESTERS = tuple(account(number) for number in range(0x51, 0x54))
OWNER = account(0x61)


def legal_story(rng_seed: int, steps: int) -> list[NewEvent]:
    """Return the facts and decisions of a story of `steps` transactions; the same seed tells the same story."""
    return Story(rng_seed).play(steps).world.facts


class Story:
    """Plays transactions that chance picks among those that are legal at the moment."""

    def __init__(self, rng_seed: int) -> None:
        self.world = World()
        self._chance = Random(rng_seed)
        self._chains_of_versions: dict[Hash32, list[Hash32]] = {}
        self._sequence = 0
        self._moves: tuple[Callable[[], bool], ...] = (
            self._register,
            self._deposit,
            self._deposit,
            self._request_withdrawal,
            self._withdraw,
            self._deregister,
            self._post,
            self._post,
            self._post,
            *(self._assign,) * 6,
            *(self._submit,) * 6,
            *(self._attest,) * 5,
            *(self._resolve,) * 5,
            self._expire_proof,
            self._expire_verification,
            self._end_task,
            self._claim,
            self._govern,
            self._workflow,
        )

    def play(self, steps: int) -> Story:
        """Play `steps` transactions, a block each, and read the chain now and then."""
        self.world.mine()
        self.world.set_policy(self.world.policy)
        for node in NODES[:5]:
            self.world.register(node)
            self.world.deposit(node, agpt(self._chance.randint(90, 400)))
        for _ in range(steps):
            # Long pauses let deadlines pass and withdrawals mature.
            self.world.mine(self._chance.choice([12, 12, 60, 400, 1_500]))
            for move in self._chance.sample(self._moves, len(self._moves)):
                if move():
                    break
            if self._chance.random() < 0.2:
                self.world.read()
        self.world.read()
        return self

    def _pick(self, candidates: Sequence[Address]) -> Address | None:
        return self._chance.choice(candidates) if candidates else None

    def _task(self, status: TaskStatus, fits: Callable[[Hash32], bool]) -> Hash32 | None:
        jobs = self.world.jobs
        found = [task for task, job in jobs.items() if job.status is status and fits(task)]
        return self._chance.choice(found) if found else None

    def _members(self) -> list[Address]:
        return [node for node, worker in self.world.workers.items() if worker.is_member]

    def _register(self) -> bool:
        outside = [node for node in NODES if node not in self._members()]
        node = None if self.world.paused else self._pick(outside)
        if node is not None:
            self.world.register(node)
        return node is not None

    def _deposit(self) -> bool:
        node = self._pick(self._members())
        if node is not None:
            self.world.deposit(node, self._chance.randint(1, agpt(200)))
        return node is not None

    def _request_withdrawal(self) -> bool:
        workers = self.world.workers
        node = self._pick(
            [
                member
                for member in self._members()
                if workers[member].balance.available_wei
                and len(workers[member].queue) < WITHDRAWALS_MAX
            ]
        )
        if node is None:
            return False
        available = workers[node].balance.available_wei
        self.world.request_withdrawal(node, self._chance.randint(1, available))
        return True

    def _withdraw(self) -> bool:
        now = Timestamp(self.world.now)
        workers = self.world.workers
        ready = [n for n, w in workers.items() if any(entry.matured(now) for entry in w.queue)]
        node = self._pick(ready)
        if node is not None:
            self.world.withdraw(node)
        return node is not None

    def _deregister(self) -> bool:
        workers = self.world.workers
        node = self._pick(
            [
                member
                for member in self._members()
                if workers[member].task_id is None and len(workers[member].queue) < WITHDRAWALS_MAX
            ]
        )
        if node is None or self._chance.random() < 0.5:
            return False
        self.world.deregister(node)
        return True

    def _post(self) -> bool:
        if self.world.paused:
            return False
        requester = self._chance.choice(REQUESTERS)
        proof_seconds = self._chance.randint(60, 2_000)
        self.world.post(
            requester,
            bounty_wei=self._chance.choice([1, 7, self._chance.randint(1, agpt(60))]),
            gpu_hours=self._chance.randint(0, 20),
            memory_gb=self._chance.randint(0, 64),
            priority=self._chance.random() < 0.3,
            proof_seconds=proof_seconds,
            life_seconds=self._chance.randint(proof_seconds, 20_000),
            backups=tuple(self._chance.sample(NODES, self._chance.randint(0, 4))),
        )
        return True

    def _assign(self) -> bool:
        world = self.world
        pairs = [
            (task, node)
            for task, job in world.jobs.items()
            if job.status is TaskStatus.IDLE
            for node in world.workers
            if world.can_assign(task, node)
        ]
        if pairs:
            world.assign(*self._chance.choice(pairs))
        return bool(pairs)

    def _submit(self) -> bool:
        jobs = self.world.jobs
        task = self._task(
            TaskStatus.ASSIGNED, lambda each: self.world.now <= jobs[each].proof_deadline
        )
        if task is not None:
            self.world.submit(task)
        return task is not None

    def _attest(self) -> bool:
        task = self._task(TaskStatus.VERIFYING, lambda each: self.world.jobs[each].verdict is None)
        if task is not None:
            self.world.attest(task, valid=self._chance.random() < 0.6)
        return task is not None

    def _resolve(self) -> bool:
        jobs = self.world.jobs
        task = self._task(TaskStatus.VERIFYING, lambda each: jobs[each].verdict is not None)
        if task is not None:
            self.world.resolve(task)
        return task is not None

    def _expire_proof(self) -> bool:
        jobs = self.world.jobs
        task = self._task(
            TaskStatus.ASSIGNED, lambda each: self.world.now > jobs[each].proof_deadline
        )
        if task is not None:
            self.world.expire_proof(task)
        return task is not None

    def _expire_verification(self) -> bool:
        jobs = self.world.jobs
        task = self._task(
            TaskStatus.VERIFYING,
            lambda each: jobs[each].verdict is None and self.world.now > jobs[each].verify_deadline,
        )
        if task is not None:
            self.world.expire_verification(task)
        return task is not None

    def _end_task(self) -> bool:
        jobs = self.world.jobs
        late = self._task(
            TaskStatus.IDLE, lambda each: self.world.now > jobs[each].terms.expires_at
        )
        fresh = self._task(TaskStatus.IDLE, lambda each: jobs[each].epoch == 1)
        if late is not None:
            self.world.refund(late, RefundCause.EXPIRED)
        elif fresh is not None and self._chance.random() < 0.3:
            self.world.refund(fresh, RefundCause.CANCELLED)
        else:
            return False
        return True

    def _claim(self) -> bool:
        owed = [account_ for account_, amount in self.world.credit.items() if amount]
        creditor = self._pick(owed)
        if creditor is not None:
            self.world.claim(creditor)
        return creditor is not None

    def _govern(self) -> bool:
        world = self.world
        match self._chance.randrange(4):
            case 0 if world.pool_wei:
                world.release_pool(account(0x71), self._chance.randint(1, world.pool_wei))
            case 1:
                least = Wei(agpt(self._chance.randint(80, 150)))
                bps = self._chance.choice([50, 100, 1_000])
                world.set_policy(replace(world.policy, min_stake_wei=least, slash_bps=bps))
            case 2:
                world.set_paused(paused=not world.paused)
            case _:
                role = word(f"role {self._chance.randrange(2)}")
                event = self._chance.choice([RoleGranted, RoleRevoked])
                holder = self._chance.choice(NODES)
                world.emit(event(contract=ARBITER, role=role, account=holder, by=GOVERNOR))
        return True

    def _workflow(self) -> bool:
        name = f"pipeline {self._chance.randrange(2)}"
        workflow_id = workflow_id_of(OWNER, name)
        versions = self._chains_of_versions.get(workflow_id)
        if versions is None:
            self._register_workflow(workflow_id, name)
        elif len(versions) > 2 and self._chance.random() < 0.3:
            self._roll_back(workflow_id, versions)
        else:
            self._publish(workflow_id, versions)
        return True

    def _register_workflow(self, workflow_id: Hash32, name: str) -> None:
        self._chains_of_versions[workflow_id] = []
        decided = workflow_facts.WorkflowRegistered(workflow_id=workflow_id, owner=OWNER, name=name)
        self.world.facts.append(decision(decided))
        logged = workflow_facts.ChainWorkflowRegistered(
            workflow_id=workflow_id, owner=OWNER, name=name
        )
        self.world.emit(logged, REGISTRY_CONTRACT)

    def _publish(self, workflow_id: Hash32, versions: list[Hash32]) -> None:
        self._sequence += 1
        content = self._graph()
        parent = versions[-1] if versions else ZERO_HASH
        content_hash = content_hash_of(content)
        version_hash = version_hash_of(workflow_id, parent, content_hash)
        if self._chance.random() < 0.7:
            decided = workflow_facts.VersionPublished(
                workflow_id=workflow_id,
                version_hash=version_hash,
                parent=parent,
                content_hash=content_hash,
                sequence=self._sequence,
                label=f"v{self._sequence}",
                graph=content,
            )
            self.world.facts.append(decision(decided))
        logged = workflow_facts.ChainVersionPublished(
            workflow_id=workflow_id,
            version_hash=version_hash,
            parent=parent,
            content_hash=content_hash,
            sequence=self._sequence,
            content_uri=f"ipfs://{content_hash[2:12]}",
            publisher=OWNER,
        )
        self.world.emit(logged, REGISTRY_CONTRACT)
        self._changed(parent, version_hash)
        versions.append(version_hash)

    def _roll_back(self, workflow_id: Hash32, versions: list[Hash32]) -> None:
        keep = self._chance.randint(1, len(versions) - 1)
        target, revoked = versions[keep - 1], versions[keep:]
        active = versions[-1]
        for version_hash in reversed(revoked):
            event = workflow_facts.ChainVersionRevoked(
                workflow_id=workflow_id, version_hash=version_hash
            )
            self.world.emit(event, REGISTRY_CONTRACT)
        rolled_back = workflow_facts.ChainRolledBack(
            workflow_id=workflow_id,
            from_version=active,
            to_version=target,
            revoked_count=len(revoked),
            by=GOVERNOR,
        )
        self.world.emit(rolled_back, REGISTRY_CONTRACT)
        self._changed(active, target)
        del versions[keep:]

    def _changed(self, before: Hash32, after: Hash32) -> None:
        changed = workflow_facts.ChainVersionChanged(active_version=before, version_hash=after)
        self.world.emit(changed, REGISTRY_CONTRACT)

    def _graph(self) -> TaskGraph:
        first = replace(graph_task("prepare"), gpu_hours=self._sequence)
        return graph(first, graph_task("render", "prepare"))

    def active_nodes(self) -> int:
        """Return how many nodes are active now."""
        workers = self.world.workers.values()
        return sum(worker.status is NodeStatus.ACTIVE for worker in workers)
