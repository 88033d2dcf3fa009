"""Each network as a whole: what its arbiter holds for whom, its policy, its tasks, how far its chain is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast, get_args

from domain.chain.events import (
    AnomalyDetected,
    BlocksOrphaned,
    BlocksRestored,
    ChainAdopted,
    ChainAdvanced,
    LogUnrecognised,
)
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.streams import network_name_of, parse_network
from domain.network.events import (
    NetworkPaused,
    NetworkUnpaused,
    Policy,
    PolicyChanged,
    RoleGranted,
    RoleRevoked,
)
from domain.node.events import NodeDeregistered, NodeRegistered
from domain.task.events import NodeSlashed
from projections.money_moves import MONEY_EVENTS, MoneyEvent, money_moved
from projections.projection import Body
from projections.stamp import Stamp, plus, stamp
from projections.task_counts import COUNTED_EVENTS, CountedEvent, TaskCounts, counted, no_tasks


class PolicyRow(TypedDict):
    """The policy in force. Rates are wei for one GPU hour and for one GB of memory."""

    gpu_rate_wei: str
    memory_rate_wei: str
    min_stake_wei: str
    slash_bps: int
    unbonding_seconds: int
    min_proof_seconds: int
    max_proof_seconds: int
    verify_seconds: int
    max_task_seconds: int
    verifier: str


class ContractsRow(TypedDict):
    """The addresses of the deployment that the ledger follows, and where it began to read."""

    token: str
    arbiter: str
    registry: str
    verifier: str
    timelock: str
    genesis_hash: str
    start_block: int


class RoleRow(TypedDict):
    """An account that has a role on a contract; `role` is the hash of the role's name."""

    contract: str
    role: str
    account: str


class NetworkRow(Stamp):
    """A network.

    `held_wei` = stake + credit + pool + escrow is what the arbiter must hold of the token; `slashed_wei` is
    the total over all time. `member_count` counts nodes that are active or jailed. `read_block` is the last block whose
    logs are all in the ledger, with its hash and time; `fact_count` counts those logs. `anomaly_count` and
    `unrecognised_count` are zero on a sound chain. `contracts` and `policy` are null until the ledger has seen them.
    """

    network: str
    chain_id: int
    arbiter: str
    contracts: ContractsRow | None
    policy: PolicyRow | None
    paused: bool
    roles: list[RoleRow]
    stake_wei: str
    credit_wei: str
    pool_wei: str
    escrow_wei: str
    held_wei: str
    slashed_wei: str
    member_count: int
    tasks: TaskCounts
    read_block: int | None
    read_block_hash: str | None
    read_block_time: int | None
    fact_count: int
    anomaly_count: int
    unrecognised_count: int


_PlainEvent = (
    ChainAdopted
    | ChainAdvanced
    | BlocksOrphaned
    | BlocksRestored
    | AnomalyDetected
    | LogUnrecognised
    | PolicyChanged
    | NetworkPaused
    | NetworkUnpaused
    | RoleGranted
    | RoleRevoked
    | NodeRegistered
    | NodeDeregistered
)
_PLAIN_EVENTS: frozenset[type[Event]] = frozenset(get_args(_PlainEvent))


class NetworkTotals:
    """Key `<chain id>.<arbiter>`; not listed under anything."""

    name: Final = "network_totals"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = _PLAIN_EVENTS | MONEY_EVENTS | COUNTED_EVENTS

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the network that the event's stream belongs to, nothing for a workflow's stream."""
        network = network_name_of(recorded.stream)
        return (network,) if network else ()

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the network's row after the event."""
        row = _first(key) if body is None else cast(NetworkRow, body)
        after: NetworkRow = {**row, **stamp(recorded)}
        if recorded.provenance is None:
            after["last_block"], after["last_time"] = row["last_block"], row["last_time"]
        event = recorded.event
        event_type = type(event)
        if event_type in MONEY_EVENTS:
            _move_money(after, cast(MoneyEvent, event))
        if event_type in COUNTED_EVENTS:
            after["tasks"] = counted(after["tasks"], cast(CountedEvent, event))
        if event_type in _PLAIN_EVENTS:
            _take_in(after, cast(_PlainEvent, event))
        return after

    def scope_of(self, body: Body) -> str:
        """Return nothing: networks are found by key."""
        del body
        return ""


