"""The Merkle Patricia trie of a list: what a block's receipts root is the root of.

Its keys are the RLP of 0, 1, 2, ..., so all of them are known at once and none begins with another. The trie is
built from the leaves up in one pass, without a database.
Format: https://ethereum.org/developers/docs/data-structures-and-encoding/patricia-merkle-trie/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from adapters.chain.hashing import EMPTY_STRING, keccak, rlp_bytes, rlp_list, rlp_number

EMPTY_ROOT: Final = keccak(EMPTY_STRING)

_HASH_BYTES: Final = 32
_BRANCHES: Final = 16
_LEAF: Final = 2
_DEEPEST: Final = 20

_Item: TypeAlias = tuple[bytes, bytes]
"""A key as nibbles, one a byte, and its value."""


class IndexTrie:
    """The trie over `values` in order. `root` is 32 bytes."""

    def __init__(self, values: Sequence[bytes]) -> None:
        # Every node by the nibbles that lead to it: a proof is read off along a key.
        self._nodes: dict[bytes, bytes] = {}
        items = sorted((_nibbles(rlp_number(index)), value) for index, value in enumerate(values))
        self.root: Final = keccak(self._node(items, 0)) if items else EMPTY_ROOT

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the nodes from the root to a value, each found by its hash in the one before it."""
        key = _nibbles(rlp_number(index))
        on_path = [self._nodes.get(key[:depth]) for depth in range(len(key) + 1)]
        # A node below 32 bytes stands inside its parent and is not hashed.
        return tuple(
            node
            for place, node in enumerate(each for each in on_path if each is not None)
            if place == 0 or len(node) >= _HASH_BYTES
        )

    def _node(self, items: Sequence[_Item], depth: int) -> bytes:
        """Return the encoded node over items that share the first `depth` nibbles."""
        key, value = items[0]
        if len(items) == 1:
            node = rlp_list(rlp_bytes(_path(key[depth:], is_leaf=True)) + rlp_bytes(value))
            self._nodes[key[:depth]] = node
            return node
        last, shared = items[-1][0], depth
        # Items are sorted: what the first and the last share, all share.
        while key[shared] == last[shared]:
            shared += 1
        if shared > depth:
            below = self._reference(items, shared)
            node = rlp_list(rlp_bytes(_path(key[depth:shared], is_leaf=False)) + below)
        else:
            node = self._branch(items, depth)
        self._nodes[key[:depth]] = node
        return node

    def _branch(self, items: Sequence[_Item], depth: int) -> bytes:
        parts = [EMPTY_STRING] * (_BRANCHES + 1)
        start = 0
        while start < len(items):
            nibble, end = items[start][0][depth], start + 1
            while end < len(items) and items[end][0][depth] == nibble:
                end += 1
            parts[nibble] = self._reference(items[start:end], depth + 1)
            start = end
        return rlp_list(b"".join(parts))

    def _reference(self, items: Sequence[_Item], depth: int) -> bytes:
        node = self._node(items, depth)
        return node if len(node) < _HASH_BYTES else rlp_bytes(keccak(node))


def proven_value(root: bytes, index: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the value that a proof shows at an index under a root, None when it shows none."""
    return proven_at(root, rlp_number(index), proof) or None


def proven_at(root: bytes, path: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Return what a proof shows at a path under the root of any trie: a value, b"" that none is there, None nothing."""
    if root == EMPTY_ROOT and not proof:
        return b""
    key, wanted, depth = _nibbles(path), root, 0
    for node in proof:
        if keccak(node) != wanted:
            return None
        step = _follow(node, key, depth)
        # Nodes below 32 bytes stand inside the one before.
        while isinstance(step, tuple) and isinstance(step[0], list):
            step = _descend(step[0], key, step[1])
        if isinstance(step, bytes):
            return step if node is proof[-1] else None
        if step is None:
            return None
        below, depth = step
        if below == b"":
            return b"" if node is proof[-1] else None
        if not isinstance(below, bytes) or len(below) != _HASH_BYTES:
            return None
        wanted = below
    return None


Part: TypeAlias = "bytes | list[Part]"
"""A decoded RLP value."""
_Step: TypeAlias = "bytes | tuple[Part, int] | None"
"""The value at the key's end, the next node and how many nibbles lead to it, or nothing."""


def _follow(node: bytes, key: bytes, depth: int) -> _Step:
    try:
        part, end = decoded(node, 0)
    except (IndexError, ValueError):
        return None
    return _descend(part, key, depth) if isinstance(part, list) and end == len(node) else None


def _descend(parts: list[Part], key: bytes, depth: int) -> _Step:
    if len(parts) == _BRANCHES + 1:
        return (parts[key[depth]], depth + 1) if depth < len(key) else None
    if len(parts) != 2 or not isinstance(parts[0], bytes) or not parts[0]:
        return None
    path = _nibbles(parts[0])
    inside = path[1:] if path[0] & 1 else path[2:]
    if key[depth : depth + len(inside)] != inside:
        # Whatever is here, it is not at the key.
        return b""
    depth += len(inside)
    if path[0] & _LEAF:
        value = parts[1]
        return value if depth == len(key) and isinstance(value, bytes) else None
    return parts[1], depth


def decoded(data: bytes, at: int = 0, depth: int = 0) -> tuple[Part, int]:
    """Return the RLP value at `at` and where it ends. Raises IndexError and ValueError."""
    first = data[at]
    if depth > _DEEPEST:
        raise ValueError("lists within lists beyond what a trie has")
    if first < 0x80:
        return data[at : at + 1], at + 1
    is_list = first >= 0xC0
    short = first - (0xC0 if is_list else 0x80)
    start = at + 1
    if short >= 56:
        size = short - 55
        short, start = int.from_bytes(data[start : start + size], "big"), start + size
    end = start + short
    if end > len(data):
        raise ValueError("cut off")
    if not is_list:
        return data[start:end], end
    parts: list[Part] = []
    while start < end:
        part, start = decoded(data, start, depth + 1)
        parts.append(part)
    if start != end:
        raise ValueError("an item reaches beyond its list")
    return parts, end


def _nibbles(key: bytes) -> bytes:
    return bytes([nibble for byte in key for nibble in (byte >> 4, byte & 15)])


def _path(nibbles: bytes, *, is_leaf: bool) -> bytes:
    """Return nibbles packed, with the flags for a leaf and for an odd number in front."""
    flag = _LEAF if is_leaf else 0
    whole = bytes((flag + 1,)) + nibbles if len(nibbles) % 2 else bytes((flag, 0)) + nibbles
    return bytes([high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True)])
