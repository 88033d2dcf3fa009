"""Questions about the books, asked in the same way by the HTTP API and the commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from api.queries import MAX_NETWORKS, find_on_network
from domain.accounting.chart import (
    DEBIT_NORMAL,
    AccountKind,
    Owner,
    OwnerKind,
    account,
    contract,
    parse_account,
    parse_owner,
)
from domain.application.ports import Row
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Address, parse_address, parse_hash
from projections.accounts import AccountRow, BooksRow

PROJECTION = "accounts"


def owner_named(text: str) -> Owner:
    """Return the owner that an account, an owner, a party's address or a task's id names. Raises InvalidInput."""
    typed = text.strip().lower()
    if re.fullmatch(r"0x[0-9a-f]{64}", typed):
        return Owner(OwnerKind.TASK, parse_hash(typed))
    if typed.startswith("0x"):
        return Owner(OwnerKind.PARTY, parse_address(typed))
    try:
        return parse_owner(typed)
    except InvalidInput:
        return parse_account(typed).owner


def books_named(models: RowReader, text: str, network: str | None) -> Mapping[str, object]:
    """Return an owner's books; of an account's name, only that account's.

    Raises InvalidInput for a name that means nothing, and NotFound when nothing was ever booked there.
    """
    owner = owner_named(text)
    row = find_on_network(models, PROJECTION, str(owner), network)
    typed = text.strip().lower()
    if typed == str(owner) or typed.startswith("0x"):
        return row.body
    books = _books(row)
    mine = [each for each in books["accounts"] if each["account"] == typed]
    if not mine:
        known = ", ".join(each["account"] for each in books["accounts"])
        raise NotFound(f"nothing was ever booked on {typed}", hint=f"its owner has {known}")
    return {**books, "accounts": mine}


def held_by(models: RowReader, address: Address, network: str) -> int:
    """Return how many wei a contract holds by the books, 0 for one that never held any."""
    row = models.get(PROJECTION, f"{contract(address)}@{network}")
    if row is None:
        return 0
    held = str(account(AccountKind.HELD, address))
    found = [each for each in _books(row)["accounts"] if each["account"] == held]
    return int(found[0]["posted_wei"]) if found else 0


def trial_balance(models: RowReader) -> Mapping[str, object]:
    """Return the sums of all accounts of a kind, for each network, at most 100 of them.

    `balanced` says whether debits equal credits and what is held is what is owed.
    """
    position = models.checkpoint(PROJECTION)
    sums: dict[str, dict[AccountKind, list[int]]] = {}
    for row in models.rows(PROJECTION):
        books = _books(row)
        lines = sums.setdefault(books["network"], {})
        for each in books["accounts"]:
            line = lines.setdefault(parse_account(each["account"]).kind, [0, 0, 0, 0])
            _add(line, each)
    networks = [_network(name, sums[name]) for name in sorted(sums)[:MAX_NETWORKS]]
    return {
        "position": position,
        "balanced": all(network["balanced"] for network in networks),
        "networks": networks,
    }


def _add(line: list[int], each: AccountRow) -> None:
    line[0] += 1
    line[1] += int(each["debits_wei"])
    line[2] += int(each["credits_wei"])
    line[3] += int(each["pending_wei"])


def _network(name: str, lines: Mapping[AccountKind, list[int]]) -> dict[str, object]:
    debits_wei = sum(line[1] for line in lines.values())
    credits_wei = sum(line[2] for line in lines.values())
    held_wei = sum(line[1] - line[2] for kind, line in lines.items() if kind in DEBIT_NORMAL)
    owed_wei = sum(line[2] - line[1] for kind, line in lines.items() if kind not in DEBIT_NORMAL)
    return {
        "network": name,
        "balanced": debits_wei == credits_wei and held_wei == owed_wei,
        "debits_wei": str(debits_wei),
        "credits_wei": str(credits_wei),
        "held_wei": str(held_wei),
        "owed_wei": str(owed_wei),
        "lines": [_line(kind, lines[kind]) for kind in AccountKind if kind in lines],
    }


def _line(kind: AccountKind, line: list[int]) -> Mapping[str, object]:
    count, debits_wei, credits_wei, pending_wei = line
    is_debit = kind in DEBIT_NORMAL
    return {
        "kind": kind.value,
        "side": "debit" if is_debit else "credit",
        "accounts": count,
        "debits_wei": str(debits_wei),
        "credits_wei": str(credits_wei),
        "balance_wei": str(debits_wei - credits_wei if is_debit else credits_wei - debits_wei),
        "pending_wei": str(pending_wei),
    }


def _books(row: Row) -> BooksRow:
    return cast(BooksRow, row.body)
