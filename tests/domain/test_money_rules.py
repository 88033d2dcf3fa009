"""Prices, shares and slashes: exact, and never more than there is."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import InvalidAmount, InvalidInput
from domain.kernel.ids import Timestamp
from domain.kernel.money import WEI_MAX, Wei, format_agpt, parse_wei
from domain.stake.slashing import slash_amount, slash_stake
from domain.stake.withdrawals import PendingWithdrawal
from domain.task.bounty import split_bounty
from domain.task.pricing import PriceOverflow, calculate_compute_cost
from tests.support.events import stake

amounts = st.integers(0, 10**27).map(Wei)
NOW = Timestamp(1_000)
queues = st.lists(
    st.builds(
        PendingWithdrawal,
        withdrawal_id=st.integers(1, 99),
        amount_wei=amounts,
        unlock_at=st.integers(900, 1_100).map(Timestamp),
    ),
    max_size=8,
)


@pytest.mark.parametrize(
    ("gpu_hours", "memory_gb", "priority", "price"),
    [
        (2, 8, False, 2 * 7 + 8 * 3),
        (2, 8, True, (2 * 7 + 8 * 3) * 22 // 10),
        (1, 0, True, 15),  # 7 * 22 / 10 = 15.4
        (0, 0, True, 0),
    ],
)
def test_the_compute_price_is_the_published_formula(
    gpu_hours: int, memory_gb: int, priority: bool, price: int
) -> None:
    assert price == calculate_compute_cost(
        gpu_hours=gpu_hours,
        memory_gb=memory_gb,
        priority=priority,
        gpu_rate_wei=Wei(7),
        memory_rate_wei=Wei(3),
    )


def test_priority_is_applied_to_the_sum_and_not_to_its_parts() -> None:
    price = calculate_compute_cost(
        gpu_hours=1, memory_gb=1, priority=True, gpu_rate_wei=Wei(3), memory_rate_wei=Wei(3)
    )
    assert price == 13
    assert price != 2 * (3 * 22 // 10)


@given(
    hours=st.integers(0, 2**140),
    memory=st.integers(0, 2**140),
    rate=st.integers(0, 2**130),
    priority=st.booleans(),
)
def test_a_price_that_256_bits_cannot_hold_is_refused_and_no_other(
    hours: int, memory: int, rate: int, priority: bool
) -> None:
    total = hours * rate + memory * (rate // 2)

    def cost() -> int:
        return calculate_compute_cost(
            gpu_hours=hours,
            memory_gb=memory,
            priority=priority,
            gpu_rate_wei=Wei(rate),
            memory_rate_wei=Wei(rate // 2),
        )

    if total * (22 if priority else 1) > WEI_MAX:
        with pytest.raises(PriceOverflow):
            cost()
    else:
        assert cost() == (total * 22 // 10 if priority else total)


def test_a_price_is_refused_when_only_the_step_before_the_division_overflows() -> None:
    """The final price would fit; the contract reverts all the same."""
    most = WEI_MAX // 22
    for rate, fits in ((most, True), (most + 1, False)):
        price = partial(
            calculate_compute_cost,
            gpu_hours=1,
            memory_gb=0,
            gpu_rate_wei=Wei(rate),
            memory_rate_wei=Wei(0),
        )
        assert price(priority=False) == rate
        if fits:
            assert price(priority=True) == rate * 22 // 10
        else:
            with pytest.raises(PriceOverflow):
                price(priority=True)


def test_a_negative_quantity_has_no_price() -> None:
    with pytest.raises(InvalidInput):
        calculate_compute_cost(
            gpu_hours=-1, memory_gb=0, priority=False, gpu_rate_wei=Wei(1), memory_rate_wei=Wei(1)
        )


@given(bounty=amounts, count=st.integers(1, 8))
def test_shares_sum_to_the_bounty_and_only_the_first_is_larger(bounty: Wei, count: int) -> None:
    first, *others = split_bounty(bounty, count)
    assert first + sum(others) == bounty
    assert set(others) <= {bounty // count}
    assert 0 <= first - bounty // count < count


def test_a_bounty_is_not_shared_among_nobody() -> None:
    with pytest.raises(InvalidInput):
        split_bounty(Wei(5), 0)


@given(bonded=amounts, bps=st.integers(1, 1_000), left=amounts)
def test_a_slash_is_rounded_up_and_never_more_than_what_is_left(
    bonded: Wei, bps: int, left: Wei
) -> None:
    amount = slash_amount(bonded, bps, left)
    assert amount <= left
    if amount < left:
        # The smallest whole number of wei that is at least the exact part.
        assert (amount - 1) * 10_000 < bonded * bps <= amount * 10_000


def test_half_a_percent_of_199_wei_costs_one_wei() -> None:
    assert slash_amount(Wei(199), 50, Wei(199)) == 1
    assert slash_amount(Wei(200), 50, Wei(200)) == 1
    assert slash_amount(Wei(201), 50, Wei(201)) == 2


@given(available=amounts, locked=amounts, queue=queues, bonded=amounts, bps=st.integers(1, 1_000))
def test_a_slash_loses_no_wei_and_takes_nothing_that_has_matured(
    available: Wei, locked: Wei, queue: list[PendingWithdrawal], bonded: Wei, bps: int
) -> None:
    unbonding = sum(entry.amount_wei for entry in queue)
    before = stake(available, locked, unbonding)
    result = slash_stake(before, queue, bonded_wei=bonded, slash_bps=bps, now=NOW)

    assert result.balance.total_wei + result.taken_wei == before.total_wei
    assert result.balance.unbonding_wei == sum(entry.amount_wei for entry in result.queue)
    assert result.balance.locked_wei == 0
    pairs = list(zip(queue, result.queue, strict=True))
    for old, new in pairs:
        assert 0 <= new.amount_wei <= old.amount_wei
        assert new == old or not old.matured(NOW)
    if any(new != old for old, new in pairs):
        assert result.balance.available_wei == 0, "the queue pays only when nothing else is left"


def test_the_oldest_unmatured_withdrawal_pays_first() -> None:
    queue = [
        PendingWithdrawal(withdrawal_id=1, amount_wei=Wei(50), unlock_at=Timestamp(999)),
        PendingWithdrawal(withdrawal_id=2, amount_wei=Wei(30), unlock_at=Timestamp(1_500)),
        PendingWithdrawal(withdrawal_id=3, amount_wei=Wei(30), unlock_at=Timestamp(1_400)),
    ]
    result = slash_stake(stake(5, 10, 110), queue, bonded_wei=Wei(500), slash_bps=1_000, now=NOW)
    assert result.taken_wei == 50
    assert [entry.amount_wei for entry in result.queue] == [50, 0, 25]
    assert result.balance == stake(0, 0, 75)


def test_what_is_left_of_the_locked_stake_is_released() -> None:
    result = slash_stake(stake(7, 100), [], bonded_wei=Wei(100), slash_bps=50, now=NOW)
    assert result.balance == stake(7 + 99)


@given(amount=st.integers(0, WEI_MAX))
def test_an_amount_survives_its_text(amount: int) -> None:
    assert parse_wei(str(amount)) == amount


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "01", "1.0", "1e3", " 1", "1 ", "٣", str(WEI_MAX + 1), 1, None, True]
)
def test_what_is_not_an_amount_is_refused(text: object) -> None:
    with pytest.raises(InvalidAmount):
        parse_wei(text)


def test_amounts_are_shown_exactly() -> None:
    assert format_agpt(1_234_500_000_000_000_000_001) == "1,234.500000000000000001"
    assert format_agpt(-(10**18)) == "-1"
