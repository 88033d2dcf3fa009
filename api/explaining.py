"""Why is this number what it is: the ordered events behind a stake, an account, a node or a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from api.account_queries import PROJECTION as ACCOUNTS
from api.account_queries import owner_named
from api.ledger import Ledger
from api.queries import check_limit, find_by_prefix, find_on_network
from api.statements import Line, Statement, statement_of
from domain.accounting.chart import Account, AccountKind, account, accounts_of, parse_account
from domain.application.ports import Row
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidInput

Subject = Literal["stake", "account", "node", "task"]
SUBJECTS: Final[tuple[Subject, ...]] = ("stake", "account", "node", "task")

_STAKE: Final = {
    AccountKind.STAKE_AVAILABLE: "available_wei",
    AccountKind.STAKE_LOCKED: "locked_wei",
    AccountKind.STAKE_UNBONDING: "unbonding_wei",
}
"""The accounts that a stake is made of, and what the read model of stakes calls them."""
_PREFIXES: Final[Mapping[str, tuple[str, str]]] = {
    "stake": ("stake_balances", "party"),
    "node": ("node_states", "party"),
    "task": ("task_board", "task"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The lines behind `accounts` of one owner, and their balances after the last line shown.

    `agrees` says whether those are what the read models hold, None while more lines follow.
    """

    subject: Subject
    statement: Statement
    lines: Sequence[Line]
    accounts: Sequence[Account]
    agrees: bool | None

    def document(self) -> dict[str, object]:
        """Return the explanation as JSON-ready members."""
        closing = self.statement.closing
        return {
            "subject": self.subject,
            "owner": str(self.statement.owner),
            "network": self.statement.network,
            "lines": [line.document() for line in self.lines],
            "result": [
                {"account": str(each), "balance_wei": str(closing.posted_wei(each.kind))}
                for each in self.accounts
                if each.kind in closing.turnovers
            ],
            "agrees": self.agrees,
            "next": self.statement.next,
        }


def explain(
    ledger: Ledger,
    rows: RowReader,
    subject: Subject,
    name: str,
    *,
    network: str | None = None,
    after: int = 0,
    limit: int = 1_000,
) -> Explanation:
    """Return up to `limit` events after a position that made the subject what `rows` say it is.

    Nodes, stakes and tasks may be named by their first digits. Raises InvalidInput, InvalidPageSize, InvalidCursor and
    NotFound.
    """
    check_limit(limit)
    row = _row(rows, subject, name, network)
    every_event = subject in ("node", "task")
    statement = statement_of(
        ledger, rows, row, after=after, limit=limit, postings_only=not every_event
    )
    accounts = _accounts(subject, name, statement)
    wanted = set(accounts)
    lines = [
        Line(line.recorded, [entry for entry in line.entries if entry.account in wanted])
        for line in statement.lines
    ]
    shown = lines if every_event else [line for line in lines if line.entries]
    agrees = None if statement.next is not None else _agrees(rows, subject, statement, accounts)
    return Explanation(subject, statement, shown, accounts, agrees)


def _row(models: RowReader, subject: Subject, name: str, network: str | None) -> Row:
    """Return a row whose key begins with the owner, whatever read model it is of."""
    if subject == "account":
        return find_on_network(models, ACCOUNTS, str(owner_named(name)), network)
    projection, kind = _PREFIXES[subject]
    if network is None:
        found = find_by_prefix(models, projection, name)
    else:
        found = find_on_network(models, projection, name.strip().lower(), network)
    return Row(f"{kind}:{found.key}", found.scope, found.body, found.position)


def _accounts(subject: Subject, name: str, statement: Statement) -> Sequence[Account]:
    owner = statement.owner
    if subject == "stake":
        return [account(kind, owner.id) for kind in _STAKE]
    if subject == "account":
        try:
            return [parse_account(name)]
        except InvalidInput:
            pass  # an owner was named, not one of its accounts
    return accounts_of(owner)


def _agrees(
    models: RowReader, subject: Subject, statement: Statement, accounts: Sequence[Account]
) -> bool:
    key = f"{statement.owner}@{statement.network}"
    row = models.get(ACCOUNTS, key)
    stored: Mapping[str, str] = {}
    if row is not None:
        rows = cast(Sequence[Mapping[str, Any]], row.body["accounts"])
        stored = {each["account"]: each["posted_wei"] for each in rows}
    ours = {each: str(statement.closing.posted_wei(each.kind)) for each in accounts}
    agrees = all(stored.get(str(each), "0") == balance for each, balance in ours.items())
    if subject != "stake":
        return agrees
    stake = models.get("stake_balances", f"{statement.owner.id}@{statement.network}")
    return agrees and (
        stake is None
        or all(stake.body[_STAKE[each.kind]] == balance for each, balance in ours.items())
    )
