"""What a task's compute costs."""

from __future__ import annotations

from domain.kernel.errors import InvalidInput
from domain.kernel.money import WEI_MAX, Wei

PRIORITY_NUMERATOR = 22
PRIORITY_DENOMINATOR = 10


class PriceOverflow(InvalidInput):
    """The price, or a step on the way to it, does not fit in 256 bits."""

    code = "price-overflow"


def calculate_compute_cost(
    *, gpu_hours: int, memory_gb: int, priority: bool, gpu_rate_wei: Wei, memory_rate_wei: Wei
) -> Wei:
    """Return the compute price in wei, exactly as the arbiter's `calculateComputeCost` does.

    gpu_hours * gpu_rate + memory_gb * memory_rate; with priority the sum times 22, then divided by 10 and floored.
    Source: the network's published heavy-compute arbiter. Raises PriceOverflow where the contract's
    256-bit arithmetic would revert, also in a step before the division, and InvalidInput for a negative quantity.
    """
    if min(gpu_hours, memory_gb, gpu_rate_wei, memory_rate_wei) < 0:
        raise InvalidInput(
            "GPU hours, memory and rates cannot be negative", hint="give zero or more of each"
        )
    cost = _fit(_fit(gpu_hours * gpu_rate_wei) + _fit(memory_gb * memory_rate_wei))
    if priority:
        cost = _fit(cost * PRIORITY_NUMERATOR) // PRIORITY_DENOMINATOR
    return Wei(cost)


def _fit(amount: int) -> int:
    if amount > WEI_MAX:
        raise PriceOverflow(
            "the compute price does not fit in 256 bits",
            hint="ask for fewer GPU hours or less memory",
        )
    return amount
