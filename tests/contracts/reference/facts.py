"""What a call comes to: the logs it writes, or the reasons why it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_BYTES32 = "0x" + "00" * 32
UINT128_MAX = 2**128 - 1
UINT256_MAX = 2**256 - 1


@dataclass(frozen=True, slots=True)
class Log:
    """One log: the contract's name, the event's name, and all arguments by their names in the ABI."""

    contract: str
    event: str
    args: Mapping[str, Any]


class Refused(Exception):
    """The call breaks these rules. The specification does not rank them, so a contract may name any one."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = frozenset(reasons)
        super().__init__(" | ".join(sorted(self.reasons)))


def refuse(**reasons: bool) -> None:
    """Raise Refused with each named reason that is true; return when none is."""
    refuse_any(broken(**reasons))


def refuse_any(reasons: Iterable[str]) -> None:
    """Raise Refused unless there is no reason."""
    found = frozenset(reasons)
    if found:
        raise Refused(found)


def broken(**reasons: bool) -> set[str]:
    """Return the names of the reasons that are true."""
    return {name for name, holds in reasons.items() if holds}
