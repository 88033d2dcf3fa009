"""Spans are found by their nodes, and few nodes have to be looked at."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.readmodels.span_nodes import node_of, nodes_at

POSITIONS = st.integers(1, 2**40)


def test_a_span_that_holds_a_position_has_one_of_its_nodes() -> None:
    for since in range(1, 40):
        for until in range(since + 1, 41):
            node = node_of(since, until)
            assert since <= node < until
            assert all(node in nodes_at(at, 40) for at in range(since, until))


@given(since=POSITIONS, length=POSITIONS, share=st.floats(0, 1), later=POSITIONS)
def test_so_does_a_long_one(since: int, length: int, share: float, later: int) -> None:
    until = since + length
    at = min(until - 1, since + int(share * length))
    head = until + later
    nodes = nodes_at(at, head)
    assert node_of(since, until) in nodes
    assert len(nodes) <= 2 * head.bit_length() + 2
