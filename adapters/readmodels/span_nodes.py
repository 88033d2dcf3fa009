"""Spans of positions by node, so that those which hold a position are found without looking through all.

A node is a number; each span has one: of the positions in it, the one that most powers of two divide. The spans that
hold a position then have one of some forty nodes, whatever the log's length. (The relational interval tree of Kriegel,
Pötke and Seidl, VLDB 2000, with the tree in the numbers themselves.)
"""

from __future__ import annotations

from collections.abc import Sequence

FEW_KEYS = 2_000
"""So many keys are sorted for a page; where more were in a scope, walking over all in order soon fills the page."""


def node_of(since: int, until: int) -> int:
    """Return the node of the span from `since` up to but without `until`."""
    last = until - 1
    bit = ((since - 1) ^ last).bit_length() - 1
    return last >> bit << bit


def nodes_at(position: int, head: int) -> Sequence[int]:
    """Return every node that a span which holds the position and ends at or below `head` can have."""
    nodes: set[int] = set()
    for bit in range(head.bit_length() + 1):
        low = position >> bit
        nodes.update((low << bit, (low + 1) << bit))
    return sorted(node for node in nodes if 0 < node <= head)
