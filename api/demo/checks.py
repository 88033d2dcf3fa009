"""What must be true after the story: the ledger agrees with itself, with the log, and with the contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.account_queries import held_by
from api.books_checking import check_ledger_books
from api.checking import replay_ledger
from api.ledger import Ledger
from api.suspense_queries import suspense_state
from domain.accounting.suspense import Standing
from domain.application.contract_views import ContractViews
from domain.application.tree_check import check_tree
from domain.chain.events import AnomalyDetected, LogUnrecognised
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import LedgerError
from domain.kernel.ids import ZERO_HASH, Address, BlockNumber, Hash32, Position
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.node.events import NodeRegistered
from domain.task.events import NodeSlashed, TaskPosted
from domain.workflow.events import ChainRolledBack, ChainVersionPublished

READ_EVENTS = 5_000
NAMED_DIFFERENCES = 3
MAX_DIFFERENCES = 100

LEAST_NODES = 12
LEAST_VERSIONS = 3
LEAST_SLASHES = 3
LEAST_ROLLBACKS = 1

Body = Mapping[str, Any]

_CONTRACTS = ("token", "arbiter", "registry", "verifier", "timelock")


@dataclass(frozen=True, slots=True)
class Check:
    """Whether something holds, and what was seen."""

    name: str
    ok: bool
    detail: str


def run_checks(ledger: Ledger, views: ContractViews, at: BlockNumber, *, tasks: int) -> list[Check]:
    """Run every check, against the contracts as they were at the last block that was read.

    A check that cannot be carried out fails and says why.
    """
    counts, dense = read_log(ledger)
    checks: list[Callable[[], Iterable[Check]]] = [
        lambda: [replay_equals_read_models(ledger)],
        lambda: held_equals_balance_of(ledger, views, at),
        lambda: [totals_equal_rows(ledger, views, at)],
        lambda: [books_balance(ledger, views, at)],
        lambda: [nodes_agree_with_contract(ledger, views, at)],
        lambda: [tasks_agree_with_contract(ledger, views, at)],
        lambda: [workflows_agree_with_contract(ledger, views, at)],
        lambda: [Check("positions_dense", not dense, dense or f"1 to {ledger.log.head()}")],
        lambda: [log_matches_its_tree(ledger)],
        lambda: [no_anomalies(ledger, counts)],
        lambda: [story_complete(counts, tasks)],
    ]
    results: list[Check] = []
    for check in checks:
        try:
            results.extend(check())
        except LedgerError as error:
            results.append(Check("unable_to_check", False, error.message))
    return results


def replay_equals_read_models(ledger: Ledger) -> Check:
    """Fold the whole log again and compare every row."""
    result = replay_ledger(ledger, limit=MAX_DIFFERENCES)
    at_head = result.position == ledger.log.head()
    detail = f"{result.rows} rows from {result.position} events"
    if not at_head:
        detail += f", the log is at {ledger.log.head()}"
    if result.differences:
        detail = _some(str(difference) for difference in result.differences)
    return Check("replay_equals_read_models", at_head and not result.differences, detail)


def held_equals_balance_of(
    ledger: Ledger, views: ContractViews, at: BlockNumber
) -> Iterator[Check]:
    """Compare what the ledger says each contract holds with what the token says it holds."""
    for row in ledger.read_models.rows("network_totals"):
        contracts = _member(row.body, "contracts")
        addresses = {name: Address(contracts[name]) for name in _CONTRACTS if name in contracts}
        balances = views.balances_wei(list(addresses.values()), at)
        for (name, address), balance_wei in zip(addresses.items(), balances, strict=True):
            # Only the arbiter takes tokens in; the others must hold none.
            held_wei = int(str(row.body["held_wei"])) if name == "arbiter" else 0
            yield Check(
                "held_equals_balance_of",
                held_wei == balance_wei,
                f"{name} {address}: the ledger says {held_wei} wei, balanceOf says {balance_wei}",
            )


def totals_equal_rows(ledger: Ledger, views: ContractViews, at: BlockNumber) -> Check:
    """Compare the network's totals with the sums of its accounts and tasks, and its pool with the contract's."""
    (network,) = ledger.read_models.rows("network_totals")
    accounts = [row.body for row in ledger.read_models.rows("stake_balances")]
    tasks = [row.body for row in ledger.read_models.rows("task_board")]
    sums = {
        "stake_wei": _sum(accounts, "stake_wei"),
        "credit_wei": _sum(accounts, "credit_wei"),
        "escrow_wei": _sum(tasks, "escrow_wei"),
        "pool_wei": views.slash_pool_wei(at),
    }
    totals = {name: int(str(network.body[name])) for name in sums}
    wrong = _unequal(network.key, totals, sums)
    return Check("totals_equal_rows", not wrong, _some(wrong) or f"{sum(sums.values())} wei held")


def books_balance(ledger: Ledger, views: ContractViews, at: BlockNumber) -> Check:
    """Book the whole log again: every rule of conservation holds, and the token confirms what each contract holds."""
    result = check_ledger_books(ledger, limit=MAX_DIFFERENCES)
    wrong = [str(each) for each in result.breaks]
    for row in ledger.read_models.rows("network_totals"):
        contracts = _member(row.body, "contracts")
        addresses = [Address(contracts[name]) for name in _CONTRACTS if name in contracts]
        for address, balance_wei in zip(addresses, views.balances_wei(addresses, at), strict=True):
            held_wei = held_by(ledger.read_models, address, row.key)
            wrong += _unequal(address, {"held": held_wei}, {"held": balance_wei})
    suspense = suspense_state(ledger)
    if suspense.state != Standing.SETTLED:
        wrong.append(f"suspense: {suspense.unclaimed} unclaimed, {suspense.missing} missing")
    detail = _some(wrong) or f"{result.accounts} accounts, {result.moves} moves"
    return Check("books_balance", not wrong, detail)


def nodes_agree_with_contract(ledger: Ledger, views: ContractViews, at: BlockNumber) -> Check:
    """Compare status, stake, running task and credit with what the arbiter's views say."""
    rows: list[Body] = [row.body for row in ledger.read_models.rows("node_states")]
    stakes: dict[str, Body] = {
        str(row.body["account"]): row.body for row in ledger.read_models.rows("stake_balances")
    }
    wrong: list[str] = []
    on_chain = views.nodes([Address(row["node"]) for row in rows], at)
    for row, theirs in zip(rows, on_chain, strict=True):
        stake = stakes.get(row["node"], {})
        ours = {
            "status": row["status"],
            "task_id": row["task_id"],
            "balance": StakeBalance(
                available_wei=Wei(int(stake.get("available_wei", "0"))),
                locked_wei=Wei(int(stake.get("locked_wei", "0"))),
                unbonding_wei=Wei(int(stake.get("unbonding_wei", "0"))),
            ),
        }
        wrong += _unequal(row["node"], ours, {name: getattr(theirs, name) for name in ours})
    accounts = [Address(account) for account in stakes]
    for account, credit_wei in zip(accounts, views.credits_wei(accounts, at), strict=True):
        ours_wei = int(stakes[account]["credit_wei"])
        wrong += _unequal(account, {"credit": ours_wei}, {"credit": credit_wei})
    detail = _some(wrong) or f"{len(rows)} nodes, {len(accounts)} credits"
    return Check("nodes_agree_with_contract", not wrong, detail)


