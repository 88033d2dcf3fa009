"""The books: what each owner's accounts were debited and credited with, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict, cast

from domain.accounting.books import NO_TURNOVER, OwnerBooks, Turnover
from domain.accounting.chart import (
    Account,
    AccountKind,
    Owner,
    accounts_of,
    parse_account,
    parse_owner,
)
from domain.accounting.invariants import check_owner_step
from domain.accounting.postings import (
    POSTED_EVENTS,
    PostedEvent,
    moves_of,
    owners_of,
)
from domain.accounting.statement_of_contract import stated_by
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Epoch
from domain.kernel.streams import network_name_of, parse_network
from projections.projection import Body
from projections.stamp import Stamp, stamp


class ConservationBroken(Exception):
    """An event that would break a rule of conservation; its text is the sentence."""


class AccountRow(TypedDict):
    """An account: `posted_wei` is its balance, `pending_wei` what of it is spoken for, `available_wei` the rest.

    Balances are signed: only a suspense account is ever rightly below zero. `debits_wei` and `credits_wei` are totals
    over all time. `stated_wei` is the balance that the contract itself stated last, null where it states none.
    """

    account: str
    posted_wei: str
    pending_wei: str
    available_wei: str
    debits_wei: str
    credits_wei: str
    stated_wei: str | None


class BooksRow(Stamp):
    """The accounts of one owner, in the chart's order, as far as they were ever used.

    `running` is the attempt that a task's escrow is on hold for, null when there is none.
    """

    owner: str
    kind: str
    network: str
    running: int | None
    accounts: list[AccountRow]


class Accounts:
    """Key `<owner>@<network>`, an owner being `party:0x...`, `task:0x...`, `contract:0x...` or `treasury`.

    Listed by the kind of owner. With `sentinel` an event that breaks a rule of conservation is not booked but raised:
    the engine parks it with the sentence, in the transaction of its batch, and health fails.
    """

    name: Final = "accounts"
    version: Final = 2
    handles: Final[frozenset[type[Event]]] = POSTED_EVENTS

    def __init__(self, *, sentinel: bool = False) -> None:
        self._sentinel = sentinel

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the keys of the owners whose accounts the event moves."""
        event = cast(PostedEvent, recorded.event)
        network = network_name_of(recorded.stream)
        return [f"{owner}@{network}" for owner in owners_of(event, parse_network(network).arbiter)]

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the owner's books after the event."""
        event = cast(PostedEvent, recorded.event)
        owner_name, _, network = key.partition("@")
        owner = parse_owner(owner_name)
        row = None if body is None else cast(BooksRow, body)
        books = OwnerBooks(owner) if row is None else books_of(row, owner)
        moves = moves_of(event, parse_network(network).arbiter, books.before())
        after = books.after(event, moves)
        if self._sentinel:
            _refuse_broken(books, event, after)
        stated = {of.kind: str(wei) for of, wei in stated_by(event).items() if after.has(of)}
        result: BooksRow = {
            "owner": owner_name,
            "kind": owner.kind.value,
            "network": network,
            "running": after.running,
            "accounts": _account_rows(row, books, after, stated),
            **stamp(recorded),
        }
        return result

    def scope_of(self, body: Body) -> str:
        """Return the kind of owner."""
        return cast(BooksRow, body)["kind"]


def _refuse_broken(before: OwnerBooks, event: PostedEvent, after: OwnerBooks) -> None:
    for violation in check_owner_step(before, event, after):
        raise ConservationBroken(f"{violation.detail} ({violation.rule})")


def books_of(row: BooksRow, owner: Owner) -> OwnerBooks:
    """Return a row's books as the domain folds them on."""
    turnovers = {
        parse_account(each["account"]).kind: Turnover(
            int(each["debits_wei"]), int(each["credits_wei"])
        )
        for each in row["accounts"]
    }
    running = row["running"]
    return OwnerBooks(owner, turnovers, None if running is None else Epoch(running))


def _account_rows(
    row: BooksRow | None, before: OwnerBooks, after: OwnerBooks, stated: Mapping[AccountKind, str]
) -> list[AccountRow]:
    """Return the owner's accounts after an event; those that it left alone are not written anew."""
    old = {parse_account(each["account"]).kind: each for each in (row["accounts"] if row else ())}
    held_alike = before.running == after.running
    rows: list[AccountRow] = []
    for of in accounts_of(after.owner):
        known = old.get(of.kind)
        says = stated.get(of.kind, known["stated_wei"] if known else None)
        turnover = after.turnovers.get(of.kind)
        if turnover is None and says in (None, "0"):
            continue
        is_same = held_alike and turnover is before.turnovers.get(of.kind)
        if known is not None and is_same and says == known["stated_wei"]:
            rows.append(known)
        else:
            rows.append(_account_row(of, after, says))
    return rows


def _account_row(of: Account, books: OwnerBooks, stated: str | None) -> AccountRow:
    turnover = books.turnovers.get(of.kind, NO_TURNOVER)
    posted_wei, pending_wei = turnover.posted_wei(of.kind), books.pending_wei(of.kind)
    return {
        "account": str(of),
        "posted_wei": str(posted_wei),
        "pending_wei": str(pending_wei),
        "available_wei": str(posted_wei - pending_wei),
        "debits_wei": str(turnover.debits_wei),
        "credits_wei": str(turnover.credits_wei),
        "stated_wei": stated,
    }
