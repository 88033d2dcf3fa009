"""The books: what each owner's accounts were debited and credited with, and what is left of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypedDict, cast

from domain.accounting.books import NO_TURNOVER, OwnerBooks, Turnover
from domain.accounting.chart import (
    ACCOUNTS_OF,
    AccountKind,
    Owner,
    account,
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
        owners = owners_of(event, parse_network(network).arbiter)
        return tuple([f"{owner}@{network}" for owner in owners])

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the owner's books after the event."""
        event = cast(PostedEvent, recorded.event)
        owner_name, _, network = key.partition("@")
        if isinstance(body, _BookedBody):
            books, lines = body.books, body.lines
        else:
            books, lines = _read(parse_owner(owner_name), body)
        moves = moves_of(event, parse_network(network).arbiter, books.before())
        after = books.after(event, moves)
        if self._sentinel:
            _refuse_broken(books, event, after)
        stated = {of.kind: str(wei) for of, wei in stated_by(event).items() if after.has(of)}
        lines = _lines(lines, books, after, stated)
        row: BooksRow = {
            "owner": owner_name,
            "kind": after.owner.kind.value,
            "network": network,
            "running": after.running,
            "accounts": list(lines.values()),
            **stamp(recorded),
        }
        return _BookedBody(row, _as_stored(after, lines), lines)

    def scope_of(self, body: Body) -> str:
        """Return the kind of owner."""
        return cast(BooksRow, body)["kind"]


class _BookedBody(dict[str, object]):
    """A body that is folded on without being read again: with the books it was written from. Never changed."""

    __slots__ = ("books", "lines")

    def __init__(
        self, row: BooksRow, books: OwnerBooks, lines: Mapping[AccountKind, AccountRow]
    ) -> None:
        super().__init__(row)
        self.books = books
        self.lines = lines


def _as_stored(books: OwnerBooks, lines: Collection[AccountKind]) -> OwnerBooks:
    """Return the books as they are read back: an account that was only ever stated has a turnover of nothing there."""
    if len(books.turnovers) == len(lines):
        return books
    turnovers = {kind: books.turnovers.get(kind, NO_TURNOVER) for kind in lines}
    return OwnerBooks(books.owner, turnovers, books.running)


def _read(owner: Owner, body: Body | None) -> tuple[OwnerBooks, Mapping[AccountKind, AccountRow]]:
    """Return what a `_BookedBody` has at hand, of a body that comes from a store."""
    if body is None:
        return OwnerBooks(owner), {}
    row = cast(BooksRow, body)
    lines = {parse_account(each["account"]).kind: each for each in row["accounts"]}
    return books_of(row, owner), lines


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


def _lines(
    old: Mapping[AccountKind, AccountRow],
    before: OwnerBooks,
    after: OwnerBooks,
    stated: Mapping[AccountKind, str],
) -> dict[AccountKind, AccountRow]:
    """Return the owner's accounts after an event; those that it left alone are not written anew."""
    held_alike = before.running == after.running
    lines: dict[AccountKind, AccountRow] = {}
    for kind in ACCOUNTS_OF[after.owner.kind]:
        known = old.get(kind)
        says = stated.get(kind, known["stated_wei"] if known else None)
        turnover = after.turnovers.get(kind)
        if turnover is None and says in (None, "0"):
            continue
        is_same = held_alike and turnover is before.turnovers.get(kind)
        if known is not None and is_same and says == known["stated_wei"]:
            lines[kind] = known
        else:
            name = known["account"] if known else str(account(kind, after.owner.id))
            lines[kind] = _line(name, kind, after, says)
    return lines


def _line(name: str, kind: AccountKind, books: OwnerBooks, stated: str | None) -> AccountRow:
    turnover = books.turnovers.get(kind, NO_TURNOVER)
    posted = str(turnover.posted_wei(kind))
    is_spoken_for = books.is_spoken_for(kind)
    return {
        "account": name,
        "posted_wei": posted,
        "pending_wei": posted if is_spoken_for else "0",
        "available_wei": "0" if is_spoken_for else posted,
        "debits_wei": str(turnover.debits_wei),
        "credits_wei": str(turnover.credits_wei),
        "stated_wei": stated,
    }
