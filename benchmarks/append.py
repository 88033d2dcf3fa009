"""How dear an append is, beside what it is made of: run with `python -m benchmarks.append`.

Every way writes the same events in the same batches, in turns within one run, into new files on one disk with full
syncs. What is compared is the time per event, the lowest of a few rounds: first the processor's, then the wall's, which
depends more on the disk and on what else the machine does. Then one log grows, to see whether an append gets dearer.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, StoredEvent

from adapters.clock import SystemClock
from adapters.eventstore.codec import Codec
from adapters.eventstore.log import open_log
from benchmarks.measure import Spent, lowest, print_ratios, set_aside
from benchmarks.stories import task_lives
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import NewEvent, Provenance, RecordedEvent
from domain.kernel.ids import (
    MAIN_BRANCH,
    Address,
    BlockNumber,
    ChainId,
    Epoch,
    Hash32,
    Position,
    Timestamp,
    Version,
)
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.kernel.streams import Network, task_stream
from domain.task.events import TaskAssigned

STREAMS = 2_000
BATCHES = {1: 300, 100: 10_000, 1_000: 30_000, 10_000: 30_000}
"""Events per append, and events per round."""

Way = Callable[[Path, Sequence[NewEvent], Sequence[StoredEvent], int], Spent]


def story(count: int) -> list[NewEvent]:
    """Return `count` chain facts of many tasks, twenty to a block."""
    network = Network(ChainId(31_337), Address("0x" + "aa" * 20))
    balance = StakeBalance(
        available_wei=Wei(0), locked_wei=Wei(25_000 * 10**18), unbonding_wei=Wei(10**18)
    )
    events = []
    for number in range(count):
        task = Hash32(f"0x{number % STREAMS:064x}")
        event = TaskAssigned(
            task_id=task,
            node=Address(f"0x{number % 97:040x}"),
            epoch=Epoch(1 + number // STREAMS),
            bonded_wei=Wei(25_000 * 10**18 + number),
            proof_deadline=Timestamp(1_800_000_000 + number),
            balance=balance,
        )
        provenance = Provenance(
            chain_id=network.chain_id,
            block_number=BlockNumber(1 + number // 20),
            block_hash=Hash32(f"0x{(1 + number // 20) * 2**200:064x}"),
            block_time=Timestamp(1_700_000_000 + number // 20),
            transaction_hash=Hash32(f"0x{(1 + number) * 2**190:064x}"),
            log_index=number % 20,
            contract=network.arbiter,
        )
        events.append(
            NewEvent(stream=task_stream(network, task), event=event, provenance=provenance)
        )
    return events


def stored(events: Sequence[NewEvent]) -> list[StoredEvent]:
    """Return the rows that the log would store."""
    codec, clock, versions = Codec(REGISTRY), SystemClock(), dict[str, int]()
    rows = []
    for position, new in enumerate(events, 1):
        version = versions[new.stream] = versions.get(new.stream, 0) + 1
        recorded = RecordedEvent(
            position=Position(position),
            branch=MAIN_BRANCH,
            stream=new.stream,
            version=Version(version),
            name=new.event.NAME,
            schema_version=new.event.SCHEMA,
            recorded_at=clock.now_iso(),
            actor=new.actor,
            causation_id=new.causation_id,
            correlation_id=new.correlation_id,
            provenance=new.provenance,
            event=new.event,
        )
        rows.append(StoredEvent(new.stream, version, new.event.NAME, codec.encode(recorded)))
    return rows


def ledger_append(
    path: Path, events: Sequence[NewEvent], _: Sequence[StoredEvent], batch: int
) -> Spent:
    """The whole way: versions, envelope, checked encoding, index of facts."""
    spent = Spent()
    with open_log(str(path), SystemClock()) as log, spent.counting():
        for first in range(0, len(events), batch):
            log.append(events[first : first + batch], {})
    return spent


def recorder(module: str) -> Way:
    """Return the way through a persistence module's recorder with rows that are encoded already."""

    def insert(path: Path, _: Sequence[NewEvent], rows: Sequence[StoredEvent], batch: int) -> Spent:
        env = {
            "PERSISTENCE_MODULE": module,
            "SQLITE_DBNAME": str(path),
            "ORIGINATOR_ID_TYPE": "text",
        }
        factory: InfrastructureFactory = InfrastructureFactory.construct(env)
        log: ApplicationRecorder = factory.application_recorder()
        spent = Spent()
        with spent.counting():
            for first in range(0, len(rows), batch):
                log.insert_events(rows[first : first + batch])
        factory.close()
        return spent

    return insert


class Thing(Aggregate):
    """An aggregate of the library whose events carry what ours do."""

    class Happened(Aggregate.Event):
        """One event."""

        data: dict[str, object]
        provenance: dict[str, object]


def library_save(
    path: Path, events: Sequence[NewEvent], _: Sequence[StoredEvent], batch: int
) -> Spent:
    """The library's own way, with its transcoder: an application saves an aggregate with new events."""
    codec = Codec(REGISTRY)
    bodies = [
        (codec.payload(new.event), new.provenance and asdict(new.provenance)) for new in events
    ]
    app = Application[UUID](
        env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(path)}
    )
    spent = Spent()
    for first in range(0, len(events), batch):
        thing = Thing()
        for data, provenance in bodies[first : first + batch - 1]:
            thing.trigger_event(Thing.Happened, data=data, provenance=provenance)
        with spent.counting():
            app.save(thing)
    app.close()
    return spent


