"""What single facts make of single rows."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from domain.chain.events import AnomalyDetected, ChainAdvanced, LogUnrecognised
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import ZERO_HASH, BlockNumber, Epoch, Quantity, Timestamp
from domain.kernel.money import Wei
from domain.kernel.streams import chain_stream
from domain.network.events import RoleGranted, RoleRevoked
from domain.node.events import NodeJailed, NodeRegistered
from domain.stake.events import StakeDeposited, WithdrawalQueued
from domain.task.events import (
    BountyRedistributed,
    BountyShareCredited,
    Fault,
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskReopened,
    VerificationExpired,
)
from domain.workflow.events import (
    ChainRolledBack,
    ChainVersionChanged,
    ChainVersionPublished,
    ChainVersionRevoked,
    VersionPublished,
    WorkflowRegistered,
)
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.replay import Replayed, replay
from tests.support.events import (
    BLOCK_SECONDS,
    GENESIS_TIME,
    NETWORK,
    OTHER_NETWORK,
    REGISTRY_CONTRACT,
    account,
    decision,
    fact,
    graph,
    posted,
    provenance,
    stake,
    word,
)
from tests.support.lifecycles import legal_story
from tests.support.memory import MemoryLog, MemoryReadModels
from tests.support.outbox import ask, intent

TASK, WORKFLOW = word("task"), word("workflow")
REQUESTER, NODE, BACKUP, ATTESTER = (account(number) for number in range(1, 5))
ONE = Epoch(1)
REGISTRY = f"{NETWORK.chain_id}.{REGISTRY_CONTRACT}"

POSTED = posted(TASK, REQUESTER, bounty_wei=1_000, compute_price_wei=500, backups=(BACKUP,))
ASSIGNED = TaskAssigned(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    bonded_wei=Wei(10_000),
    proof_deadline=Timestamp(GENESIS_TIME + 3_600),
    balance=stake(0, 10_000),
)
SUBMITTED = ProofSubmitted(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    proof_hash=word("proof"),
    verify_deadline=Timestamp(GENESIS_TIME + 5_000),
)
SLASHED = NodeSlashed(
    task_id=TASK,
    node=NODE,
    epoch=ONE,
    fault=Fault.INVALID_PROOF,
    amount_wei=Wei(50),
    bonded_wei=Wei(10_000),
    pool_wei=Wei(50),
    balance=stake(9_950),
)


def replayed(*events: NewEvent) -> Replayed:
    result = replay(MemoryLog(events), ALL)
    assert not result.parked
    return result


def body(result: Replayed, projection: str, key: str) -> Mapping[str, object]:
    return result.rows[projection][key].body


def shows(row: Mapping[str, object], **expected: object) -> None:
    assert {name: row[name] for name in expected} == expected


def facts(*events: object) -> list[NewEvent]:
    return [fact(event, block) for block, event in enumerate(events, start=1)]  # type: ignore[arg-type]


def test_a_node_row_shows_what_it_works_on_and_how_attempts_ended() -> None:
    joined = NodeRegistered(node=NODE, metadata_uri="ipfs://node")
    result = replayed(*facts(joined, POSTED, ASSIGNED, SUBMITTED))
    row = result.rows["node_states"][f"{NODE}@{NETWORK}"]
    assert (row.scope, row.position) == ("active", 4)
    shows(
        row.body,
        node=NODE,
        network=str(NETWORK),
        status="active",
        metadata_uri="ipfs://node",
        registered_block=1,
        assignment_state="verifying",
        task_id=TASK,
        epoch=1,
        assigned_count=1,
        last_block=4,
        last_time=GENESIS_TIME + 4 * BLOCK_SECONDS,
    )
    jailed = NodeJailed(node=NODE, stake_wei=Wei(1), min_stake_wei=Wei(2))
    result = replayed(*facts(joined, POSTED, ASSIGNED, SUBMITTED, SLASHED, jailed))
    shows(
        body(result, "node_states", f"{NODE}@{NETWORK}"),
        status="jailed",
        assignment_state="slashed",
        task_id=None,
        epoch=None,
        slashed_count=1,
        slashed_wei="50",
    )


def test_the_same_node_on_two_networks_is_two_rows() -> None:
    joined = NodeRegistered(node=NODE, metadata_uri="")
    result = replayed(fact(joined), fact(joined, network=OTHER_NETWORK))
    assert list(result.rows["node_states"]) == [f"{NODE}@{NETWORK}", f"{NODE}@{OTHER_NETWORK}"]
    assert len(result.rows["network_totals"]) == 2


def test_an_attempt_is_followed_from_posting_to_its_end() -> None:
    attested = ProofAttested(
        task_id=TASK,
        attester=ATTESTER,
        node=NODE,
        epoch=ONE,
        proof_hash=word("proof"),
        valid=False,
    )
    reopened = TaskReopened(task_id=TASK, epoch=Epoch(2))
    result = replayed(*facts(POSTED, ASSIGNED, SUBMITTED, attested, SLASHED, reopened))
    first, second = result.rows["assignments"].values()
    assert (first.key, first.scope) == (f"{TASK}@{NETWORK}#000001", NODE)
    shows(
        first.body,
        state="slashed",
        verdict="invalid",
        attester=ATTESTER,
        fault="invalid_proof",
        slashed_wei="50",
        bonded_wei="10000",
        proof_hash=word("proof"),
        assigned_block=2,
        ended_block=5,
        ended_by="task.node_slashed",
    )
    assert (second.key, second.scope) == (f"{TASK}@{NETWORK}#000002", "")
    shows(second.body, state="idle", epoch=2, node=None, ended_by=None)


def test_a_lapsed_attempt_is_released_without_a_fault() -> None:
    lapsed = VerificationExpired(task_id=TASK, node=NODE, epoch=ONE, balance=stake(10_000))
    result = replayed(*facts(POSTED, ASSIGNED, SUBMITTED, lapsed))
    shows(
        body(result, "assignments", f"{TASK}@{NETWORK}#000001"),
        state="released",
        fault=None,
        slashed_wei="0",
    )
    shows(
        body(result, "node_states", f"{NODE}@{NETWORK}"),
        released_count=1,
        slashed_count=0,
        task_id=None,
    )


def test_a_slash_that_reaches_the_queue_takes_from_the_oldest_unmatured_withdrawal() -> None:
    deposited = StakeDeposited(node=NODE, amount_wei=Wei(1_000), balance=stake(1_000))
    after_slash = GENESIS_TIME + 6 * BLOCK_SECONDS
    queued = [
        WithdrawalQueued(
            node=NODE,
            withdrawal_id=number,
            amount_wei=Wei(300),
            unlock_at=Timestamp(unlock_at),
            balance=stake(1_000 - 300 * number, 0, 300 * number),
        )
        for number, unlock_at in ((1, after_slash - 1), (2, after_slash + 1), (3, after_slash + 9))
    ]
    assigned = replace(ASSIGNED, balance=stake(0, 100, 900))
    slashed = replace(SLASHED, amount_wei=Wei(450), balance=stake(0, 0, 550))
    result = replayed(*facts(deposited, *queued, assigned, slashed))
    row = body(result, "stake_balances", f"{NODE}@{NETWORK}")
    assert row["withdrawals"] == [
        {"withdrawal_id": 1, "amount_wei": "300", "unlock_at": after_slash - 1},
        {"withdrawal_id": 2, "amount_wei": "0", "unlock_at": after_slash + 1},
        {"withdrawal_id": 3, "amount_wei": "250", "unlock_at": after_slash + 9},
    ]
    shows(row, unbonding_wei="550", stake_wei="550", slashed_wei="450")


def test_shares_are_reserved_and_then_credited() -> None:
    shared = BountyRedistributed(
        task_id=TASK,
        epoch=ONE,
        bounty_wei=Wei(1_000),
        beneficiaries=(BACKUP,),
        shares_wei=(Wei(1_000),),
    )
    two = Epoch(2)
    taken_over = replace(ASSIGNED, node=BACKUP, epoch=two)
    begun = facts(POSTED, ASSIGNED, SUBMITTED, SLASHED, shared, taken_over)
    key = f"{TASK}@{NETWORK}"
    shows(
        body(replayed(*begun), "task_board", key),
        status="assigned",
        node=BACKUP,
        epoch=2,
        proof_hash=None,
        shares=[{"beneficiary": BACKUP, "amount_wei": "1000", "credited": False}],
        escrow_wei="1500",
        attempt_count=2,
        fault_count=1,
        slashed_wei="50",
        posted_block=1,
    )
    completed = TaskCompleted(
        task_id=TASK,
        node=BACKUP,
        epoch=two,
        bounty_paid_wei=Wei(0),
        compute_paid_wei=Wei(500),
        credit_wei=Wei(500),
        balance=stake(10_000),
    )
    credited = BountyShareCredited(
        task_id=TASK,
        beneficiary=BACKUP,
        epoch=two,
        amount_wei=Wei(1_000),
        credit_wei=Wei(1_500),
    )
    result = replayed(*begun, *facts(completed, credited))
    shows(
        body(result, "task_board", key),
        status="completed",
        shares=[{"beneficiary": BACKUP, "amount_wei": "1000", "credited": True}],
        escrow_wei="0",
        bounty_left_wei="0",
    )
    shows(
        body(result, "stake_balances", f"{BACKUP}@{NETWORK}"),
        credit_wei="1500",
        earned_wei="1500",
    )


def test_256_bit_quantities_are_decimal_strings() -> None:
    huge = replace(
        POSTED, terms=replace(POSTED.terms, gpu_hours=Quantity(2**255), bounty_wei=Wei(2**128))
    )
    terms = body(replayed(fact(huge)), "task_board", f"{TASK}@{NETWORK}")["terms"]
    assert isinstance(terms, dict)
    shows(terms, gpu_hours=str(2**255), bounty_wei=str(2**128), version_hash=None)


def test_a_version_shows_its_decision_and_its_standing_on_each_registry() -> None:
    first, second = word("v1"), word("v2")
    registered = WorkflowRegistered(workflow_id=WORKFLOW, owner=REQUESTER, name="yield")
    decided = VersionPublished(
        workflow_id=WORKFLOW,
        version_hash=first,
        parent=ZERO_HASH,
        content_hash=word("content"),
        sequence=1,
        label="v1",
        graph=graph(),
    )

    def on_chain(version: str, parent: str, sequence: int) -> ChainVersionPublished:
        return ChainVersionPublished(
            workflow_id=WORKFLOW,
            version_hash=word(version),
            parent=ZERO_HASH if not parent else word(parent),
            content_hash=word("content"),
            sequence=sequence,
            content_uri="ipfs://content",
            publisher=REQUESTER,
        )

    published = facts(
        on_chain("v1", "", 1),
        ChainVersionChanged(active_version=ZERO_HASH, version_hash=first),
        on_chain("v2", "v1", 2),
        ChainVersionChanged(active_version=first, version_hash=second),
    )
    rolled_back = [
        fact(event, 9, index)
        for index, event in enumerate(
            (
                ChainVersionRevoked(workflow_id=WORKFLOW, version_hash=second),
                ChainRolledBack(
                    workflow_id=WORKFLOW,
                    from_version=second,
                    to_version=first,
                    revoked_count=1,
                    by=NODE,
                ),
            )
        )
    ]
    result = replayed(decision(registered), decision(decided), *published, *rolled_back)
    rows = result.rows["workflow_versions"]
    assert set(rows) == {first, second}
    assert {row.scope for row in rows.values()} == {WORKFLOW}
    shows(rows[first].body, decided=True, label="v1", parent=None, sequence=1)
    shows(rows[second].body, decided=False, label=None, tasks=None, parent=first)

    def standing(version: str) -> Mapping[str, object]:
        registries = rows[version].body["registries"]
        assert isinstance(registries, dict)
        found = registries[REGISTRY]
        assert isinstance(found, dict)
        return found

    shows(standing(first), active=True, revoked=False, published_block=1, last_block=9)
    shows(standing(second), active=False, revoked=True, content_uri="ipfs://content")

    workflow = body(result, "workflows", WORKFLOW)
    shows(workflow, owner=REQUESTER, name="yield", decided=True, head=first, decided_count=1)
    assert workflow["registries"] == {
        REGISTRY: {
            "active_version": first,
            "version_count": 2,
            "revoked_count": 1,
            "rollback_count": 1,
            "last_block": 9,
        }
    }


def test_a_registry_fact_without_provenance_is_parked() -> None:
    revoked = ChainVersionRevoked(workflow_id=WORKFLOW, version_hash=word("v1"))
    log, store = MemoryLog([decision(revoked)]), MemoryReadModels()
    ProjectionEngine(log, store, ALL).catch_up()
    assert {event.projection for event in store.parked(limit=9)} == {
        "workflows",
        "workflow_versions",
    }


def test_the_network_row_shows_cursor_roles_and_anomalies() -> None:
    role = RoleGranted(contract=account(9), role=word("role"), account=NODE, by=REQUESTER)
    revoked = RoleRevoked(contract=account(9), role=word("role"), account=NODE, by=REQUESTER)
    anomaly = AnomalyDetected(
        subject=fact(POSTED).stream,
        fact_name="task.posted",
        transaction_hash=word("tx"),
        log_index=0,
        rule="task.posted.twice",
        detail="",
    )
    unread = LogUnrecognised(contract=account(9), topics=(), data="0x", reason="unknown")
    cursor = NewEvent(
        stream=chain_stream(NETWORK),
        event=ChainAdvanced(
            first_block=BlockNumber(1),
            last_block=BlockNumber(20),
            last_block_hash=word("block 20"),
            last_block_time=Timestamp(5),
            facts=4,
        ),
    )
    held = replayed(*facts(role, role, anomaly, unread), cursor)
    row = body(held, "network_totals", str(NETWORK))
    holder = {"contract": account(9), "role": word("role"), "account": NODE}
    shows(
        row,
        roles=[holder],
        anomaly_count=1,
        unrecognised_count=1,
        read_block=20,
        read_block_hash=word("block 20"),
        fact_count=4,
        last_block=20,
        last_time=5,
        last_position=5,
    )
    after = replayed(fact(role), NewEvent(stream=cursor.stream, event=cursor.event), fact(revoked))
    shows(body(after, "network_totals", str(NETWORK)), roles=[])


def test_a_task_outside_any_workflow_names_none() -> None:
    free = body(replayed(fact(POSTED)), "task_board", f"{TASK}@{NETWORK}")
    bound = replace(POSTED, workflow_id=WORKFLOW)
    shows(free, workflow_id=None)
    shows(body(replayed(fact(bound)), "task_board", f"{TASK}@{NETWORK}"), workflow_id=WORKFLOW)
    assert provenance().chain_id == NETWORK.chain_id


def json_ready(value: object) -> bool:
    match value:
        case None | bool() | str():
            return True
        case int():
            return -(2**53) < value < 2**53
        case dict():
            return all(isinstance(key, str) and json_ready(item) for key, item in value.items())
        case list():
            return all(json_ready(item) for item in value)
        case _:
            return False


@pytest.mark.parametrize("seed", range(5))
def test_rows_hold_nothing_that_json_would_change(seed: int) -> None:
    log = MemoryLog(legal_story(seed, 200))
    ask(log, intent(NODE, "something"))
    result = replay(log, ALL)
    for rows in result.rows.values():
        assert rows
        for row in rows.values():
            assert json_ready(dict(row.body)), row
