"""Slashes, bounty flows, days and blocks, node days and performance: each adds up to what the others say."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.envelope import NewEvent
from domain.task.events import NodeSlashed
from domain.task.state import TaskStatus
from projections.assignments import Assignments
from projections.bounty_flows import BountyFlows
from projections.network_periods import SECONDS_PER_DAY, NetworkPeriods
from projections.network_totals import NetworkTotals
from projections.node_days import NodeDays
from projections.node_states import NodeStates
from projections.performance import Performance
from projections.replay import replay
from projections.slashes import Slashes
from projections.task_board import TaskBoard
from tests.support.events import NETWORK
from tests.support.lifecycles import Story
from tests.support.memory import MemoryLog

FOLDS = (
    Assignments(),
    BountyFlows(),
    NetworkPeriods("day"),
    NetworkPeriods("block"),
    NetworkTotals(),
    NodeDays(),
    NodeStates(),
    Performance(),
    Slashes(),
    TaskBoard(),
)
SEEDS = st.integers(0, 10**6)


def folded(facts: list[NewEvent]) -> dict[str, dict[str, Any]]:
    replayed = replay(MemoryLog(facts), FOLDS)
    assert not replayed.parked
    return {
        name: {key: row.body for key, row in rows.items()} for name, rows in replayed.rows.items()
    }


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_days_and_blocks_add_up_to_the_totals(seed: int) -> None:
    rows = folded(Story(seed).play(200).world.facts)
    totals = rows["network_totals"][str(NETWORK)]
    for name in ("network_days", "network_blocks"):
        periods = list(rows[name].values())
        for kind in ("stake", "credit", "pool", "escrow"):
            grown = sum(int(row[f"{kind}_change_wei"]) for row in periods)
            assert str(grown) == totals[f"{kind}_wei"]
        assert str(sum(int(row["slashed_wei"]) for row in periods)) == totals["slashed_wei"]
        assert sum(row["tasks_completed"] for row in periods) == totals["tasks"]["completed"]
        members = sum(row["nodes_joined"] - row["nodes_left"] for row in periods)
        assert members == totals["member_count"]
        for row in periods:
            assert row["first_time"] <= row["last_time"]
            if name == "network_days":
                assert row["first_time"] // SECONDS_PER_DAY == row["number"]
            else:
                assert row["first_block"] == row["last_block"] == row["number"]


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_node_days_add_up_to_the_states_of_nodes(seed: int) -> None:
    rows = folded(Story(seed).play(200).world.facts)
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows["node_days"].values():
        for name in ("assigned", "completed", "invalid_proofs", "missed_deadlines", "lapsed"):
            sums[row["node"], name] += row[name]
    for row in rows["node_states"].values():
        node = row["node"]
        assert sums[node, "assigned"] == row["assigned_count"]
        assert sums[node, "completed"] == row["completed_count"]
        assert sums[node, "lapsed"] == row["released_count"]
        faults = sums[node, "invalid_proofs"] + sums[node, "missed_deadlines"]
        assert faults == row["slashed_count"]


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_the_flows_of_a_task_explain_its_escrow(seed: int) -> None:
    rows = folded(Story(seed).play(200).world.facts)
    for key, flows in rows["bounty_flows"].items():
        task = rows["task_board"][key]
        left = int(flows["escrowed_wei"]) - int(flows["paid_wei"]) - int(flows["returned_wei"])
        assert str(left) == task["escrow_wei"]
        assert flows["requester"] == task["requester"]
        assert flows["flow_count"] == len(flows["flows"])
        for flow in flows["flows"]:
            assert "escrow" in (flow["sender"], flow["recipient"])
            assert flow["transaction_hash"].startswith("0x")


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_each_slash_is_in_the_list_once_with_its_reason(seed: int) -> None:
    facts = Story(seed).play(200).world.facts
    rows = folded(facts)
    slashed = [
        (position, fact.event)
        for position, fact in enumerate(facts, 1)
        if isinstance(fact.event, NodeSlashed)
    ]
    found = [rows["slashes"][key] for key in sorted(rows["slashes"])]
    assert [
        (row["position"], row["node"], row["fault"], int(row["amount_wei"])) for row in found
    ] == [
        (position, event.node, event.fault.value, event.amount_wei) for position, event in slashed
    ]


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_performance_is_what_the_attempts_say(seed: int) -> None:
    world = Story(seed).play(200).world
    rows = folded(world.facts)
    for task_id, job in world.jobs.items():
        row = rows["performance"][f"{task_id}@{NETWORK}"]
        board = rows["task_board"][f"{task_id}@{NETWORK}"]
        assert row["attempt_count"] == board["attempt_count"] == len(row["attempts"])
        assert row["fault_count"] == board["fault_count"]
        assert int(row["price_wei"]) == job.cost_wei
        assert (row["outcome"] == "completed") == (job.status is TaskStatus.COMPLETED)
        for attempt in row["attempts"]:
            stored = rows["assignments"][f"{task_id}@{NETWORK}#{attempt['epoch']:06d}"]
            assert attempt["node"] == stored["node"]
            expected = {"released": "lapsed", "assigned": "running", "verifying": "running"}
            assert attempt["outcome"] == expected.get(stored["state"], stored["state"])
        if row["outcome"] == "completed":
            assert row["node"] == job.node
            done = row["attempts"][-1]
            assert row["work_seconds"] == done["submitted_time"] - done["assigned_time"]
            assert row["verify_seconds"] == done["ended_time"] - done["submitted_time"]
            assert row["total_seconds"] >= row["work_seconds"] + row["verify_seconds"]
            flows = rows["bounty_flows"][f"{task_id}@{NETWORK}"]
            assert row["paid_wei"] == flows["paid_wei"]


def test_the_stories_have_something_of_everything() -> None:
    faults, reasons = set(), set()
    for seed in range(3, 9):
        rows = folded(Story(seed).play(300).world.facts)
        assert len(rows["network_days"]) > 1
        faults |= {row["fault"] for row in rows["slashes"].values()}
        for row in rows["bounty_flows"].values():
            reasons |= {flow["reason"] for flow in row["flows"]}
    assert faults == {"invalid_proof", "missed_deadline"}
    assert len(reasons) == 9
