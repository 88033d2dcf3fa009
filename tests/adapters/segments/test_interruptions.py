"""Exports and imports that are killed or meet a full disk: what was reported stays, nothing is half there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog, open_log
from adapters.segments.folder import MANIFEST, PARTIAL, open_export
from domain.application.segments import check_segments
from domain.application.tree_check import check_tree
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.segments.conftest import all_raw, contents, export, fill

ROOT = Path(__file__).resolve().parents[3]
EVENTS = 2_000

MOVER = """
import resource, sys
from pathlib import Path
from domain.application import log_export
from domain.kernel import segment
segment.SEGMENT_EVENTS = log_export.SEGMENT_EVENTS = 32
from api.bootstrap_transfer import export_log, import_log
from domain.kernel.errors import LedgerError

way, folder, db, most_bytes = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

def tell(done, total):
    print(done, flush=True)

try:
    if way == "export":
        export_log(db, folder, key=None, after=None, on_progress=tell)
    else:
        import_log(folder, db, None, tell)
except LedgerError as error:
    print("refused", type(error).__name__, error.message, error.hint, flush=True)
else:
    print("whole", flush=True)
"""
"""Moves events in small segments, prints the position after each, and how it ended."""


def db_of(log: LedgerLog) -> Path:
    return Path(log._recorder.datastore.path)  # type: ignore[attr-defined]


def mover(way: str, folder: Path, db: Path, most_bytes: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MOVER, way, str(folder), str(db), str(most_bytes)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def moved(process: subprocess.Popen[str]) -> list[str]:
    lines = process.communicate(timeout=120)[0].splitlines()
    assert process.returncode == 0
    return lines


def kill_after(process: subprocess.Popen[str], lines: int) -> int:
    """Kill it after so many lines; return the last position that it reported."""
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    told += process.communicate()[0].splitlines(keepends=True)
    return max(
        (int(line) for line in told if line.endswith("\n") and line.strip().isdecimal()), default=0
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerLog]:
    with open_log(str(tmp_path_factory.mktemp("source") / "a.db"), TickingClock()) as log:
        fill(log, 1, EVENTS)
        yield log


@pytest.mark.slow
def test_a_killed_export_goes_on_to_the_same_files(source: LedgerLog, tmp_path: Path) -> None:
    chance = random.Random(7)
    db, folder = db_of(source), tmp_path / "export"
    for _ in range(3):
        reported = kill_after(mover("export", folder, db), chance.randrange(1, 20))
        # A line is written at once: a kill leaves it whole or not there.
        assert check_segments(open_export(folder)).head.size >= reported
    assert moved(mover("export", folder, db))[-1] == "whole"
    moved(mover("export", tmp_path / "again", db))
    assert contents(folder) == contents(tmp_path / "again")
    assert check_segments(open_export(folder)).head == source.tree.head()


@pytest.mark.slow
def test_a_killed_import_goes_on_to_the_same_root(source: LedgerLog, tmp_path: Path) -> None:
    chance = random.Random(7)
    folder, db = tmp_path / "export", tmp_path / "target.db"
    moved(mover("export", folder, db_of(source)))
    for _ in range(3):
        reported = kill_after(mover("import", folder, db), chance.randrange(1, 20))
        with open_log(str(db), TickingClock()) as target:
            assert target.head() >= reported
            assert target.head() % 32 == 0
            assert check_tree(target, target.tree).difference is None
    assert moved(mover("import", folder, db))[-1] == "whole"
    with open_log(str(db), TickingClock()) as target:
        assert all_raw(target) == all_raw(source)
        assert target.tree.head() == source.tree.head()


def test_a_full_disk_stops_an_export_which_then_goes_on(source: LedgerLog, tmp_path: Path) -> None:
    db, folder = db_of(source), tmp_path / "export"
    # Files of segments are smaller than that; the manifest grows past it.
    *told, end = moved(mover("export", folder, db, most_bytes=8_000))
    assert "refused Unavailable no space is left" in end
    assert "goes on where it stopped" in end
    assert PARTIAL not in contents(folder)
    assert len(contents(folder)[MANIFEST]) <= 8_000
    assert check_segments(open_export(folder)).head.size == int(told[-1])
    # Now not even the first file of the rest fits.
    *told, end = moved(mover("export", folder, db, most_bytes=500))
    assert (told, end.split()[:2]) == ([], ["refused", "Unavailable"])
    assert PARTIAL not in contents(folder)
    assert moved(mover("export", folder, db))[-1] == "whole"
    export(source, folder)
    assert check_segments(open_export(folder)).head == source.tree.head()


def test_a_full_disk_stops_an_import_which_then_goes_on(source: LedgerLog, tmp_path: Path) -> None:
    folder, db = tmp_path / "export", tmp_path / "target.db"
    moved(mover("export", folder, db_of(source)))
    *told, end = moved(mover("import", folder, db, most_bytes=1_000_000))
    assert end.startswith("refused Unavailable")
    with open_log(str(db), TickingClock(), readonly=True) as target:
        assert target.head() == int(told[-1])
        assert check_tree(target, target.tree).difference is None
    assert moved(mover("import", folder, db))[-1] == "whole"
    with open_log(str(db), TickingClock()) as target:
        assert target.tree.head() == source.tree.head()
