"""How long after an append a subscriber has the event: run with `python -m benchmarks.latency`.

One event at a time, on an idle log. From the call of `append` to the event in the subscriber's hands, so the commit
with its sync is part of it; how long `append` itself takes is printed beside. Once with the subscriber in a thread of
the writing process, once in a process of its own, which looks at the file at short intervals, or is notified by
PostgreSQL: `--db postgresql` starts a server from the wheel.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from adapters.eventstore.log import LedgerLog
from benchmarks.places import KEYRING_VARIABLE, open_ledger_log
from benchmarks.stories import task_lives
from domain.kernel.ids import Position
from tests.support.postgres import Server, new_schema

PAUSE_SECONDS = 0.011
"""Not a multiple of the other process's pace, so that every phase of it is met."""

WAIT_SECONDS = 10.0


def follow(log: LedgerLog, events: int, seen: Callable[[float], None]) -> None:
    """Tell for each event after the first when it was there to be used."""
    at = Position(1)
    until = at + events
    while at < until:
        if log.wait(at, WAIT_SECONDS) <= at:
            raise TimeoutError(f"nothing came after position {at}")
        for recorded in log.read(at, 100):
            seen(time.perf_counter())
            at = recorded.position


def within(db: str, events: int) -> None:
    """Subscriber and writer in one process."""
    with open_ledger_log(db) as log:
        log.append(list(islice(task_lives(), 1)), {})
        seen: list[float] = []
        reader = threading.Thread(target=follow, args=(log, events, seen.append))
        reader.start()
        called, done = write(log, events)
        reader.join()
    report("in one process", called, done, seen)


def between(db: str, events: int) -> None:
    """The subscriber in a process of its own; both clocks count from the machine's start."""
    with open_ledger_log(db) as log:
        log.append(list(islice(task_lives(), 1)), {})
        command = [sys.executable, "-m", "benchmarks.latency", "--follow", db]
        with subprocess.Popen(
            [*command, "--events", str(events)], stdout=subprocess.PIPE, text=True
        ) as reader:
            assert reader.stdout is not None
            reader.stdout.readline()
            called, done = write(log, events)
            seen = [float(line) for line in reader.stdout]
    report("between processes", called, done, seen)


def write(log: LedgerLog, events: int) -> tuple[list[float], list[float]]:
    """Append events one by one after the first; return when each append was called and when it was done."""
    called, done = [], []
    for new in islice(task_lives(), 1, events + 1):
        time.sleep(PAUSE_SECONDS)
        called.append(time.perf_counter())
        log.append([new], {})
        done.append(time.perf_counter())
    return called, done


def report(
    title: str, called: Sequence[float], done: Sequence[float], seen: Sequence[float]
) -> None:
    """Print median and 99th percentile in milliseconds."""
    for name, ends in (("append itself", done), ("until seen", seen)):
        times = [1_000 * (end - start) for start, end in zip(called, ends, strict=True)]
        p99 = statistics.quantiles(times, n=100)[98]
        median = statistics.median(times)
        print(f"{title:<20}{name:<15} median {median:6.2f} ms   p99 {p99:6.2f} ms")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both, or be the other process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--follow", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.follow:
        with open_ledger_log(given.follow, readonly=True) as log:
            print("ready", flush=True)
            seen: list[float] = []
            follow(log, given.events, seen.append)
        print("\n".join(map(str, seen)))
        return
    server = Server() if given.db == "postgresql" else None
    try:
        for measure in (within, between):
            with tempfile.TemporaryDirectory() as folder:
                os.environ[KEYRING_VARIABLE] = str(Path(folder) / "keys")
                db = f"{server.url()}&schema={new_schema()}" if server else f"{folder}/log.db"
                measure(db, given.events)
    finally:
        if server:
            server.remove()


if __name__ == "__main__":
    main()
