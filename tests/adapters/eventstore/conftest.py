"""A clock that ticks, and logs in files of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog, open_log


class TickingClock:
    """Each look is a microsecond later."""

    def __init__(self) -> None:
        self._ticks = count()

    def now_iso(self) -> str:
        return f"2026-01-01T00:00:00.{next(self._ticks) % 1_000_000:06d}Z"


OpenLog = Callable[..., LedgerLog]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def reopen(path: Path) -> Iterator[OpenLog]:
    """Open the test's file once more; everything is closed afterwards."""
    opened: list[LedgerLog] = []

    def open_again(*, readonly: bool = False) -> LedgerLog:
        opened.append(open_log(str(path), TickingClock(), readonly=readonly))
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def log(reopen: OpenLog) -> LedgerLog:
    return reopen()
