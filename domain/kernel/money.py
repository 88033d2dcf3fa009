"""Amounts of AGPT: whole wei, never a fraction."""

from __future__ import annotations

import re
from typing import NewType

from domain.kernel.errors import InvalidAmount

Wei = NewType("Wei", int)
"""10**-18 AGPT. A Python int here, a decimal string in JSON: JSON numbers lose digits above 2**53."""

NO_WEI = Wei(0)
WEI_PER_AGPT = 10**18
WEI_MAX = 2**256 - 1
BPS = 10_000
"""Hundredths of a percent in a whole."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")


def parse_wei(text: object) -> Wei:
    """Return the amount that `text` writes in canonical decimal digits.

    Raises InvalidAmount for anything else: a number, a sign, a point, leading zeros, more than 256 bits.
    """
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise InvalidAmount(text)
    amount = int(text)
    if amount > WEI_MAX:
        raise InvalidAmount(text)
    return Wei(amount)


def format_agpt(amount_wei: int) -> str:
    """Return the amount in AGPT for people: thousands grouped, trailing zeros dropped, exact."""
    sign = "-" if amount_wei < 0 else ""
    whole, fraction = divmod(abs(amount_wei), WEI_PER_AGPT)
    digits = f"{fraction:018d}".rstrip("0")
    return f"{sign}{whole:,}" + (f".{digits}" if digits else "")


def part_rounded_up(amount_wei: int, bps: int) -> Wei:
    """Return `bps` hundredths of a percent of the amount; a fraction of a wei counts as a whole one."""
    return Wei(-(-amount_wei * bps // BPS))
