"""How dear a rebuild of all read models is, beside what it is made of: run with `python -m benchmarks.rebuild`.

A log is written once; each way then makes the rows of all read models from it, in turns within one run, in new files.
The bare loops fold with the same functions and write the same rows, but check nothing, park nothing, keep no
checkpoints and hold all rows in memory; one of them also reads the log and parses its JSON.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

import orjson

from adapters.clock import SystemClock
from adapters.eventstore.log import READ_LIMIT_MAX, LedgerLog, open_log
from adapters.readmodels.sqlite import SqliteReadModels
from benchmarks.library_runner import run_library
from benchmarks.measure import Spent, lowest, print_ratios, set_aside
from benchmarks.stories import task_lives
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from projections.catalogue import ALL
from projections.engine import BATCH_EVENTS, ProjectionEngine
from projections.projection import Body

APPEND_EVENTS = 5_000
LIBRARY_EVENTS_MAX = 10_000


def write(log: LedgerLog, events: int) -> None:
    """Append that many events of the story."""
    life = task_lives()
    for first in range(0, events, APPEND_EVENTS):
        log.append(list(islice(life, min(APPEND_EVENTS, events - first))), {})


def everything(log: LedgerLog) -> list[RecordedEvent]:
    """Return all events, decoded."""
    events: list[RecordedEvent] = []
    while page := log.read(Position(len(events)), READ_LIMIT_MAX):
        events += page
    return events


def read(log: LedgerLog) -> Spent:
    """Read and decode the log, a batch at a time."""
    spent, at = Spent(), Position(0)
    with spent.counting():
        while page := log.read(at, BATCH_EVENTS):
            at = page[-1].position
    return spent


def rebuild(log: LedgerLog) -> Spent:
    """The ledger's own way."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteReadModels(f"{folder}/rows.db") as store,
    ):
        spent = Spent()
        with spent.counting():
            ProjectionEngine(log, store, ALL).catch_up()
        return spent


def plain_copy(log: LedgerLog, path: Path) -> Path:
    """Write the stored bytes into a table of nothing but them, by position."""
    with closing(sqlite3.connect(path)) as target:
        target.execute("CREATE TABLE plain (position INTEGER PRIMARY KEY, state BLOB)")
        at = Position(0)
        while page := log.raw(at, READ_LIMIT_MAX):
            target.executemany("INSERT INTO plain VALUES (?, ?)", page)
            at = page[-1][0]
        target.commit()
    return path


def library(log: Path, events: int) -> Spent:
    """The `eventsourcing` library's runner: one event, one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        return run_library(log, Path(folder), events)


def bare(events: Sequence[RecordedEvent], log: Path | None = None) -> Spent:
    """Fold and upsert in batches; with a file that `plain_copy` made, read its rows and parse them on the way."""
    interested = {
        kind: [p for p in ALL if kind in p.handles] for kind in {type(e.event) for e in events}
    }
    rows: dict[tuple[str, str], Body] = {}
    spent = Spent()
    with tempfile.TemporaryDirectory() as folder, closing(fold_target(folder)) as target:
        source = None if log is None else sqlite3.connect(f"file:{log}?mode=ro", uri=True)
        with spent.counting():
            for first in range(0, len(events), BATCH_EVENTS):
                if source is not None:
                    found = source.execute(
                        "SELECT position, state FROM plain WHERE position > ? LIMIT ?",
                        (first, BATCH_EVENTS),
                    )
                    for _, state in found.fetchall():
                        orjson.loads(state)
                dirty: dict[tuple[str, str], str] = {}
                for recorded in events[first : first + BATCH_EVENTS]:
                    for projection in interested[type(recorded.event)]:
                        for key in projection.keys_of(recorded):
                            place = (projection.name, key)
                            body = rows[place] = projection.evolve(key, rows.get(place), recorded)
                            dirty[place] = projection.scope_of(body)
                upsert(target, dirty, rows)
        if source is not None:
            source.close()
    return spent


def fold_target(folder: str) -> sqlite3.Connection:
    """Return a new file for the rows of a bare loop."""
    target = sqlite3.connect(f"{folder}/rows.db", isolation_level=None)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=NORMAL")
    target.execute(
        "CREATE TABLE row (name, key, scope, body, PRIMARY KEY (name, key)) WITHOUT ROWID"
    )
    target.execute("CREATE INDEX row_by_scope ON row (name, scope, key)")
    return target


def upsert(
    target: sqlite3.Connection,
    dirty: dict[tuple[str, str], str],
    rows: dict[tuple[str, str], Body],
) -> None:
    """Write the rows that changed, in one transaction."""
    target.execute("BEGIN IMMEDIATE")
    target.executemany(
        "INSERT INTO row VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET scope = excluded.scope, body = excluded.body",
        [(*place, scope, orjson.dumps(rows[place])) for place, scope in dirty.items()],
    )
    target.execute("COMMIT")


def main() -> None:
    """Print microseconds per event for each way, processor (wall), and ratios (above 1: faster)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--million", action="store_true", help="also with a million events")
    given = parser.parse_args()
    sizes = [10_000, 50_000, 200_000] + [1_000_000] * given.million
    print(f"rebuild of {len(ALL)} read models, microseconds per event: processor (wall)")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.db"
            with open_log(str(path), SystemClock()) as log:
                write(log, size)
                ways = {
                    "read and decode": partial(read, log),
                    "ledger rebuild": partial(rebuild, log),
                }
                if size <= 200_000:
                    # The bare loops keep every event in memory.
                    events = everything(log)
                    plain = plain_copy(log, Path(folder) / "plain.db")
                    ways["bare read, fold, upsert"] = partial(bare, events, plain)
                    ways["bare fold, upsert"] = partial(bare, events)
                with set_aside():
                    best = lowest(ways, given.rounds if size < 200_000 else 1, size)
                    if size <= LIBRARY_EVENTS_MAX:
                        best |= lowest({"library's runner": partial(library, path, size)}, 1, size)
        for name, (cpu, wall) in best.items():
            print(f"{size:>10,}  {name:<24}{cpu:8.2f} ({wall:.2f})")
        print_ratios(best, "ledger rebuild")


if __name__ == "__main__":
    main()
