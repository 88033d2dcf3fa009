"""Questions about slashes, bounties, days and blocks of a network, and the reliability of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

from api.queries import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Page,
    check_limit,
    check_network,
    find_by_prefix,
    page_of,
)
from domain.application.ports import Row
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.money import BPS
from projections.network_periods import SECONDS_PER_DAY, period_key
from projections.node_days import node_day_key

SLASHES: Final = "slashes"
BOUNTIES: Final = "bounty_flows"
NODE_DAYS: Final = "node_days"
WINDOW_DAYS_MAX: Final = 366
DEFAULT_WINDOW_DAYS: Final = 30

_CHANGES: Final = ("stake", "credit", "pool", "escrow")
Body = Mapping[str, Any]


def slashes_page(
    rows: RowReader, *, node: str | None = None, after: str = "", limit: int = DEFAULT_LIMIT
) -> Page:
    """Return one page of slashes in the order of the log, each with the failure behind it and the policy it fell under.

    Raises InvalidPageSize and InvalidCursor.
    """
    page = page_of(rows, SLASHES, after=after, limit=limit, scope=node)
    found = [Row(row.key, row.scope, _slash(rows, row.body), row.position) for row in page.rows]
    return Page(found, page.next)


def _slash(rows: RowReader, slash: Body) -> Body:
    """Return a slash with the attempt that failed and the terms that its task was posted under."""
    task = f"{slash['task_id']}@{slash['network']}"
    attempt = rows.get("assignments", f"{task}#{slash['epoch']:06d}")
    posted = rows.get("task_board", task)
    failed: Body = {} if attempt is None else attempt.body
    terms = None if posted is None else cast(Body | None, posted.body["terms"])
    failure = {
        name: failed.get(name)
        for name in ("proof_deadline", "verify_deadline", "proof_hash", "verdict", "attester")
    }
    policy = None if terms is None else {name: terms[name] for name in ("slash_bps", "verifier")}
    return {**slash, "failure": failure, "policy": policy}


@dataclass(frozen=True, slots=True)
class Reliability:
    """How a node's attempts ended in the windows that are closed: whole days before the one that is being read."""

    node: str
    network: str
    first_day: int
    last_day: int
    days: Sequence[Body]

    def document(self) -> Mapping[str, object]:
        """Return it as JSON-ready members; the share of completed attempts in hundredths of a percent, rounded down."""
        sums = {
            name: sum(int(day[name]) for day in self.days)
            for name in ("assigned", "completed", "invalid_proofs", "missed_deadlines", "lapsed")
        }
        judged = sums["completed"] + sums["invalid_proofs"] + sums["missed_deadlines"]
        return {
            "node": self.node,
            "network": self.network,
            "first_day": day_text(self.first_day),
            "last_day": day_text(self.last_day),
            **sums,
            "judged": judged,
            "reliability_bps": sums["completed"] * BPS // judged if judged else None,
            "earned_wei": str(sum(int(day["earned_wei"]) for day in self.days)),
            "slashed_wei": str(sum(int(day["slashed_wei"]) for day in self.days)),
            "days": [{**day, "day": day_text(day["day"])} for day in self.days],
        }


def reliability_of(rows: RowReader, address: str, days: int = DEFAULT_WINDOW_DAYS) -> Reliability:
    """Return a node's reliability over the last closed days, 1 to 366 of them.

    A day that is not over is left out: its attempts are still running, and those that fail early would weigh too much.
    Raises InvalidInput and NotFound.
    """
    if not 1 <= days <= WINDOW_DAYS_MAX:
        raise InvalidInput(
            f"{days} is not a number of days", hint=f"ask for 1 to {WINDOW_DAYS_MAX} days"
        )
    row = find_by_prefix(rows, "node_states", address)
    node, network = str(row.body["node"]), str(row.body["network"])
    totals = rows.get("network_totals", network)
    time = None if totals is None else cast(int | None, totals.body["read_block_time"])
    today = 0 if time is None else time // SECONDS_PER_DAY
    first = max(0, today - days)
    found = rows.page(
        NODE_DAYS,
        after=node_day_key(node, network, first - 1) if first else "",
        limit=days + 1,
        prefix=f"{node}@{network}#",
    )
    closed = [each.body for each in found if first <= cast(int, each.body["day"]) < today]
    return Reliability(node, network, first, today - 1, closed)


def network_named(rows: RowReader, name: str | None) -> str:
    """Return the network that is named, or the only one. Raises InvalidInput and NotFound."""
    if name is not None:
        return check_network(name)
    known = rows.page("network_totals", after="", limit=2)
    if not known:
        raise NotFound("this ledger follows no network", hint="`agentgpt demo` plays a whole one")
    if len(known) > 1:
        raise InvalidInput(
            "the ledger follows several networks",
            hint=f"name one with --network, for instance {known[0].key}",
        )
    return known[0].key


def periods_page(
    rows: RowReader,
    period: Literal["day", "block"],
    network: str,
    *,
    after: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page:
    """Return one page of a network's days or blocks, oldest first, each with the totals at its end.

    Raises InvalidPageSize, InvalidCursor, and NotFound for a network without any.
    """
    check_limit(limit)
    projection = f"network_{period}s"
    if not rows.page(projection, after="", limit=1, prefix=f"{network}#"):
        raise NotFound(f"nothing is known of network {network}", hint="see /v1/networks")
    page = page_of(rows, projection, after=after, limit=limit, prefix=f"{network}#")
    totals = _totals_before(rows, period, network, page.rows[0].body) if page.rows else {}
    found: list[Row] = []
    for row in page.rows:
        totals = _grown(totals, row.body)
        body = {
            **row.body,
            "day": day_text(cast(int, row.body["first_time"]) // SECONDS_PER_DAY),
            **{f"{name}_wei": str(totals[name]) for name in _CHANGES},
            "held_wei": str(sum(totals.values())),
        }
        found.append(Row(row.key, row.scope, body, row.position))
    return Page(found, page.next)


def _totals_before(
    rows: RowReader, period: Literal["day", "block"], network: str, first: Body
) -> Mapping[str, int]:
    """Add up the days before a period, and for a block also the blocks of its own day before it."""
    totals: Mapping[str, int] = {}
    day = first["first_time"] // SECONDS_PER_DAY
    last_block = 0
    for body in _bodies(rows, "network_days", network, ""):
        if body["number"] >= day:
            break
        last_block = body["last_block"]
        totals = _grown(totals, body)
    if period == "block":
        start = period_key(network, last_block) if totals else ""
        for body in _bodies(rows, "network_blocks", network, start):
            if body["number"] >= first["number"]:
                break
            totals = _grown(totals, body)
    return totals


def _bodies(rows: RowReader, projection: str, network: str, after: str) -> Iterator[Body]:
    while page := rows.page(projection, after=after, limit=MAX_LIMIT, prefix=f"{network}#"):
        for row in page:
            yield row.body
        after = page[-1].key


def _grown(totals: Mapping[str, int], body: Body) -> Mapping[str, int]:
    return {name: totals.get(name, 0) + int(body[f"{name}_change_wei"]) for name in _CHANGES}


def day_text(day: int) -> str:
    """Return a day that counts from 1970-01-01 as an ISO 8601 date."""
    return datetime.fromtimestamp(day * SECONDS_PER_DAY, UTC).date().isoformat()
