"""The plan follows from its setting alone and keeps what it promises, for any seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.chain.deploy import opening_policy
from adapters.chain.play.dice import Dice
from adapters.chain.play.graphs import GRAPHS
from adapters.chain.play.plan import LARGEST_STORY, Plan, Setting, make_plan
from adapters.chain.play.steps import (
    DEPLOYER,
    Approve,
    Assign,
    Attest,
    Claim,
    Deposit,
    ExpireProof,
    ExpireVerification,
    Fate,
    Fund,
    Join,
    Leave,
    Pass,
    Post,
    Publish,
    Resolve,
    Rollback,
    SetPolicy,
    Step,
    actor_of,
)
from adapters.chain.play.telling import tell
from domain.kernel.errors import InvalidInput, RuleRejected
from domain.kernel.ids import Seconds
from domain.kernel.money import Wei
from domain.workflow.validation import check_graph
from tests.support.chain_fakes import account

POLICY = opening_policy(account(0xA4))


def setting(*, seed: int = 1, tasks: int = 60, can_travel: bool = True) -> Setting:
    return Setting(
        seed=seed,
        run=0,
        tasks=tasks,
        policy=POLICY,
        delay_seconds=Seconds(172_800),
        can_travel=can_travel,
    )


def of_kind(plan: Plan, *kinds: type[Step]) -> list[Step]:
    return [step for step in plan.steps if isinstance(step, kinds)]


seeds = st.integers(0, 10**6)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_every_story_of_sixty_tasks_brings_all_that_can_happen(seed: int) -> None:
    plan = make_plan(setting(seed=seed))
    assert len(of_kind(plan, Join)) >= 12
    assert len(of_kind(plan, Post)) == 60
    assert {task.fate for task in plan.tasks} == set(Fate)
    assert len(of_kind(plan, Publish)) >= 3
    assert len(of_kind(plan, Rollback)) == 1
    assert len(of_kind(plan, SetPolicy)) == 2
    assert len(of_kind(plan, Leave)) == 1
    assert of_kind(plan, ExpireVerification)
    assert of_kind(plan, Claim)
    false = [step for step in plan.steps if isinstance(step, Attest) and not step.valid]
    assert len(false) + len(of_kind(plan, ExpireProof)) >= 3
    assert len({(task.gpu_hours, task.memory_gb) for task in plan.tasks}) > 20


@settings(max_examples=15, deadline=None)
@given(seed=seeds, tasks=st.integers(1, 40), can_travel=st.booleans())
def test_equal_settings_give_equal_plans(seed: int, tasks: int, can_travel: bool) -> None:
    same = setting(seed=seed, tasks=tasks, can_travel=can_travel)
    plan = make_plan(same)
    assert plan == make_plan(same)
    assert len(plan.tasks) == tasks
    assert plan != make_plan(replace(same, seed=seed + 1))
    assert plan != make_plan(replace(same, run=1))


@settings(max_examples=15, deadline=None)
@given(seed=seeds, tasks=st.integers(1, 80))
def test_a_node_has_one_task_at_a_time(seed: int, tasks: int) -> None:
    busy: dict[str, int] = {}
    for step in make_plan(setting(seed=seed, tasks=tasks)).steps:
        match step:
            case Assign(task=task, node=node):
                assert node not in busy, f"{node} gets task {task.index} beside {busy[node]}"
                busy[node] = task.index
            case Resolve(task=task) | ExpireProof(task=task) | ExpireVerification(task=task):
                # Which node it was, and whether a backup follows, is the contract's matter.
                busy = {name: index for name, index in busy.items() if index != task.index}
            case _:
                pass


@settings(max_examples=15, deadline=None)
@given(seed=seeds, tasks=st.integers(1, 80))
def test_everybody_has_the_tokens_they_spend(seed: int, tasks: int) -> None:
    plan = make_plan(setting(seed=seed, tasks=tasks))
    funded: Counter[str] = Counter()
    approved: Counter[str] = Counter()
    for step in plan.steps:
        match step:
            case Fund(actor=actor, amount_wei=amount):
                funded[actor] += amount
            case Approve(actor=spender, amount_wei=amount):
                approved[spender] += amount
            case Deposit(node=node, amount_wei=amount):
                funded[node] -= amount
                assert funded[node] >= 0
            case _:
                assert actor_of(step) in {None, DEPLOYER, *funded}
    assert all(approved[name] >= amount for name, amount in funded.items() if amount)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, tasks=st.integers(1, 60))
def test_without_time_control_no_wait_is_long(seed: int, tasks: int) -> None:
    plan = make_plan(setting(seed=seed, tasks=tasks, can_travel=False))
    waits = [step.seconds for step in plan.steps if isinstance(step, Pass)]
    assert all(wait <= 120 for wait in waits)
    assert not of_kind(plan, SetPolicy, ExpireVerification)


@pytest.mark.parametrize("tasks", [0, -1, LARGEST_STORY + 1])
def test_a_number_of_tasks_out_of_bounds_is_refused(tasks: int) -> None:
    with pytest.raises(InvalidInput, match=f"not {tasks}"):
        make_plan(setting(tasks=tasks))


def test_a_policy_that_leaves_no_room_is_refused() -> None:
    tight = replace(POLICY, max_task_seconds=Seconds(600))
    with pytest.raises(RuleRejected, match="600 seconds"):
        make_plan(replace(setting(), policy=tight))


def test_other_policies_are_played_too() -> None:
    dear = replace(POLICY, gpu_rate_wei=Wei(POLICY.gpu_rate_wei * 1000))
    assert len(make_plan(replace(setting(tasks=20), policy=dear)).tasks) == 20


def test_the_published_graphs_are_valid() -> None:
    for graph in GRAPHS.values():
        check_graph(graph)


def test_every_step_is_a_sentence() -> None:
    for step in make_plan(setting()).steps:
        assert tell(step)
        assert not tell(step).endswith(".")


@given(seed=st.text(max_size=5), lists=st.lists(st.lists(st.integers(), max_size=5), max_size=5))
def test_interleaving_keeps_the_order_of_each_list(seed: str, lists: list[list[int]]) -> None:
    marked = [[(place, item) for item in items] for place, items in enumerate(lists)]
    mixed = Dice(seed).interleaved(marked)
    assert len(mixed) == sum(map(len, lists))
    for place, items in enumerate(marked):
        assert [pair for pair in mixed if pair[0] == place] == items


def test_dice_throw_the_same_on_every_python() -> None:
    dice = Dice("fixed")
    assert [dice.below(100) for _ in range(8)] == [72, 69, 93, 90, 85, 9, 63, 22]
