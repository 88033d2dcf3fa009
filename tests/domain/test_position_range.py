"""Ranges of positions: the shortest ones, which hold exactly what they were made of."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.ids import Position
from domain.kernel.position_range import PositionRange, PositionSet, ranges_of, size_of

positions = st.sets(st.integers(1, 60).map(Position)).map(sorted)


@given(given_positions=positions)
def test_ranges_hold_the_positions_that_they_were_made_of(given_positions: list[Position]) -> None:
    ranges = ranges_of(given_positions)
    held = [at for each in ranges for at in range(each.first, each.last + 1)]
    assert held == given_positions
    assert size_of(ranges) == len(given_positions)
    assert all(before.last + 1 < after.first for before, after in pairwise(ranges))


def test_neighbours_share_a_range() -> None:
    assert ranges_of([Position(at) for at in (3, 4, 5, 9)]) == (
        PositionRange(Position(3), Position(5)),
        PositionRange(Position(9), Position(9)),
    )


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 30), st.integers(0, 9)), max_size=30))
def test_a_set_of_ranges_holds_what_a_set_of_positions_would(
    steps: list[tuple[bool, int, int]],
) -> None:
    mine, plain = PositionSet(), set[int]()
    for adds, first, more in steps:
        given_range = PositionRange(Position(first), Position(first + more))
        if adds:
            mine.add(given_range)
            plain |= set(range(first, first + more + 1))
        else:
            mine.discard(given_range)
            plain -= set(range(first, first + more + 1))
        assert mine.ranges == ranges_of(Position(at) for at in sorted(plain))
        assert [Position(at) in mine for at in range(42)] == [at in plain for at in range(42)]
