"""The token: balances, allowances, and a supply that never passes its cap."""

from __future__ import annotations

from collections import defaultdict

from tests.contracts.reference.facts import (
    UINT256_MAX,
    ZERO_ADDRESS,
    Log,
    broken,
    refuse_any,
)
from tests.contracts.reference.roles import MINTER, Roles

NAME = "AGPT"


class Token:
    """ERC-20 with a minter role. A method returns logs or raises Refused and changes nothing."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.supply = 0
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.allowances: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.roles = Roles(NAME)

    def mint(self, sender: str, to: str, amount: int) -> list[Log]:
        refuse_any(
            self.roles.missing(MINTER, sender)
            | broken(
                CapExceeded=self.supply + amount > self.cap,
                ERC20InvalidReceiver=to == ZERO_ADDRESS,
            )
        )
        self.supply += amount
        self.balances[to] += amount
        return [_transfer(ZERO_ADDRESS, to, amount)]

    def approve(self, sender: str, spender: str, amount: int) -> list[Log]:
        refuse_any(broken(ERC20InvalidSpender=spender == ZERO_ADDRESS))
        self.allowances[sender, spender] = amount
        return [Log(NAME, "Approval", {"owner": sender, "spender": spender, "value": amount})]

    def why_not_send(self, source: str, to: str, amount: int) -> set[str]:
        return broken(
            ERC20InsufficientBalance=self.balances[source] < amount,
            ERC20InvalidReceiver=to == ZERO_ADDRESS,
        )

    def why_not_pull(self, spender: str, source: str, amount: int) -> set[str]:
        return self.why_not_send(source, spender, amount) | broken(
            ERC20InsufficientAllowance=self.allowances[source, spender] < amount
        )

    def transfer(self, sender: str, to: str, amount: int) -> list[Log]:
        refuse_any(self.why_not_send(sender, to, amount))
        self.balances[sender] -= amount
        self.balances[to] += amount
        return [_transfer(sender, to, amount)]

    def pull(self, spender: str, source: str, amount: int) -> list[Log]:
        """Move tokens to the spender itself, by its allowance; the highest allowance never shrinks."""
        refuse_any(self.why_not_pull(spender, source, amount))
        if self.allowances[source, spender] != UINT256_MAX:
            self.allowances[source, spender] -= amount
        return self.transfer(source, spender, amount)


def _transfer(source: str, to: str, amount: int) -> Log:
    return Log(NAME, "Transfer", {"from": source, "to": to, "value": amount})
