"""Events are packed into rows; who reads by position, name or stream finds what a plain filter finds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.eventstore.log import open_log
from adapters.eventstore.log_store import LogRow
from adapters.eventstore.runs import (
    BLOCK_EVENTS,
    RUN_BYTES,
    RUN_EVENTS,
    BrokenRun,
    NumberedRow,
    block_of,
    hashes_of,
    pack,
    unpack,
)
from domain.kernel.merkle import Frontier
from tests.adapters.eventstore.conftest import TickingClock

NAMES = ["often", "some", "seldom"]
BATCHES = st.lists(
    st.tuples(st.integers(1, 2 * BLOCK_EVENTS), st.randoms(use_true_random=False)),
    min_size=1,
    max_size=4,
)


def made(batches: Sequence[tuple[int, object]]) -> list[list[LogRow]]:
    """Return rows for batches of these sizes: some names are rare, some streams short."""
    rows: list[list[LogRow]] = []
    versions: dict[str, int] = {}
    position = 0
    for size, random in batches:
        rows.append([])
        for _ in range(size):
            position += 1
            (name,) = random.choices(NAMES, (100, 10, 1))  # type: ignore[attr-defined]
            stream = f"s{random.randrange(12)}"  # type: ignore[attr-defined]
            versions[stream] = versions.get(stream, 0) + 1
            state = b"%d" % position
            rows[-1].append((position, stream, versions[stream], name, state))
    return rows


@settings(max_examples=25, deadline=None)
@given(batches=BATCHES, data=st.data())
def test_every_way_to_read_finds_what_a_plain_filter_finds(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[tuple[int, object]],
    data: st.DataObject,
) -> None:
    written = made(batches)
    every = [row for batch in written for row in batch]
    db = tmp_path_factory.mktemp("runs") / "ledger.db"
    with open_log(str(db), TickingClock()) as log:
        recorder = log._recorder
        for batch in written:
            recorder.insert_events(  # type: ignore[attr-defined]
                [
                    StoredEvent(stream, version, name, state)
                    for _, stream, version, name, state in batch
                ]
            )
        for _ in range(20):
            after = data.draw(st.integers(0, len(every)))
            stop = data.draw(st.none() | st.integers(0, len(every) + 1))
            limit = data.draw(st.integers(1, len(every)))
            names = data.draw(st.lists(st.sampled_from([*NAMES, "never"]), max_size=3))
            found = recorder.select_positions(after, limit, stop=stop, names=names)
            wanted = [row for row in every if row[0] > after and (stop is None or row[0] <= stop)]
            wanted = [row for row in wanted if not names or row[3] in names]
            assert found == wanted[:limit]
            stream = f"s{data.draw(st.integers(0, 12))}"
            found = recorder.select_stream(stream, after=after, names=names, limit=limit)
            wanted = [row for row in every if row[0] > after and row[1] == stream]
            wanted = [row for row in wanted if not names or row[3] in names]
            assert found == wanted[:limit]


@given(
    head=st.integers(0, 300),
    states=st.lists(st.binary(max_size=9) | st.just(bytes(RUN_BYTES // 3)), max_size=60),
)
def test_a_run_gives_back_what_was_packed(head: int, states: list[bytes]) -> None:
    count = len(states)
    columns = (list(range(count)), list(range(7, 7 + count)), [3] * count)
    frontier = Frontier()
    frontier.add([b""] * head)
    hashes = frontier.add(states)
    values = pack(head, 1, columns, states, hashes)
    rows: list[NumberedRow] = []
    pieces: list[tuple[int, bytes]] = []
    for first in range(0, len(values), 5):
        last, branch, places, joined, stored = values[first : first + 5]
        assert branch == 1
        assert isinstance(last, int)
        assert isinstance(joined, bytes)
        run = unpack(last, places, stored)
        assert len(run) <= RUN_EVENTS
        assert len(run) == 1 or sum(len(row[4]) for row in run) <= RUN_BYTES
        assert block_of(run[0][0]) == block_of(last)
        rows += run
        pieces += hashes_of(last, len(run), joined)
    positions = range(head + 1, head + count + 1)
    assert rows == list(zip(positions, *columns, states, strict=True))
    assert pieces == list(zip(positions, hashes, strict=True))


@pytest.mark.parametrize(
    "places",
    [
        *(b"", b"[]", b"{}", b"[[],[],[],[]]", b"[[1],[1],[1]]", b"[[1],[1],[1],[2],[3]]"),
        *(
            b"[[1, 1],[1],[1],[2]]",
            b"[[1],[1],[1],[3]]",
            b"[[1],[1],[1],[2.0]]",
            b"[[1],[1],[1], [2]]",
        ),
        *(b"[[1,1],[1,1],[1,1],[3,-1]]", b'[["1"],[1],[1],[2]]', b"[[1],[true],[1],[2]]", None, 7),
    ],
)
def test_what_was_not_written_so_is_not_taken_apart(places: object) -> None:
    assert unpack(5, b"[[1],[1],[1],[2]]", b"ab") == [(5, 1, 1, 1, b"ab")]
    with pytest.raises(BrokenRun):
        unpack(5, places, b"ab")
    with pytest.raises(BrokenRun):
        unpack(5, b"[[1],[1],[1],[2]]", "ab")
