"""Sample events: fixed accounts and hashes, builders with sensible defaults, and a strategy for any event."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from hypothesis import strategies as st

from domain.application.catalogue import REGISTRY
from domain.chain.events import AnomalyDetected, ChainAdopted, ChainAdvanced
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
    Version,
)
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import (
    Network,
    chain_stream,
    network_stream,
    node_stream,
    registry_stream,
    stake_stream,
    task_stream,
    token_stream,
    workflow_stream,
)
from domain.task.events import TaskPosted, TaskTerms
from domain.workflow.events import ChainVersionChanged
from domain.workflow.graph import TaskGraph, TaskNode


def account(number: int) -> Address:
    """Return an address that is the same for the same number."""
    return Address(f"0x{number:040x}")


def word(text: str) -> Hash32:
    """Return a hash that is the same for the same text."""
    return Hash32("0x" + sha256(text.encode()).hexdigest())


def agpt(amount: int) -> Wei:
    """Return whole AGPT in wei."""
    return Wei(amount * WEI_PER_AGPT)


ARBITER, REGISTRY_CONTRACT, VERIFIER, TOKEN, TIMELOCK = (account(0xA0 + n) for n in range(5))
NETWORK = Network(ChainId(31337), ARBITER)
OTHER_NETWORK = Network(ChainId(1), account(0xB0))
GENESIS_TIME = 1_760_000_000
BLOCK_SECONDS = 12


def stake(available: int = 0, locked: int = 0, unbonding: int = 0) -> StakeBalance:
    """Return a balance in wei."""
    return StakeBalance(
        available_wei=Wei(available), locked_wei=Wei(locked), unbonding_wei=Wei(unbonding)
    )


def terms(
    *, bounty_wei: int = 1_000, compute_price_wei: int = 500, backups: tuple[Address, ...] = ()
) -> TaskTerms:
    """Return terms that an hour suffices for."""
    return TaskTerms(
        version_hash=ZERO_HASH,
        spec_hash=word("spec"),
        bounty_wei=Wei(bounty_wei),
        compute_price_wei=Wei(compute_price_wei),
        gpu_hours=Quantity(2),
        memory_gb=Quantity(8),
        priority=False,
        expires_at=Timestamp(GENESIS_TIME + 86_400),
        proof_seconds=Seconds(3_600),
        verify_seconds=Seconds(1_800),
        slash_bps=50,
        verifier=VERIFIER,
        backups=backups,
    )


def posted(
    task_id: Hash32, requester: Address, workflow_id: Hash32 = ZERO_HASH, **of_terms: Any
) -> TaskPosted:
    """Return a posting; `of_terms` are the keywords of `terms`."""
    return TaskPosted(
        task_id=task_id, requester=requester, workflow_id=workflow_id, terms=terms(**of_terms)
    )


def graph_task(task_id: str, *after: str, kind: str = "ray_trace") -> TaskNode:
    """Return a task of a graph."""
    return TaskNode(
        id=task_id,
        kind=kind,
        gpu_hours=2,
        memory_gb=16,
        priority=False,
        bounty_wei=agpt(5),
        after=after,
    )


def graph(*tasks: TaskNode) -> TaskGraph:
    """Return a graph, of one task if none is given."""
    return TaskGraph(tasks=tasks or (graph_task("only"),))


def provenance(block: int = 1, log_index: int = 0, contract: Address = ARBITER) -> Provenance:
    """Return where a log of a block stands; blocks are twelve seconds apart."""
    return Provenance(
        chain_id=NETWORK.chain_id,
        block_number=BlockNumber(block),
        block_hash=word(f"block {block}"),
        block_time=Timestamp(GENESIS_TIME + BLOCK_SECONDS * block),
        transaction_hash=word(f"transaction {block} {log_index}"),
        log_index=log_index,
        contract=contract,
    )


def stream_for(event: Event, network: Network = NETWORK) -> StreamName:
    """Return the stream that the event belongs to."""
    values = {name: getattr(event, name) for name in _field_names(type(event))}
    match event.NAME.partition(".")[0]:
        case "node":
            return node_stream(network, values["node"])
        case "stake" | "credit":
            return stake_stream(network, values.get("node") or values["account"])
        case "task":
            return task_stream(network, values["task_id"])
        case "token":
            return token_stream(network)
        case "workflow" | "registry":
            if isinstance(event, ChainVersionChanged):
                return registry_stream(network)
            return workflow_stream(values["workflow_id"])
        case "chain" if isinstance(event, ChainAdopted | ChainAdvanced):
            return chain_stream(network)
        case "anomaly" if isinstance(event, AnomalyDetected):
            return event.subject
        case _:
            return network_stream(network)


def fact(event: Event, block: int = 1, log_index: int = 0, network: Network = NETWORK) -> NewEvent:
    """Return the event as a chain's fact, ready to be appended."""
    contract = REGISTRY_CONTRACT if event.NAME.startswith("registry.") else network.arbiter
    return NewEvent(
        stream=stream_for(event, network),
        event=event,
        provenance=provenance(block, log_index, contract),
    )


def decision(event: Event) -> NewEvent:
    """Return the event as a decision taken off-chain."""
    return NewEvent(stream=stream_for(event), event=event, actor="tester")


def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


_SMALL_POOL: dict[object, st.SearchStrategy[Any]] = {
    Address: st.integers(1, 4).map(account),
    Hash32: st.sampled_from([ZERO_HASH, word("a"), word("b"), word("c")]),
    Quantity: st.one_of(st.integers(0, 30), st.integers(0, 2**256 - 1)).map(Quantity),
    Wei: st.one_of(st.integers(0, 30), st.integers(0, 2**256 - 1)).map(Wei),
    Epoch: st.integers(1, 3).map(Epoch),
    Timestamp: st.integers(0, 2**40).map(Timestamp),
    StreamName: st.sampled_from(
        [node_stream(NETWORK, account(1)), workflow_stream(word("a")), network_stream(NETWORK)]
    ),
    Version: st.integers(1, 9).map(Version),
    str: st.text(max_size=8),
    bool: st.booleans(),
    int: st.one_of(st.integers(0, 9), st.integers(0, 2**256 - 1)),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for values of an annotation; names and hashes come from small pools, so that events meet."""
    if annotation in _SMALL_POOL:
        return _SMALL_POOL[annotation]
    if isinstance(annotation, typing.NewType):
        return values_of(annotation.__supertype__)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return st.sampled_from(annotation)
    if typing.get_origin(annotation) is tuple:
        return st.lists(values_of(typing.get_args(annotation)[0]), max_size=3).map(tuple)
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        return st.builds(
            annotation, **{name: values_of(hints[name]) for name in _field_names(annotation)}
        )
    raise TypeError(f"no strategy for {annotation!r}")


def events_of(union: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any event of a union such as TaskEvent."""
    members = typing.get_args(union) if isinstance(union, types.UnionType) else (union,)
    return st.one_of([values_of(member) for member in members])


def any_fact() -> st.SearchStrategy[NewEvent]:
    """Return a strategy for any event that the ledger knows, as a fact of one of two networks."""
    return st.builds(
        fact,
        st.one_of([values_of(cls) for cls in REGISTRY]),
        block=st.integers(1, 50),
        log_index=st.integers(0, 3),
        network=st.sampled_from([NETWORK, OTHER_NETWORK]),
    )
