"""How the log holds out: writers killed at random moments, then many writers and readers at once.

    python -m benchmarks.endurance [--kills 300] [--seconds 60] [--writers 16] [--readers 4] [--seed 1]
    python -m benchmarks.endurance --db postgresql [--kills 50] [--crashes 50] ...

With `--db postgresql` the log is in a server that the run starts from the wheel, and that is killed too, with every
process of it, while others append and read. Prints what was seen and exits 1 when anything acknowledged is lost,
doubled, in part, or seen out of order.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from adapters.eventstore.log import LedgerLog
from benchmarks.places import KEYRING_VARIABLE, open_ledger_log
from domain.application.tree_check import check_tree
from domain.kernel.ids import Position
from tests.support.postgres import Server

ROOT = Path(__file__).resolve().parents[1]
PAGE = 5_000
APPEND_EVENTS = 20

WRITER = """
import sys, time
from benchmarks.places import open_ledger_log
from domain.kernel.envelope import NewEvent, Provenance
from domain.kernel.errors import Unavailable
from domain.node.events import NodeRegistered

db, writer, seconds, size = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])

def joined(block, index):
    node, word = f"0x{writer * 100 + index % 7:040x}", f"0x{writer * 10**9 + block:064x}"
    origin = Provenance(chain_id=1, block_number=block, block_hash=word, block_time=block,
                        transaction_hash=word, log_index=index, contract=node)
    event = NodeRegistered(node=node, metadata_uri=f"{writer}/{block}")
    return NewEvent(stream=f"node:{node}", event=event, provenance=origin)

with open_ledger_log(db) as log:
    print("ready", flush=True)
    block, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        block += 1
        events = [joined(block, index) for index in range(size)]
        unknown = False
        while True:
            try:
                # After an outcome that is unknown the facts tell whether the append is there; a second cannot be.
                if unknown and (found := log.recorded_facts([events[0].provenance])[0]):
                    first = found
                    break
                first = log.append(events, {})[0].position
                break
            except Unavailable:
                unknown = True
                time.sleep(0.01)
        print(block, first, flush=True)
"""

READER = """
import sys, time
from benchmarks.places import open_ledger_log
from domain.kernel.errors import Unavailable

with open_ledger_log(sys.argv[1], readonly=True) as log:
    seen, end = 0, time.monotonic() + float(sys.argv[2])
    while time.monotonic() < end:
        try:
            log.wait(seen, 0.2)
            page = log.read(seen, 1_000)
        except Unavailable:
            time.sleep(0.01)
            continue
        for event in page:
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

    def check_tree(self, log: LedgerLog) -> None:
        """Note a fault when an event does not agree with its leaf."""
        difference = check_tree(log, log.tree).difference
        if difference is not None:
            self.faults.append(difference.sentence)

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


def kill_rounds(db: str, rounds: int, chance: random.Random, checked: Checked) -> int:
    """Kill one writer after the other at a random moment; return how many appends were acknowledged."""
    total = 0
    for number in range(1, rounds + 1):
        process = started(WRITER, db, number, 3_600, APPEND_EVENTS)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        told = acknowledged(number, process.communicate()[0].splitlines(keepends=True))
        with open_ledger_log(db) as log:
            checked.go_on(log)
        for name, position in told:
            checked.acknowledge(name, position)
        total += len(told)
        if number % 25 == 0:
            print(f"  {number} kills, {checked.events} events", file=sys.stderr)
    return total


class Acknowledging(threading.Thread):
    """A writer, and what it was told so far."""

    def __init__(self, db: str, number: int) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.process = started(WRITER, db, number, 3_600, APPEND_EVENTS)
        self.lines: list[str] = []

    def run(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def await_more(self, than: int) -> None:
        """Wait until it was told more; an outage is no excuse for ever."""
        end = time.monotonic() + 120
        while len(self.lines) <= than and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.005)
        if len(self.lines) <= than:
            raise SystemExit(f"writer {self.number} does not go on")


def crash_rounds(
    server: Server, db: str, rounds: int, chance: random.Random, checked: Checked
) -> int:
    """Kill the server again and again under the same writers and reader; return how many appends were acknowledged."""
    writers = [Acknowledging(db, 500_000 + number) for number in range(2)]
    reader = started(READER, db, 3_600)
    for writer in writers:
        writer.start()
    for number in range(1, rounds + 1):
        for writer in writers:
            # Past the line that says that it is ready, and past what was told before the last crash.
            writer.await_more(max(1, len(writer.lines)))
        time.sleep(chance.uniform(0.0, 0.15))
        server.crash()
        server.start()
        if number % 10 == 0:
            print(f"  {number} crashes", file=sys.stderr)
    for writer in writers:
        writer.await_more(len(writer.lines))
        writer.process.kill()
        writer.join()
    if reader.poll() is not None:
        checked.faults.append("the reader saw a position out of order")
    reader.kill()
    reader.communicate()
    with open_ledger_log(db) as log:
        checked.go_on(log)
    told = [each for writer in writers for each in acknowledged(writer.number, writer.lines)]
    for name, position in told:
        checked.acknowledge(name, position)
    return len(told)


def crowd(db: str, writers: int, readers: int, seconds: float, checked: Checked) -> int:
    """Let many write and read at once; return how many appends were acknowledged."""
    first = 1_000_000
    writing = [started(WRITER, db, first + n, seconds, APPEND_EVENTS) for n in range(writers)]
    reading = [started(READER, db, seconds) for _ in range(readers)]
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
    with open_ledger_log(db, readonly=True) as log:
        checked.go_on(log)
        checked.check_tree(log)
    told = [
        each
        for number, text in printed.items()
        for each in acknowledged(first + number, text.splitlines(keepends=True))
    ]
    for name, position in told:
        checked.acknowledge(name, position)
    return len(told)


def hold_out(options: argparse.Namespace, server: Server | None, db: str, checked: Checked) -> None:
    """Run the parts, one after the other, on one log."""
    chance = random.Random(options.seed)
    with open_ledger_log(db):
        pass
    kills = options.kills or (50 if server else 300)
    told = kill_rounds(db, kills, chance, checked)
    print(f"{kills} kills: {told} acknowledged appends, {checked.events} events")
    if server:
        before = checked.events
        told = crash_rounds(server, db, options.crashes, chance, checked)
        print(
            f"{options.crashes} kills of the server: {told} acknowledged appends, "
            f"{checked.events - before} events"
        )
    before = checked.events
    told = crowd(db, options.writers, options.readers, options.seconds, checked)
    print(
        f"{options.writers} writers and {options.readers} readers for {options.seconds:g} s: "
        f"{told} acknowledged appends, {checked.events - before} events"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, help="of a writer; default 300, or 50 with postgresql")
    parser.add_argument("--crashes", type=int, default=50, help="of the server, with postgresql")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checked = Checked()
    server = Server() if options.db == "postgresql" else None
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ[KEYRING_VARIABLE] = str(Path(folder) / "ledger.keys")
            db = server.url() if server else str(Path(folder) / "ledger.db")
            hold_out(options, server, db, checked)
    finally:
        if server:
            server.remove()
    for fault in checked.faults[:20]:
        print(f"FAULT {fault}")
    print(f"{len(checked.faults)} faults")
    return 1 if checked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
