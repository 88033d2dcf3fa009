"""How the log holds out: writers killed at random moments, then many writers and readers at once.

    python -m benchmarks.endurance [--kills 300] [--seconds 60] [--writers 16] [--readers 4] [--seed 1]

Prints what was seen and exits 1 when anything acknowledged is lost, doubled, in part, or seen out of order.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from adapters.clock import SystemClock
from adapters.eventstore.log import LedgerLog, open_log
from domain.kernel.ids import Position

ROOT = Path(__file__).resolve().parents[1]
PAGE = 5_000
APPEND_EVENTS = 20

WRITER = """
import sys, time
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.errors import Unavailable
from domain.node.events import NodeRegistered

path, writer, seconds, size = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])

def joined(block, index):
    node, word = f"0x{writer * 100 + index % 7:040x}", f"0x{writer * 10**9 + block:064x}"
    origin = Provenance(chain_id=1, block_number=block, block_hash=word, block_time=block,
                        transaction_hash=word, log_index=index, contract=node)
    event = NodeRegistered(node=node, metadata_uri=f"{writer}/{block}")
    return NewEvent(stream=f"node:{node}", event=event, provenance=origin)

with open_log(path, SystemClock()) as log:
    print("ready", flush=True)
    block, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        block += 1
        events = [joined(block, index) for index in range(size)]
        while True:
            try:
                first = log.append(events, {})[0].position
                break
            except Unavailable:
                continue
        print(block, first, flush=True)
"""

READER = """
import sys, time
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log

with open_log(sys.argv[1], SystemClock(), readonly=True) as log:
    seen, end = 0, time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        log.wait(seen, 0.2)
        for event in log.read(seen, 1_000):
            seen += 1
            if event.position != seen:
                sys.exit(f"position {event.position} was seen where {seen} was due")
print(seen)
"""


@dataclass
class Checked:
    """The log as far as it has been looked at, and what was acknowledged: (writer, block) by first position."""

    events: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    appends: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def go_on(self, log: LedgerLog) -> None:
        """Read what is new; note every gap, double and part of an append."""
        while page := log.read(Position(self.events), PAGE):
            for event in page:
                self.events += 1
                version = self.versions.get(event.stream, 0) + 1
                self.versions[event.stream] = version
                if event.position != self.events or event.version != version:
                    self.faults.append(f"a gap or a double at position {event.position}")
                name = str(getattr(event.event, "metadata_uri", ""))
                first, count = self.appends.get(name, (int(event.position), 0))
                if event.position != first + count:
                    self.faults.append(f"append {name} is torn apart at {event.position}")
                self.appends[name] = (first, count + 1)

    def acknowledge(self, name: str, position: int) -> None:
        """Note a fault unless the append stands whole where its writer was told that it does."""
        if self.appends.get(name) != (position, APPEND_EVENTS):
            self.faults.append(f"append {name}, acknowledged at {position}, is not there whole")


def started(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def acknowledged(writer: int, lines: list[str]) -> list[tuple[str, int]]:
    """Return name and position of each whole line; a line that a kill cut off acknowledges nothing."""
    parts = [line.split() for line in lines if line.endswith("\n")]
    return [(f"{writer}/{p[0]}", int(p[1])) for p in parts if len(p) == 2]


def kill_rounds(path: Path, rounds: int, chance: random.Random, checked: Checked) -> int:
    """Kill one writer after the other at a random moment; return how many appends were acknowledged."""
    total = 0
    for number in range(1, rounds + 1):
        process = started(WRITER, path, number, 3_600, APPEND_EVENTS)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        told = acknowledged(number, process.communicate()[0].splitlines(keepends=True))
        with open_log(str(path), SystemClock()) as log:
            checked.go_on(log)
        for name, position in told:
            checked.acknowledge(name, position)
        total += len(told)
        if number % 25 == 0:
            print(f"  {number} kills, {checked.events} events", file=sys.stderr)
    return total


def crowd(path: Path, writers: int, readers: int, seconds: float, checked: Checked) -> int:
    """Let many write and read at once; return how many appends were acknowledged."""
    first = 1_000_000
    writing = [started(WRITER, path, first + n, seconds, APPEND_EVENTS) for n in range(writers)]
    reading = [started(READER, path, seconds) for _ in range(readers)]
    printed: dict[int, str] = {}

    def drain(number: int, process: subprocess.Popen[str]) -> None:
        printed[number] = process.communicate()[0]

    threads = [threading.Thread(target=drain, args=each) for each in enumerate(writing)]
    for thread in threads:
        thread.start()
    for process in reading:
        process.communicate()
        if process.returncode:
            checked.faults.append("a reader saw a position out of order")
    for thread in threads:
        thread.join()
    if any(process.returncode for process in writing):
        checked.faults.append("a writer failed")
    with open_log(str(path), SystemClock(), readonly=True) as log:
        checked.go_on(log)
    told = [
        each
        for number, text in printed.items()
        for each in acknowledged(first + number, text.splitlines(keepends=True))
    ]
    for name, position in told:
        checked.acknowledge(name, position)
    return len(told)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checked = Checked()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with open_log(str(path), SystemClock()):
            pass
        told = kill_rounds(path, options.kills, random.Random(options.seed), checked)
        print(f"{options.kills} kills: {told} acknowledged appends, {checked.events} events")
        before = checked.events
        told = crowd(path, options.writers, options.readers, options.seconds, checked)
        print(
            f"{options.writers} writers and {options.readers} readers for {options.seconds:g} s: "
            f"{told} acknowledged appends, {checked.events - before} events"
        )
    for fault in checked.faults[:20]:
        print(f"FAULT {fault}")
    print(f"{len(checked.faults)} faults")
    return 1 if checked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
