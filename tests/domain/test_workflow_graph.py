"""Task graphs: what is valid, how they are read, and the hash of their content."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.money import Wei
from domain.workflow.content import canonical_text, content_hash_of
from domain.workflow.errors import InvalidGraph
from domain.workflow.graph import TaskGraph
from domain.workflow.graph_format import parse_graph
from domain.workflow.validation import TASKS_MAX, check_graph
from tests.support.events import agpt, graph, graph_task

TASK = {
    "id": "render",
    "kind": "ray_trace",
    "gpu_hours": 4,
    "memory_gb": 64,
    "bounty_wei": "5000000000000000000",
}


def refused(document: object) -> InvalidGraph:
    with pytest.raises(InvalidGraph) as refusal:
        parse_graph(document)
    return refusal.value


def acyclic(seed: int, size: int) -> TaskGraph:
    """Return a random graph whose tasks wait only for earlier ones, in a random order."""
    chance = Random(seed)
    tasks = []
    for number in range(size):
        needs = chance.sample(range(number), min(number, chance.randint(0, 3)))
        task = graph_task(f"t{number}", *(f"t{need}" for need in needs))
        tasks.append(replace(task, gpu_hours=number + 1, priority=chance.random() < 0.5))
    chance.shuffle(tasks)
    return graph(*tasks)


def test_a_graph_is_read_with_its_defaults() -> None:
    (task,) = parse_graph({"tasks": [TASK]}).tasks
    assert (task.priority, task.after, task.bounty_wei) == (False, (), agpt(5))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": "Render"}, "tasks[0].id"),
        ({"id": ""}, "tasks[0].id"),
        ({"id": "a" * 65}, "tasks[0].id"),
        ({"id": 'a"b'}, "tasks[0].id"),
        ({"id": "a\n"}, "tasks[0].id"),
        ({"id": 7}, "tasks[0].id"),
        ({"kind": "-x"}, "tasks[0].kind"),
        ({"gpu_hours": 0}, "tasks[0].gpu_hours"),
        ({"gpu_hours": 10**6 + 1}, "tasks[0].gpu_hours"),
        ({"gpu_hours": True}, "tasks[0].gpu_hours"),
        ({"gpu_hours": 1.5}, "tasks[0].gpu_hours"),
        ({"memory_gb": -1}, "tasks[0].memory_gb"),
        ({"bounty_wei": "0"}, "tasks[0].bounty_wei"),
        ({"bounty_wei": str(2**128)}, "tasks[0].bounty_wei"),
        ({"bounty_wei": 5}, "tasks[0].bounty_wei"),
        ({"bounty_wei": "5.0"}, "tasks[0].bounty_wei"),
        ({"priority": "yes"}, "tasks[0].priority"),
        ({"after": "render"}, "tasks[0].after"),
        ({"after": [1]}, "tasks[0].after[0]"),
        ({"after": ["render"]}, "tasks[0].after"),
        ({"after": ["nowhere"]}, "tasks[0].after[0]"),
        ({"colour": "red"}, "tasks[0].colour"),
    ],
)
def test_a_bad_field_is_named_by_its_path(change: dict[str, Any], path: str) -> None:
    refusal = refused({"tasks": [{**TASK, **change}]})
    assert refusal.path == path
    assert refusal.message.startswith(path)


@pytest.mark.parametrize("name", sorted(TASK))
def test_a_missing_field_is_named(name: str) -> None:
    assert refused({"tasks": [{k: v for k, v in TASK.items() if k != name}]}).path == (
        f"tasks[0].{name}"
    )


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "graph"),
        ([], "graph"),
        ({}, "graph.tasks"),
        ({"tasks": {}}, "tasks"),
        ({"tasks": []}, "tasks"),
        ({"tasks": [TASK] * (TASKS_MAX + 1)}, "tasks"),
        ({"tasks": [None]}, "tasks[0]"),
        ({"tasks": [TASK], "version": 1}, "graph.version"),
        ({"tasks": [TASK, TASK]}, "tasks[1].id"),
    ],
)
def test_a_document_that_is_no_graph_is_refused(document: object, path: str) -> None:
    assert refused(document).path == path


def test_a_task_is_needed_once() -> None:
    with pytest.raises(InvalidGraph, match="named twice"):
        check_graph(graph(graph_task("a"), graph_task("b", "a", "a")))


def test_a_cycle_is_refused_however_long() -> None:
    size = 200
    ring = [graph_task(f"t{n}", f"t{(n + 1) % size}") for n in range(size)]
    with pytest.raises(InvalidGraph, match="waits for itself"):
        check_graph(graph(*ring))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 40))
def test_the_content_hash_ignores_the_order_of_tasks_and_nothing_else(seed: int, size: int) -> None:
    one = acyclic(seed, size)
    chance = Random(seed + 1)
    turned = graph(
        *(
            replace(task, after=tuple(reversed(task.after)))
            for task in chance.sample(one.tasks, len(one.tasks))
        )
    )
    assert content_hash_of(turned) == content_hash_of(one)

    place = chance.randrange(size)
    for change in (
        {"kind": "other"},
        {"gpu_hours": one.tasks[place].gpu_hours + 1},
        {"memory_gb": 17},
        {"priority": not one.tasks[place].priority},
        {"bounty_wei": Wei(1)},
    ):
        tasks = list(one.tasks)
        tasks[place] = replace(tasks[place], **change)
        assert content_hash_of(graph(*tasks)) != content_hash_of(one)


def test_the_canonical_text_is_what_the_documentation_says() -> None:
    content = graph(graph_task("b", "c", "a"), graph_task("a"), graph_task("c"))
    rest = '"gpu_hours":2,"id":"{}","kind":"ray_trace","memory_gb":16,"priority":false}}'
    bounty = '"bounty_wei":"5000000000000000000"'
    tasks = [
        f'{{"after":[],{bounty},' + rest.format("a"),
        f'{{"after":["a","c"],{bounty},' + rest.format("b"),
        f'{{"after":[],{bounty},' + rest.format("c"),
    ]
    assert canonical_text(content) == '{"tasks":[' + ",".join(tasks) + "]}"


def test_the_content_hash_never_changes() -> None:
    """Stored versions carry it, and so do registries: a change here orphans all of them."""
    assert content_hash_of(graph(graph_task("b", "a"), graph_task("a"))) == (
        "0xd19bf962fd794b6220ea51c62c3c8ad100a427c9d93c78484b1929161b0395b5"
    )


def test_a_graph_that_is_not_valid_has_no_hash() -> None:
    forged = graph(graph_task('a","kind":"x'))
    with pytest.raises(InvalidGraph):
        content_hash_of(forged)
