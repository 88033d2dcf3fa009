"""Money and counts: what the read models say is what an independent reference of the contracts says."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.money import NO_WEI
from domain.task.events import TaskEvent, TaskRefunded
from domain.task.state import TaskStatus
from projections.catalogue import ALL
from projections.money_moves import MONEY_EVENTS, money_moved
from projections.network_totals import NetworkTotals
from projections.replay import replay
from projections.stake_balances import StakeBalances
from projections.task_board import TaskBoard
from tests.support.events import NETWORK
from tests.support.lifecycles import Story, legal_story
from tests.support.memory import MemoryLog


def folded(log: MemoryLog) -> dict[str, dict[str, dict[str, object]]]:
    replayed = replay(log, ALL)
    assert not replayed.parked
    return {
        name: {key: dict(row.body) for key, row in rows.items()}
        for name, rows in replayed.rows.items()
    }


def wei(value: object) -> int:
    assert isinstance(value, str)
    return int(value)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(0, 250))
def test_the_totals_are_those_of_the_reference(seed: int, steps: int) -> None:
    world = Story(seed).play(steps).world
    rows = folded(MemoryLog(world.facts))
    totals = rows["network_totals"][str(NETWORK)]
    stakes = sum(worker.balance.total_wei for worker in world.workers.values())
    open_jobs = [
        job
        for job in world.jobs.values()
        if job.status not in (TaskStatus.COMPLETED, TaskStatus.REFUNDED)
    ]
    escrow = sum(job.bounty_left_wei + job.terms.compute_price_wei for job in open_jobs)

    assert wei(totals["held_wei"]) == world.held_wei, "what the token says the arbiter holds"
    assert wei(totals["stake_wei"]) == stakes
    assert wei(totals["credit_wei"]) == sum(world.credit.values())
    assert wei(totals["pool_wei"]) == world.pool_wei
    assert wei(totals["escrow_wei"]) == escrow
    assert totals["tasks"] == {
        status: sum(job.status == status for job in world.jobs.values())
        for status in ("idle", "assigned", "verifying", "completed", "refunded")
    }
    assert totals["member_count"] == sum(worker.is_member for worker in world.workers.values())
    assert totals["paused"] == world.paused
    assert totals["anomaly_count"] == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_account_and_task_is_as_the_reference_has_it(seed: int) -> None:
    world = Story(seed).play(200).world
    rows = folded(MemoryLog(world.facts))
    for node, worker in world.workers.items():
        key = f"{node}@{NETWORK}"
        assert rows["node_states"][key]["status"] == worker.status
        assert rows["node_states"][key]["task_id"] == worker.task_id
        stake = rows["stake_balances"].get(key)
        if stake is None:
            assert worker.balance.total_wei == 0
            continue
        assert wei(stake["available_wei"]) == worker.balance.available_wei
        assert wei(stake["locked_wei"]) == worker.balance.locked_wei
        assert wei(stake["unbonding_wei"]) == worker.balance.unbonding_wei
        assert stake["withdrawals"] == [
            {
                "withdrawal_id": entry.withdrawal_id,
                "amount_wei": str(entry.amount_wei),
                "unlock_at": entry.unlock_at,
            }
            for entry in worker.queue
        ]
        assert wei(stake["deposited_wei"]) == (
            wei(stake["withdrawn_wei"]) + wei(stake["slashed_wei"]) + worker.balance.total_wei
        )
    for row in rows["stake_balances"].values():
        assert wei(row["credit_wei"]) == world.credit.get(str(row["account"]), 0)  # type: ignore[call-overload]
    for task_id, job in world.jobs.items():
        task = rows["task_board"][f"{task_id}@{NETWORK}"]
        assert (task["status"], task["epoch"]) == (job.status, job.epoch)
        assert wei(task["bounty_left_wei"]) == job.bounty_left_wei
        over = job.status in (TaskStatus.COMPLETED, TaskStatus.REFUNDED)
        left = 0 if over else job.bounty_left_wei + job.terms.compute_price_wei
        assert wei(task["escrow_wei"]) == left
        assert task["fault_count"] == len(job.failed)
        attempt = rows["assignments"][f"{task_id}@{NETWORK}#{job.epoch:06d}"]
        if over:
            expected = "completed" if job.status is TaskStatus.COMPLETED else "released"
            assert attempt["state"] == expected
        else:
            assert attempt["state"] == job.status


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_only_deposits_postings_payouts_and_claims_change_what_is_held(seed: int) -> None:
    entering = {"stake.deposited", "task.posted"}
    leaving = {"stake.withdrawn", "credit.claimed"}
    for fact in legal_story(seed, 150):
        if type(fact.event) not in MONEY_EVENTS:
            continue
        held = money_moved(fact.event).held_wei  # type: ignore[arg-type]
        if fact.event.NAME in entering:
            assert held > 0
        elif fact.event.NAME in leaving:
            assert held <= 0
        else:
            assert held == NO_WEI


def test_the_stories_reach_every_kind_of_task_event() -> None:
    """Else the properties above would hold for want of trying."""
    names = Counter(fact.event.NAME for seed in range(12) for fact in legal_story(seed, 300))
    for member in TaskEvent.__args__:
        assert names[member.NAME] > 3, member.NAME
    assert names[TaskRefunded.NAME] > 30


def test_the_names_of_projections_are_unique_and_known() -> None:
    names = [projection.name for projection in ALL]
    assert len(set(names)) == len(names)
    assert {NetworkTotals.name, StakeBalances.name, TaskBoard.name} < set(names)
