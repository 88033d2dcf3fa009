"""The engine: any way of batching gives the rows of a replay, and nothing that goes wrong stops the rest."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.application.ports import Progress, Row
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import CorruptRecord, NewerSchema, VersionConflict
from domain.kernel.ids import Position, StreamName
from domain.node.events import NodeDeregistered, NodeRegistered
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.node_states import NodeStates
from projections.projection import Body
from projections.replay import compare, replay
from tests.support.events import account, any_fact, fact
from tests.support.lifecycles import legal_story
from tests.support.memory import MemoryLog, MemoryReadModels


class NodeCensus:
    """The fold of node states under another name, which cannot digest a second event of one node."""

    name = "census"
    handles = NodeStates.handles

    def __init__(self, *, version: int = 1, poison: str = "") -> None:
        self.version = version
        self._poison = poison
        self._fold = NodeStates()

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        return self._fold.keys_of(recorded)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        if self._poison and key.startswith(self._poison) and body is not None:
            raise ValueError("cannot digest this\nsecond line")
        return self._fold.evolve(key, body, recorded)

    def scope_of(self, body: Body) -> str:
        return self._fold.scope_of(body)


def stored_rows(store: MemoryReadModels) -> dict[str, list[Row]]:
    return {projection.name: list(store.rows(projection.name)) for projection in ALL}


def joined(*numbers: int) -> list[NewEvent]:
    return [
        fact(NodeRegistered(node=account(number), metadata_uri=""), block, number)
        for block, number in enumerate(numbers, start=1)
    ]


def left(*numbers: int) -> list[NewEvent]:
    return [fact(NodeDeregistered(node=account(number)), 90, number) for number in numbers]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    stops=st.lists(st.integers(0, 300), max_size=6),
    batch_events=st.integers(1, 60),
)
def test_rows_do_not_depend_on_batches_pauses_or_restarts(
    seed: int, stops: list[int], batch_events: int
) -> None:
    log = MemoryLog(legal_story(seed, 100))
    store = MemoryReadModels()
    for stop in sorted(stops):
        # A new engine each time: what the one before kept at hand is gone.
        engine = ProjectionEngine(log, store, ALL, batch_events=batch_events)
        engine.catch_up(Position(stop))
    assert ProjectionEngine(log, store, ALL).catch_up() == log.head()
    replayed = replay(log, ALL)
    assert compare(replayed, store) == []
    assert store.parked(limit=10) == []
    assert replayed.row_count == sum(len(rows) for rows in stored_rows(store).values()) > 0


@settings(max_examples=60, deadline=None)
@given(
    facts=st.lists(any_fact(), min_size=1, max_size=40),
    batch_events=st.integers(1, 10),
)
def test_no_sequence_of_facts_makes_a_fold_raise(facts: list[NewEvent], batch_events: int) -> None:
    log, store = MemoryLog(facts), MemoryReadModels()
    ProjectionEngine(log, store, ALL, batch_events=batch_events).catch_up()
    assert store.parked(limit=10) == []
    assert compare(replay(log, ALL), store) == []


def test_folding_changes_no_row_that_was_handed_out() -> None:
    """A body that a fold changed in place would change under a reader."""
    log = MemoryLog(legal_story(7, 250))
    store = MemoryReadModels()
    engine = ProjectionEngine(log, store, ALL, batch_events=40)
    engine.catch_up(Position(150))
    before = stored_rows(store)
    written_down = {
        name: [(row.key, repr(row.body)) for row in rows] for name, rows in before.items()
    }
    engine.catch_up()
    assert written_down == {
        name: [(row.key, repr(row.body)) for row in rows] for name, rows in before.items()
    }


def test_nothing_new_writes_nothing() -> None:
    log, store = MemoryLog(joined(1)), MemoryReadModels()
    engine = ProjectionEngine(log, store, ALL)
    assert engine.catch_up() == 1
    store.refuse_next_apply = True
    assert engine.catch_up() == 1, "a second catch-up must not touch the store"


def test_an_empty_log_gives_empty_read_models() -> None:
    store = MemoryReadModels()
    assert ProjectionEngine(MemoryLog(), store, ALL).catch_up() == 0
    assert compare(replay(MemoryLog(), ALL), store) == []


def test_a_refused_batch_is_folded_again_from_what_the_store_has() -> None:
    log, store = MemoryLog(joined(1, 2)), MemoryReadModels()
    engine = ProjectionEngine(log, store, ALL)
    engine.catch_up()
    log.append(left(1), {})
    store.refuse_next_apply = True
    with pytest.raises(VersionConflict):
        engine.catch_up()
    assert store.checkpoint("node_states") == 2
    engine.catch_up()
    assert compare(replay(log, ALL), store) == []


def test_a_second_engine_does_not_mix_its_rows_with_those_of_the_first() -> None:
    log, store = MemoryLog(joined(1)), MemoryReadModels()
    first = ProjectionEngine(log, store, ALL)
    first.catch_up()
    log.append(left(1), {})
    ProjectionEngine(log, store, ALL).catch_up()
    log.append(joined(1), {})
    # The first one still has the row of position 1 at hand.
    first.catch_up()
    assert compare(replay(log, ALL), store) == []


def test_a_new_projection_catches_up_alone_and_then_goes_on_with_the_others() -> None:
    log, store = MemoryLog(joined(1, 2, 3)), MemoryReadModels()
    ProjectionEngine(log, store, ALL).catch_up()
    log.append(joined(4), {})
    more = (*ALL, NodeCensus())
    assert ProjectionEngine(log, store, more, batch_events=2).catch_up() == 4
    assert [row.key for row in store.rows("census")] == [
        row.key for row in store.rows("node_states")
    ]


def test_a_newer_version_of_a_fold_is_built_beside_the_old_rows_and_then_takes_their_place() -> (
    None
):
    log, store = MemoryLog(joined(1, 2, 3)), MemoryReadModels()
    ProjectionEngine(log, store, [NodeCensus(version=1)]).catch_up()
    log.append(left(1), {})
    engine = ProjectionEngine(log, store, [NodeCensus(version=2), NodeStates()], batch_events=1)
    assert engine.catch_up(Position(2)) == 2
    assert store.progress("census") == Progress(1, Position(3)), "the old rows are served meanwhile"
    assert {row.scope for row in store.rows("census")} == {"active"}
    assert engine.catch_up() == 4
    assert store.progress("census") == Progress(2, Position(4))
    assert [row.position for row in store.rows("census")] == [4, 2, 3]
    assert store.beside().standing() == {}
    log.append(left(2), {})
    assert engine.catch_up() == 5
    assert compare(replay(log, [NodeCensus(version=2), NodeStates()]), store) == []


def test_rows_of_a_later_program_are_left_alone() -> None:
    log, store = MemoryLog(joined(1)), MemoryReadModels()
    ProjectionEngine(log, store, [NodeCensus(version=2)]).catch_up()
    with pytest.raises(NewerSchema) as refusal:
        ProjectionEngine(log, store, [NodeCensus(version=1)]).catch_up()
    assert refusal.value.hint
    assert len(list(store.rows("census"))) == 1


def test_a_poison_event_is_parked_for_its_key_and_stops_nothing_else() -> None:
    log, store = MemoryLog([*joined(1, 2), *left(1, 2)]), MemoryReadModels()
    poisoned = NodeCensus(poison=account(1))
    assert ProjectionEngine(log, store, (*ALL, poisoned)).catch_up() == 4
    (parked,) = store.parked(limit=10)
    assert (parked.projection, parked.position) == ("census", 3)
    assert parked.key.startswith(account(1))
    assert parked.error == "ValueError: cannot digest this"
    statuses = {row.key[:42]: row.scope for row in store.rows("census")}
    assert statuses == {account(1): "active", account(2): "exited"}
    assert {row.scope for row in store.rows("node_states")} == {"exited"}
    assert compare(replay(log, (*ALL, poisoned)), store) == [], "the replay parks the same"


def test_a_fold_that_cannot_even_name_its_rows_is_parked_too() -> None:
    class Lost(NodeCensus):
        def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
            raise KeyError(recorded.position)

    log, store = MemoryLog(joined(1)), MemoryReadModels()
    assert ProjectionEngine(log, store, (*ALL, Lost())).catch_up() == 1
    assert [event.key for event in store.parked(limit=10)] == [""]


class LyingLog(MemoryLog):
    """A log that gives other events than those asked for."""

    def read(
        self,
        after: Position,
        limit: int,
        *,
        names: Sequence[str] = (),
        stream: StreamName | None = None,
    ) -> Sequence[RecordedEvent]:
        return super().read(Position(0), limit + after, names=names, stream=stream)


def test_a_log_that_repeats_events_is_not_folded_twice() -> None:
    log, store = LyingLog(joined(1, 2)), MemoryReadModels()
    engine = ProjectionEngine(log, store, ALL, batch_events=1)
    with pytest.raises(CorruptRecord):
        engine.catch_up()
    assert store.checkpoint("node_states") == 1


def test_positions_of_rows_never_go_back() -> None:
    log, store = MemoryLog(legal_story(3, 120)), MemoryReadModels()
    engine = ProjectionEngine(log, store, ALL, batch_events=25)
    seen: list[int] = []
    for stop in range(0, log.head() + 25, 25):
        engine.catch_up(Position(stop))
        seen.append(max((row.position for row in store.rows("network_totals")), default=0))
    assert all(earlier <= later for earlier, later in pairwise(seen))
