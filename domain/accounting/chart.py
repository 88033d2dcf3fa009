"""The chart of accounts: whose tokens the contracts hold, and what for.

There is one set of books for each network, which has one token for ever: amounts of two tokens never meet. What a
contract holds stands on the debit side, whom it owes that to on the credit side. The contracts charge no fees, so
there is no account for them; what slashing took stays in the pool until governance releases it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Address, Hash32


class OwnerKind(StrEnum):
    """Whose accounts they are: a contract's, a party's (node, requester, backup), a task's, or the treasury's."""

    CONTRACT = "contract"
    PARTY = "party"
    TASK = "task"
    TREASURY = "treasury"


class AccountKind(StrEnum):
    """What an account is for; the first part of its name."""

    HELD = "held"
    SUSPENSE = "suspense"
    STAKE_AVAILABLE = "stake:available"
    STAKE_LOCKED = "stake:locked"
    STAKE_UNBONDING = "stake:unbonding"
    CREDIT = "credit"
    BOUNTY_ESCROW = "bounty:escrow"
    BOUNTY_RESERVED = "bounty:reserved"
    COMPUTE_ESCROW = "compute:escrow"
    SLASH_POOL = "treasury:slash_pool"


ACCOUNTS_OF: Final[Mapping[OwnerKind, tuple[AccountKind, ...]]] = {
    OwnerKind.CONTRACT: (AccountKind.HELD, AccountKind.SUSPENSE),
    OwnerKind.PARTY: (
        AccountKind.STAKE_AVAILABLE,
        AccountKind.STAKE_LOCKED,
        AccountKind.STAKE_UNBONDING,
        AccountKind.CREDIT,
    ),
    OwnerKind.TASK: (
        AccountKind.BOUNTY_ESCROW,
        AccountKind.BOUNTY_RESERVED,
        AccountKind.COMPUTE_ESCROW,
    ),
    OwnerKind.TREASURY: (AccountKind.SLASH_POOL,),
}
"""The accounts that each kind of owner has."""

OWNER_OF: Final[Mapping[AccountKind, OwnerKind]] = {
    kind: owner for owner, kinds in ACCOUNTS_OF.items() for kind in kinds
}

DEBIT_NORMAL: Final = frozenset({AccountKind.HELD})
"""Accounts of what is there; the balance is debits less credits. All others say whom it is owed to."""

UNBOUNDED: Final = frozenset({AccountKind.SUSPENSE})
"""The accounts that may fall below zero: tokens that the contract counts on and that never arrived."""

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_SHAPES: Final[Mapping[OwnerKind, re.Pattern[str]]] = {
    OwnerKind.CONTRACT: _ADDRESS,
    OwnerKind.PARTY: _ADDRESS,
    OwnerKind.TASK: _HASH,
    OwnerKind.TREASURY: re.compile(""),
}
_HINT: Final = (
    "an account is held:, suspense:, stake:available:, stake:locked:, stake:unbonding: or credit: and an address, "
    "bounty:escrow:, bounty:reserved: or compute:escrow: and a task, or treasury:slash_pool"
)


class Owner(NamedTuple):
    """Whose accounts they are. `id` is an address, a task's id, or empty for the treasury."""

    kind: OwnerKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


class Account(NamedTuple):
    """One account of the books, named `<kind>:<owner's id>`, for instance `stake:locked:0x...`."""

    kind: AccountKind
    owner_id: str

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return Owner(OWNER_OF[self.kind], self.owner_id)

    @property
    def is_debit_normal(self) -> bool:
        """Whether its balance is debits less credits."""
        return self.kind in DEBIT_NORMAL

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner_id}" if self.owner_id else str(self.kind)


# Moves are made for each event that is folded, mostly between the same few accounts in a row.
@lru_cache(maxsize=4_096)
def account(kind: AccountKind, owner_id: str) -> Account:
    """Return the account of that kind that the owner has."""
    return Account(kind, owner_id)


@lru_cache(maxsize=4_096)
def accounts_of(owner: Owner) -> tuple[Account, ...]:
    """Return all accounts that the owner has, in the chart's order."""
    return tuple(account(kind, owner.id) for kind in ACCOUNTS_OF[owner.kind])


@lru_cache(maxsize=4_096)
def contract(address: Address) -> Owner:
    """Return the contract as an owner."""
    return Owner(OwnerKind.CONTRACT, address)


@lru_cache(maxsize=4_096)
def party(address: Address) -> Owner:
    """Return a node, requester or backup as an owner."""
    return Owner(OwnerKind.PARTY, address)


@lru_cache(maxsize=4_096)
def task(task_id: Hash32) -> Owner:
    """Return a task as an owner."""
    return Owner(OwnerKind.TASK, task_id)


TREASURY: Final = Owner(OwnerKind.TREASURY, "")


@lru_cache(maxsize=4_096)
def parse_account(text: str) -> Account:
    """Return the account that `text` names. Raises InvalidInput for a name that no account can have."""
    lowered = text.strip().lower()
    for kind in AccountKind:
        owner_kind = OWNER_OF[kind]
        rest = lowered.removeprefix(str(kind))
        if rest == lowered:
            continue
        identifier = rest.removeprefix(":")
        colon = rest != identifier
        if colon == bool(identifier) and _SHAPES[owner_kind].fullmatch(identifier):
            return account(kind, identifier)
    raise InvalidInput(f"`{text[:120]}` does not name an account", hint=_HINT)


@lru_cache(maxsize=4_096)
def parse_owner(text: str) -> Owner:
    """Return the owner that `text` names as `<kind>:<id>`. Raises InvalidInput."""
    kind, _, identifier = text.strip().lower().partition(":")
    for owner_kind, shape in _SHAPES.items():
        if kind == owner_kind and shape.fullmatch(identifier):
            return Owner(owner_kind, identifier)
    raise InvalidInput(
        f"`{text[:120]}` does not name an owner of accounts",
        hint="an owner is party: or contract: and an address, task: and a task's id, or treasury",
    )
