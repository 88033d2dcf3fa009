"""The fast readers of hexadecimal values take what a pattern takes, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chain.transport import MalformedAnswer
from adapters.chain.values import read_data, read_hash

HASH = re.compile(r"0x[0-9a-fA-F]{64}")
DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")

NEARLY_HEX = st.text(alphabet="0123456789abcdefABCDEFgxX \t\n_+-\u0660", max_size=70)


def takes(read: Callable[[object, str], object], value: object) -> bool:
    try:
        read(value, "field")
    except MalformedAnswer:
        return False
    return True


@given(NEARLY_HEX.map(lambda text: "0x" + text) | NEARLY_HEX)
@example("0x" + "ab" * 32)
@example("0x" + "ab" * 31 + " b")
@example("0x" + "ab" * 31 + "  ")
@example("0x" + "a b" * 21 + "a")
@example("0x" + " " * 64)
@example("0X" + "ab" * 32)
def test_what_is_taken_is_what_the_pattern_takes(text: str) -> None:
    assert takes(read_hash, text) == bool(HASH.fullmatch(text))
    assert takes(read_data, text) == bool(DATA.fullmatch(text))


@pytest.mark.parametrize("value", [None, 5, b"0x", ["0x"], {"0x": 1}, True])
def test_what_is_no_text_is_refused(value: object) -> None:
    assert not takes(read_hash, value)
    assert not takes(read_data, value)


def test_hashes_are_returned_in_lower_case() -> None:
    assert read_hash("0x" + "AB" * 32, "field") == "0x" + "ab" * 32
    assert read_data("0xAbCd", "field") == b"\xab\xcd"
