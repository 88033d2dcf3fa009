"""The auditor's tables as rows: general ledger, trial balance and roll-forward. Amounts are wei as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from domain.accounting.books import NO_TURNOVER, Books, Turnover
from domain.accounting.chart import DEBIT_NORMAL, OWNER_OF, Account
from domain.accounting.postings import AccountedEvent, Move
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from domain.kernel.streams import network_name_of, parse_network

TOKEN_DECIMALS: Final = 18
"""One AGPT is 10**18 wei. Source: the token's `decimals`, which its contract does not change."""

Cell: TypeAlias = str | int | None
Cells: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: text, or whole numbers below 2**63 that may be missing."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name and columns; amounts are columns of text named `*_wei`."""

    name: str
    columns: tuple[Column, ...]


def _columns(*names: str, numbers: Sequence[str] = ()) -> tuple[Column, ...]:
    return tuple(Column(name, name in numbers) for name in names)


GENERAL_LEDGER: Final = Table(
    "general_ledger",
    _columns(
        *("network", "position", "block", "block_time", "transaction_hash", "log_index"),
        *("event", "move", "account", "against", "debit_wei", "credit_wei", "balance_wei"),
        "token_decimals",
        numbers=("position", "block", "block_time", "log_index", "move", "token_decimals"),
    ),
)
TRIAL_BALANCE: Final = Table(
    "trial_balance",
    _columns(
        *("network", "account", "kind", "owner", "side", "debits_wei", "credits_wei"),
        *("balance_wei", "pending_wei", "token_decimals"),
        numbers=("token_decimals",),
    ),
)
ROLL_FORWARD: Final = Table(
    "roll_forward",
    _columns(
        *("network", "account", "kind", "owner", "side", "from_position", "to_position"),
        *("opening_wei", "debits_wei", "credits_wei", "closing_wei", "token_decimals"),
        numbers=("from_position", "to_position", "token_decimals"),
    ),
)


@dataclass(frozen=True, slots=True)
class Posting:
    """An event and the moves that it was booked with; `balances_wei` are those of each move's two accounts after it."""

    network: str
    recorded: RecordedEvent
    moves: Sequence[tuple[Move, int, int]]


class Bookkeeper:
    """Books events of several networks one after the other; memory grows with the accounts, not with the events.

    `opening` are the turnovers up to `opened_at`, the closing ones are in `books`.
    """

    def __init__(self, opened_at: Position) -> None:
        self.opened_at = opened_at
        self.books: dict[str, Books] = {}
        self.opening: dict[str, Mapping[Account, Turnover]] = {}
        self._is_open = False

    def book(self, recorded: RecordedEvent) -> Posting | None:
        """Book one event; return what it moved, None for a memo and for an event up to `opened_at`."""
        if recorded.position > self.opened_at:
            self._open()
        name = network_name_of(recorded.stream)
        if not name:
            return None
        books = self.books.setdefault(name, Books(parse_network(name).arbiter))
        moves = books.post(cast(AccountedEvent, recorded.event))
        if not moves or not self._is_open:
            return None
        return Posting(name, recorded, _with_balances(books, moves))

    def close(self) -> None:
        """End the booking: what was opened never is opened now."""
        self._open()

    def trial_balance(self) -> Iterator[Cells]:
        """Yield the rows of TRIAL_BALANCE by network and account."""
        for network, of, turnover in self._accounts():
            books = self.books[network].of(of.owner)
            yield (
                *_named(network, of),
                str(turnover.debits_wei),
                str(turnover.credits_wei),
                str(turnover.posted_wei(of.kind)),
                str(books.pending_wei(of.kind)),
                TOKEN_DECIMALS,
            )

    def roll_forward(self, to: Position) -> Iterator[Cells]:
        """Yield the rows of ROLL_FORWARD by network and account: opening, movements, closing."""
        for network, of, closing in self._accounts():
            opening = self.opening.get(network, {}).get(of, NO_TURNOVER)
            yield (
                *_named(network, of),
                self.opened_at,
                to,
                str(opening.posted_wei(of.kind)),
                str(closing.debits_wei - opening.debits_wei),
                str(closing.credits_wei - opening.credits_wei),
                str(closing.posted_wei(of.kind)),
                TOKEN_DECIMALS,
            )

    def balances(self) -> Iterator[tuple[str, Account, int]]:
        """Yield each account with its debits less its credits, by network and account."""
        for network, of, turnover in self._accounts():
            yield network, of, turnover.debits_wei - turnover.credits_wei

    def _open(self) -> None:
        if not self._is_open:
            self.opening = {name: dict(books.accounts()) for name, books in self.books.items()}
            self._is_open = True

    def _accounts(self) -> Iterator[tuple[str, Account, Turnover]]:
        for network in sorted(self.books):
            accounts = sorted(self.books[network].accounts(), key=lambda pair: str(pair[0]))
            for of, turnover in accounts:
                yield network, of, turnover


def ledger_rows(posting: Posting) -> Iterable[Cells]:
    """Return the rows of GENERAL_LEDGER for one posting: two for each move."""
    source = posting.recorded.provenance
    place: Cells = (
        posting.network,
        posting.recorded.position,
        None if source is None else source.block_number,
        None if source is None else source.block_time,
        None if source is None else source.transaction_hash,
        None if source is None else source.log_index,
        posting.recorded.name,
    )
    for number, (move, debited_wei, credited_wei) in enumerate(posting.moves, start=1):
        amount, debit, credit = str(move.amount_wei), str(move.debit), str(move.credit)
        yield (*place, number, debit, credit, amount, "0", str(debited_wei), TOKEN_DECIMALS)
        yield (*place, number, credit, debit, "0", amount, str(credited_wei), TOKEN_DECIMALS)


def _named(network: str, of: Account) -> tuple[str, str, str, str, str]:
    side = "debit" if of.kind in DEBIT_NORMAL else "credit"
    owner = of.owner_id or OWNER_OF[of.kind].value
    return network, str(of), of.kind.value, owner, side


def _with_balances(books: Books, moves: Sequence[Move]) -> list[tuple[Move, int, int]]:
    """Return each move with the balances of its accounts right after it: found backwards from those after all."""
    found: list[tuple[Move, int, int]] = []
    later: dict[Account, int] = {}
    for move in reversed(moves):
        sides = []
        for of, change in ((move.debit, move.amount_wei), (move.credit, -move.amount_wei)):
            after = books.posted_wei(of) - later.get(of, 0)
            sides.append(after)
            grown = change if of.kind in DEBIT_NORMAL else -change
            later[of] = later.get(of, 0) + grown
        found.append((move, sides[0], sides[1]))
    return found[::-1]
