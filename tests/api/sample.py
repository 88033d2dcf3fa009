"""A small ledger with something of everything, written by hand through the real store."""

from __future__ import annotations

from pathlib import Path

from api.bootstrap import writing_ledger
from api.ledger import Ledger
from domain.chain.events import ChainAdopted, ChainAdvanced
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.event import Event
from domain.kernel.ids import (
    Address,
    BlockNumber,
    ChainId,
    Epoch,
    Hash32,
    Quantity,
    Seconds,
    StreamName,
    Timestamp,
)
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import (
    Network,
    chain_stream,
    node_stream,
    stake_stream,
    task_stream,
)
from domain.node.events import NodeRegistered
from domain.stake.events import StakeDeposited
from domain.task.events import ProofSubmitted, TaskAssigned, TaskPosted, TaskTerms

ARBITER = Address("0x" + "a1" * 20)
NETWORK = Network(ChainId(1337), ARBITER)
NODE = Address("0x" + "Ab".lower() * 20)
OTHER_NODE = Address("0x" + "cd" * 20)
REQUESTER = Address("0x" + "ee" * 20)
TASK = Hash32("0x" + "71" * 32)
OTHER_TASK = Hash32("0x" + "72" * 32)
STAKE_WEI = 123_456_789_012_345_678_901_234_567
"""More digits than a JSON number keeps."""

GRAPH = {
    "tasks": [
        {
            "id": "load",
            "kind": "fetch",
            "gpu_hours": 1,
            "memory_gb": 8,
            "bounty_wei": str(WEI_PER_AGPT),
        },
        {
            "id": "score",
            "kind": "risk_model",
            "gpu_hours": 4,
            "memory_gb": 64,
            "bounty_wei": str(5 * WEI_PER_AGPT),
            "priority": True,
            "after": ["load"],
        },
    ]
}


def balance(available: int, locked: int = 0) -> StakeBalance:
    return StakeBalance(available_wei=Wei(available), locked_wei=Wei(locked), unbonding_wei=Wei(0))


def fact(stream: StreamName, event: Event, block: int, index: int = 0) -> NewEvent:
    return NewEvent(
        stream=stream,
        event=event,
        provenance=Provenance(
            chain_id=NETWORK.chain_id,
            block_number=BlockNumber(block),
            block_hash=Hash32(f"0x{block:064x}"),
            block_time=Timestamp(1_767_225_600 + block),
            transaction_hash=Hash32(f"0x{block:032x}{index:032x}"),
            log_index=index,
            contract=ARBITER,
        ),
    )


def posted(task_id: Hash32) -> TaskPosted:
    return TaskPosted(
        task_id=task_id,
        requester=REQUESTER,
        workflow_id=Hash32("0x" + "00" * 32),
        terms=TaskTerms(
            version_hash=Hash32("0x" + "00" * 32),
            spec_hash=Hash32("0x" + "5e" * 32),
            bounty_wei=Wei(10 * WEI_PER_AGPT),
            compute_price_wei=Wei(2 * WEI_PER_AGPT),
            gpu_hours=Quantity(4),
            memory_gb=Quantity(64),
            priority=False,
            expires_at=Timestamp(1_767_300_000),
            proof_seconds=Seconds(600),
            verify_seconds=Seconds(600),
            slash_bps=50,
            verifier=Address("0x" + "f1" * 20),
            backups=(OTHER_NODE,),
        ),
    )


def opening() -> list[NewEvent]:
    """Ten facts: two nodes with stake, two tasks, one of them being verified."""
    adopted = ChainAdopted(
        chain_id=NETWORK.chain_id,
        genesis_hash=Hash32("0x" + "99" * 32),
        start_block=BlockNumber(1),
        token=Address("0x" + "b1" * 20),
        arbiter=ARBITER,
        registry=Address("0x" + "c1" * 20),
        verifier=Address("0x" + "f1" * 20),
        timelock=Address("0x" + "d1" * 20),
    )
    advanced = ChainAdvanced(
        first_block=BlockNumber(1),
        last_block=BlockNumber(9),
        last_block_hash=Hash32(f"0x{9:064x}"),
        last_block_time=Timestamp(1_767_225_609),
        facts=8,
    )
    return [
        NewEvent(stream=chain_stream(NETWORK), event=adopted),
        *(
            fact(
                node_stream(NETWORK, node),
                NodeRegistered(node=node, metadata_uri=f"ipfs://node-{block}"),
                block,
            )
            for block, node in ((1, NODE), (2, OTHER_NODE))
        ),
        *(
            fact(
                stake_stream(NETWORK, node),
                StakeDeposited(node=node, amount_wei=Wei(STAKE_WEI), balance=balance(STAKE_WEI)),
                block,
            )
            for block, node in ((3, NODE), (4, OTHER_NODE))
        ),
        fact(task_stream(NETWORK, TASK), posted(TASK), 5),
        fact(task_stream(NETWORK, OTHER_TASK), posted(OTHER_TASK), 6),
        fact(
            task_stream(NETWORK, TASK),
            TaskAssigned(
                task_id=TASK,
                node=NODE,
                epoch=Epoch(1),
                bonded_wei=Wei(STAKE_WEI),
                proof_deadline=Timestamp(1_767_226_000),
                balance=balance(0, STAKE_WEI),
            ),
            7,
        ),
        fact(
            task_stream(NETWORK, TASK),
            ProofSubmitted(
                task_id=TASK,
                node=NODE,
                epoch=Epoch(1),
                proof_hash=Hash32("0x" + "44" * 32),
                verify_deadline=Timestamp(1_767_227_000),
            ),
            8,
        ),
        NewEvent(stream=chain_stream(NETWORK), event=advanced),
    ]


def node_joins(number: int) -> NewEvent:
    """One more fact, for tests that need the log to grow."""
    node = Address(f"0x{number:040x}")
    return fact(
        node_stream(NETWORK, node), NodeRegistered(node=node, metadata_uri=""), 100 + number
    )


def write_sample(path: Path) -> None:
    """Make a ledger file with the opening, projected."""
    with writing_ledger(str(path), create=True) as ledger:
        fill(ledger)


def fill(ledger: Ledger) -> None:
    ledger.log.append(opening(), {})
    ledger.engine.catch_up()
