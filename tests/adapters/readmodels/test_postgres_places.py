"""Rebuilding beside the served rows holds in PostgreSQL too, and gives the bytes that SQLite has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.readmodels.postgres import PostgresReadModels
from adapters.readmodels.sqlite import SqliteReadModels
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from tests.projections.test_rebuilding import (  # noqa: F401 - run here with this module's store
    NAMES,
    log,
    test_a_rebuild_gives_the_bytes_of_the_first_build_however_it_was_batched,
    test_an_engine_goes_on_after_somebody_else_switched,
    test_an_interrupted_rebuild_goes_on_where_it_was,
    test_readers_see_the_old_rows_until_the_switch,
    test_what_was_built_can_be_dropped,
    test_what_was_not_built_is_not_served,
)
from tests.support.memory import MemoryLog
from tests.support.postgres import new_schema, shared_server


@pytest.fixture
def store(log: MemoryLog) -> Iterator[PostgresReadModels]:  # noqa: F811 - pytest's way
    with PostgresReadModels(f"{shared_server().url()}&schema={new_schema()}") as store:
        ProjectionEngine(log, store, ALL, batch_events=50).catch_up()
        yield store


def test_both_databases_have_the_same_digests(
    log: MemoryLog,  # noqa: F811 - pytest's way
    store: PostgresReadModels,
    tmp_path: Path,
) -> None:
    with SqliteReadModels(str(tmp_path / "rows.db")) as in_file:
        ProjectionEngine(log, in_file, ALL).catch_up()
        assert {n: in_file.digest(n) for n in NAMES} == {n: store.digest(n) for n in NAMES}
