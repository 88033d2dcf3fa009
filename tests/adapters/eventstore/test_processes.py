"""Several threads and processes on one file, some of them killed: the log stays dense and keeps its promises."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from adapters.eventstore.log import LedgerLog
from adapters.readmodels.sqlite import SqliteReadModels
from domain.application.tree_check import check_tree
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import VersionConflict
from domain.kernel.ids import Position, Version
from tests.adapters.eventstore.conftest import OpenLog
from tests.adapters.eventstore.test_log import START, STREAM, joined, left

ROOT = Path(__file__).resolve().parents[3]

WRITER = """
import sys
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from domain.kernel.envelope import NewEvent, Provenance
from domain.node.events import NodeRegistered

def joined(number, block, index):
    node, word = f"0x{number:040x}", f"0x{block:064x}"
    origin = Provenance(chain_id=1, block_number=block, block_hash=word, block_time=block,
                        transaction_hash=word, log_index=index, contract=node)
    event = NodeRegistered(node=node, metadata_uri="")
    return NewEvent(stream=f"node:{node}", event=event, provenance=origin)

path, block, appends, size = sys.argv[1], *map(int, sys.argv[2:])
with open_log(path, SystemClock()) as log:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(appends):
        new = [joined(index % 7, block + number, index) for index in range(size)]
        print(block + number, log.append(new, {})[0].position, flush=True)
"""
"""Appends facts of one block at a time, and prints block and first position of each append that was acknowledged."""


def start_writer(path: Path, block: int, appends: int, size: int) -> subprocess.Popen[str]:
    arguments = [str(path), str(block), str(appends), str(size)]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("\n")
    process.stdin.flush()


def all_events(log: LedgerLog) -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    while page := log.read(Position(len(events)), 5_000):
        events += page
    return events


def assert_dense(events: list[RecordedEvent]) -> None:
    """Positions and versions have no gap and no double."""
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    versions: dict[str, int] = {}
    for event in events:
        assert event.version == versions.get(event.stream, 0) + 1
        versions[event.stream] = event.version


def test_threads_that_append_at_once_leave_a_dense_log(log: LedgerLog, reopen: OpenLog) -> None:
    logs = [log, log, reopen(), reopen()]
    errors: list[BaseException] = []

    def write(mine: LedgerLog, block: int) -> None:
        try:
            for number in range(20):
                mine.append([joined(index % 5, block + number, index) for index in range(10)], {})
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [
        threading.Thread(target=write, args=(mine, 1_000 * number))
        for number, mine in enumerate(logs, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    events = all_events(log)
    assert len(events) == 4 * 20 * 10
    assert_dense(events)


def test_readers_never_see_a_position_before_the_one_below_it(
    log: LedgerLog, reopen: OpenLog
) -> None:
    reader = reopen(readonly=True)
    done = threading.Event()
    seen: list[int] = []
    errors: list[BaseException] = []

    def follow() -> None:
        try:
            while not done.is_set() or len(seen) < log.head():
                reader.wait(Position(len(seen)), 0.1)
                seen.extend(event.position for event in reader.read(Position(len(seen)), 100))
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    for block in range(1, 60):
        log.append([joined(1, block, index) for index in range(block % 5 + 1)], {})
    done.set()
    thread.join(60)
    assert not errors
    assert seen == list(range(1, log.head() + 1))


def test_of_two_writers_that_expect_the_same_version_one_wins(
    log: LedgerLog, reopen: OpenLog
) -> None:
    writers = [log, reopen()]
    outcomes: list[str] = []

    def race(mine: LedgerLog, block: int, version: int, start: threading.Barrier) -> None:
        start.wait()
        try:
            mine.append([left(1, block, version)], {STREAM: Version(version)})
            outcomes.append("won")
        except VersionConflict:
            outcomes.append("lost")

    for version in range(10):
        start = threading.Barrier(2)
        threads = [
            threading.Thread(target=race, args=(mine, block, version, start))
            for block, mine in enumerate(writers, 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes.count("won") == outcomes.count("lost") == 10
    assert log.versions([STREAM]) == {STREAM: 10}


def test_processes_that_append_at_once_leave_a_dense_log(log: LedgerLog, path: Path) -> None:
    writers = [start_writer(path, 1_000 * number, 25, 20) for number in (1, 2, 3)]
    for writer in writers:
        let_go(writer)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    events = all_events(log)
    assert len(events) == 3 * 25 * 20
    assert_dense(events)
    assert check_tree(log, log.tree).difference is None


def test_an_append_of_another_process_wakes_a_waiter(log: LedgerLog, path: Path) -> None:
    writer = start_writer(path, 1, 1, 1)
    heads: list[int] = []
    waiter = threading.Thread(target=lambda: heads.append(log.wait(START, 600)), daemon=True)
    waiter.start()
    let_go(writer)
    waiter.join(60)
    assert heads == [1]
    writer.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_writer_leaves_every_acknowledged_append_whole(
    reopen: OpenLog, path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    acknowledged: dict[int, int] = {}
    size = 40
    for attempt in range(2):
        writer = start_writer(path, 1 + 100_000 * attempt, 100_000, size)
        let_go(writer)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 40))]
        writer.send_signal(signal.SIGKILL)
        lines += writer.communicate()[0].splitlines(keepends=True)
        # A line that the kill cut off acknowledges nothing.
        whole = (line.split() for line in lines if line.endswith("\n"))
        acknowledged.update((int(block), int(position)) for block, position in whole)
    log = reopen()
    events = all_events(log)
    assert_dense(events)
    assert len(events) % size == 0
    first_of_block = {
        event.provenance.block_number: event.position
        for event in reversed(events)
        if event.provenance is not None
    }
    assert acknowledged.items() <= first_of_block.items()
    assert log.append([left(1, 999_999)], {})[0].position == len(events) + 1
    checked = check_tree(log, log.tree)
    assert checked.difference is None
    assert checked.head == log.tree.head()
    assert checked.head.size == len(events) + 1


def test_the_log_of_an_open_process_outlives_others_that_open_and_close(
    path: Path, log: LedgerLog
) -> None:
    # As a command does beside `agentgpt run`: the second opening of the file must not cost the first one its locks.
    with SqliteReadModels(str(path)):
        for number in range(3):
            with start_writer(path, number + 1, 1, 1) as process:
                let_go(process)
                assert process.wait(60) == 0
            assert path.with_name(f"{path.name}-wal").exists()
            log.append([joined(100 + number, 100 + number)], {})
            assert log.head() == 2 * (number + 1)
    assert_dense(all_events(log))
