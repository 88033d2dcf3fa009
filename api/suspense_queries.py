"""Questions about tokens that nobody accounts for, asked in the same way by the HTTP API and the commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from api.ledger import Ledger
from api.queries import DEFAULT_LIMIT, MAX_LIMIT, MAX_NETWORKS, page_of
from domain.accounting.chart import AccountKind, account, contract
from domain.accounting.suspense import Standing
from domain.application.ports import Row
from domain.application.read_models import ReadModels, RowReader
from domain.kernel.ids import Address

PROJECTION: Final = "suspense"


@dataclass(frozen=True, slots=True)
class SuspensePage:
    """Transactions with their age; `next` is what to pass as `after` for those that follow, None at the end."""

    items: Sequence[Mapping[str, object]]
    next: str | None


@dataclass(frozen=True, slots=True)
class SuspenseState:
    """One word for all of it, and how many transactions are not settled, each at most 1000."""

    state: str
    unclaimed: int
    missing: int

    @property
    def alarms(self) -> int:
        """How many of them mean that something is wrong: anybody may send tokens, but none may go missing."""
        return self.missing if self.state == Standing.MISSING else 0


def suspense_page(
    models: RowReader, *, standing: str | None = None, after: str = "", limit: int = DEFAULT_LIMIT
) -> SuspensePage:
    """Return one page of transactions by key: of one standing, or all that are not settled.

    Raises InvalidPageSize, and InvalidCursor for an `after` that no page can have named.
    """
    wanted = [Standing.MISSING, Standing.UNCLAIMED] if standing is None else [Standing(standing)]
    pages = [
        page_of(models, PROJECTION, after=after, limit=limit, scope=each.value) for each in wanted
    ]
    found = sorted((row for page in pages for row in page.rows), key=lambda row: row.key)
    is_whole = len(found) <= limit and not any(page.next for page in pages)
    shown = found[:limit]
    read = {
        row.key: row.body for row in models.page("network_totals", after="", limit=MAX_NETWORKS)
    }
    return SuspensePage(
        [_aged(row, read) for row in shown], None if is_whole or not shown else shown[-1].key
    )


def suspense_state(ledger: Ledger) -> SuspenseState:
    """Return how suspense stands, judged only where the whole log is taken in: a transaction may be half read."""
    models = ledger.read_models
    counts = {
        standing: len(models.page(PROJECTION, after="", limit=MAX_LIMIT, scope=standing.value))
        for standing in (Standing.MISSING, Standing.UNCLAIMED)
    }
    missing, unclaimed = counts[Standing.MISSING], counts[Standing.UNCLAIMED]
    if missing and _unread(models):
        state = "unread"
    elif missing and models.checkpoint(PROJECTION) >= ledger.log.head():
        state = Standing.MISSING.value
    else:
        state = Standing.UNCLAIMED.value if unclaimed else Standing.SETTLED.value
    return SuspenseState(state, unclaimed, missing)


def _unread(models: ReadModels) -> bool:
    """Tell whether no network's token was ever read: then everything is missing, and nothing is wrong."""
    for network in models.page("network_totals", after="", limit=MAX_NETWORKS):
        arbiter = Address(str(network.body["arbiter"]))
        row = models.get("accounts", f"{contract(arbiter)}@{network.key}")
        if row is not None:
            accounts = cast(Sequence[Mapping[str, Any]], row.body["accounts"])
            held = str(account(AccountKind.HELD, arbiter))
            if any(each["account"] == held for each in accounts):
                return False
    return True


def _aged(row: Row, networks: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    body = cast(Mapping[str, Any], row.body)
    network = cast(Mapping[str, Any], networks.get(body["network"], {}))
    block, time = network.get("read_block"), network.get("read_block_time")
    return {
        **body,
        "age_blocks": max(0, (block or 0) - body["since_block"]),
        "age_seconds": max(0, (time or 0) - body["since_time"]),
    }
