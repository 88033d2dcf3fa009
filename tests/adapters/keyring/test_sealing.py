"""A sealed text opens with its key where it stands, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.keyring.sealing import (
    KEY_BYTES,
    KeyId,
    UnsealError,
    open_sealed,
    parse_sealed,
    seal,
)

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
key_ids = st.binary(min_size=16, max_size=16).map(lambda raw: KeyId(raw.hex()))
texts = st.text(max_size=60)
places = st.tuples(
    *(st.text(st.characters(codec="ascii"), min_size=1, max_size=9) for _ in range(5))
)


@given(texts, key_ids, keys, places)
def test_a_sealed_text_opens_where_it_stands(
    text: str, key_id: KeyId, key: bytes, place: tuple[str, ...]
) -> None:
    sealed = parse_sealed(seal(text, key_id, key, place))
    assert sealed.key_id == key_id
    assert open_sealed(sealed, key, place) == text


@given(st.text(min_size=4, max_size=60), key_ids, keys, places)
def test_a_sealed_text_shows_nothing_of_the_text(
    text: str, key_id: KeyId, key: bytes, place: tuple[str, ...]
) -> None:
    sealed = parse_sealed(seal(text, key_id, key, place))
    assert text.encode() not in sealed.box


@given(texts, key_ids, keys, places, places)
def test_a_text_that_was_moved_does_not_open(
    text: str, key_id: KeyId, key: bytes, place: tuple[str, ...], other: tuple[str, ...]
) -> None:
    sealed = parse_sealed(seal(text, key_id, key, place))
    if place != other:
        with pytest.raises(UnsealError):
            open_sealed(sealed, key, other)


@given(texts, key_ids, keys, places, st.data())
def test_a_changed_bit_does_not_open(
    text: str, key_id: KeyId, key: bytes, place: tuple[str, ...], data: st.DataObject
) -> None:
    stored = seal(text, key_id, key, place)
    at = data.draw(st.integers(len(stored) - 22, len(stored) - 1))
    digit = data.draw(st.sampled_from("ABCxyz019-_"))
    changed = stored[:at] + digit + stored[at + 1 :]
    if changed != stored:
        with pytest.raises(UnsealError):
            open_sealed(parse_sealed(changed), key, place)


@given(keys, keys)
def test_another_key_does_not_open(key: bytes, other: bytes) -> None:
    place = ("main", "node:a", "1", "node.registered", "metadata_uri")
    sealed = parse_sealed(seal("ipfs://x", KeyId("0" * 32), key, place))
    if key != other:
        with pytest.raises(UnsealError):
            open_sealed(sealed, other, place)


@given(texts, keys, places)
def test_the_same_text_in_the_same_place_is_sealed_to_the_same_bytes(
    text: str, key: bytes, place: tuple[str, ...]
) -> None:
    assert seal(text, KeyId("1" * 32), key, place) == seal(text, KeyId("1" * 32), key, place)


GOOD = seal("text", KeyId("ab" * 16), bytes(range(64)), ("main",))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "ipfs://plain",
        GOOD.replace("sealed-1", "sealed-2"),
        GOOD.replace("aes-256-siv", "aes-128-siv"),
        GOOD + "=",
        GOOD + "A",
        GOOD + "\n",
        GOOD[:-8],
        GOOD.replace("ab" * 16, "AB" * 16),
    ],
)
def test_what_is_no_sealed_text_is_refused(stored: str) -> None:
    with pytest.raises(UnsealError):
        open_sealed(parse_sealed(stored), bytes(range(64)), ("main",))
