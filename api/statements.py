"""Statements: the events that made an owner's accounts what they are, in order, with running balances.

The same lines answer "why this number": the last balance of a line is the number, and each line names its
transaction and log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from api.account_queries import PROJECTION as ACCOUNTS
from api.event_words import words_for
from api.ledger import EventPayload, Ledger
from domain.accounting.books import OwnerBooks
from domain.accounting.chart import Account, Owner, parse_owner
from domain.accounting.postings import POSTED_EVENTS, Move, PostedEvent, moves_of
from domain.application.ports import EventLog, Row
from domain.application.read_models import RowReader
from domain.application.standing import STANDING_NAMES
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import InvalidCursor
from domain.kernel.ids import Position
from domain.kernel.streams import parse_network
from projections.accounts import BooksRow, books_of
from projections.as_of import RowsAsOf
from projections.catalogue import ALL
from projections.timeline import POSTING, timeline_key

PROJECTION: Final = "timeline"
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What an event did to one account: `balance_wei` is what was left, `against` the account on the other side."""

    account: Account
    against: Account
    debit_wei: int
    credit_wei: int
    balance_wei: int

    def document(self) -> dict[str, object]:
        """Return the entry as JSON-ready members."""
        return {
            "account": str(self.account),
            "against": str(self.against),
            "debit_wei": str(self.debit_wei),
            "credit_wei": str(self.credit_wei),
            "balance_wei": str(self.balance_wei),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """An event of an owner's story with its entries, none for one that moved none of the owner's money."""

    recorded: RecordedEvent
    entries: Sequence[Entry]

    def document(self, payload: EventPayload | None = None) -> dict[str, object]:
        """Return the line as JSON-ready members, with the event's own ones if asked for."""
        source = self.recorded.provenance
        document: dict[str, object] = {
            "position": self.recorded.position,
            "type": self.recorded.name,
            "what": words_for(self.recorded.event),
            "block": None if source is None else source.block_number,
            "time": None if source is None else source.block_time,
            "transaction_hash": None if source is None else source.transaction_hash,
            "log_index": None if source is None else source.log_index,
            "entries": [entry.document() for entry in self.entries],
        }
        if payload is not None:
            document["payload"] = payload(self.recorded.event)
        return document


@dataclass(frozen=True, slots=True)
class Statement:
    """Part of an owner's story. `opening` and `closing` are its books before and after the lines.

    `next` is the position to pass as `after` for the lines that follow, None at the end.
    """

    owner: Owner
    network: str
    opening: OwnerBooks
    lines: Sequence[Line]
    closing: OwnerBooks
    next: Position | None


def statement_of(
    ledger: Ledger,
    rows: RowReader,
    row: Row,
    *,
    after: int = 0,
    limit: int,
    postings_only: bool = True,
) -> Statement:
    """Return up to `limit` lines after a position of the owner whose books or story `row` belongs to.

    `rows` are those of now, or of the moment that is asked about: what a reorganisation took back since stands in the
    latter. Raises InvalidCursor for a position below 0.
    """
    if after < 0:
        raise InvalidCursor(f"{after} is not a position", hint="pass the `next` of an earlier page")
    owner, network = owner_of(row.key)
    name = f"{owner}@{network}"
    opening = _opening(ledger, rows, owner, network, Position(after))
    found = rows.page(
        PROJECTION,
        after=timeline_key(str(owner), network, after),
        limit=limit + 1,
        scope=POSTING if postings_only else None,
        prefix=f"{name}#",
    )
    shown = found[:limit]
    books, lines = opening, []
    for recorded in _events(ledger.log, shown):
        books, entries = _booked(books, network, recorded)
        lines.append(Line(recorded, entries))
    following = lines[-1].recorded.position if len(found) > limit else None
    return Statement(owner, network, opening, lines, books, following)


def owner_of(key: str) -> tuple[Owner, str]:
    """Return the owner and the network that the key of a row of accounts, or of one of its story, names."""
    name, _, rest = key.partition("@")
    return parse_owner(name), rest.partition("#")[0]


def _events(log: EventLog, rows: Sequence[Row]) -> Sequence[RecordedEvent]:
    positions = [Position(cast(int, row.body["position"])) for row in rows]
    return log.read_at(positions) if positions else ()


def _opening(
    ledger: Ledger, rows: RowReader, owner: Owner, network: str, until: Position
) -> OwnerBooks:
    """Return the owner's books up to a position, of what stands at the moment that `rows` are of."""
    if until == 0:
        return OwnerBooks(owner)
    at = rows.checkpoint(ACCOUNTS)
    verdicts = ledger.log.read(until, 1, names=STANDING_NAMES)
    if until < at and not (verdicts and verdicts[0].position <= at):
        # Nothing was taken back since, so what was believed then is what is believed now.
        past = RowsAsOf(ledger.log, ledger.read_models, ALL, until)
        row = past.get(ACCOUNTS, f"{owner}@{network}")
        return OwnerBooks(owner) if row is None else books_of(cast(BooksRow, row.body), owner)
    return _folded(ledger.log, rows, owner, network, until)


def _folded(
    log: EventLog, rows: RowReader, owner: Owner, network: str, until: Position
) -> OwnerBooks:
    books, after = OwnerBooks(owner), ""
    prefix = f"{owner}@{network}#"
    last = timeline_key(str(owner), network, until)
    while page := rows.page(PROJECTION, after=after, limit=_PAGE, scope=POSTING, prefix=prefix):
        wanted = [row for row in page if row.key <= last]
        for recorded in _events(log, wanted):
            books, _ = _booked(books, network, recorded)
        if len(wanted) < _PAGE:
            break
        after = page[-1].key
    return books


def _booked(
    books: OwnerBooks, network: str, recorded: RecordedEvent
) -> tuple[OwnerBooks, list[Entry]]:
    if type(recorded.event) not in POSTED_EVENTS:
        return books, []
    event = cast(PostedEvent, recorded.event)
    moves = moves_of(event, parse_network(network).arbiter, books.before())
    after = books.after(event, moves)
    return after, _entries(books, event, moves)


def _entries(books: OwnerBooks, event: PostedEvent, moves: Sequence[Move]) -> list[Entry]:
    entries: list[Entry] = []
    for move in moves:
        books = books.after(event, [move])
        for mine, other, debit in (
            (move.debit, move.credit, True),
            (move.credit, move.debit, False),
        ):
            if not books.has(mine):
                continue
            entries.append(
                Entry(
                    account=mine,
                    against=other,
                    debit_wei=move.amount_wei if debit else 0,
                    credit_wei=0 if debit else move.amount_wei,
                    balance_wei=books.posted_wei(mine.kind),
                )
            )
    return entries
