"""The whole story from a seed: who takes part, and every step in order. Pure: no chain is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.chain.play.cast import (
    REQUESTERS,
    Node,
    Size,
    Standing,
    nodes,
    size_within,
    unit_of_stake,
)
from adapters.chain.play.dice import Dice
from adapters.chain.play.rounds import Attempted, Books, Round
from adapters.chain.play.steps import (
    PUBLISHER,
    TREASURY,
    Actor,
    Approve,
    Claim,
    Deposit,
    Fate,
    Fund,
    Join,
    Leave,
    Pass,
    Pause,
    Publish,
    QueueWithdrawal,
    RegisterWorkflow,
    ReleasePool,
    Rollback,
    SetPolicy,
    Step,
    TaskPlan,
    Withdraw,
    actor_of,
)
from adapters.chain.play.windows import Windows, crew_size, must_wait
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Seconds
from domain.kernel.money import Wei
from domain.network.events import Policy

LARGEST_STORY: Final = 10_000

_TASKS_AT_ONCE: Final = 10
_REQUIRED: Final = (
    Fate.INVALID,
    Fate.MISSED,
    Fate.TWICE,
    Fate.LONELY,
    Fate.UNATTESTED,
    Fate.CANCELLED,
    Fate.EXPIRED,
    Fate.ABANDONED,
)
_USUAL: Final = (
    (Fate.PLAIN, 72),
    (Fate.INVALID, 7),
    (Fate.MISSED, 6),
    (Fate.TWICE, 2),
    (Fate.LONELY, 3),
    (Fate.UNATTESTED, 2),
    (Fate.ABANDONED, 2),
    (Fate.EXPIRED, 3),
    (Fate.CANCELLED, 3),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where the story plays. `run` tells stories of one seed on one chain apart."""

    seed: int
    run: int
    tasks: int
    policy: Policy
    delay_seconds: Seconds
    can_travel: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The story: its tasks, and its steps in order."""

    tasks: tuple[TaskPlan, ...]
    steps: tuple[Step, ...]


def make_plan(setting: Setting) -> Plan:
    """Return the story of the setting; equal settings give equal plans.

    Raises InvalidInput for a number of tasks outside 1 to LARGEST_STORY, RuleRejected when the network's
    policy leaves no room.
    """
    if not 1 <= setting.tasks <= LARGEST_STORY:
        raise InvalidInput(
            f"a story has 1 to {LARGEST_STORY} tasks, not {setting.tasks}",
            hint="give another --tasks",
        )
    return _Planner(setting).plan()


class _Planner:
    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._dice = Dice(f"agentgpt story {setting.seed} {setting.run}")
        self._policy = setting.policy
        self._windows = Windows(
            policy=setting.policy,
            delay_seconds=setting.delay_seconds,
            can_travel=setting.can_travel,
        )
        self._nodes = nodes(self._dice, setting.policy)
        self._requesters = [Actor(f"requester-{number + 1}") for number in range(REQUESTERS)]
        self._books = Books()
        self._version: str | None = None
        self._tasks: list[TaskPlan] = []
        self._steps: list[Step] = []
        self._escrow_wei: Counter[Actor] = Counter()

    def plan(self) -> Plan:
        """Return the whole story."""
        self._open()
        fates = self._fates()
        chapters = [
            (10, self._publish_second),
            (20, self._join_late),
            (30, self._claim_some),
            (35, self._queue_part),
            (45, self._publish_third),
            (50, self._change_policy),
            (60, self._roll_back),
            (70, self._leave),
            (80, self._pause),
        ]
        while fates:
            self._steps += self._round(fates)
            told = 100 * len(self._tasks) // self._setting.tasks
            while chapters and chapters[0][0] <= told:
                chapters.pop(0)[1]()
        self._close()
        return Plan(tuple(self._tasks), (*self._funding(), *self._steps))

    def _fates(self) -> list[Fate]:
        """Return the fates to come, the next one last. The first so many tasks bring every kind once."""
        allowed = [fate for fate in _REQUIRED if self._windows.allows(fate)]
        usual = [pair for pair in _USUAL if self._windows.allows(pair[0])]
        count = self._setting.tasks
        fates = allowed[:count]
        while len(fates) < count:
            fates.append(self._dice.weighted(usual))
        fates = self._dice.shuffled(fates)
        if not self._setting.can_travel:
            # Real waiting is shared by as many tasks as one round holds.
            fates.sort(key=must_wait)
        return fates

    # Chapters

    def _open(self) -> None:
        for node in self._nodes[:-1]:
            self._join(node)
        self._steps.append(RegisterWorkflow(name=f"risk-engine-{self._setting.seed}"))
        self._publish("v1.0")

    def _publish_second(self) -> None:
        self._publish("v1.1")

    def _join_late(self) -> None:
        self._join(self._nodes[-1])

    def _publish_third(self) -> None:
        self._publish("v1.2")

    def _roll_back(self) -> None:
        self._steps.append(Rollback(label="v1.1"))
        self._version = "v1.1"
        self._publish("v1.3")

    def _queue_part(self) -> None:
        node = max(self._active(), key=lambda each: each.stake_wei)
        part = node.stake_wei // 8
        node.stake_wei -= part
        self._steps.append(QueueWithdrawal(node=node.name, amount_wei=Wei(part)))
        self._unlocking.append(node)

    def _leave(self) -> None:
        settled = [node for node in self._active() if node not in self._unlocking]
        node = self._dice.pick(settled)
        node.standing = Standing.GONE
        self._steps.append(Leave(node=node.name))
        self._unlocking.append(node)

    def _pause(self) -> None:
        self._steps += [Pause(stop=True), *self._claims(2), Pause(stop=False)]

    def _claim_some(self) -> None:
        self._steps += self._claims(4)

    def _change_policy(self) -> None:
        if not self._windows.bearable(self._setting.delay_seconds):
            return
        percent = self._dice.between(85, 115)
        rate = Wei(self._policy.gpu_rate_wei * percent // 100)
        new = replace(self._policy, gpu_rate_wei=rate)
        wait = Pass(seconds=Seconds(self._setting.delay_seconds + 1))
        self._steps += [
            SetPolicy(policy=new, execute=False),
            wait,
            SetPolicy(policy=new, execute=True),
        ]
        self._policy = new

    def _close(self) -> None:
        amount = Wei(self._books.fines_wei // 2)
        if amount and self._windows.bearable(self._setting.delay_seconds):
            wait = Pass(seconds=Seconds(self._setting.delay_seconds + 1))
            self._steps += [
                ReleasePool(recipient=TREASURY, amount_wei=amount, execute=False),
                wait,
                ReleasePool(recipient=TREASURY, amount_wei=amount, execute=True),
                Claim(actor=TREASURY),
            ]
        if self._unlocking and self._windows.bearable(self._policy.unbonding_seconds):
            self._steps.append(Pass(seconds=Seconds(self._policy.unbonding_seconds + 1)))
            self._steps += [Withdraw(node=node.name) for node in self._unlocking]
        creditors = len(self._books.creditors)
        self._steps += self._claims(creditors - creditors // 4)

    # Rounds

    def _round(self, fates: list[Fate]) -> Sequence[Step]:
        idle = self._dice.shuffled(self._active())
        tasks: list[Attempted] = []
        while fates and len(tasks) < _TASKS_AT_ONCE and crew_size(fates[-1]) <= len(idle):
            tasks.append(self._attempted(fates.pop(), idle))
        return Round(self._dice, self._policy, self._books).steps(tasks)

    def _attempted(self, fate: Fate, idle: list[Node]) -> Attempted:
        crew = self._crew(fate, idle)
        least = min((node.stake_wei for node in crew), default=unit_of_stake(self._setting.policy))
        # The plan knows stakes to a percent or so: withdrawals that wait make a fault dearer.
        limit = least * 19 // 20
        size = size_within(self._dice, self._policy, limit)
        proof = self._windows.proof_seconds(self._dice, fate)
        life = self._windows.life_seconds(fate, proof)
        task = self._task(fate, crew, size, proof, life)
        self._tasks.append(task)
        self._escrow_wei[task.requester] += size.escrow_wei(self._policy)
        return Attempted(task, crew, self._windows.wait_seconds(fate, proof, life))

    def _crew(self, fate: Fate, idle: list[Node]) -> Sequence[Node]:
        """Take the fate's nodes out of the idle ones. Who can be jailed by one fault goes where one happens."""
        if fate in {Fate.INVALID, Fate.MISSED}:
            idle.sort(key=lambda node: node.is_thin(self._policy))
        return [idle.pop() for _ in range(crew_size(fate))]

    def _task(
        self, fate: Fate, crew: Sequence[Node], size: Size, proof: Seconds, life: Seconds
    ) -> TaskPlan:
        return TaskPlan(
            index=len(self._tasks),
            fate=fate,
            requester=self._dice.pick(self._requesters),
            backups=self._backups(fate, crew),
            bounty_wei=size.bounty_wei,
            gpu_hours=size.gpu_hours,
            memory_gb=size.memory_gb,
            priority=size.priority,
            proof_seconds=proof,
            life_seconds=life,
            version=None if self._dice.one_in(4) else self._version,
        )

    def _backups(self, fate: Fate, crew: Sequence[Node]) -> tuple[Actor, ...]:
        if fate in {Fate.LONELY, Fate.ABANDONED}:
            return ()
        # The kept ones stand first, so one of them is always the first that is ready.
        kept = list(crew[1:]) if fate in {Fate.INVALID, Fate.MISSED, Fate.TWICE} else []
        others = [node for node in self._active() if node not in crew]
        extra = self._dice.shuffled(others)[: self._dice.below(4)]
        return tuple(node.name for node in (*kept, *extra))

    # Small parts

    @property
    def _unlocking(self) -> list[Node]:
        return self._books.unlocking

    def _active(self) -> list[Node]:
        return [node for node in self._nodes if node.standing is Standing.ACTIVE]

    def _join(self, node: Node) -> None:
        node.standing = Standing.ACTIVE
        self._steps += [
            Join(node=node.name, metadata_uri=node.metadata_uri),
            Deposit(node=node.name, amount_wei=Wei(node.stake_wei)),
        ]

    def _publish(self, label: str) -> None:
        self._steps.append(Publish(label=label))
        self._version = label

    def _claims(self, count: int) -> list[Step]:
        chosen = self._dice.shuffled(self._books.creditors)[:count]
        for actor in chosen:
            del self._books.creditors[actor]
        return [Claim(actor=actor) for actor in chosen]

    def _funding(self) -> list[Step]:
        """Return what has to be paid out before the first step, from what the steps will need."""
        transactions = Counter(actor_of(step) for step in self._steps)
        tokens = Counter(self._escrow_wei)
        for step in self._steps:
            if isinstance(step, Deposit):
                tokens[step.node] += step.amount_wei
        actors = [PUBLISHER, *self._requesters, *(node.name for node in self._nodes), TREASURY]
        steps: list[Step] = []
        for actor in actors:
            count = transactions[actor]
            if not count:
                continue
            amount = Wei(tokens[actor])
            steps.append(Fund(actor=actor, amount_wei=amount, transactions=count + 1))
            if amount:
                steps.append(Approve(actor=actor, amount_wei=amount))
        return steps
