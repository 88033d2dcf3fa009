"""One round of the story: some tasks are posted, worked on and settled, after which every node is free again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.chain.play.cast import Node, Standing
from adapters.chain.play.dice import Dice
from adapters.chain.play.steps import (
    DEPLOYER,
    Actor,
    Assign,
    Attest,
    Cancel,
    Deposit,
    ExpireProof,
    ExpireTask,
    ExpireVerification,
    Fate,
    Pass,
    Post,
    Resolve,
    Step,
    Submit,
    TaskPlan,
)
from domain.kernel.ids import Seconds
from domain.kernel.money import Wei
from domain.network.events import Policy


@dataclass(slots=True, kw_only=True)
class Books:
    """What the rounds so far did to the accounts: who has credit, what faults cost, and whose stake unlocks."""

    creditors: dict[Actor, None] = field(default_factory=dict)
    fines_wei: int = 0
    unlocking: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A task with the nodes that are kept for it, the first to be assigned first."""

    task: TaskPlan
    crew: Sequence[Node]
    wait_seconds: int


class Round:
    """Turns the tasks of one round into steps."""

    def __init__(self, dice: Dice, policy: Policy, books: Books) -> None:
        self._dice = dice
        self._policy = policy
        self._books = books

    def steps(self, tasks: Sequence[Attempted]) -> list[Step]:
        """Return the round's steps. Each task's own order is kept; tasks go on side by side."""
        opening = [self._opening(each) for each in tasks]
        working = [self._working(each) for each in tasks]
        steps = self._dice.interleaved(opening) + self._dice.interleaved(working)
        wait = max((each.wait_seconds for each in tasks), default=0)
        if wait:
            steps.append(Pass(seconds=Seconds(wait)))
        # One task after the other: on a slow chain a backup has little time from here.
        for each in tasks:
            steps += self._late(each)
        steps += self._top_ups(tasks)
        return steps

    def _opening(self, each: Attempted) -> list[Step]:
        steps: list[Step] = [Post(task=each.task)]
        if each.crew:
            steps.append(self._assign(each.task, each.crew[0]))
        if each.task.fate is Fate.CANCELLED:
            steps.append(Cancel(task=each.task))
            self._credit(each.task.requester)
        return steps

    def _working(self, each: Attempted) -> list[Step]:
        task, crew = each.task, each.crew
        match task.fate:
            case Fate.PLAIN:
                return self._good(task, crew[0], 1)
            case Fate.INVALID:
                return self._bad(task, crew[0], 1) + self._good(task, crew[1], 2)
            case Fate.TWICE:
                return self._bad(task, crew[0], 1)
            case Fate.LONELY:
                self._credit(task.requester)
                again = self._assign(task, crew[1])
                return [*self._bad(task, crew[0], 1), again, *self._good(task, crew[1], 2)]
            case Fate.UNATTESTED:
                return [Submit(task=task, node=crew[0].name, epoch=1)]
            case _:
                return []

    def _late(self, each: Attempted) -> list[Step]:
        task, crew = each.task, each.crew
        match task.fate:
            case Fate.MISSED:
                return [self._missed(task, crew[0]), *self._good(task, crew[1], 2)]
            case Fate.TWICE:
                return [self._missed(task, crew[1]), *self._good(task, crew[2], 3)]
            case Fate.UNATTESTED:
                expire = ExpireVerification(task=task, by=crew[0].name)
                again = self._assign(task, crew[1])
                return [expire, again, *self._good(task, crew[1], 2)]
            case Fate.ABANDONED:
                self._credit(task.requester)
                return [
                    self._missed(task, crew[0]),
                    ExpireTask(task=task, by=task.requester),
                ]
            case Fate.EXPIRED:
                self._credit(task.requester)
                return [ExpireTask(task=task, by=task.requester)]
            case _:
                return []

    def _assign(self, task: TaskPlan, node: Node) -> Step:
        return Assign(task=task, node=node.name, by_scheduler=not self._dice.one_in(3))

    def _good(self, task: TaskPlan, node: Node, epoch: int) -> list[Step]:
        self._credit(node.name)
        return [
            Submit(task=task, node=node.name, epoch=epoch),
            Attest(task=task, node=node.name, epoch=epoch, valid=True),
            Resolve(task=task, epoch=epoch, by=node.name),
        ]

    def _bad(self, task: TaskPlan, node: Node, epoch: int) -> list[Step]:
        self._books.fines_wei += node.slash(self._policy)
        return [
            Submit(task=task, node=node.name, epoch=epoch),
            Attest(task=task, node=node.name, epoch=epoch, valid=False),
            Resolve(task=task, epoch=epoch, by=task.requester),
        ]

    def _missed(self, task: TaskPlan, node: Node) -> Step:
        self._books.fines_wei += node.slash(self._policy)
        return ExpireProof(task=task, by=self._dice.pick([task.requester, DEPLOYER]))

    def _top_ups(self, tasks: Sequence[Attempted]) -> list[Step]:
        """Bring back the nodes that the round put in jail."""
        steps: list[Step] = []
        for node in {node.name: node for each in tasks for node in each.crew}.values():
            if node.standing is Standing.JAILED:
                amount = self._policy.min_stake_wei // 20
                node.stake_wei += amount
                node.standing = Standing.ACTIVE
                steps.append(Deposit(node=node.name, amount_wei=Wei(amount)))
        return steps

    def _credit(self, actor: Actor) -> None:
        self._books.creditors[actor] = None
