"""The seeded story on the embedded chain, from planning to the facts in the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from adapters.chain.deploy import deploy
from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.play.story import Story
from adapters.chain.reader import JsonRpcReader
from adapters.chain.views import ContractViews
from domain.application.ingest import Ingestor
from domain.application.ports import Deployment
from domain.kernel.errors import RuleRejected, WrongChain
from domain.kernel.ids import BlockNumber, Position, Seconds
from domain.node.events import NodeDeregistered, NodeJailed
from domain.task.events import RefundCause, TaskCompleted, TaskPosted, TaskRefunded
from tests.adapters.chain.conftest import TASKS, Told
from tests.support.chain_fakes import WithoutTimeTravel, account, word
from tests.support.memory import MemoryLog


def names_in(log: MemoryLog) -> Counter[str]:
    return Counter(each.name for each in log.read(Position(0), 1_000_000))


def test_the_story_brings_everything_that_it_promises(told: Told) -> None:
    names = names_in(told.log)
    assert names["node.registered"] >= 12
    assert names["task.posted"] == TASKS
    assert names["registry.version_published"] >= 3
    assert names["registry.rolled_back"] == 1
    assert names["task.node_slashed"] >= 3
    for name in (
        "task.bounty_redistributed",
        "task.bounty_share_credited",
        "task.bounty_returned",
        "task.verification_expired",
        "task.refunded",
        "credit.claimed",
        "stake.withdrawal_queued",
        "stake.withdrawn",
        "node.deregistered",
        "node.jailed",
        "node.unjailed",
        "network.paused",
        "network.unpaused",
        "network.slash_pool_released",
        "registry.version_revoked",
    ):
        assert names[name] >= 1, name
    assert names["network.policy_changed"] == 2


def test_no_fact_of_the_real_contracts_is_an_anomaly_or_unrecognised(told: Told) -> None:
    names = names_in(told.log)
    assert names["anomaly.detected"] == 0
    assert names["chain.log_unrecognised"] == 0


def test_tasks_end_in_each_way(told: Told) -> None:
    events = [each.event for each in told.log.read(Position(0), 1_000_000)]
    causes = {each.cause for each in events if isinstance(each, TaskRefunded)}
    assert causes == {RefundCause.CANCELLED, RefundCause.EXPIRED}
    posted = [each for each in events if isinstance(each, TaskPosted)]
    ended = {each.task_id for each in events if isinstance(each, TaskCompleted | TaskRefunded)}
    assert ended == {each.task_id for each in posted}
    # Some are completed by another node than the first: their epoch is higher.
    assert any(isinstance(each, TaskCompleted) and each.epoch > 1 for each in events)
    assert len({each.terms.version_hash for each in posted}) >= 3


def test_a_jailed_node_comes_back_and_a_node_leaves(told: Told) -> None:
    events = [each.event for each in told.log.read(Position(0), 1_000_000)]
    jailed_with_stake = [
        each for each in events if isinstance(each, NodeJailed) and each.stake_wei > 0
    ]
    assert jailed_with_stake
    assert any(isinstance(each, NodeDeregistered) for each in events)


def test_each_step_is_told_and_counted(told: Told) -> None:
    assert [each.done for each in told.progress] == list(range(1, len(told.plan.steps) + 1))
    assert {each.total for each in told.progress} == {len(told.plan.steps)}
    assert all(each.sentence for each in told.progress)


def test_following_step_by_step_gives_the_facts_of_reading_at_once(told: Told) -> None:
    log = MemoryLog()
    ingestor = Ingestor(log, JsonRpcReader(told.chain, told.deployment), told.deployment)
    while not ingestor.step().at_head:
        pass
    followed, read = (
        [
            (each.stream, each.event, each.provenance)
            for each in some.read(Position(0), 1_000_000)
            if each.provenance is not None
        ]
        for some in (told.log, log)
    )
    assert followed == read


def test_the_arbiter_holds_what_it_owes_at_the_end(told: Told) -> None:
    head = JsonRpcReader(told.chain, told.deployment).head().number
    views = ContractViews(told.chain, told.deployment)
    events = [each.event for each in told.log.read(Position(0), 1_000_000)]
    roles = ("node", "account", "requester", "recipient", "beneficiary")
    accounts = sorted(
        {getattr(each, role) for each in events for role in roles if hasattr(each, role)}
    )
    stakes = sum(view.balance.total_wei for view in views.nodes(accounts, head))
    owed = stakes + sum(views.credits_wei(accounts, head)) + views.slash_pool_wei(head)
    assert views.held_wei(head) == owed > 0


def test_the_same_seed_makes_the_same_blocks() -> None:
    hashes = []
    for _ in range(2):
        chain = EmbeddedChain()
        deployment = deploy(chain, DEPLOYER_KEY, dev=True)
        for _progress in Story(chain, deployment, DEPLOYER_KEY, seed=5, tasks=3).tell():
            pass
        reader = JsonRpcReader(chain, deployment)
        head = reader.head().number
        hashes.append([reader.block(BlockNumber(number)).hash for number in range(head + 1)])
    assert hashes[0] == hashes[1]


def test_a_seed_can_be_played_twice_on_one_chain(fresh: tuple[EmbeddedChain, Deployment]) -> None:
    chain, deployment = fresh
    for _ in range(2):
        for _progress in Story(chain, deployment, DEPLOYER_KEY, seed=3, tasks=2).tell():
            pass
    log = MemoryLog()
    ingestor = Ingestor(log, JsonRpcReader(chain, deployment), deployment)
    while not ingestor.step().at_head:
        pass
    names = names_in(log)
    assert names["task.posted"] == 4
    assert names["node.registered"] == 28
    assert names["anomaly.detected"] == 0


def test_without_time_control_the_story_waits_and_leaves_out_what_takes_days(
    fresh: tuple[EmbeddedChain, Deployment],
) -> None:
    chain, deployment = fresh
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        chain.request("evm_increaseTime", [int(seconds) + 1])
        chain.request("evm_mine", [])

    node = WithoutTimeTravel(chain)
    story = Story(node, deployment, DEPLOYER_KEY, seed=2, tasks=12, pause=wait)
    for _progress in story.tell():
        pass
    log = MemoryLog()
    ingestor = Ingestor(log, JsonRpcReader(chain, deployment), deployment)
    while not ingestor.step().at_head:
        pass
    names = names_in(log)
    assert names["task.node_slashed"] >= 2
    assert names["network.slash_pool_released"] == names["stake.withdrawn"] == 0
    assert names["anomaly.detected"] == 0
    assert 0 < sum(waits) < 300


def test_a_story_refuses_a_deployment_of_another_chain(told: Told) -> None:
    other = replace(told.deployment, genesis_hash=word(1))
    with pytest.raises(WrongChain, match="genesis"):
        Story(told.chain, other, DEPLOYER_KEY, seed=1, tasks=1)


def test_a_story_refuses_a_key_without_the_roles_and_names_the_first_one(told: Told) -> None:
    with pytest.raises(RuleRejected, match="MINTER_ROLE"):
        Story(told.chain, told.deployment, b"\x07" * 32, seed=1, tasks=1)


def test_a_story_refuses_a_deployment_that_is_not_for_development() -> None:
    chain = EmbeddedChain()
    deployment = deploy(
        chain,
        DEPLOYER_KEY,
        dev=False,
        governance=account(0x60),
        min_delay_seconds=Seconds(60),
    )
    with pytest.raises(RuleRejected, match="MINTER_ROLE") as caught:
        Story(chain, deployment, DEPLOYER_KEY, seed=1, tasks=1)
    assert "--dev" in caught.value.hint
