"""Each followed chain: how far it is read, what of it is safe and final, what it replaced, whether it is halted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast, get_args

from domain.chain.events import (
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
    ChainHalted,
    ChainHealed,
    FinalityAdvanced,
)
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.position_range import size_of
from domain.kernel.streams import network_name_of, parse_network
from projections.projection import Body
from projections.stamp import Stamp, stamp

REORGS_KEPT: Final = 20
MARKS_KEPT: Final = 512
"""How many ends of batches above the final one a row holds; of older ones only every second is kept then."""


class ReorgRow(TypedDict):
    """A reorganisation: `depth` blocks above `fork_block` went, and with them facts and anomalies by the number."""

    position: int
    fork_block: int
    fork_block_hash: str
    orphaned_last_block: int
    orphaned_last_block_hash: str
    depth: int
    voided_facts: int
    voided_events: int


class HaltRow(TypedDict):
    """Why reading stopped: `endpoint` shows `found_hash` for `final_block`, the ledger holds `expected_hash`."""

    position: int
    fork_block: int
    fork_block_hash: str
    final_block: int
    expected_hash: str
    found_hash: str
    head_block: int
    head_block_hash: str
    endpoint: str


class MarkRow(TypedDict):
    """By `position`, everything up to `block` is in the ledger and nothing above it stands."""

    position: int
    block: int


class ChainRow(Stamp):
    """A chain as one deployment is followed on it.

    `head_block` is the newest block whose logs are all in the ledger, null before the first. As of `final_position`
    every chain fact that stands is final, as of `safe_position` safe or final; 0 when there is no such position.
    `reorgs` holds the newest ones, the newest first. `halted` is null while the chain is read. `marks` are what the
    positions are found by.
    """

    network: str
    chain_id: int
    arbiter: str
    contracts: list[str]
    start_block: int
    head_block: int | None
    head_block_hash: str | None
    head_block_time: int | None
    safe_block: int | None
    safe_block_hash: str | None
    safe_position: int
    final_block: int | None
    final_block_hash: str | None
    final_position: int
    policy: str | None
    policy_version: int | None
    reorg_count: int
    deepest_reorg: int
    reorgs: list[ReorgRow]
    halted: HaltRow | None
    healed_count: int
    marks: list[MarkRow]


_ChainEvent = (
    ChainAdopted
    | ChainAdvanced
    | BlocksOrphaned
    | BlocksRestored
    | FinalityAdvanced
    | ChainHalted
    | ChainHealed
)


class Chains:
    """Key `<chain id>.<arbiter>`; listed under `halted` or `following`."""

    name: Final = "chains"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(get_args(_ChainEvent))

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the network that the event's stream belongs to."""
        return (network_name_of(recorded.stream),)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the chain's row after the event."""
        row = _first(key) if body is None else cast(ChainRow, body)
        after: ChainRow = {**row, **stamp(recorded)}
        after["last_block"], after["last_time"] = row["last_block"], row["last_time"]
        _take_in(after, cast(_ChainEvent, recorded.event), recorded.position)
        return after

    def scope_of(self, body: Body) -> str:
        """Return `halted` for a chain that is not read until it is healed, else `following`."""
        return "halted" if body["halted"] is not None else "following"


