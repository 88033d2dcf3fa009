"""The tree's hashes and proofs, against published vectors and a recursion written straight from RFC 9162."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.kernel.errors import InvalidInput
from domain.kernel.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    LEVELS_MAX,
    Frontier,
    HashAt,
    TreeHead,
    consistency_hashes,
    extends,
    includes,
    inclusion_hashes,
    leaf_hash,
    node_place,
    root_of,
)

LARGEST = 130
SPOILED_SIZES = [*range(1, 34), 63, 64, 65, 127, 128, 129, 130]

# The eight leaves and roots of the certificate-transparency projects' tests (merkletree/merkle_tree_test.cc).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


# --- The definitions of RFC 9162, word by word: slow, and written without a look at the code under test.


def mth(d: Sequence[bytes]) -> bytes:
    n = len(d)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + d[0]).digest()
    k = largest_power_below(n)
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    n = len(d)
    if n == 1:
        return []
    k = largest_power_below(n)
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
    n = len(d)
    if m == n:
        return [] if b else [mth(d)]
    k = largest_power_below(n)
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


# ---


def reader_of(rows: Sequence[bytes]) -> HashAt:
    """Read nodes out of what `Frontier.add` gave."""

    def read(level: int, index: int) -> bytes:
        position, offset = node_place(level, index)
        digest = rows[position - 1][offset : offset + 32]
        assert len(digest) == 32
        return digest

    return read


def leaves_of(count: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(count)]


ALL = leaves_of(LARGEST)
READ = reader_of(Frontier().add(ALL))
HEADS = [TreeHead(size, mth(ALL[:size])) for size in range(LARGEST + 1)]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size: int) -> None:
    frontier = Frontier()
    rows = frontier.add(LEAVES[:size])
    assert frontier.root().hex() == ROOTS[size]
    assert root_of(reader_of(rows), size).hex() == ROOTS[size]
    assert mth(LEAVES[:size]).hex() == ROOTS[size]


def test_the_published_inclusion_and_consistency_proofs_come_out() -> None:
    read = reader_of(Frontier().add(LEAVES))
    # From the same tests: the path of the last of three leaves, and the step from one leaf to eight.
    assert [digest.hex() for digest in inclusion_hashes(read, 2, 3)] == [ROOTS[2]]
    assert [digest.hex() for digest in consistency_hashes(read, 1, 8)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_roots_and_proofs_are_those_of_the_recursion_for_every_size(size: int) -> None:
    head = HEADS[size]
    assert root_of(READ, size) == head.root
    for index in range(size):
        hashes = inclusion_hashes(READ, index, size)
        assert list(hashes) == path(index, ALL[:size])
        assert includes(head, ALL[index], index, hashes)
    for old in range(size + 1):
        hashes = consistency_hashes(READ, old, size)
        assert list(hashes) == ([] if old == 0 else subproof(old, ALL[:size], True))
        assert extends(head, HEADS[old], hashes)


def spoiled(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Every proof that differs in one bit of a hash, in one hash too few or too many, or in the order of two."""
    result = [[*hashes, bytes(32)], [bytes(32), *hashes], [*hashes, *hashes[-1:], b""]]
    for number, digest in enumerate(hashes):
        result.append([*hashes[:number], *hashes[number + 1 :]])
        if number and hashes[number - 1] != digest:
            result.append(
                [*hashes[: number - 1], digest, hashes[number - 1], *hashes[number + 1 :]]
            )
        for bit in range(0, 256, 37):
            flipped = (int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big")
            result.append([*hashes[:number], flipped, *hashes[number + 1 :]])
    return result


@pytest.mark.parametrize("size", SPOILED_SIZES)
def test_no_spoiled_inclusion_proof_holds(size: int) -> None:
    head = HEADS[size]
    for index in range(size):
        hashes = inclusion_hashes(READ, index, size)
        assert not includes(head, ALL[index] + b"!", index, hashes)
        assert not includes(TreeHead(size, EMPTY_ROOT), ALL[index], index, hashes)
        for wrong in {*range(size + 2), -1} - {index}:
            assert not includes(head, ALL[index], wrong, hashes)
        for bad in spoiled(hashes):
            assert not includes(head, ALL[index], index, bad)


@pytest.mark.parametrize("size", SPOILED_SIZES)
def test_no_proof_holds_for_the_head_of_another_size(size: int) -> None:
    for index in range(size):
        hashes = inclusion_hashes(READ, index, size)
        for other in range(LARGEST + 1):
            if other != size:
                assert not includes(HEADS[other], ALL[index], index, hashes)


@pytest.mark.parametrize("new", SPOILED_SIZES[1:])
def test_no_spoiled_consistency_proof_holds(new: int) -> None:
    for old in range(1, new):
        hashes = consistency_hashes(READ, old, new)
        for wrong in range(new + 1):
            # An empty tree is the beginning of any, by an empty proof only.
            if wrong != old:
                assert not extends(HEADS[new], HEADS[wrong], hashes) or (wrong == 0 and not hashes)
        forged = TreeHead(old, sha256(b"forged").digest())
        assert not extends(HEADS[new], forged, hashes)
        assert not extends(TreeHead(new, sha256(b"forged").digest()), HEADS[old], hashes)
        for bad in spoiled(hashes):
            assert not extends(HEADS[new], HEADS[old], bad)


def test_a_smaller_tree_extends_nothing() -> None:
    assert not extends(HEADS[3], HEADS[4], ())
    assert not extends(HEADS[3], HEADS[4], consistency_hashes(READ, 3, 4))
    forged = TreeHead(0, HEADS[1].root)
    assert not extends(HEADS[3], forged, ())
    assert not extends(forged, HEADS[0], ())


def test_an_index_or_size_outside_the_tree_has_no_proof() -> None:
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(InvalidInput):
            inclusion_hashes(READ, index, size)
    for old, new in ((4, 3), (-1, 3)):
        with pytest.raises(InvalidInput):
            consistency_hashes(READ, old, new)


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != mth([b"a", b"b"])


@settings(max_examples=60)
@given(batches=st.lists(st.lists(st.binary(max_size=9), max_size=20), max_size=8))
def test_batches_and_a_fresh_start_between_them_change_no_hash(batches: list[list[bytes]]) -> None:
    rows: list[bytes] = []
    for batch in batches:
        rows += Frontier(len(rows), reader_of(rows)).add(batch)
    leaves = [leaf for batch in batches for leaf in batch]
    assert rows == Frontier().add(leaves)
    assert root_of(reader_of(rows), len(rows)) == mth(leaves)


@settings(max_examples=60)
@given(data=st.data())
def test_any_two_sizes_of_any_log_agree(data: st.DataObject) -> None:
    leaves = data.draw(st.lists(st.binary(max_size=4), min_size=1, max_size=300))
    read = reader_of(Frontier().add(leaves))
    new = data.draw(st.integers(1, len(leaves)))
    old = data.draw(st.integers(0, new))
    index = data.draw(st.integers(0, new - 1))
    head = TreeHead(new, mth(leaves[:new]))
    assert includes(head, leaves[index], index, inclusion_hashes(read, index, new))
    before = TreeHead(old, mth(leaves[:old]))
    assert extends(head, before, consistency_hashes(read, old, new))


@pytest.mark.parametrize("size", range(LARGEST + 1))
def test_a_tree_grows_on_from_its_edge_as_from_all_its_leaves(size: int) -> None:
    leaves = [b"%d" % number for number in range(LARGEST + 9)]
    whole, part = Frontier(), Frontier()
    part.add(leaves[:size])
    again = Frontier.of_edge(size, part.edge())
    assert again.root() == mth(leaves[:size])
    assert again.add(leaves[size:]) == whole.add(leaves)[size:]
    assert again.edge() == whole.edge()


def test_hashes_that_are_not_the_edge_of_a_size_are_refused() -> None:
    good = bytes(HASH_BYTES)
    for size, edge in (
        (0, [good]),
        (1, []),
        (2, [good, good]),
        (3, [good]),
        (1, [good[1:]]),
        (-1, []),
        (1 << LEVELS_MAX, [good]),
    ):
        with pytest.raises(InvalidInput, match="not the edge"):
            Frontier.of_edge(size, edge)
