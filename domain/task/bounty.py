"""How the bounty of a failed attempt is shared among backups."""

from __future__ import annotations

from domain.kernel.errors import InvalidInput
from domain.kernel.money import Wei


def split_bounty(bounty_wei: Wei, beneficiaries: int) -> tuple[Wei, ...]:
    """Return equal shares in wei, one for each beneficiary in order; what does not divide goes to the first.

    Source: the arbiter's redistribution after a fault (`BountyRedistributed`). The shares always sum to the
    bounty. Raises InvalidInput without a beneficiary or for a negative bounty.
    """
    if beneficiaries < 1 or bounty_wei < 0:
        raise InvalidInput(
            f"{bounty_wei} wei cannot be shared among {beneficiaries} accounts",
            hint="a bounty of zero or more is shared among at least one account",
        )
    share, remainder = divmod(bounty_wei, beneficiaries)
    return (Wei(share + remainder), *(Wei(share),) * (beneficiaries - 1))
