"""Logs, exports of them, and segments small enough that a few events make several."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog, open_log
from adapters.segments.folder import growing_export
from domain.application import log_export
from domain.application.ports import LogTree, StoredBytes
from domain.application.segments import Transfer
from domain.kernel import segment as kernel_segment
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import Position
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_log import joined, left
from tests.support.stored import StoredList

EVENTS = 21
SEGMENT = 8


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Let segments end after a few events."""
    patch.setattr(kernel_segment, "SEGMENT_EVENTS", SEGMENT)
    patch.setattr(log_export, "SEGMENT_EVENTS", SEGMENT)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a closed log of facts of a few streams, its keys, and an export of three segments."""
    folder = tmp_path_factory.mktemp("made")
    with (
        open_log(str(folder / "source.db"), TickingClock()) as source,
        pytest.MonkeyPatch.context() as patch,
    ):
        make_small(patch)
        fill(source, 1, EVENTS)
        export(source, folder / "export")
    return folder


@pytest.fixture
def log(made: Path, tmp_path: Path) -> Iterator[LedgerLog]:
    """A log of one's own, with what was made."""
    for name in ("source.db", "source.db.keys"):
        shutil.copy(made / name, tmp_path / name)
    with open_log(str(tmp_path / "source.db"), TickingClock()) as source:
        yield source


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LedgerLog]:
    # With the keys of the source, which no export carries.
    keyring = tmp_path / "source.db.keys"
    with open_log(str(tmp_path / "target.db"), TickingClock(), keyring=keyring) as empty:
        yield empty


def fill(log: LedgerLog, first: int, last: int) -> None:
    """Append events that stand at the positions named."""
    log.append([event_at(number) for number in range(first, last + 1)], {})


def event_at(number: int) -> NewEvent:
    return joined(number % 5, number) if number % 3 else left(number % 5, number)


def export(
    stored: LedgerLog | StoredList, folder: Path, *, after: int | None = None, until: int = 0
) -> Transfer:
    source: StoredBytes = stored
    tree: LogTree = stored if isinstance(stored, StoredList) else stored.tree
    end = Position(until) if until else Position(tree.head().size)
    begin = None if after is None else Position(after)
    with growing_export(folder) as sink:
        return log_export.export_log(source, tree, sink, until=end, after=begin)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with what is in it."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def all_raw(log: LedgerLog) -> Sequence[tuple[Position, bytes]]:
    return log.raw(Position(0), 10_000)
