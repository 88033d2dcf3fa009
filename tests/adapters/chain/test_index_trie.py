"""The trie of a list against py-trie, which implements the general one."""

from __future__ import annotations

import rlp
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from adapters.chain.hashing import rlp as own_rlp
from adapters.chain.index_trie import EMPTY_ROOT, IndexTrie, proven_value

# Short values make nodes that stand inside their parents; 128 and 256 change the length of the keys.
VALUES = st.lists(st.binary(min_size=1, max_size=80), max_size=300)


def reference(values: list[bytes]) -> HexaryTrie:
    trie = HexaryTrie(db={})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return trie


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_the_root_is_that_of_the_general_trie(values: list[bytes]) -> None:
    assert IndexTrie(values).root == reference(values).root_hash


def test_every_size_around_the_changes_of_the_keys_length_has_the_right_root() -> None:
    for size in (0, 1, 2, 3, 16, 17, 126, 127, 128, 129, 130, 255, 256, 257):
        values = [b"receipt %d" % index * 5 for index in range(size)]
        assert IndexTrie(values).root == reference(values).root_hash, size
    assert IndexTrie([]).root == EMPTY_ROOT


@settings(max_examples=25, deadline=None)
@given(VALUES.filter(bool), st.data())
def test_a_proof_shows_the_value_at_its_index_and_at_no_other(
    values: list[bytes], data: st.DataObject
) -> None:
    trie = IndexTrie(values)
    index = data.draw(st.integers(0, len(values) - 1))
    proof = trie.proof(index)
    assert proven_value(trie.root, index, proof) == values[index]
    other = data.draw(st.integers(0, 400).filter(lambda each: each != index))
    shown = proven_value(trie.root, other, proof)
    # Neighbours may stand in the same small node: what is shown is then theirs.
    assert shown is None or (other < len(values) and shown == values[other])


@settings(max_examples=60, deadline=None)
@given(VALUES.filter(bool), st.data())
def test_no_changed_byte_of_a_proof_goes_unseen(values: list[bytes], data: st.DataObject) -> None:
    trie = IndexTrie(values)
    index = data.draw(st.integers(0, len(values) - 1))
    proof = list(trie.proof(index))
    place = data.draw(st.integers(0, len(proof) - 1))
    byte = data.draw(st.integers(0, len(proof[place]) - 1))
    mask = data.draw(st.integers(1, 255))
    changed = bytearray(proof[place])
    changed[byte] ^= mask
    proof[place] = bytes(changed)
    assert proven_value(trie.root, index, proof) is None


@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(0, 300))
def test_bytes_that_are_no_proof_show_nothing(proof: list[bytes], index: int) -> None:
    assert proven_value(IndexTrie([b"a", b"b"]).root, index, proof) is None


TREES = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5))


@given(TREES)
def test_values_are_written_as_the_library_writes_them(value: object) -> None:
    assert own_rlp(value) == rlp.encode(value)  # type: ignore[arg-type]  # bytes and lists of them