def tasks_agree_with_contract(ledger: Ledger, views: ContractViews, at: BlockNumber) -> Check:
    """Compare status, attempt, node and escrow of every task with what the arbiter's views say."""
    rows: list[Body] = [row.body for row in ledger.read_models.rows("task_board")]
    on_chain = views.tasks([Hash32(row["task_id"]) for row in rows], at)
    wrong: list[str] = []
    for row, theirs in zip(rows, on_chain, strict=True):
        ours = {name: row[name] for name in ("status", "requester", "epoch", "node")}
        ours["bounty_left_wei"] = int(row["bounty_left_wei"])
        wrong += _unequal(row["task_id"], ours, {name: getattr(theirs, name) for name in ours})
    return Check("tasks_agree_with_contract", not wrong, _some(wrong) or f"{len(rows)} tasks")


def workflows_agree_with_contract(ledger: Ledger, views: ContractViews, at: BlockNumber) -> Check:
    """Compare the active version of every workflow with what the registry says."""
    rows: list[Body] = [row.body for row in ledger.read_models.rows("workflows")]
    active = views.active_versions([Hash32(row["workflow_id"]) for row in rows], at)
    wrong: list[str] = []
    for row, theirs in zip(rows, active, strict=True):
        for standing in row["registries"].values():
            ours = {"active_version": standing["active_version"] or ZERO_HASH}
            wrong += _unequal(row["workflow_id"], ours, {"active_version": theirs})
    detail = _some(wrong) or f"{len(rows)} workflows"
    return Check("workflows_agree_with_contract", not wrong, detail)