def _first(key: str) -> NetworkRow:
    network = parse_network(key)
    return {
        "network": key,
        "chain_id": network.chain_id,
        "arbiter": network.arbiter,
        "contracts": None,
        "policy": None,
        "paused": False,
        "roles": [],
        "stake_wei": "0",
        "credit_wei": "0",
        "pool_wei": "0",
        "escrow_wei": "0",
        "held_wei": "0",
        "slashed_wei": "0",
        "member_count": 0,
        "tasks": no_tasks(),
        "read_block": None,
        "read_block_hash": None,
        "read_block_time": None,
        "fact_count": 0,
        "anomaly_count": 0,
        "unrecognised_count": 0,
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _move_money(after: NetworkRow, event: MoneyEvent) -> None:
    move = money_moved(event)
    if move.stake_wei:
        after["stake_wei"] = plus(after["stake_wei"], move.stake_wei)
    if move.credit_wei:
        after["credit_wei"] = plus(after["credit_wei"], move.credit_wei)
    if move.pool_wei:
        after["pool_wei"] = plus(after["pool_wei"], move.pool_wei)
    if move.escrow_wei:
        after["escrow_wei"] = plus(after["escrow_wei"], move.escrow_wei)
    if isinstance(event, NodeSlashed):
        after["slashed_wei"] = plus(after["slashed_wei"], event.amount_wei)
    elif move.held_wei:
        after["held_wei"] = plus(after["held_wei"], move.held_wei)


def _take_in(after: NetworkRow, event: _PlainEvent) -> None:
    match event:
        case ChainAdopted():
            after["contracts"] = _contracts(event)
        case ChainAdvanced():
            after["read_block"] = after["last_block"] = event.last_block
            after["read_block_hash"] = event.last_block_hash
            after["read_block_time"] = after["last_time"] = event.last_block_time
            after["fact_count"] += event.facts
        case BlocksOrphaned():
            after["read_block"] = after["last_block"] = event.fork_block
            after["read_block_hash"] = event.fork_block_hash
            after["read_block_time"] = after["last_time"] = event.fork_block_time
            after["fact_count"] -= event.facts
        case BlocksRestored():
            after["fact_count"] += event.facts
        case AnomalyDetected():
            after["anomaly_count"] += 1
        case LogUnrecognised():
            after["unrecognised_count"] += 1
        case PolicyChanged():
            after["policy"] = _policy(event.policy)
        case NetworkPaused() | NetworkUnpaused():
            after["paused"] = isinstance(event, NetworkPaused)
        case RoleGranted() | RoleRevoked():
            after["roles"] = _roles(after["roles"], event)
        case NodeRegistered():
            after["member_count"] += 1
        case NodeDeregistered():
            after["member_count"] -= 1
        case _:
            assert_never(event)


def _contracts(event: ChainAdopted) -> ContractsRow:
    return {
        "token": event.token,
        "arbiter": event.arbiter,
        "registry": event.registry,
        "verifier": event.verifier,
        "timelock": event.timelock,
        "genesis_hash": event.genesis_hash,
        "start_block": event.start_block,
    }


def _policy(policy: Policy) -> PolicyRow:
    return {
        "gpu_rate_wei": str(policy.gpu_rate_wei),
        "memory_rate_wei": str(policy.memory_rate_wei),
        "min_stake_wei": str(policy.min_stake_wei),
        "slash_bps": policy.slash_bps,
        "unbonding_seconds": policy.unbonding_seconds,
        "min_proof_seconds": policy.min_proof_seconds,
        "max_proof_seconds": policy.max_proof_seconds,
        "verify_seconds": policy.verify_seconds,
        "max_task_seconds": policy.max_task_seconds,
        "verifier": policy.verifier,
    }


def _roles(before: list[RoleRow], event: RoleGranted | RoleRevoked) -> list[RoleRow]:
    role: RoleRow = {"contract": event.contract, "role": event.role, "account": event.account}
    others = [held for held in before if held != role]
    return [*others, role] if isinstance(event, RoleGranted) else others
