"""Export, check and import of a log, beside bare reads and writes of the same rows.

python -m benchmarks.transfer [--events 100000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import sqlite3
import zlib
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.clock import SystemClock
from adapters.eventstore.log import LedgerLog, open_log
from adapters.segments.folder import growing_export, open_export
from benchmarks.measure import Spent, lowest, print_ratios
from benchmarks.stories import task_lives
from domain.application.log_export import export_log
from domain.application.log_import import import_log
from domain.application.segments import check_segments

APPEND_EVENTS = 1_000
CHUNK_ROWS = 1_024
SEGMENT_ROWS = 512
"""Rows of sixteen events, as many as a segment holds."""


class Ways:
    """What is timed, each way in a folder of its own."""

    def __init__(self, folder: Path, log: LedgerLog, export: Path) -> None:
        self._folder = folder
        self._log = log
        self._export = export
        self._number = 0

    def _new(self, name: str) -> Path:
        self._number += 1
        return self._folder / f"{name}{self._number}"

    def bare_read(self) -> Spent:
        """Every row of the log through `sqlite3`, a thousand at a time, nothing done with it."""
        return self._bare(None)

    def bare_read_and_compress(self) -> Spent:
        """The same, and its stored bytes through zlib at the export's level into one file."""
        return self._bare(self._new("bare"))

    def _bare(self, out: Path | None) -> Spent:
        spent = Spent()
        with closing(sqlite3.connect(self._folder / "source.db")) as connection, spent.counting():
            rows = connection.execute("SELECT * FROM stored_events ORDER BY position")
            packer = zlib.compressobj(3, wbits=31)
            file = None if out is None else out.open("wb")
            while page := rows.fetchmany(CHUNK_ROWS):
                if file is not None:
                    file.writelines([packer.compress(row[-1]) for row in page])
            if file is not None:
                file.write(packer.flush())
                file.close()
        return spent

    def bare_insert(self) -> Spent:
        """The same rows through `executemany` into a bare table, a segment's worth with each commit."""
        spent = Spent()
        with closing(sqlite3.connect(self._folder / "source.db")) as connection:
            rows = connection.execute("SELECT * FROM stored_events ORDER BY position").fetchall()
        marks = ", ".join("?" * len(rows[0]))
        target = self._new("bare").with_suffix(".db")
        with closing(sqlite3.connect(target)) as connection, spent.counting():
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            columns = ", ".join(f"c{number}" for number in range(1, len(rows[0])))
            connection.execute(f"CREATE TABLE t (position INTEGER PRIMARY KEY, {columns})")
            for first in range(0, len(rows), SEGMENT_ROWS):
                page = rows[first : first + SEGMENT_ROWS]
                connection.executemany(f"INSERT INTO t VALUES ({marks})", page)
                connection.commit()
        return spent

    def export(self) -> Spent:
        """The ledger's export: read, hash, hold against the tree, compress, sync each segment."""
        spent = Spent()
        log = self._log
        with growing_export(self._new("export")) as sink, spent.counting():
            export_log(log, log.tree, sink, until=log.head())
        return spent

    def check(self) -> Spent:
        """The ledger's check of an export."""
        spent = Spent()
        with spent.counting():
            check_segments(open_export(self._export))
        return spent

    def take_in(self) -> Spent:
        """The ledger's import into a new file: unpack, hash, decode, check, append, compare the root."""
        spent = Spent()
        with open_log(str(self._new("target")) + ".db", SystemClock()) as target, spent.counting():
            import_log(open_export(self._export), target, target.tree)
        return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        with open_log(str(folder / "source.db"), SystemClock()) as log:
            story = task_lives()
            while log.head() < chosen.events:
                log.append(list(islice(story, min(APPEND_EVENTS, chosen.events - log.head()))), {})
            with growing_export(folder / "export") as sink:
                export_log(log, log.tree, sink, until=log.head())
            ways = Ways(folder, log, folder / "export")
            best = lowest(
                {
                    "bare read": ways.bare_read,
                    "bare read and compress": ways.bare_read_and_compress,
                    "bare insert": ways.bare_insert,
                    "ledger export": ways.export,
                    "ledger verify-export": ways.check,
                    "ledger import": ways.take_in,
                },
                chosen.rounds,
                chosen.events,
            )
        size = sum(file.stat().st_size for file in (folder / "export").iterdir())
        plain = (folder / "source.db").stat().st_size
    print(f"{chosen.events} events, microseconds per event: processor (wall)")
    for way, (cpu, wall) in best.items():
        print(f"  {way:<24} {cpu:6.2f} ({wall:.2f})")
    for ours, baseline in (
        ("ledger export", "bare read and compress"),
        ("ledger verify-export", "bare read"),
        ("ledger import", "bare insert"),
    ):
        print_ratios({way: best[way] for way in (ours, baseline)}, ours)
    print(
        f"  an export takes {size / chosen.events:.0f} bytes for each event, the file {plain / chosen.events:.0f}"
    )


if __name__ == "__main__":
    main()
