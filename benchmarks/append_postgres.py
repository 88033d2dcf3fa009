"""How dear an append to PostgreSQL is, beside bare COPY: run with `python -m benchmarks.append_postgres`.

Every way writes the same events in the same batches, in turns within one run, into new tables of one server, which the
run starts from the wheel. What is compared is the time per event, the lowest of a few rounds: first the processor's, of
this process and of the server together, then the wall's. The library's own recorder is not among the ways: it needs
psycopg, which is LGPL.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

import asyncpg
from eventsourcing.persistence import StoredEvent

from adapters.clock import SystemClock
from adapters.eventstore.postgres import Factory
from adapters.eventstore.postgres_log import open_postgres_log
from benchmarks.append import BATCHES, stored, story
from benchmarks.measure import Spent, lowest, print_ratios, set_aside
from benchmarks.stories import task_lives
from domain.kernel.envelope import NewEvent
from tests.support.postgres import Server, new_schema

Way = Callable[[Server, Path, Sequence[NewEvent], Sequence[StoredEvent], int], Spent]

RAW_COLUMNS = "position bigint, branch_id int, stream text, version bigint, name text, state bytea"
RAW_FACTS = "chain_id bigint, block_hash bytea, transaction_hash bytea, log_index bigint"


class WithServer(Spent):
    """Counts the server's processor time too."""

    __slots__ = ("server",)

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def run(self, work: Callable[[], None]) -> Spent:
        """Count what `work` takes."""
        before = self.server.processor_seconds()
        with self.counting():
            work()
        self.cpu += self.server.processor_seconds() - before
        return self


def url(server: Server) -> str:
    return f"{server.url()}&schema={new_schema()}"


def ledger_append(
    server: Server, folder: Path, events: Sequence[NewEvent], _: Sequence[StoredEvent], batch: int
) -> Spent:
    """The whole way: versions, envelope, checked encoding, facts, tree."""

    def append() -> None:
        for first in range(0, len(events), batch):
            log.append(events[first : first + batch], {})

    with open_postgres_log(url(server), SystemClock(), keyring=folder / "keys") as log:
        return WithServer(server).run(append)


def ledger_recorder(
    server: Server, _: Path, __: Sequence[NewEvent], rows: Sequence[StoredEvent], batch: int
) -> Spent:
    """The recorder alone, with rows that are encoded already: tree, no facts."""
    factory = Factory({"POSTGRES_URL": url(server), "ORIGINATOR_ID_TYPE": "text"})
    with closing(factory):
        log = factory.application_recorder()

        def insert() -> None:
            for first in range(0, len(rows), batch):
                log.insert_events(rows[first : first + batch])

        return WithServer(server).run(insert)


def raw(facts: bool) -> Way:
    """Return the floor: COPY of the same bytes by a bare connection, nothing checked, no leaf.

    With `facts` it keeps every column and index that the ledger keeps, but the tree's.
    """

    def copy(
        server: Server,
        _: Path,
        events: Sequence[NewEvent],
        rows: Sequence[StoredEvent],
        batch: int,
    ) -> Spent:
        records = [
            (position, 1, str(row.originator_id), row.originator_version, row.topic, row.state)
            + (fact_of(event) if facts else ())
            for position, (event, row) in enumerate(zip(events, rows, strict=True), 1)
        ]
        schema = new_schema()
        columns = f"{RAW_COLUMNS}, {RAW_FACTS}" if facts else RAW_COLUMNS
        names = [column.split()[0] for column in columns.split(", ")]
        with asyncio.Runner() as runner:

            async def prepare() -> asyncpg.Connection:
                connection = await asyncpg.connect(server.url())
                await connection.execute(f"CREATE SCHEMA {schema}")
                await connection.execute(
                    f"CREATE TABLE {schema}.log ({columns}, PRIMARY KEY (position))"
                )
                await connection.execute(
                    f"CREATE UNIQUE INDEX ON {schema}.log (branch_id, stream, version)"
                )
                if facts:
                    await connection.execute(f"CREATE INDEX ON {schema}.log (name, position)")
                    keys = ", ".join(column.split()[0] for column in RAW_FACTS.split(", "))
                    await connection.execute(f"CREATE UNIQUE INDEX ON {schema}.log ({keys})")
                return connection

            async def write(connection: asyncpg.Connection) -> None:
                marks = ", ".join(f"${number}" for number in range(1, len(names) + 1))
                one = f"INSERT INTO {schema}.log VALUES ({marks})"
                for first in range(0, len(records), batch):
                    if batch == 1:
                        await connection.execute(one, *records[first])
                        continue
                    await connection.copy_records_to_table(
                        "log",
                        schema_name=schema,
                        columns=names,
                        records=records[first : first + batch],
                    )

            connection = runner.run(prepare())
            spent = WithServer(server).run(lambda: runner.run(write(connection)))
            runner.run(connection.close())
            return spent

    return copy


def fact_of(event: NewEvent) -> tuple[object, ...]:
    fact = event.provenance
    assert fact is not None
    hashes = (bytes.fromhex(text[2:]) for text in (fact.block_hash, fact.transaction_hash))
    return (fact.chain_id, *hashes, fact.log_index)


WAYS: dict[str, Way] = {
    "ledger append": ledger_append,
    "ledger recorder": ledger_recorder,
    "raw COPY, all indexes": raw(facts=True),
    "raw COPY": raw(facts=False),
}


def compare(server: Server, folder: Path, rounds: int) -> None:
    """Print microseconds per event for each way and batch size, processor (wall), and ratios (above 1: faster)."""
    events = story(max(BATCHES.values()))
    rows = stored(events)
    print(
        f"append to PostgreSQL, microseconds per event of {len(rows[0].state)} bytes: processor (wall)"
    )
    print(f"{'batch':>6}" + "".join(f"{name:>23}" for name in WAYS))
    for batch, count in BATCHES.items():
        ways = {
            name: partial(way, server, folder, events[:count], rows[:count], batch)
            for name, way in WAYS.items()
        }
        with set_aside():
            best = lowest(ways, rounds, count)
        cells = (f"{cpu:.2f} ({wall:.2f})" for cpu, wall in best.values())
        print(f"{batch:>6}" + "".join(f"{cell:>23}" for cell in cells))
        print_ratios(best, "ledger append")


def grow(server: Server, folder: Path, most: int) -> None:
    """Print what an append costs, a thousand events at once, in a log that grows to `most` events."""
    print("\nappend to a log that grows, microseconds per event: processor (wall)")
    life, reached = task_lives(), 0
    with open_postgres_log(url(server), SystemClock(), keyring=folder / "keys") as log:
        for mark in sorted(
            {m for m in (10_000, 50_000, 100_000, 200_000, 500_000, most) if m <= most}
        ):
            spent = WithServer(server)
            for _ in range(reached, mark, 1_000):
                batch = list(islice(life, 1_000))
                spent.run(partial(log.append, batch, {}))
            cpu, wall = (1e6 * time / (mark - reached) for time in (spent.cpu, spent.wall))
            print(f"  up to {mark:>9,}: {cpu:6.2f} ({wall:6.2f})")
            reached = mark


def main() -> None:
    """Compare the ways, then grow one log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--million", action="store_true", help="grow the log to a million events")
    given = parser.parse_args()
    server = Server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            compare(server, Path(folder), given.rounds)
            grow(server, Path(folder), 1_000_000 if given.million else 200_000)
    finally:
        server.remove()


if __name__ == "__main__":
    main()