def raw(path: Path, _: Sequence[NewEvent], rows: Sequence[StoredEvent], batch: int) -> Spent:
    """The floor: `executemany` of the same bytes with integer keys and one unique index, nothing checked."""
    return _raw(path, (), batch, [(RAW_ROW, _plain(rows))])


def raw_indexed(
    path: Path, events: Sequence[NewEvent], rows: Sequence[StoredEvent], batch: int
) -> Spent:
    """The floor with every row and index that the ledger keeps: the index by name and the facts as well."""
    facts = []
    for position, new in enumerate(events, 1):
        assert new.provenance is not None
        transaction = bytes.fromhex(new.provenance.transaction_hash[2:])
        facts.append((new.provenance.block_number, new.provenance.log_index, transaction, position))
    more = (
        "CREATE INDEX log_name ON log (name_id)",
        "CREATE TABLE fact (block_id, log_index, tx, position, PRIMARY KEY (block_id, log_index, tx)) WITHOUT ROWID",
    )
    return _raw(path, more, batch, [(RAW_ROW, _plain(rows)), (RAW_FACT, facts)])


RAW_ROW = "INSERT INTO log (branch_id, stream_id, version, name_id, state) VALUES (?, ?, ?, ?, ?)"
RAW_FACT = "INSERT INTO fact VALUES (?, ?, ?, ?)"


def _plain(rows: Sequence[StoredEvent]) -> list[tuple[object, ...]]:
    streams = {row.originator_id: number for number, row in enumerate(rows)}
    return [(1, streams[row.originator_id], row.originator_version, 1, row.state) for row in rows]


def _raw(
    path: Path,
    more: Sequence[str],
    batch: int,
    tables: Sequence[tuple[str, Sequence[tuple[object, ...]]]],
) -> Spent:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE log (position INTEGER PRIMARY KEY, branch_id INTEGER, stream_id INTEGER, "
            "version INTEGER, name_id INTEGER, state BLOB)"
        )
        connection.execute("CREATE UNIQUE INDEX log_key ON log (branch_id, stream_id, version)")
        for statement in more:
            connection.execute(statement)
        spent = Spent()
        with spent.counting():
            for first in range(0, len(tables[0][1]), batch):
                connection.execute("BEGIN IMMEDIATE")
                for statement, rows in tables:
                    connection.executemany(statement, rows[first : first + batch])
                connection.execute("COMMIT")
        return spent


WAYS: dict[str, Way] = {
    "ledger append": ledger_append,
    "ledger recorder": recorder("adapters.eventstore.sqlite"),
    "library recorder": recorder("eventsourcing.sqlite"),
    "library save": library_save,
    "raw, all indexes": raw_indexed,
    "raw": raw,
}


def in_new_file(
    way: Way, events: Sequence[NewEvent], rows: Sequence[StoredEvent], batch: int
) -> Spent:
    """Run one way in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return way(Path(folder) / "bench.db", events, rows, batch)


def compare(rounds: int) -> None:
    """Print microseconds per event for each way and batch size, processor (wall), and ratios (above 1: faster)."""
    events = story(max(BATCHES.values()))
    rows = stored(events)
    print(f"append, microseconds per event of {len(rows[0].state)} bytes: processor (wall)")
    print(f"{'batch':>6}" + "".join(f"{name:>19}" for name in WAYS))
    for batch, count in BATCHES.items():
        ways = {
            name: partial(in_new_file, way, events[:count], rows[:count], batch)
            for name, way in WAYS.items()
        }
        with set_aside():
            best = lowest(ways, rounds, count)
        cells = (f"{cpu:.2f} ({wall:.2f})" for cpu, wall in best.values())
        print(f"{batch:>6}" + "".join(f"{cell:>19}" for cell in cells))
        print_ratios(best, "ledger append")


def grow(most: int) -> None:
    """Print what an append costs, a thousand events at once, in a log that grows to `most` events."""
    print("\nappend to a log that grows, microseconds per event: processor (wall)")
    marks = [mark for mark in (10_000, 50_000, 100_000, 200_000, 500_000, most) if mark <= most]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        life = task_lives()
        with open_log(str(path), SystemClock()) as log:
            reached = 0
            for mark in sorted(set(marks)):
                spent = Spent()
                for _ in range(reached, mark, 1_000):
                    batch = list(islice(life, 1_000))
                    with spent.counting():
                        log.append(batch, {})
                cpu, wall = (1e6 * time / (mark - reached) for time in (spent.cpu, spent.wall))
                files = (path, path.with_name(f"{path.name}-wal"))
                size = sum(file.stat().st_size for file in files) / mark
                print(
                    f"  up to {mark:>9,}: {cpu:6.2f} ({wall:6.2f})   {size:,.0f} bytes of file per event"
                )
                reached = mark


def main() -> None:
    """Compare the ways, then grow one log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--million", action="store_true", help="grow the log to a million events")
    given = parser.parse_args()
    compare(given.rounds)
    grow(1_000_000 if given.million else 200_000)


if __name__ == "__main__":
    main()
