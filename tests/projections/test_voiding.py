"""Orphaned and restored blocks: at every position the rows are a plain fold of the events that stand there."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.readmodels.postgres import PostgresReadModels
from adapters.readmodels.sqlite import SqliteReadModels
from domain.application.ports import ProjectionChange, Row
from domain.chain.events import BlocksOrphaned, BlocksRestored, ChainAdvanced
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import PositionRange, ranges_of
from domain.kernel.streams import chain_stream
from domain.node.events import NodeDeregistered, NodeRegistered
from projections.as_of import RowsAsOf
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.network_totals import NetworkTotals
from projections.node_states import NodeStates
from projections.projection import Body, Projection
from projections.replay import compare, replay
from tests.support.events import NETWORK, account, any_fact, fact, word
from tests.support.memory import MemoryLog, MemoryReadModels
from tests.support.postgres import new_schema, shared_server


def orphaned(*positions: int) -> NewEvent:
    event = BlocksOrphaned(
        fork_block=BlockNumber(1),
        fork_block_hash=word("fork"),
        fork_block_time=Timestamp(1),
        orphaned_last_block=BlockNumber(2),
        orphaned_last_block_hash=word("orphan"),
        facts=len(positions),
        voided=ranges(positions),
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def restored(*positions: int) -> NewEvent:
    event = BlocksRestored(
        first_block=BlockNumber(2),
        last_block=BlockNumber(2),
        last_block_hash=word("orphan"),
        facts=len(positions),
        restored=ranges(positions),
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def cursor(block: int = 2) -> NewEvent:
    event = ChainAdvanced(
        first_block=BlockNumber(block),
        last_block=BlockNumber(block),
        last_block_hash=word(f"block {block}"),
        last_block_time=Timestamp(block),
        facts=0,
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def ranges(positions: Sequence[int]) -> tuple[PositionRange, ...]:
    return ranges_of([Position(position) for position in sorted(positions)])


class Fussy:
    """Node states, but a second registration of one node is more than it can digest."""

    name = "fussy"
    version = 1
    handles = NodeStates.handles

    def __init__(self) -> None:
        self._fold = NodeStates()

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        if recorded.position % 7 == 0:
            raise LookupError("no key at every seventh position")
        return self._fold.keys_of(recorded)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        if body is not None and isinstance(recorded.event, NodeRegistered):
            raise ValueError("known already")
        return self._fold.evolve(key, body, recorded)

    def scope_of(self, body: Body) -> str:
        return self._fold.scope_of(body)


OF_NODES: tuple[Projection, ...] = (NodeStates(), NetworkTotals(), Fussy())


def standing_at(events: Sequence[RecordedEvent], at: int) -> dict[int, int]:
    """Return which positions stand as of `at`, and for each position the last verdict that named it."""
    last: dict[int, tuple[int, bool]] = {}
    for recorded in events[:at]:
        match recorded.event:
            case BlocksOrphaned(voided=named):
                stands = False
            case BlocksRestored(restored=named):
                stands = True
            case _:
                continue
        for each in named:
            for position in range(each.first, each.last + 1):
                last[position] = (recorded.position, stands)
    return {p: verdict if not stands else -verdict for p, (verdict, stands) in last.items()}


def naive(events: Sequence[RecordedEvent], projection: Projection, at: int) -> dict[str, Row]:
    """Fold what stands as of `at`, and nothing else."""
    verdicts = standing_at(events, at)
    bodies: dict[str, Body] = {}
    changed: dict[str, int] = {}
    for recorded in events[:at]:
        if type(recorded.event) not in projection.handles:
            continue
        verdict = verdicts.get(recorded.position, 0)
        try:
            keys = projection.keys_of(recorded)
        except LookupError:
            continue
        for key in keys:
            if verdict <= 0:
                try:
                    bodies[key] = projection.evolve(key, bodies.get(key), recorded)
                    changed[key] = max(changed.get(key, 0), recorded.position)
                except ValueError:
                    pass
            changed[key] = max(changed.get(key, 0), abs(verdict))
    return {
        key: Row(key, projection.scope_of(body), body, Position(changed[key]))
        for key, body in bodies.items()
    }


def naive_parked(events: Sequence[RecordedEvent], projection: Projection) -> set[tuple[int, str]]:
    verdicts = standing_at(events, len(events))
    bodies: dict[str, Body] = {}
    parked: set[tuple[int, str]] = set()
    for recorded in events:
        stands = verdicts.get(recorded.position, 0) <= 0
        if type(recorded.event) not in projection.handles or not stands:
            continue
        try:
            keys = projection.keys_of(recorded)
        except LookupError:
            parked.add((recorded.position, ""))
            continue
        for key in keys:
            try:
                bodies[key] = projection.evolve(key, bodies.get(key), recorded)
            except ValueError:
                parked.add((recorded.position, key))
    return parked


def few_nodes() -> st.SearchStrategy[NewEvent]:
    """Return a strategy for comings and goings of two nodes, so that most events touch the same rows."""
    events = st.sampled_from([NodeRegistered, NodeDeregistered])
    numbers = st.integers(1, 2)
    return st.builds(_comes_or_goes, events, numbers)


def _comes_or_goes(kind: type[NodeRegistered | NodeDeregistered], number: int) -> NewEvent:
    if kind is NodeRegistered:
        return fact(NodeRegistered(node=account(number), metadata_uri=""), 1)
    return fact(NodeDeregistered(node=account(number)), 2)


@st.composite
def reorganised_logs(draw: st.DrawFn, facts_of: st.SearchStrategy[NewEvent]) -> list[NewEvent]:
    """Facts that are taken back and given back again and again."""
    log: list[NewEvent] = []
    facts: list[int] = []
    voided: set[int] = set()
    for _ in range(draw(st.integers(1, 6))):
        for new in draw(st.lists(facts_of, max_size=10)):
            if not isinstance(new.event, BlocksOrphaned | BlocksRestored | ChainAdvanced):
                log.append(new)
                facts.append(len(log))
        standing = [p for p in facts if p not in voided]
        what: str = draw(st.sampled_from(["nothing", "newest", "some", "back", "both", "cursor"]))
        if standing and what in ("newest", "both"):
            depth: int = draw(st.integers(1, len(standing)))
            log.append(orphaned(*standing[-depth:]))
            voided.update(standing[-depth:])
        if standing and what == "some":
            some: list[int] = draw(st.lists(st.sampled_from(standing), min_size=1, unique=True))
            log.append(orphaned(*some))
            voided.update(some)
        if voided and what in ("back", "both"):
            back: list[int] = draw(
                st.lists(st.sampled_from(sorted(voided)), min_size=1, unique=True)
            )
            log.append(restored(*back))
            voided.difference_update(back)
        if what in ("both", "cursor"):
            log.append(cursor())
    return log


def check_everywhere(
    events: Sequence[NewEvent],
    stops: Sequence[int],
    batch_events: int,
    store: MemoryReadModels | SqliteReadModels | PostgresReadModels,
    projections: Sequence[Projection] = OF_NODES,
) -> None:
    log = MemoryLog(events)
    recorded = log.read(Position(0), len(events))
    for stop in sorted(stops):
        engine = ProjectionEngine(log, store, projections, batch_events=batch_events)
        engine.catch_up(Position(stop))
    ProjectionEngine(log, store, projections, batch_events=batch_events).catch_up()
    assert compare(replay(log, projections, batch_events=batch_events), store) == []
    for projection in projections:
        for at in range(1, len(events) + 1):
            expected = naive(recorded, projection, at)
            check_rows(RowsAsOf(log, store, projections, Position(at)), projection.name, expected)
    parked = {(e.position, e.key) for e in store.parked(limit=1000)}
    assert parked == naive_parked(recorded, projections[-1])


def check_rows(rows: RowsAsOf, name: str, expected: dict[str, Row]) -> None:
    """Check single rows, pages, pages of one scope, and counts."""
    found = rows.page(name, after="", limit=100)
    assert {row.key: row for row in found} == expected, name
    assert [row.key for row in found] == sorted(expected)
    assert all(rows.get(name, key) == row for key, row in expected.items())
    assert rows.counts(name) == Counter(row.scope for row in found)
    for scope in {row.scope for row in found}:
        listed = [row for row in found if row.scope == scope]
        assert rows.page(name, after="", limit=100, scope=scope) == listed
    one_by_one: list[Row] = []
    after = ""
    while one := rows.page(name, after=after, limit=1):
        one_by_one += one
        after = one[0].key
    assert one_by_one == found


STOPS = st.lists(st.integers(1, 60), max_size=4)


@settings(max_examples=150, deadline=None)
@given(events=reorganised_logs(few_nodes()), stops=STOPS, batch_events=st.integers(1, 30))
def test_at_every_position_the_rows_of_few_nodes_are_the_fold_of_what_stood(
    events: list[NewEvent], stops: list[int], batch_events: int
) -> None:
    check_everywhere(events, stops, batch_events, MemoryReadModels())


@settings(max_examples=15, deadline=None)
@given(events=reorganised_logs(any_fact()), stops=STOPS, batch_events=st.integers(1, 30))
def test_at_every_position_the_rows_of_any_facts_are_the_fold_of_what_stood(
    events: list[NewEvent], stops: list[int], batch_events: int
) -> None:
    check_everywhere(events, stops, batch_events, MemoryReadModels(), (*ALL, Fussy()))


@settings(max_examples=25, deadline=None)
@given(events=reorganised_logs(few_nodes()), stops=STOPS, batch_events=st.integers(1, 30))
def test_at_every_position_the_rows_in_sqlite_are_the_fold_of_what_stood(
    events: list[NewEvent], stops: list[int], batch_events: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteReadModels(f"{folder}/rows.db") as store,
    ):
        check_everywhere(events, stops, batch_events, store)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(events=reorganised_logs(few_nodes()), stops=STOPS, batch_events=st.integers(1, 30))
def test_at_every_position_the_rows_in_postgres_are_the_fold_of_what_stood(
    events: list[NewEvent], stops: list[int], batch_events: int
) -> None:
    with PostgresReadModels(f"{shared_server().url()}&schema={new_schema()}") as store:
        check_everywhere(events, stops, batch_events, store)


def test_lists_of_one_scope_are_the_same_when_many_were_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page of few keys is sorted, one of many is read in order."""
    monkeypatch.setattr("adapters.readmodels.past.FEW_KEYS", 0)
    test_at_every_position_the_rows_in_sqlite_are_the_fold_of_what_stood()


def test_what_was_taken_back_and_what_came_instead_are_seen_in_one_step() -> None:
    """However small the batches are: the verdict and the facts up to the cursor are one append."""
    first = [fact(NodeRegistered(node=account(n), metadata_uri=""), n) for n in (1, 2)]
    log = MemoryLog([*first, cursor()])
    store = WatchedReadModels()
    engine = ProjectionEngine(log, store, ALL, batch_events=1)
    engine.catch_up()
    second = [fact(NodeRegistered(node=account(n), metadata_uri=""), n) for n in (3, 4, 5)]
    log.append([orphaned(1, 2), restored(1), *second, cursor()], {})
    store.seen.clear()
    engine.catch_up()
    assert store.seen == [9]
    there = {row.key[:42] for row in store.rows("node_states")}
    assert there == {account(n) for n in (1, 3, 4, 5)}
    before = RowsAsOf(log, store, ALL, Position(3)).page("node_states", after="", limit=9)
    assert {row.key[:42] for row in before} == {account(1), account(2)}


class WatchedReadModels(MemoryReadModels):
    """Notes the positions at which readers can see the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        super().apply(changes)
        self.seen.append(changes[0].checkpoint)
