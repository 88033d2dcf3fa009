"""How dear reading the whole log is, beside the library's replay: run with `python -m benchmarks.replay`.

Each way turns stored bytes into event objects, in order, in turns within one run. The ledger's checks every field
against its type and every column against the bytes; the library's store holds the same data, saved by its own
application. The floor reads rows of nothing but the bytes and parses their JSON.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import cast
from uuid import UUID

import orjson
from eventsourcing.application import Application
from eventsourcing.sqlite import SQLiteApplicationRecorder

from adapters.clock import SystemClock
from adapters.eventstore.codec import Codec
from adapters.eventstore.log import LedgerLog, open_log
from benchmarks.append import Thing
from benchmarks.measure import Spent, lowest, print_ratios, set_aside
from benchmarks.rebuild import everything, plain_copy, read, write
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import RecordedEvent

PAGE_EVENTS = 5_000
EVENTS_PER_AGGREGATE = 100


def library_store(events: Sequence[RecordedEvent], path: Path) -> Application[UUID]:
    """Return the library's application with the same data, a hundred events to an aggregate."""
    codec = Codec(REGISTRY)
    app = Application[UUID](
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    )
    for first in range(0, len(events), EVENTS_PER_AGGREGATE):
        thing = Thing()
        for recorded in events[first : first + EVENTS_PER_AGGREGATE - 1]:
            origin = recorded.provenance
            thing.trigger_event(
                Thing.Happened,
                data=codec.payload(recorded.event),
                provenance=asdict(origin) if origin else {},
            )
        app.save(thing)
    return app


def library_replay(app: Application[UUID]) -> Spent:
    """The library's own way: notifications in order, each made a domain event."""
    recorder = cast(SQLiteApplicationRecorder, app.recorder)
    spent, at = Spent(), 1
    with spent.counting():
        while page := recorder.select_notifications(at, PAGE_EVENTS):
            for notification in page:
                app.mapper.to_domain_event(notification)
            at = page[-1].id + 1
    return spent


def floor(path: Path) -> Spent:
    """Rows of nothing but the bytes, parsed."""
    spent, at = Spent(), 0
    with closing(sqlite3.connect(path)) as connection, spent.counting():
        query = "SELECT position, state FROM plain WHERE position > ? ORDER BY position LIMIT ?"
        while page := connection.execute(query, (at, PAGE_EVENTS)).fetchall():
            for _, state in page:
                orjson.loads(state)
            at = page[-1][0]
    return spent


def bytes_only(log: LedgerLog) -> Spent:
    """The ledger's rows taken apart, the bytes not decoded."""
    spent, at = Spent(), 0
    with spent.counting():
        while page := log._recorder.select_raw(at, PAGE_EVENTS):  # noqa: SLF001 - what an export reads
            at = page[-1][0]
    return spent


def main() -> None:
    """Print microseconds per event for each way, processor (wall), and ratios (above 1: faster)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--million", action="store_true", help="also with a million events")
    given = parser.parse_args()
    print("\nreplay, microseconds per event: processor (wall)")
    for size in [10_000, 100_000] + [1_000_000] * given.million:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_log(f"{folder}/log.db", SystemClock()) as log,
        ):
            write(log, size)
            ways: dict[str, Callable[[], Spent]] = {
                "ledger read": partial(read, log),
                "ledger bytes": partial(bytes_only, log),
            }
            if size <= 100_000:
                app = library_store(everything(log), Path(folder) / "library.db")
                ways["library replay"] = partial(library_replay, app)
                ways["plain rows, JSON"] = partial(
                    floor, plain_copy(log, Path(folder) / "plain.db")
                )
            with set_aside():
                best = lowest(ways, given.rounds if size < 1_000_000 else 1, size)
        for name, (cpu, wall) in best.items():
            print(f"{size:>10,}  {name:<20}{cpu:8.2f} ({wall:.2f})")
        print_ratios(best, "ledger read")


if __name__ == "__main__":
    main()
