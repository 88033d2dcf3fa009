"""What providers say when a range is too much, and what is asked for next."""

from __future__ import annotations

import pytest

from adapters.chain.log_ranges import LogRanges, asks_for_less
from adapters.chain.transport import AnswerTooLarge, RpcError

# The numbers that each text leads to, from a range of blocks 0x100 to 0x10ff.
REFUSALS = {
    "query returned more than 10000 results. Try with this block range [0x100, 0x1ff].": 0x100,
    "Log response size exceeded. this block range should work: [0x100, 0x17f]": 0x80,
    "exceed maximum block range: 500": 500,
    "eth_getLogs is limited to a 10 block range": 10,
    "block range is too wide, maximum allowed is 1000 blocks": 1000,
    "query returned more than 10000 results": 0x800,
    "query timeout exceeded": 0x800,
    "this block range should work: [0x900, 0xa00]": 0x800,
    "exceeds maximum of 99999 blocks": 0x800,
}


@pytest.mark.parametrize("text", REFUSALS)
def test_the_next_range_is_the_one_that_was_suggested_or_half(text: str) -> None:
    error = RpcError(text, rpc_code=-32005)
    assert asks_for_less(error)
    ranges = LogRanges()
    ranges.refused(0x100, 0x10FF, error)
    assert ranges.width == REFUSALS[text]


def test_parts_cover_a_range_in_order_without_a_gap() -> None:
    ranges = LogRanges()
    ranges.refused(0, 9, AnswerTooLarge("too large"))
    assert ranges.parts(3, 15)[::-1] == [(3, 7), (8, 12), (13, 15)]


def test_a_width_shrinks_to_one_block_and_grows_again() -> None:
    ranges = LogRanges()
    for _ in range(40):
        width = min(ranges.width, 1 << 20)
        if width > 1:
            ranges.refused(0, width - 1, AnswerTooLarge("too large"))
    assert ranges.width == 1
    for _ in range(200):
        ranges.succeeded(0, ranges.width - 1)
    assert ranges.width > 10


def test_answers_to_short_ranges_say_nothing_about_long_ones() -> None:
    ranges = LogRanges()
    ranges.refused(0, 1023, AnswerTooLarge("too large"))
    for _ in range(100):
        ranges.succeeded(0, 5)
    assert ranges.width == 512
