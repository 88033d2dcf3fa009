"""Rebuilding beside the served rows: nobody sees half of it, it goes on where it stopped, and gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from adapters.file_lock import only_one
from adapters.readmodels.sqlite import SqliteReadModels
from domain.application.ports import ParkedEvent, ProjectionChange, Row
from domain.kernel.errors import NotFound, Unavailable, VersionConflict
from domain.kernel.ids import Position
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from projections.rebuilding import Rebuilder
from projections.replay import compare, replay
from tests.support.lifecycles import legal_story
from tests.support.memory import MemoryLog

NAMES = [projection.name for projection in ALL]


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return MemoryLog(legal_story(5, 150))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.db"


@pytest.fixture
def store(log: MemoryLog, path: Path) -> Iterator[SqliteReadModels]:
    with SqliteReadModels(str(path)) as store:
        ProjectionEngine(log, store, ALL, batch_events=50).catch_up()
        yield store


def rebuilder(log: MemoryLog, store: SqliteReadModels) -> Rebuilder:
    return Rebuilder(log, store, ALL, nullcontext, batch_events=40)


def served(store: SqliteReadModels) -> dict[str, list[Row]]:
    return {name: list(store.rows(name)) for name in NAMES}


def test_a_rebuild_gives_the_bytes_of_the_first_build_however_it_was_batched(
    log: MemoryLog, store: SqliteReadModels
) -> None:
    first = {name: store.digest(name) for name in NAMES}
    rebuilder(log, store).replace([])
    assert {name: store.digest(name) for name in NAMES} == first
    assert compare(replay(log, ALL), store) == []
    assert store.beside().standing() == {}


def test_a_changed_byte_changes_the_digest(store: SqliteReadModels, log: MemoryLog) -> None:
    before = store.digest("accounts")
    progress = store.progress("accounts")
    assert progress is not None
    at = progress.position
    parked = ParkedEvent("accounts", at, "k", "e")
    store.apply([ProjectionChange("accounts", progress.version, at, at, (), parked=(parked,))])
    assert store.digest("accounts") != before


def test_readers_see_the_old_rows_until_the_switch(log: MemoryLog, store: SqliteReadModels) -> None:
    seen: list[dict[str, list[Row]]] = []
    before = served(store)
    forge_a_row(store)
    forged = served(store)
    rebuilder(log, store).build([], on_progress=lambda *_: seen.append(served(store)))
    assert seen
    assert all(each == forged for each in seen)
    assert served(store) == forged != before
    rebuilder(log, store).switch([])
    assert served(store) == before


def forge_a_row(store: SqliteReadModels) -> None:
    """Damage a served row, so that what is built anew differs from it."""
    row = next(iter(store.rows("node_states")))
    (state,) = store.states("node_states", [row.key]).values()
    at = store.checkpoint("node_states")
    damaged = state._replace(body={})
    store.apply([ProjectionChange("node_states", 1, at, at, (damaged,))])


class StoppedError(Exception):
    """The rebuild was interrupted."""


def test_an_interrupted_rebuild_goes_on_where_it_was(
    log: MemoryLog, store: SqliteReadModels
) -> None:
    first = {name: store.digest(name) for name in NAMES}

    def interrupt(reached: Position, _: Position) -> None:
        if reached >= 80:
            raise StoppedError

    with pytest.raises(StoppedError):
        rebuilder(log, store).replace([], on_progress=interrupt)
    half = {progress.position for progress in store.beside().standing().values()}
    assert half != {log.head()}, "nothing is left to go on with"
    reached: list[int] = []
    rebuilder(log, store).replace([], on_progress=lambda at, _: reached.append(at))
    assert min(reached) > min(half)
    assert {name: store.digest(name) for name in NAMES} == first


def test_what_was_not_built_is_not_served(log: MemoryLog, store: SqliteReadModels) -> None:
    before = served(store)
    with pytest.raises(VersionConflict) as refusal:
        rebuilder(log, store).switch(["accounts"])
    assert refusal.value.hint
    assert served(store) == before


def test_what_was_built_can_be_dropped(log: MemoryLog, store: SqliteReadModels) -> None:
    before = served(store)
    rebuilder(log, store).build(["accounts", "workflows"])
    assert set(store.beside().standing()) == {"accounts", "workflows"}
    assert rebuilder(log, store).drop([]) == ["workflows", "accounts"]
    assert rebuilder(log, store).drop(["accounts"]) == []
    assert store.beside().standing() == {}
    assert served(store) == before


def test_an_engine_goes_on_after_somebody_else_switched(
    log: MemoryLog, store: SqliteReadModels
) -> None:
    """Its rows at hand are of the generation before."""
    mine = MemoryLog(legal_story(5, 150))
    engine = ProjectionEngine(mine, store, ALL)
    engine.catch_up()
    rebuilder(mine, store).replace([])
    mine.append(legal_story(6, 5), {})
    engine.catch_up()
    assert compare(replay(mine, ALL), store) == []


def test_a_rebuild_goes_on_when_the_served_rows_move_on_before_the_switch(
    log: MemoryLog, store: SqliteReadModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = MemoryLog(legal_story(5, 150))
    engine = ProjectionEngine(mine, store, ALL)
    more = iter([legal_story(6, 3), legal_story(7, 3)])
    switch = store.switch

    def late(names: Sequence[str]) -> None:
        new = next(more, None)
        if new is not None:
            mine.append(new, {})
            engine.catch_up()
        switch(names)

    monkeypatch.setattr(store, "switch", late)
    assert rebuilder(mine, store).replace([]) == mine.head() > log.head()
    assert compare(replay(mine, ALL), store) == []


def test_an_unknown_name_is_refused_with_a_hint(log: MemoryLog, store: SqliteReadModels) -> None:
    with pytest.raises(NotFound) as refusal:
        rebuilder(log, store).replace(["acounts"])
    assert "accounts" in refusal.value.hint


def test_a_second_rebuild_is_refused_while_one_runs(
    log: MemoryLog, store: SqliteReadModels, tmp_path: Path
) -> None:
    def lock() -> AbstractContextManager[None]:
        return only_one(tmp_path / "lock", "a rebuild")

    first = Rebuilder(log, store, ALL, lock)

    def again(*_: object) -> None:
        with pytest.raises(Unavailable, match="a rebuild is already running"):
            Rebuilder(log, store, ALL, lock).replace([])

    first.replace([], on_progress=again)
    Rebuilder(log, store, ALL, lock).drop([])