def read_log(ledger: Ledger) -> tuple[Counter[str], str]:
    """Count the log's events by name; the text says where positions or versions are not dense, else it is empty."""
    counts: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    position = Position(0)
    wrong: list[str] = []
    while events := ledger.log.read(position, READ_EVENTS):
        for event in events:
            counts[event.name] += 1
            wrong += _gaps(event, position, versions)
            position = event.position
    return counts, _some(wrong)


def _gaps(event: RecordedEvent, before: int, versions: Counter[str]) -> Iterator[str]:
    versions[event.stream] += 1
    if event.position != before + 1:
        yield f"position {event.position} follows {before}"
    if event.version != versions[event.stream]:
        yield f"{event.stream} has version {event.version} where {versions[event.stream]} is due"


def log_matches_its_tree(ledger: Ledger) -> Check:
    """Hash every stored byte again and compare with the Merkle tree."""
    result = check_tree(ledger.log, ledger.tree)
    difference = result.difference
    detail = f"{result.head.size} leaves agree with their tree"
    return Check(
        "log_matches_its_tree",
        difference is None,
        difference.sentence if difference else detail,
    )


def no_anomalies(ledger: Ledger, counts: Counter[str]) -> Check:
    """No fact broke a rule, no log was unknown, no projection failed on an event."""
    parked = len(ledger.read_models.parked(limit=MAX_DIFFERENCES))
    seen = {name: counts[name] for name in (AnomalyDetected.NAME, LogUnrecognised.NAME)}
    seen["parked"] = parked
    detail = ", ".join(f"{name}: {count}" for name, count in seen.items())
    return Check("no_anomalies", not any(seen.values()), detail)


def story_complete(counts: Counter[str], tasks: int) -> Check:
    """Count whether the story had everything that it promises."""
    least = {
        NodeRegistered.NAME: LEAST_NODES,
        TaskPosted.NAME: tasks,
        ChainVersionPublished.NAME: LEAST_VERSIONS,
        NodeSlashed.NAME: LEAST_SLASHES,
        ChainRolledBack.NAME: LEAST_ROLLBACKS,
    }
    ok = all(counts[name] >= wanted for name, wanted in least.items())
    detail = ", ".join(f"{name}: {counts[name]} of {wanted}" for name, wanted in least.items())
    return Check("story_complete", ok, detail)


def _member(body: Body, name: str) -> Body:
    value = body[name]
    return value if isinstance(value, Mapping) else {}


def _sum(bodies: Iterable[Mapping[str, object]], member: str) -> int:
    return sum(int(str(body[member])) for body in bodies)


def _unequal(what: str, ours: Body, theirs: Body) -> list[str]:
    return [
        f"{what} {name}: the ledger says {value}, the contract {theirs[name]}"
        for name, value in ours.items()
        if value != theirs[name]
    ]


def _some(differences: Iterable[str]) -> str:
    """Return the first few in one line, "" for none."""
    found = list(differences)
    more = f" and {len(found) - NAMED_DIFFERENCES} more" if len(found) > NAMED_DIFFERENCES else ""
    return "; ".join(found[:NAMED_DIFFERENCES]) + more
