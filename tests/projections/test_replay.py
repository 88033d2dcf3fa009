"""The audit: each way in which stored rows can differ from the log is found and named."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from domain.application.ports import ParkedEvent, ProjectionChange, Row
from domain.application.row_history import RowState
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from domain.stake.events import StakeDeposited
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.projection import Body
from projections.rebuilding import Rebuilder
from projections.replay import Difference, DifferenceKind, Replayed, compare, replay
from projections.stake_balances import StakeBalances
from tests.support.lifecycles import legal_story
from tests.support.memory import MemoryLog, MemoryReadModels


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return MemoryLog(legal_story(11, 120))


@pytest.fixture(scope="module")
def replayed(log: MemoryLog) -> Replayed:
    return replay(log, ALL)


@pytest.fixture
def store(log: MemoryLog) -> MemoryReadModels:
    store = MemoryReadModels()
    ProjectionEngine(log, store, ALL).catch_up()
    return store


def tamper(store: MemoryReadModels, *rows: Row, parked: tuple[ParkedEvent, ...] = ()) -> None:
    at = store.checkpoint("stake_balances")
    states = [
        RowState(row.key, row.scope, row.body, row.position, at, at, (row.position,))
        for row in rows
    ]
    store.apply([ProjectionChange("stake_balances", 1, at, at, states, parked=parked)])


def first_row(store: MemoryReadModels) -> Row:
    return next(iter(store.rows("stake_balances")))


def test_untouched_rows_equal_the_replay(store: MemoryReadModels, replayed: Replayed) -> None:
    assert compare(replayed, store) == []


def test_one_wei_more_in_one_row_is_found_and_named(
    store: MemoryReadModels, replayed: Replayed
) -> None:
    row = first_row(store)
    forged = {**row.body, "credit_wei": str(int(str(row.body["credit_wei"])) + 1)}
    tamper(store, replace(row, body=forged))
    (difference,) = compare(replayed, store)
    assert difference == Difference(
        "stake_balances",
        row.key,
        DifferenceKind.CHANGED,
        "body.credit_wei",
        row.body["credit_wei"],
        forged["credit_wei"],
    )
    assert row.key in str(difference)


def test_a_number_in_place_of_its_text_is_a_difference(
    store: MemoryReadModels, replayed: Replayed
) -> None:
    row = first_row(store)
    tamper(store, replace(row, body={**row.body, "credit_wei": int(str(row.body["credit_wei"]))}))
    assert [difference.field for difference in compare(replayed, store)] == ["body.credit_wei"]


def test_a_lost_field_a_wrong_scope_and_a_wrong_position_are_found(
    store: MemoryReadModels, replayed: Replayed
) -> None:
    row = first_row(store)
    lost = {name: value for name, value in row.body.items() if name != "account"}
    tamper(store, Row(row.key, "elsewhere", lost, Position(row.position + 1)))
    fields = {difference.field for difference in compare(replayed, store)}
    assert fields == {"body.account", "scope", "position"}


def test_a_row_too_many_is_found(store: MemoryReadModels, replayed: Replayed) -> None:
    tamper(store, replace(first_row(store), key="0xnobody"))
    (difference,) = compare(replayed, store)
    assert (difference.kind, difference.key) == (DifferenceKind.UNEXPECTED, "0xnobody")


def test_missing_rows_are_found(log: MemoryLog, replayed: Replayed) -> None:
    empty = MemoryReadModels()
    for projection in ALL:
        empty.reset(projection.name, projection.version)
        change = ProjectionChange(projection.name, projection.version, Position(0), log.head(), ())
        empty.apply([change])
    found = compare(replayed, empty)
    assert {difference.kind for difference in found} == {DifferenceKind.MISSING}
    assert len(found) == replayed.row_count


def test_a_checkpoint_that_is_not_the_logs_head_is_found(log: MemoryLog) -> None:
    store = MemoryReadModels()
    ProjectionEngine(log, store, ALL).catch_up(Position(50))
    kinds = {difference.kind for difference in compare(replay(log, ALL), store)}
    assert DifferenceKind.CHECKPOINT in kinds
    assert compare(replay(log, ALL, Position(50)), store) == []


def test_an_event_parked_without_cause_is_found(
    store: MemoryReadModels, replayed: Replayed
) -> None:
    tamper(store, parked=(ParkedEvent("stake_balances", Position(3), "0xkey", "made up"),))
    (difference,) = compare(replayed, store)
    assert (difference.kind, difference.field) == (DifferenceKind.PARKED, "position 3")


def test_the_list_of_differences_is_bounded(log: MemoryLog, replayed: Replayed) -> None:
    assert len(compare(replayed, MemoryReadModels(), limit=5)) == 5


class Generous(StakeBalances):
    """A fold with a defect: everybody who deposits gets one wei more."""

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        after = dict(super().evolve(key, body, recorded))
        if isinstance(recorded.event, StakeDeposited):
            after["deposited_wei"] = str(int(str(after["deposited_wei"])) + 1)
        return after


def test_a_defect_of_a_fold_is_found_once_it_is_mended(log: MemoryLog) -> None:
    store = MemoryReadModels()
    folds = [p for p in ALL if p.name != "stake_balances"]
    ProjectionEngine(log, store, [*folds, Generous()]).catch_up()
    found = compare(replay(log, ALL), store)
    assert found
    assert {(each.projection, each.field) for each in found} == {
        ("stake_balances", "body.deposited_wei")
    }
    Rebuilder(log, store, ALL, nullcontext).replace([])
    assert compare(replay(log, ALL), store) == []
