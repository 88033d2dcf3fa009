"""A clock that ticks, and logs of their own: in a file, or in a schema of PostgreSQL.

A module that states `STORES = BOTH` has its tests run on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_log import open_postgres_log
from adapters.eventstore.postgres_settings import is_postgres, parse_target
from tests.support.postgres import keyring_folder, new_schema, shared_server

BOTH = ("sqlite", "postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "store" in metafunc.fixturenames:
        stores = getattr(metafunc.module, "STORES", ("sqlite",))
        metafunc.parametrize("store", stores, indirect=True)


class TickingClock:
    """Each look is a microsecond later."""

    def __init__(self) -> None:
        self._ticks = count()

    def now_iso(self) -> str:
        return f"2026-01-01T00:00:00.{next(self._ticks) % 1_000_000:06d}Z"


OpenLog = Callable[..., LedgerLog]
NewDb = Callable[[], str]


def keyring_of(db: str) -> Path:
    """Return the file with the keys of a schema's personal texts."""
    return keyring_folder() / parse_target(db).schema


def open_any(db: str, *, readonly: bool = False) -> LedgerLog:
    """Open a log in either store."""
    if is_postgres(db):
        return open_postgres_log(db, TickingClock(), readonly=readonly, keyring=keyring_of(db))
    return open_log(db, TickingClock(), readonly=readonly)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def new_db(store: str, tmp_path_factory: pytest.TempPathFactory) -> NewDb:
    """Return the name of a database that no other test uses, each time."""

    def new() -> str:
        if store == "postgres":
            return f"{shared_server().url()}&schema={new_schema()}"
        return str(tmp_path_factory.mktemp("log") / "ledger.db")

    return new


@pytest.fixture
def db(store: str, path: Path, new_db: NewDb) -> str:
    """Return the name of the test's own database."""
    return str(path) if store == "sqlite" else new_db()


@pytest.fixture
def reopen(db: str) -> Iterator[OpenLog]:
    """Open the test's database once more; everything is closed afterwards."""
    opened: list[LedgerLog] = []

    def open_again(*, readonly: bool = False) -> LedgerLog:
        opened.append(open_any(db, readonly=readonly))
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def log(reopen: OpenLog) -> LedgerLog:
    return reopen()
