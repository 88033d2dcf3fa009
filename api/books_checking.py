"""Books the whole log again and checks every rule of conservation, for the command line and the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from api.ledger import Ledger
from domain.accounting.books import Books
from domain.accounting.chart import AccountKind
from domain.accounting.invariants import check_books, check_suspense, post_checked
from domain.application.catalogue import LedgerEvent
from domain.application.read_models import ReadModels
from domain.application.standing_pages import standing_pages
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import Unavailable
from domain.kernel.ids import Position
from domain.kernel.streams import network_name_of, parse_network
from domain.kernel.violation import Violation
from projections.accounts import BooksRow

PROJECTION: Final = "accounts"
ATTEMPTS_MAX: Final = 5

_TOTALS: Final[Mapping[str, tuple[AccountKind, ...]]] = {
    "stake_wei": (
        AccountKind.STAKE_AVAILABLE,
        AccountKind.STAKE_LOCKED,
        AccountKind.STAKE_UNBONDING,
    ),
    "credit_wei": (AccountKind.CREDIT,),
    "pool_wei": (AccountKind.SLASH_POOL,),
    "escrow_wei": (
        AccountKind.BOUNTY_ESCROW,
        AccountKind.BOUNTY_RESERVED,
        AccountKind.COMPUTE_ESCROW,
    ),
}
"""The members of a network's totals, which are folded in another way, and the accounts that they must equal."""


@dataclass(frozen=True, slots=True)
class Break:
    """A broken rule; `position` and what follows name the event it was seen at, None for the books as a whole."""

    violation: Violation
    network: str
    position: int | None = None
    transaction_hash: str | None = None
    log_index: int | None = None

    def document(self) -> Mapping[str, object]:
        """Return the break as JSON-ready members."""
        return {
            "rule": self.violation.rule,
            "detail": self.violation.detail,
            "network": self.network,
            "position": self.position,
            "transaction_hash": self.transaction_hash,
            "log_index": self.log_index,
        }

    def __str__(self) -> str:
        place = "" if self.position is None else f"position {self.position}: "
        return f"{place}{self.violation.detail} ({self.violation.rule})"


@dataclass(slots=True)
class BooksResult:
    """What booking the log again found; no breaks means that the books are in order."""

    position: Position = field(default_factory=lambda: Position(0))
    entries: int = 0
    moves: int = 0
    accounts: int = 0
    breaks: list[Break] = field(default_factory=list)

    def document(self) -> Mapping[str, object]:
        """Return the result as JSON-ready members."""
        return {
            "ok": not self.breaks,
            "position": self.position,
            "entries": self.entries,
            "moves": self.moves,
            "accounts": self.accounts,
            "breaks": [each.document() for each in self.breaks],
        }


def check_ledger_books(
    ledger: Ledger, *, limit: int, on_progress: Callable[[int, int], None] | None = None
) -> BooksResult:
    """Book the log up to where the stored books stand, check every rule, and compare; names up to `limit` breaks.

    Raises Unavailable when the stored books move on each time they are compared.
    """
    for _ in range(ATTEMPTS_MAX):
        until = ledger.read_models.checkpoint(PROJECTION)
        result = BooksResult()
        networks = _book(ledger, until, result, limit, on_progress)
        for name, books in networks.items():
            result.accounts += sum(1 for _ in books.accounts())
            result.breaks += [Break(each, name) for each in check_books(books)]
            if result.position == ledger.log.head():
                # Further back the position may lie inside a transaction.
                result.breaks += [Break(each, name) for each in check_suspense(books)]
            compared = (
                *_compare_rows(ledger.read_models, name, books),
                *_totals(ledger, name, books),
            )
            result.breaks += [Break(each, name) for each in compared]
        del result.breaks[limit:]
        if not result.breaks or ledger.read_models.checkpoint(PROJECTION) == until:
            return result
    raise Unavailable(
        "the books moved on each time they were compared",
        hint="try again when less is written, or audit a copy of the database",
    )


def _book(
    ledger: Ledger,
    until: Position,
    result: BooksResult,
    limit: int,
    on_progress: Callable[[int, int], None] | None,
) -> dict[str, Books]:
    networks: dict[str, Books] = {}
    for reached, events in standing_pages(ledger.log, until):
        for recorded in events:
            name = network_name_of(recorded.stream)
            if not name:
                continue
            books = networks.setdefault(name, Books(parse_network(name).arbiter))
            moves, found = post_checked(books, cast(LedgerEvent, recorded.event))
            result.entries += bool(moves)
            result.moves += len(moves)
            if found and len(result.breaks) < limit:
                result.breaks += _at(recorded, name, found)
        result.position = reached
        if on_progress is not None:
            on_progress(reached, until)
    return networks


def _at(recorded: RecordedEvent, network: str, found: Sequence[Violation]) -> Iterator[Break]:
    source = recorded.provenance
    for violation in found:
        yield Break(
            violation,
            network,
            recorded.position,
            None if source is None else source.transaction_hash,
            None if source is None else source.log_index,
        )


def _compare_rows(models: ReadModels, network: str, books: Books) -> Iterator[Violation]:
    """Yield which stored accounts are not what was booked; a row that should not be there counts too."""
    expected = {
        str(of): (str(turnover.debits_wei), str(turnover.credits_wei))
        for of, turnover in books.accounts()
    }
    stored: dict[str, tuple[str, str]] = {}
    for row in models.rows(PROJECTION):
        body = cast(BooksRow, row.body)
        if body["network"] == network:
            for each in body["accounts"]:
                stored[each["account"]] = (each["debits_wei"], each["credits_wei"])
    nothing = ("0", "0")
    for name in sorted({*expected, *stored}):
        ours, theirs = expected.get(name, nothing), stored.get(name, nothing)
        if ours != theirs:
            yield Violation(
                "books.not_as_stored",
                f"{name} was debited {ours[0]} and credited {ours[1]} wei, stored are {theirs[0]} and {theirs[1]}",
            )


def _totals(ledger: Ledger, network: str, books: Books) -> Iterator[Violation]:
    """Yield where the network's totals, another fold of the same log, differ from the books."""
    models = ledger.read_models
    row = models.get("network_totals", network)
    if row is None or models.checkpoint("network_totals") != models.checkpoint(PROJECTION):
        return
    totals = cast(Mapping[str, Any], row.body)
    for member, kinds in _TOTALS.items():
        booked_wei = sum(
            turnover.posted_wei(of.kind) for of, turnover in books.accounts() if of.kind in kinds
        )
        if str(booked_wei) != totals[member]:
            yield Violation(
                "books.not_as_totals",
                f"the books have {booked_wei} wei as {member}, the network's totals {totals[member]}",
            )
