"""The rules of the stored read models hold in PostgreSQL too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.eventstore.postgres_log import open_postgres_log
from adapters.readmodels.postgres import PostgresReadModels
from domain.application.ports import Progress
from domain.kernel.errors import CorruptRecord, InvalidInput
from domain.kernel.ids import Position
from tests.adapters.readmodels.test_sqlite import (  # noqa: F401 - run here with this module's store
    change,
    row,
    test_a_body_that_is_not_json_ready_is_our_defect_and_writes_nothing,
    test_a_change_from_elsewhere_is_refused_whole,
    test_a_change_writes_rows_and_checkpoint,
    test_a_closed_store_says_so,
    test_a_later_change_replaces_rows_of_the_same_keys,
    test_a_page_size_out_of_bounds_is_refused,
    test_a_reset_drops_rows_and_parked_events_of_that_projection_only,
    test_all_rows_are_those_of_one_moment,
    test_nothing_is_known_of_a_projection_that_was_never_stored,
    test_pages_are_those_of_the_reference_store,
    test_parked_events_come_in_order_of_position_up_to_the_limit,
)
from tests.support.postgres import new_schema, shared_server


@pytest.fixture
def db() -> str:
    return f"{shared_server().url()}&schema={new_schema()}"


@pytest.fixture
def store(db: str) -> Iterator[PostgresReadModels]:
    with PostgresReadModels(db) as opened:
        opened.reset("nodes", 1)
        yield opened


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b"7", b"\xff"], ids=repr)
def test_a_damaged_row_is_reported_with_its_name(store: PostgresReadModels, stored: bytes) -> None:
    store.apply([change(row("a"), row("b"))])
    schema = store._datastore.schema
    update = f"UPDATE {schema}.read_model_row SET body = $1 WHERE key = 'a'"
    store._datastore.write(lambda c: c.execute(update, stored))
    with pytest.raises(CorruptRecord, match="row `a` of the read model `nodes`"):
        store.get("nodes", "a")
    assert store.get("nodes", "b") is not None


def test_rows_outlive_the_process_that_wrote_them(store: PostgresReadModels, db: str) -> None:
    store.apply([change(row("a"))])
    store.close()
    with PostgresReadModels(db) as again:
        assert again.get("nodes", "a") == row("a")
        assert again.progress("nodes") == Progress(1, Position(10))


def test_a_log_without_read_models_can_be_opened_for_reading(db: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no ledger"):
        PostgresReadModels(db, readonly=True)
    open_postgres_log(db, SystemClock(), keyring=tmp_path / "keys").close()
    with PostgresReadModels(db, readonly=True) as reader:
        assert reader.checkpoint("nodes") == 0
        assert list(reader.rows("nodes")) == []
        with PostgresReadModels(db) as writer:
            writer.reset("nodes", 1)
            writer.apply([change(row("a"))])
        assert reader.get("nodes", "a") == row("a")
        with pytest.raises(InvalidInput, match="cannot be written"):
            reader.reset("nodes", 1)


def test_waiting_for_a_checkpoint_ends_when_it_is_reached(
    store: PostgresReadModels, db: str
) -> None:
    assert store.wait_for("nodes", Position(0), 0)
    assert not store.wait_for("nodes", Position(10), 0.02)
    with PostgresReadModels(db) as other:
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