def _first(key: str) -> ChainRow:
    network = parse_network(key)
    return {
        "network": key,
        "chain_id": network.chain_id,
        "arbiter": network.arbiter,
        "contracts": [],
        "start_block": 0,
        "head_block": None,
        "head_block_hash": None,
        "head_block_time": None,
        "safe_block": None,
        "safe_block_hash": None,
        "safe_position": 0,
        "final_block": None,
        "final_block_hash": None,
        "final_position": 0,
        "policy": None,
        "policy_version": None,
        "reorg_count": 0,
        "deepest_reorg": 0,
        "reorgs": [],
        "halted": None,
        "healed_count": 0,
        "marks": [],
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _take_in(after: ChainRow, event: _ChainEvent, position: int) -> None:
    match event:
        case ChainAdopted():
            after["contracts"] = [
                event.token,
                event.arbiter,
                event.registry,
                event.verifier,
                event.timelock,
            ]
            after["start_block"] = event.start_block
            after["marks"] = [{"position": position, "block": event.start_block - 1}]
        case ChainAdvanced():
            after["head_block"] = after["last_block"] = event.last_block
            after["head_block_hash"] = event.last_block_hash
            after["head_block_time"] = after["last_time"] = event.last_block_time
            after["marks"] = _marked(after["marks"], position, event.last_block)
        case BlocksOrphaned():
            _orphan(after, event, position)
        case BlocksRestored():
            pass
        case FinalityAdvanced():
            after["safe_block"], after["safe_block_hash"] = event.safe_block, event.safe_block_hash
            after["final_block"] = event.final_block
            after["final_block_hash"] = event.final_block_hash
            after["policy"], after["policy_version"] = event.policy, event.policy_version
            _settle(after)
        case ChainHalted():
            after["halted"] = _halt(event, position)
        case ChainHealed():
            after["halted"] = None
            after["healed_count"] += 1
        case _:
            assert_never(event)


def _orphan(after: ChainRow, event: BlocksOrphaned, position: int) -> None:
    depth = event.orphaned_last_block - event.fork_block
    reorg: ReorgRow = {
        "position": position,
        "fork_block": event.fork_block,
        "fork_block_hash": event.fork_block_hash,
        "orphaned_last_block": event.orphaned_last_block,
        "orphaned_last_block_hash": event.orphaned_last_block_hash,
        "depth": depth,
        "voided_facts": event.facts,
        "voided_events": size_of(event.voided),
    }
    after["reorgs"] = [reorg, *after["reorgs"][: REORGS_KEPT - 1]]
    after["reorg_count"] += 1
    after["deepest_reorg"] = max(after["deepest_reorg"], depth)
    after["head_block"] = after["last_block"] = event.fork_block
    after["head_block_hash"] = event.fork_block_hash
    after["head_block_time"] = after["last_time"] = event.fork_block_time
    kept = [mark for mark in after["marks"] if mark["block"] <= event.fork_block]
    after["marks"] = _marked(kept, position, event.fork_block)
    safe, final = after["safe_block"], after["final_block"]
    if safe is not None and safe >= event.fork_block:
        after["safe_block"], after["safe_block_hash"] = event.fork_block, event.fork_block_hash
    if final is not None and final >= event.fork_block:
        after["final_block"], after["final_block_hash"] = event.fork_block, event.fork_block_hash
    _settle(after)


def _settle(after: ChainRow) -> None:
    """Find the positions of what is safe and final, and forget the marks below."""
    marks = after["marks"]
    after["safe_position"] = _position_upto(marks, after["safe_block"])
    after["final_position"] = final = _position_upto(marks, after["final_block"])
    after["marks"] = [mark for mark in marks if mark["position"] >= final]


def _position_upto(marks: Sequence[MarkRow], block: int | None) -> int:
    """Return the position of the newest mark up to a height, 0 for none. Marks ascend."""
    if block is None:
        return 0
    return next((mark["position"] for mark in reversed(marks) if mark["block"] <= block), 0)


def _marked(marks: Sequence[MarkRow], position: int, block: int) -> list[MarkRow]:
    # Without every second old mark, the positions only follow in larger steps.
    kept = [*marks[: MARKS_KEPT // 2 : 2], *marks[MARKS_KEPT // 2 :]]
    return [*(kept if len(marks) >= MARKS_KEPT else marks), {"position": position, "block": block}]


def _halt(event: ChainHalted, position: int) -> HaltRow:
    return {
        "position": position,
        "fork_block": event.fork_block,
        "fork_block_hash": event.fork_block_hash,
        "final_block": event.final_block,
        "expected_hash": event.expected_hash,
        "found_hash": event.found_hash,
        "head_block": event.head_block,
        "head_block_hash": event.head_block_hash,
        "endpoint": event.endpoint,
    }
