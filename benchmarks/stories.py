"""What the benchmarks write: chain facts as a busy network has them, made up but of the right shapes and sizes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

from domain.chain.events import ChainAdvanced
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.event import Event
from domain.kernel.ids import (
    ZERO_HASH,
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
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import Network, chain_stream, node_stream, stake_stream, task_stream
from domain.node.events import NodeRegistered
from domain.stake.events import StakeDeposited
from domain.task.events import (
    Fault,
    NodeSlashed,
    ProofAttested,
    ProofSubmitted,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskReopened,
    TaskTerms,
)

NETWORK = Network(ChainId(31_337), Address("0x" + "aa" * 20))
NODES = 200
LOGS_PER_BLOCK = 20

_AGPT = 10**18


def task_lives() -> Iterator[NewEvent]:
    """Yield events for ever: nodes join and stake, then task after task is posted, assigned, proved and paid.

    One task in ten costs a node a slash and is tried again. A cursor of the chain ends each block.
    """
    facts = _facts()
    for number in count(1):
        for index, (stream, event) in enumerate(islice(facts, LOGS_PER_BLOCK)):
            yield NewEvent(stream=stream, event=event, provenance=provenance(number, index))
        cursor = ChainAdvanced(
            first_block=BlockNumber(number),
            last_block=BlockNumber(number),
            last_block_hash=_hash(number, 200),
            last_block_time=_time(number),
            facts=LOGS_PER_BLOCK,
        )
        yield NewEvent(stream=chain_stream(NETWORK), event=cursor)


def provenance(block: int, index: int) -> Provenance:
    """Return where a log stands; each is in a transaction of its own."""
    return Provenance(
        chain_id=NETWORK.chain_id,
        block_number=BlockNumber(block),
        block_hash=_hash(block, 200),
        block_time=_time(block),
        transaction_hash=_hash(block * 1_000 + index + 1, 180),
        log_index=index,
        contract=NETWORK.arbiter,
    )


def _facts() -> Iterator[tuple[StreamName, Event]]:
    for number in range(NODES):
        node = _node(number)
        yield node_stream(NETWORK, node), NodeRegistered(node=node, metadata_uri="ipfs://node")
        deposit = StakeDeposited(node=node, amount_wei=Wei(25_000 * _AGPT), balance=_stake(number))
        yield stake_stream(NETWORK, node), deposit
    for number in count(1):
        stream = task_stream(NETWORK, _hash(number, 100))
        for event in _life(number):
            yield stream, event


def _life(number: int) -> Iterator[Event]:
    task, epoch = _hash(number, 100), Epoch(1)
    yield TaskPosted(
        task_id=task, requester=Address(f"0x{7:040x}"), workflow_id=ZERO_HASH, terms=_terms(number)
    )
    if number % 10 == 0:
        node = _node(number + 1)
        yield _assigned(task, node, epoch, number)
        yield NodeSlashed(
            task_id=task,
            node=node,
            epoch=epoch,
            fault=Fault.MISSED_DEADLINE,
            amount_wei=Wei(125 * _AGPT),
            bonded_wei=Wei(25_000 * _AGPT),
            pool_wei=Wei(number * _AGPT),
            balance=_stake(number),
        )
        epoch = Epoch(2)
        yield TaskReopened(task_id=task, epoch=epoch)
    node = _node(number)
    proof = _hash(number, 60)
    yield _assigned(task, node, epoch, number)
    yield ProofSubmitted(
        task_id=task, node=node, epoch=epoch, proof_hash=proof, verify_deadline=_time(number + 900)
    )
    yield ProofAttested(
        task_id=task,
        attester=Address(f"0x{9:040x}"),
        node=node,
        epoch=epoch,
        proof_hash=proof,
        valid=True,
    )
    yield TaskCompleted(
        task_id=task,
        node=node,
        epoch=epoch,
        bounty_paid_wei=Wei(5 * _AGPT),
        compute_paid_wei=Wei(3 * _AGPT),
        credit_wei=Wei(number * 8 * _AGPT),
        balance=_stake(number),
    )


def _assigned(task: Hash32, node: Address, epoch: Epoch, number: int) -> TaskAssigned:
    return TaskAssigned(
        task_id=task,
        node=node,
        epoch=epoch,
        bonded_wei=Wei(25_000 * _AGPT),
        proof_deadline=_time(number + 600),
        balance=_stake(number),
    )


def _terms(number: int) -> TaskTerms:
    return TaskTerms(
        version_hash=ZERO_HASH,
        spec_hash=_hash(number, 140),
        bounty_wei=Wei(5 * _AGPT),
        compute_price_wei=Wei(3 * _AGPT),
        gpu_hours=Quantity(2),
        memory_gb=Quantity(16),
        priority=False,
        expires_at=_time(number + 9_000),
        proof_seconds=Seconds(600),
        verify_seconds=Seconds(300),
        slash_bps=50,
        verifier=Address(f"0x{8:040x}"),
        backups=(_node(number + 1), _node(number + 2)),
    )


def _stake(number: int) -> StakeBalance:
    return StakeBalance(
        available_wei=Wei(25_000 * _AGPT - number), locked_wei=Wei(number), unbonding_wei=Wei(0)
    )


def _node(number: int) -> Address:
    return Address(f"0x{1_000 + number % NODES:040x}")


def _hash(number: int, shift: int) -> Hash32:
    return Hash32(f"0x{number << shift:064x}")


def _time(block: int) -> Timestamp:
    return Timestamp(1_760_000_000 + 12 * block)
