"""The books as a plain-text journal that hledger reads: another program adds up every wei.

Format: https://hledger.org/1.25/hledger.html#journal-format . One wei is the unit, so that no amount has a fraction.
The journal ends with the balance of each account as an assertion, which hledger checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from domain.accounting.chart import DEBIT_NORMAL, Account, AccountKind
from domain.accounting.reports import Bookkeeper, Posting

NAME: Final = "books.journal"
_EPOCH_DAY: Final = "1970-01-01"


class Journal:
    """A journal being written to a file."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._day = _EPOCH_DAY
        self._file.write(
            "; The books of an agentgpt-ledger. Amounts are wei: 10**18 of them are one AGPT.\n"
            "; Debits are written without a sign, credits with a minus.\n"
            "commodity 1000. wei\n\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, posting: Posting) -> None:
        """Write one event as a transaction."""
        source = posting.recorded.provenance
        if source is not None:
            # Days never go back, so that assertions hold in the order in which they are written.
            self._day = max(self._day, _day_of(source.block_time))
        place = (
            ""
            if source is None
            else f", transaction:{source.transaction_hash}, log:{source.log_index}"
        )
        self._file.write(
            f"{self._day} ({posting.recorded.position}) {posting.recorded.name}"
            f"  ; position:{posting.recorded.position}{place}\n"
        )
        for move, _, _ in posting.moves:
            self._file.write(f"    {_name(posting.network, move.debit)}  {move.amount_wei} wei\n")
            self._file.write(f"    {_name(posting.network, move.credit)}  -{move.amount_wei} wei\n")
        self._file.write("\n")

    def open_with(self, keeper: Bookkeeper) -> None:
        """Write the balances with which the journal begins, if it does not begin with the first event."""
        lines = [
            f"    {_name(network, of)}  {turnover.debits_wei - turnover.credits_wei} wei\n"
            for network in sorted(keeper.opening)
            for of, turnover in sorted(
                keeper.opening[network].items(), key=lambda pair: str(pair[0])
            )
            if turnover.debits_wei != turnover.credits_wei
        ]
        if lines:
            self._file.write(f"{self._day} opening balances at position {keeper.opened_at}\n")
            self._file.writelines([*lines, "\n"])

    def close_with(self, keeper: Bookkeeper) -> None:
        """Write the balance of every account as an assertion."""
        lines = list(_assertions(keeper))
        if lines:
            self._file.write(f"{self._day} closing balances\n")
            self._file.writelines(lines)


def _assertions(keeper: Bookkeeper) -> Iterator[str]:
    for network, of, balance_wei in keeper.balances():
        yield f"    {_name(network, of)}  0 wei = {balance_wei} wei\n"


def _name(network: str, of: Account) -> str:
    """Return the account's name with what kind of account it is to any accountant in front."""
    if of.kind in DEBIT_NORMAL:
        side = "assets"
    else:
        side = "liabilities" if of.kind is not AccountKind.SUSPENSE else "liabilities:unexplained"
    return f"{side}:{network}:{of}"


def _day_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
