"""Disks that are full, files that are cut off, replaced or protected: a clear error, and nothing half-written."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.eventstore.database import PAGE_BYTES, prepare_database
from adapters.eventstore.log import LedgerLog, open_log
from domain.application.tree_check import check_tree
from domain.kernel.errors import (
    CorruptRecord,
    DifferentLog,
    InvalidInput,
    Unavailable,
)
from tests.adapters.eventstore.conftest import OpenLog, TickingClock
from tests.adapters.eventstore.test_database import fingerprint, foreign, unprivileged
from tests.adapters.eventstore.test_log import START, joined, left
from tests.adapters.eventstore.test_processes import ROOT, WRITER, all_events, assert_dense

__all__ = ["unprivileged"]

APPEND = 20

FULL_DISK_WRITER = (
    """
import resource, sys
most = int(sys.argv.pop())
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from domain.kernel.errors import Unavailable
try:
"""
    + "".join(f"    {line}\n" for line in WRITER.splitlines() if line)
    + """
except Unavailable as error:
    print("refused:", error.message, flush=True)
"""
)
"""The writer of other tests, on a disk that lets no file grow past a size."""


def write_until_full(path: Path, block: int, most_bytes: int) -> list[str]:
    arguments = [str(path), str(block), "1000", str(APPEND), str(most_bytes)]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK_WRITER, *arguments],
        cwd=ROOT,
        input="\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def head_and_check(log: LedgerLog) -> int:
    checked = check_tree(log, log.tree)
    assert checked.difference is None
    return checked.head.size


def test_on_a_full_disk_what_was_acknowledged_stands_and_nothing_else(
    reopen: OpenLog, path: Path
) -> None:
    reopen().close()
    block, acknowledged = 1, 0
    for most_bytes in (200_000, 300_000, 300_000):
        *told, end = write_until_full(path, block, most_bytes)
        assert end.startswith("refused: ")
        assert path.name in end
        log = reopen()
        acknowledged += len(told)
        assert log.head() == acknowledged * APPEND == head_and_check(log)
        assert_dense(all_events(log))
        log.close()
        block += len(told)
    # With space again it goes on.
    log = reopen()
    assert log.append([joined(1, 99_999)], {})[0].position == acknowledged * APPEND + 1


def test_a_file_that_is_cut_off_anywhere_is_refused_and_left_as_it_is(path: Path) -> None:
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(number, number) for number in range(1, 300)], {})
    whole = path.read_bytes()
    pages = range(0, len(whole), 4_096 * 5)
    odd = (1, 99, 105, 4_095, 4_097, 5_000, len(whole) - 4_096, len(whole) - 100, len(whole) - 1)
    for size in (*pages[1:], *odd):
        path.write_bytes(whole[:size])
        for readonly in (True, False):
            with pytest.raises((CorruptRecord, InvalidInput)) as error:
                open_log(str(path), TickingClock(), readonly=readonly)
            assert path.name in error.value.message
            assert error.value.hint
            assert fingerprint(path.parent).keys() <= {path.name, f"{path.name}.keys"}
            assert path.read_bytes() == whole[:size]
    path.write_bytes(whole)
    with open_log(str(path), TickingClock()) as log:
        assert head_and_check(log) == 299


def test_a_write_ahead_log_that_is_cut_off_loses_whole_appends_only(
    log: LedgerLog, path: Path, tmp_path: Path
) -> None:
    for block in range(1, 6):
        log.append([joined(number, block, number) for number in range(3)], {})
    main, ahead = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    heads = set()
    for size in (*range(0, len(ahead), len(ahead) // 11), len(ahead) - 1, len(ahead)):
        copy = tmp_path / f"copy{size}" / "ledger.db"
        copy.parent.mkdir()
        copy.write_bytes(main)
        Path(f"{copy}-wal").write_bytes(ahead[:size])
        with open_log(str(copy), TickingClock()) as cut:
            head = head_and_check(cut)
            assert head % 3 == 0
            heads.add(head)
            assert cut.append([left(1, 99)], {})[0].position == head + 1
    assert heads == {0, 3, 6, 9, 12, 15}


def test_a_ledger_whose_write_ahead_log_was_half_copied_into_the_file_is_whole(path: Path) -> None:
    """As a kill leaves it in the middle of a checkpoint: the first page tells of pages that are not there yet."""
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(1)], {})
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(number, number) for number in range(2, 300)], {})
        before, ahead = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    after = path.read_bytes()
    for copied in (1, 2, 5):
        end = copied * PAGE_BYTES
        for readonly in (True, False):
            path.write_bytes(after[:end] + before[end:])
            Path(f"{path}-wal").write_bytes(ahead)
            with open_log(str(path), TickingClock(), readonly=readonly) as log:
                assert head_and_check(log) == 299


def another_ledger(path: Path) -> None:
    with open_log(str(path), TickingClock()) as log:
        log.append([joined(9, 9)], {})


def nothing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("make", [another_ledger, foreign, prepare_database, nothing])
def test_a_file_that_is_replaced_while_it_is_open_is_not_written_to(
    log: LedgerLog, path: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    log.append([joined(1), joined(2, log_index=1)], {})
    other = tmp_path / "other" / "ledger.db"
    other.parent.mkdir()
    if make is nothing:
        path.unlink()
    else:
        make(other)
        other.replace(path)
    before = path.read_bytes() if path.exists() else b""
    for _ in range(2):
        with pytest.raises(DifferentLog, match="while it was open") as error:
            log.append([left(1, 2)], {})
        assert "nothing was written" in error.value.hint
    # Readers stay with what they opened, or are told.
    assert [event.position for event in log.read(START, 10)] == [1, 2]
    log.close()
    assert (path.read_bytes() if path.exists() else b"") == before


def test_a_file_that_is_put_back_is_written_to_again(
    log: LedgerLog, path: Path, tmp_path: Path
) -> None:
    log.append([joined(1)], {})
    path.rename(tmp_path / "aside")
    with pytest.raises(DifferentLog):
        log.append([joined(2, 2)], {})
    (tmp_path / "aside").rename(path)
    assert log.append([joined(2, 2)], {})[0].position == 2
    assert head_and_check(log) == 2


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_cannot_be_written_is_unavailable_and_stays_as_it_is() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "ledger.db"
        with open_log(str(path), TickingClock()) as log:
            log.append([joined(1)], {})
        folder.chmod(0o555)
        try:
            before = fingerprint(folder)
            for readonly in (True, False):
                with pytest.raises(Unavailable, match="even reading needs a file") as error:
                    open_log(str(path), TickingClock(), readonly=readonly)
                assert error.value.hint
            with pytest.raises(Unavailable, match="cannot be opened"):
                open_log(str(folder / "new.db"), TickingClock())
            assert fingerprint(folder) == before
        finally:
            folder.chmod(0o755)
        with open_log(str(path), TickingClock()) as log:
            assert log.append([joined(2, 2)], {})[0].position == 2
