"""The rules of the stored read models, on real SQLite files."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from adapters.readmodels.reading import PAGE_ROWS_MAX
from adapters.readmodels.sqlite import SqliteReadModels
from domain.application.ports import ParkedEvent, Progress, ProjectionChange, Row
from domain.application.row_history import RowState
from domain.kernel.errors import (
    CorruptRecord,
    InternalError,
    InvalidInput,
    InvalidPageSize,
    NewerSchema,
    Unavailable,
    VersionConflict,
)
from domain.kernel.ids import Position
from tests.support.memory import MemoryReadModels


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteReadModels]:
    with SqliteReadModels(str(path)) as opened:
        opened.reset("nodes", 1)
        yield opened


def row(key: str, scope: str = "", position: int = 1, **body: object) -> Row:
    return Row(key, scope, body, Position(position))


def state(row: Row) -> RowState:
    at = row.position
    return RowState(row.key, row.scope, row.body, at, at, at, (at,))


def change(
    *rows: Row,
    projection: str = "nodes",
    version: int = 1,
    after: int = 0,
    checkpoint: int = 10,
    parked: tuple[ParkedEvent, ...] = (),
) -> ProjectionChange:
    return ProjectionChange(
        projection=projection,
        version=version,
        after=Position(after),
        checkpoint=Position(checkpoint),
        rows=tuple(state(row) for row in rows),
        parked=parked,
    )


def test_nothing_is_known_of_a_projection_that_was_never_stored(store: SqliteReadModels) -> None:
    assert store.progress("other") is None
    assert store.checkpoint("other") == 0
    assert store.get("other", "a") is None
    assert store.states("other", ["a"]) == {}
    assert store.page("other", after="", limit=5) == []
    assert list(store.rows("other")) == []
    assert store.counts("other") == {}
    assert store.parked(limit=5) == []


def test_a_change_writes_rows_and_checkpoint(store: SqliteReadModels) -> None:
    a, b = row("a", "active", 3, stake_wei="5", tasks=[1, None, {"x": True}]), row("b", "jailed", 9)
    store.apply([change(a, b)])
    assert store.get("nodes", "a") == a
    assert store.get("nodes", "c") is None
    assert store.states("nodes", ["b", "c", "a"]) == {"a": state(a), "b": state(b)}
    assert list(store.rows("nodes")) == [a, b]
    assert store.progress("nodes") == Progress(1, Position(10))
    assert store.counts("nodes") == {"active": 1, "jailed": 1}


def test_a_later_change_replaces_rows_of_the_same_keys(store: SqliteReadModels) -> None:
    store.apply([change(row("a", "active", 3, n=1), row("b", "active", 3))])
    store.apply([change(row("a", "jailed", 11, n=2), after=10, checkpoint=12)])
    assert store.get("nodes", "a") == row("a", "jailed", 11, n=2)
    assert store.counts("nodes") == {"active": 1, "jailed": 1}
    assert store.page("nodes", after="", limit=5, scope="active") == [row("b", "active", 3)]


def test_bodies_are_stored_with_sorted_keys(store: SqliteReadModels, path: Path) -> None:
    store.apply([change(row("a", z=1, b={"y": 1, "x": 2}))])
    with closing(sqlite3.connect(path)) as sql:
        stored = sql.execute("SELECT body FROM read_model_row").fetchone()[0]
    assert stored == b'{"b":{"x":2,"y":1},"z":1}'


@pytest.mark.parametrize(
    "stale",
    [
        change(row("b"), after=9, checkpoint=12),
        change(row("b"), after=0, checkpoint=12),
        change(row("b"), after=10, checkpoint=12, version=2),
        change(row("b"), projection="unregistered"),
    ],
    ids=["behind", "before", "other version", "unknown"],
)
def test_a_change_from_elsewhere_is_refused_whole(
    store: SqliteReadModels, stale: ProjectionChange
) -> None:
    store.reset("tasks", 1)
    store.apply([change(row("a"))])
    with pytest.raises(VersionConflict):
        store.apply([change(row("t"), projection="tasks"), stale])
    assert store.get("nodes", "b") is None
    assert store.get("tasks", "t") is None
    assert store.checkpoint("nodes") == 10
    assert store.checkpoint("tasks") == 0


def test_a_reset_drops_rows_and_parked_events_of_that_projection_only(
    store: SqliteReadModels,
) -> None:
    store.reset("tasks", 4)
    parked = ParkedEvent("nodes", Position(2), "a", "KeyError: 'x'")
    kept = ParkedEvent("tasks", Position(3), "", "ValueError: no")
    store.apply(
        [
            change(row("a"), parked=(parked,)),
            change(row("t"), projection="tasks", version=4, parked=(kept,)),
        ]
    )
    assert store.parked(limit=9) == [parked, kept]
    store.reset("nodes", 2)
    assert store.progress("nodes") == Progress(2, Position(0))
    assert list(store.rows("nodes")) == []
    assert store.parked(limit=9) == [kept]
    assert [each.key for each in store.rows("tasks")] == ["t"]


def test_each_reset_is_another_generation_and_changes_of_an_earlier_one_are_refused(
    store: SqliteReadModels,
) -> None:
    seen: set[int] = set()
    for _ in range(4):
        store.reset("nodes", 1)
        progress = store.progress("nodes")
        assert progress is not None
        assert progress.generation not in seen
        for before in seen:
            with pytest.raises(VersionConflict):
                store.apply([replace(change(row("a")), generation=before)])
        seen.add(progress.generation)
    store.apply([replace(change(row("a")), generation=max(seen))])


def test_parked_events_come_in_order_of_position_up_to_the_limit(store: SqliteReadModels) -> None:
    parked = [
        ParkedEvent("nodes", Position(p), k, "E: e") for p, k in ((4, "b"), (2, "z"), (4, "a"))
    ]
    store.apply([change(parked=tuple(parked))])
    assert [(p.position, p.key) for p in store.parked(limit=2)] == [(2, "z"), (4, "a")]


keys = st.text("ab@#:\U0010fffe\u00e9", max_size=4)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.dictionaries(keys, st.sampled_from(["", "x", "y"]), max_size=12),
    after=keys,
    limit=st.integers(1, 5),
    scope=st.none() | st.sampled_from(["", "x", "z"]),
    prefix=keys,
)
def test_pages_are_those_of_the_reference_store(
    store: SqliteReadModels,
    *,
    rows: dict[str, str],
    after: str,
    limit: int,
    scope: str | None,
    prefix: str,
) -> None:
    reference = MemoryReadModels()
    stored = [row(key, of, n=number) for number, (key, of) in enumerate(rows.items())]
    for each in (store, reference):
        each.reset("nodes", 1)
        each.apply([change(*stored)])
    asked = {"after": after, "limit": limit, "scope": scope, "prefix": prefix}
    assert store.page("nodes", **asked) == reference.page("nodes", **asked)  # type: ignore[arg-type]
    assert list(store.rows("nodes")) == list(reference.rows("nodes"))
    assert store.counts("nodes") == reference.counts("nodes")


@pytest.mark.parametrize("limit", [0, -1, PAGE_ROWS_MAX + 1])
def test_a_page_size_out_of_bounds_is_refused(store: SqliteReadModels, limit: int) -> None:
    with pytest.raises(InvalidPageSize):
        store.page("nodes", after="", limit=limit)
    with pytest.raises(InvalidPageSize):
        store.parked(limit=limit)


def test_all_rows_are_those_of_one_moment(store: SqliteReadModels) -> None:
    store.apply([change(*(row(f"{n:04}") for n in range(1_200)))])
    rows = store.rows("nodes")
    assert next(rows).key == "0000"
    store.apply([change(row("9999"), row("0700", "new"), after=10, checkpoint=11)])
    rest = list(rows)
    assert len(rest) == 1_199
    assert all(each.scope == "" for each in rest)


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b"7", b"\xff", "text", 7], ids=repr)
def test_a_damaged_row_is_reported_with_its_name(
    store: SqliteReadModels, path: Path, stored: object
) -> None:
    store.apply([change(row("a"), row("b"))])
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("UPDATE read_model_row SET body = ? WHERE key = 'a'", (stored,))
    with pytest.raises(CorruptRecord, match="row `a` of the read model `nodes`") as error:
        store.get("nodes", "a")
    assert "rebuilt" in error.value.hint
    with pytest.raises(CorruptRecord):
        list(store.rows("nodes"))
    assert store.get("nodes", "b") is not None


@pytest.mark.parametrize(
    "value", [pytest.param(object(), id="object"), 2**70, {1: 2}, "\ud800"], ids=repr
)
def test_a_body_that_is_not_json_ready_is_our_defect_and_writes_nothing(
    store: SqliteReadModels, value: object
) -> None:
    with pytest.raises(InternalError, match="row `b`"):
        store.apply([change(row("a"), row("b", value=value))])
    assert list(store.rows("nodes")) == []
    assert store.checkpoint("nodes") == 0


def test_rows_outlive_the_process_that_wrote_them(store: SqliteReadModels, path: Path) -> None:
    store.apply([change(row("a"))])
    store.close()
    with SqliteReadModels(str(path)) as again:
        assert again.get("nodes", "a") == row("a")
        assert again.progress("nodes") == Progress(1, Position(10))


def test_a_closed_store_says_so(store: SqliteReadModels) -> None:
    store.close()
    with pytest.raises(InternalError, match="closed"):
        store.get("nodes", "a")


def test_a_log_without_read_models_can_be_opened_for_reading(path: Path) -> None:
    open_log(str(path), SystemClock()).close()
    with SqliteReadModels(str(path), readonly=True) as reader:
        assert reader.checkpoint("nodes") == 0
        assert reader.parked(limit=3) == []
        with pytest.raises(InvalidInput, match="cannot be written"):
            reader.reset("nodes", 1)
        with SqliteReadModels(str(path)) as writer:
            writer.reset("nodes", 1)
            writer.apply([change(row("a"))])
        assert reader.get("nodes", "a") == row("a")


def test_log_and_read_models_share_one_file(path: Path) -> None:
    with open_log(str(path), SystemClock()) as log, SqliteReadModels(str(path)) as store:
        store.reset("nodes", 1)
        store.apply([change(row("a"))])
        assert log.head() == 0
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_full_disk_is_reported_and_no_part_of_the_change_stays(store: SqliteReadModels) -> None:
    store.apply([change(row("a"))])
    with store._datastore.get_connection(commit=True) as connection:
        pages = connection._sqlite_conn.execute("PRAGMA page_count").fetchone()[0]
        connection._sqlite_conn.execute(f"PRAGMA max_page_count={pages + 3}")
    many = [row(f"{n:05}", text="x" * 200) for n in range(500)]
    with pytest.raises(Unavailable, match="no space"):
        store.apply([change(*many, after=10, checkpoint=20)])
    assert list(store.rows("nodes")) == [row("a")]
    assert store.checkpoint("nodes") == 10


def test_waiting_for_a_checkpoint_ends_when_it_is_reached(
    store: SqliteReadModels, path: Path
) -> None:
    assert store.wait_for("nodes", Position(0), 0)
    assert not store.wait_for("nodes", Position(10), 0.02)
    with SqliteReadModels(str(path)) as other:
        reached: list[bool] = []
        threads = [
            threading.Thread(
                target=lambda mine=mine: reached.append(mine.wait_for("nodes", Position(10), 60))
            )
            for mine in (store, other)
        ]
        for thread in threads:
            thread.start()
        store.apply([change(row("a"))])
        for thread in threads:
            thread.join(60)
    assert reached == [True, True]


def test_tables_of_an_earlier_layout_make_room_and_are_filled_again(path: Path) -> None:
    with open_log(str(path), SystemClock()), closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE read_model_projection (name, version, position)")
        connection.execute("INSERT INTO read_model_projection VALUES ('nodes', 1, 10)")
        connection.commit()
    with SqliteReadModels(str(path), readonly=True) as reader:
        assert reader.checkpoint("nodes") == 0
    with SqliteReadModels(str(path)) as store:
        assert store.progress("nodes") is None
        store.reset("nodes", 1)
        store.apply([change(row("a"))])
        assert store.checkpoint("nodes") == 10


def test_tables_of_a_later_layout_are_left_alone(store: SqliteReadModels, path: Path) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE read_model_layout SET number = 99")
        connection.commit()
    for readonly in (False, True):
        with (
            pytest.raises(NewerSchema) as refusal,
            SqliteReadModels(str(path), readonly=readonly) as again,
        ):
            again.checkpoint("nodes")
        assert refusal.value.hint
