"""The Merkle tree over the log: hashes, proofs, and how anybody checks them.

The construction of RFC 6962, section 2.1, which RFC 9162, section 2.1 repeats and whose proof checks it spells out.
The leaf of position p has index p - 1. A node is named by level and index: it covers the 2^level leaves from
index * 2^level on, and is only stored when all of them are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self, TypeAlias

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Position

HASH_BYTES = 32
LEVELS_MAX = 63
"""Trees are smaller than 2^63 leaves, as positions are."""

EMPTY_ROOT = sha256(b"").digest()

HashAt: TypeAlias = Callable[[int, int], bytes]
"""Reads the hash of a complete node by level and index."""


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A whole log in 32 bytes: the root over its first `size` events."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head that a log signed; `origin` names the log."""

    origin: str
    head: TreeHead


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That `leaf`, the exact stored bytes, stands at `position` in the log of `size` events."""

    position: Position
    size: int
    leaf: bytes
    hashes: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the log of `new_size` events begins with the log of `old_size` events."""

    old_size: int
    new_size: int
    hashes: Sequence[bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf. The first byte keeps leaves and nodes apart."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: all that adding leaves needs, at most one hash for each level."""

    def __init__(self, size: int = 0, hash_at: HashAt | None = None) -> None:
        self.size = size
        # For each bit of the size that is set, the node of that level which has no right sibling yet.
        self._edge = [b""] * (LEVELS_MAX + 1)
        for level, index in edge_places(size):
            assert hash_at is not None
            self._edge[level] = hash_at(level, index)

    @classmethod
    def of_edge(cls, size: int, edge: Sequence[bytes]) -> Self:
        """Return the frontier that `edge` describes. Raises InvalidInput when that is not the edge of `size` leaves."""
        is_size = 0 <= size < 1 << LEVELS_MAX
        places = edge_places(size) if is_size else []
        if (
            not is_size
            or len(places) != len(edge)
            or any(len(digest) != HASH_BYTES for digest in edge)
        ):
            raise InvalidInput(f"{len(edge)} hashes are not the edge of a tree of {size} leaves")
        known = dict(zip(places, edge, strict=True))
        return cls(size, lambda level, index: known[level, index])

    def edge(self) -> tuple[bytes, ...]:
        """Return the hashes of the fewest complete nodes over all leaves, from left to right."""
        return tuple(self._edge[level] for level, _ in edge_places(self.size))

    def add(self, leaves: Iterable[bytes]) -> list[bytes]:
        """Add leaves; return for each its hash and those of the nodes it completes, lowest first, in one string.

        So the node (level, index) is the hash number `level` of the leaf at position (index + 1) * 2^level.
        """
        edge, size = self._edge, self.size
        completed = []
        for leaf in leaves:
            size += 1
            nodes = digest = sha256(b"\x00" + leaf).digest()
            if size & 1:
                edge[0] = digest
                completed.append(digest)
                continue
            above, level = size, 0
            while not above & 1:
                digest = sha256(b"\x01" + edge[level] + digest).digest()
                nodes += digest
                above >>= 1
                level += 1
            edge[level] = digest
            completed.append(nodes)
        self.size = size
        return completed

    def root(self) -> bytes:
        """Return the root over all leaves."""
        return root_of(lambda level, _: self._edge[level], self.size)


def node_place(level: int, index: int) -> tuple[Position, int]:
    """Return the position of the leaf that completes a node, and where its hash stands in what `add` gives for it."""
    return Position((index + 1) << level), level * HASH_BYTES


def edge_places(size: int) -> list[tuple[int, int]]:
    """Return level and index of the fewest complete nodes over `size` leaves, from left to right.

    They are all that a tree needs to grow on, and give its root.
    """
    return _covering(0, size)


def root_of(hash_at: HashAt, size: int) -> bytes:
    """Return the root over the first `size` leaves (RFC 9162, section 2.1.1)."""
    return _range_hash(hash_at, 0, size) if size else EMPTY_ROOT


def inclusion_hashes(hash_at: HashAt, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf (RFC 9162, section 2.1.3.1). Raises InvalidInput unless index < size."""
    if not 0 <= index < size:
        raise InvalidInput(f"a tree of {size} leaves has no leaf {index}")
    low, high = 0, size
    path = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(hash_at, middle, high))
            high = middle
        else:
            path.append(_range_hash(hash_at, low, middle))
            low = middle
    return tuple(reversed(path))


def consistency_hashes(hash_at: HashAt, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Return the proof that a tree begins with a smaller one (RFC 9162, section 2.1.4.1).

    It is empty when the trees are the same or the old one is empty. Raises InvalidInput unless old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise InvalidInput(f"a tree of {new_size} leaves does not begin with one of {old_size}")
    if old_size in (0, new_size):
        return ()
    low, high = 0, new_size
    path = []
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(_range_hash(hash_at, middle, high))
            high = middle
        else:
            path.append(_range_hash(hash_at, low, middle))
            low = middle
    if low:
        # The old root itself is left out: whoever checks has it.
        path.append(_range_hash(hash_at, low, high))
    return tuple(reversed(path))


def includes(head: TreeHead, leaf: bytes, index: int, hashes: Sequence[bytes]) -> bool:
    """Tell whether the hashes prove that the leaf (its bytes) has this index (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < head.size or not _well_formed(head, hashes):
        return False
    place, last = index, head.size - 1
    root = leaf_hash(leaf)
    for sibling in hashes:
        if last == 0:
            return False
        if place & 1 or place == last:
            root = node_hash(sibling, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and root == head.root


def extends(new: TreeHead, old: TreeHead, hashes: Sequence[bytes]) -> bool:
    """Tell whether the hashes prove that the new tree begins with the old one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old.size <= new.size or not (_well_formed(new, hashes) and _well_formed(old, ())):
        return False
    if old.size in (0, new.size):
        wanted = EMPTY_ROOT if old.size == 0 else new.root
        return not hashes and old.root == wanted
    # A complete old tree is itself the first hash of the proof.
    path = [old.root, *hashes] if old.size & (old.size - 1) == 0 else list(hashes)
    if not path:
        return False
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_root == old.root and new_root == new.root


def _well_formed(head: TreeHead, hashes: Sequence[bytes]) -> bool:
    return (
        head.size < 1 << LEVELS_MAX
        and len(hashes) <= LEVELS_MAX + 1
        and all(len(digest) == HASH_BYTES for digest in (head.root, *hashes))
        and (head.size > 0 or head.root == EMPTY_ROOT)
    )


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _covering(low: int, high: int) -> list[tuple[int, int]]:
    """Return the fewest complete nodes (level, index) over the leaves in [low, high), from left to right.

    `low` is a multiple of the smallest power of two that is not below the width, as in every subtree of the RFC's.
    """
    width = high - low
    return [
        (level, (low >> level) + (width >> level) - 1)
        for level in reversed(range(width.bit_length()))
        if width >> level & 1
    ]


def _range_hash(hash_at: HashAt, low: int, high: int) -> bytes:
    first, *others = reversed(_covering(low, high))
    digest = hash_at(*first)
    for node in others:
        digest = node_hash(hash_at(*node), digest)
    return digest
