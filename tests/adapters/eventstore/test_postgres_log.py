"""The ledger's log in PostgreSQL under tampering, outages and many writers, and schemas of the layout before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent

from adapters.eventstore import postgres_append
from adapters.eventstore.log import LedgerLog
from adapters.eventstore.postgres import Factory
from adapters.eventstore.postgres_log import open_postgres_log
from adapters.eventstore.postgres_log_recorder import PostgresApplicationRecorder
from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_settings import parse_target
from adapters.eventstore.postgres_upkeep import migrate_schema, status_of_schema
from domain.application.tree_check import TreeCheck, check_tree
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import (
    CorruptRecord,
    InternalError,
    OlderSchema,
    Unavailable,
    VersionConflict,
)
from domain.kernel.ids import Position, StreamName, Version
from domain.kernel.merkle import Checkpoint, Frontier, TreeHead
from tests.adapters.eventstore.conftest import NewDb, OpenLog, TickingClock, open_any
from tests.adapters.eventstore.test_log import START, STREAM, joined, left, positions
from tests.support.postgres import Server

pytestmark = pytest.mark.slow

STORES = ("postgres",)
COUNT = 9
Sql = Callable[..., Any]


@pytest.fixture
def written(db: str) -> TreeHead:
    """A log of a few events, over two appends."""
    with open_any(db) as log:
        log.append([joined(1), joined(2, log_index=1), left(1, 2)], {})
        log.append([joined(number, 10 + number) for number in range(3, COUNT)], {})
        return log.tree.head()


@pytest.fixture
def sql(written: TreeHead, db: str) -> Iterator[Sql]:
    """The owner of the schema, without scruples: statements with the schema for `{}`."""
    assert written.size == COUNT
    target = parse_target(db)
    datastore = PostgresDatastore(target)

    def run(text: str, *params: object) -> Any:
        statement = text.format(target.schema)
        return datastore.write(lambda connection: connection.fetch(statement, *params))

    run("ALTER TABLE {}.stored_events DISABLE TRIGGER ALL")
    run("ALTER TABLE {}.stored_events_head DISABLE TRIGGER ALL")
    yield run
    datastore.close()


def found_at(db: str) -> int | None:
    """Return the position that the check names; it must find something."""
    with open_any(db, readonly=True) as log:
        difference = check_tree(log, log.tree).difference
    assert difference is not None
    return difference.position


# --- Somebody changes the tables.


def test_every_byte_of_every_stored_row_is_covered(sql: Sql, db: str) -> None:
    rows = sql("SELECT position, state, hashes FROM {}.stored_events")
    with open_any(db, readonly=True) as log:
        for column in ("state", "hashes"):
            update = f"UPDATE {{}}.stored_events SET {column} = $1 WHERE position = $2"
            for row in rows[:4]:
                data = row[column]
                for place in range(len(data)):
                    changed = bytearray(data)
                    changed[place] ^= 1 << place % 8
                    sql(update, bytes(changed), row["position"])
                    difference = check_tree(log, log.tree).difference
                    assert difference is not None
                    assert difference.position == row["position"]
                sql(update, data, row["position"])
        assert check_tree(log, log.tree).difference is None


@pytest.mark.parametrize(
    "change",
    [
        "branch_id = 7",
        "stream = 'node:forged'",
        "version = version + 90",
        "name = 'node.deregistered'",
        "chain_id = chain_id + 1",
        "block_hash = transaction_hash",
        "chain_id = NULL, block_hash = NULL, transaction_hash = NULL, log_index = NULL",
    ],
)
def test_the_columns_beside_the_bytes_are_covered(sql: Sql, db: str, change: str) -> None:
    sql(f"UPDATE {{}}.stored_events SET {change} WHERE position = 4")
    assert found_at(db) == 4


@pytest.mark.parametrize("position", [1, 5, COUNT - 1])
def test_a_removed_row_is_named(sql: Sql, db: str, position: int) -> None:
    with open_any(db, readonly=True) as log:
        sql("DELETE FROM {}.stored_events WHERE position = $1", position)
        difference = check_tree(log, log.tree).difference
        assert difference is not None
        assert difference.position == position


def test_a_log_whose_end_or_edge_was_changed_is_not_opened(sql: Sql, db: str) -> None:
    sql("UPDATE {}.stored_events_head SET edge = sha256(edge)")
    for readonly in (True, False):
        with pytest.raises(CorruptRecord, match="edge"):
            open_any(db, readonly=readonly)
    sql("DELETE FROM {}.stored_events WHERE position = $1", COUNT)
    for readonly in (True, False):
        with pytest.raises(CorruptRecord, match="ends at position 8 but once reached 9"):
            open_any(db, readonly=readonly)


def test_a_forged_log_with_a_forged_tree_is_caught_by_a_checkpoint(
    written: TreeHead, sql: Sql, db: str
) -> None:
    states = [row["state"] for row in sql("SELECT state FROM {}.stored_events ORDER BY position")]
    states[1] = states[1].replace(b'"actor":""', b'"actor":"eve"')
    frontier = Frontier()
    for place, hashes in enumerate(frontier.add(states), 1):
        update = "UPDATE {}.stored_events SET state = $1, hashes = $2 WHERE position = $3"
        sql(update, states[place - 1], hashes, place)
    sql("UPDATE {}.stored_events_head SET edge = $1", b"".join(frontier.edge()))
    with open_any(db, readonly=True) as log:
        assert check_tree(log, log.tree).difference is None
        difference = check_tree(log, log.tree, Checkpoint("log", written)).difference
    assert difference is not None
    assert "checkpoint" in difference.sentence


def test_an_append_sees_a_history_that_was_put_back(db: str, written: TreeHead, sql: Sql) -> None:
    # As a server does that fails over to a standby which lacks the last commits.
    with open_any(db) as log:
        log.append([left(2, 50)], {})
        kept = sql("SELECT position, edge FROM {}.stored_events_head")[0]
        log.append([joined(30, 51), left(3, 52)], {})
        sql("DELETE FROM {}.stored_events WHERE position > $1", kept["position"])
        sql("UPDATE {}.stored_events_head SET position = $1, edge = $2", *kept)
        # The same positions again, by another process, with other versions.
        with open_any(db) as other:
            other.append([left(3, 60), left(3, 61)], {})
        appended = log.append([left(3, 70)], {})
        assert [(event.position, event.version) for event in appended] == [(13, 4)]
        assert check_tree(log, log.tree) == TreeCheck(log.tree.head(), None)
    assert written.size == COUNT


# --- Outcomes that are unknown.


class LosesConnections:
    """Makes a recorder's appends fail after they were committed, or before, in turn."""

    def __init__(self, log: LedgerLog, monkeypatch: pytest.MonkeyPatch) -> None:
        assert isinstance(log._recorder, PostgresApplicationRecorder)
        datastore = log._recorder.datastore
        write = datastore.write
        self.left = 2

        def losing(work: Any, **options: Any) -> Any:
            if not self.left:
                return write(work, **options)
            self.left -= 1
            if self.left:
                raise OperationalError("connection was closed in the middle of operation")
            write(work, **options)
            raise InterfaceError("connection was closed in the middle of operation")

        monkeypatch.setattr(datastore, "write", losing)


def test_an_append_whose_outcome_is_unknown_can_be_repeated(
    log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([joined(1)], {STREAM: Version(0)})
    LosesConnections(log, monkeypatch)
    batch = [left(1, 2), joined(1, 3)]
    for _ in range(2):
        with pytest.raises(Unavailable, match="connection was closed"):
            log.append(batch, {STREAM: Version(1)})
    # The second had been committed. Facts and versions both say so, and nothing is recorded twice.
    with pytest.raises(VersionConflict, match="is at version 3, not 1"):
        log.append(batch, {STREAM: Version(1)})
    with pytest.raises(VersionConflict, match="recorded already, at position 2"):
        log.append(batch, {})
    assert positions(log.read(START, 9)) == [1, 2, 3]
    assert log.append([left(1, 4)], {STREAM: Version(3)})[0].position == 4
    assert check_tree(log, log.tree).difference is None


@pytest.fixture
def own_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.remove()


def test_a_server_killed_under_appends_loses_nothing_and_doubles_nothing(
    own_server: Server, tmp_path: Any
) -> None:
    log = open_postgres_log(own_server.url(), TickingClock(), keyring=tmp_path / "keys")
    acknowledged: dict[int, int] = {}
    outages, done = [0], threading.Event()

    def write() -> None:
        # Batches of every size up to those that go in by COPY.
        for block in range(1, 100_000):
            if done.is_set():
                return
            batch = [joined(number, block, number) for number in range((1, 5, 250)[block % 3])]
            while True:
                try:
                    acknowledged[block] = log.append(batch, {})[0].position
                except Unavailable:
                    outages[0] += 1
                    time.sleep(0.01)
                except VersionConflict:
                    fact = batch[0].provenance
                    assert fact is not None
                    acknowledged[block] = log.recorded_facts([fact])[0] or 0
                else:
                    break
                if acknowledged.get(block):
                    break

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(3):
        reached = len(acknowledged)
        while len(acknowledged) < reached + 5 and writer.is_alive():
            time.sleep(0.005)
        own_server.crash()
        own_server.start()
    done.set()
    writer.join(60)
    assert not writer.is_alive()
    assert outages[0] > 0
    events: list[RecordedEvent] = []
    while page := log.read(Position(len(events)), 10_000):
        events += page
    assert positions(events) == list(range(1, len(events) + 1))
    blocks = [int(event.provenance.block_number) for event in events if event.provenance]
    assert blocks == [
        block for block in sorted(acknowledged) for _ in range((1, 5, 250)[block % 3])
    ]
    assert {block: blocks.index(block) + 1 for block in acknowledged} == acknowledged
    assert check_tree(log, log.tree).difference is None
    log.close()


# --- Many writers.


def test_many_writers_and_threads_keep_versions_positions_and_tree_right(
    log: LedgerLog, reopen: OpenLog
) -> None:
    logs = [log, log, reopen(), reopen()]
    conflicts, errors = [0], list[BaseException]()

    def write(number: int, mine: LedgerLog) -> None:
        try:
            for block in range(1, 40):
                while True:
                    version = mine.versions([STREAM]).get(STREAM, Version(0))
                    batch = [left(1, block, number), joined(100 + number, block, 50 + number)]
                    try:
                        mine.append(batch, {STREAM: version})
                        break
                    except VersionConflict:
                        conflicts[0] += 1
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=write, args=each) for each in enumerate(logs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors
    assert conflicts[0] > 0
    assert [event.version for event in log.read_stream(STREAM)] == list(range(1, 4 * 39 + 1))
    assert check_tree(log, log.tree) == TreeCheck(log.tree.head(), None)
    assert log.tree.head().size == 2 * 4 * 39


def test_a_writer_alone_appends_without_asking_and_notices_the_first_other_one(
    log: LedgerLog, reopen: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[int] = []
    under_lock = postgres_append.Appender._locked

    async def counted(*arguments: Any) -> Any:
        locked.append(1)
        return await under_lock(*arguments)

    monkeypatch.setattr(postgres_append.Appender, "_locked", counted)
    for block in range(1, 6):
        log.append([left(1, block)], {STREAM: Version(block - 1)})
    assert len(locked) == 1
    reopen().append([left(1, 50)], {STREAM: Version(5)})
    log.append([left(1, 60)], {STREAM: Version(6)})
    assert len(locked) == 3
    log.append([joined(number, 70, number) for number in range(300)], {})
    log.append([joined(number, 71, number) for number in range(300)], {})
    assert [event.version for event in log.read_stream(STREAM)] == list(range(1, 10))
    assert check_tree(log, log.tree).difference is None


def test_names_that_no_row_can_hold_find_nothing(log: LedgerLog) -> None:
    log.append([joined(1)], {})
    for name in ("a\x00b", "\ud800"):
        assert log.read(START, 9, stream=StreamName(name)) == []
        assert log.read(START, 9, names=[name]) == []
        assert log.versions([StreamName(name), STREAM]) == {STREAM: 1}


def test_a_log_that_fell_behind_a_closed_pool_says_so(log: LedgerLog) -> None:
    log.close()
    with pytest.raises(InternalError, match="was closed"):
        log.tree.head()


# --- Schemas of the layout before.


@pytest.fixture
def former(new_db: NewDb) -> tuple[str, list[bytes]]:
    """A schema as the program made it before there were facts and a tree, and the bytes in it."""
    url = new_db()
    target = parse_target(url)
    factory = Factory({"POSTGRES_URL": url, "ORIGINATOR_ID_TYPE": "text"})
    recorder, snapshots = factory.application_recorder(), factory.aggregate_recorder("snapshots")
    states = [b"%d" % number for number in range(11)]
    recorder.insert_events([StoredEvent("s", n, "x", state) for n, state in enumerate(states, 1)])
    snapshots.insert_events([StoredEvent("s", 1, "x", b"snapshot")])
    schema = target.schema
    added = ("hashes", "chain_id", "block_hash", "transaction_hash", "log_index")
    dropped = ", ".join(f"DROP COLUMN {column}" for column in added)
    for table in ("stored_events", "stored_snapshots"):
        for statement in (
            f"DROP INDEX {schema}.{table}_by_fact",
            f"ALTER TABLE {schema}.{table} {dropped}",
            f"ALTER TABLE {schema}.{table}_head DROP COLUMN edge",
        ):
            factory.datastore.write(lambda c, text=statement: c.execute(text))  # type: ignore[misc]
    update = f"UPDATE {schema}.ledger_schema SET version = 1"
    factory.datastore.write(lambda c: c.execute(update))
    factory.close()
    return url, states


def root_over(states: list[bytes]) -> TreeHead:
    frontier = Frontier()
    frontier.add(states)
    return TreeHead(frontier.size, frontier.root())


def test_an_earlier_layout_is_refused_to_readers_and_migrated_by_the_command(
    former: tuple[str, list[bytes]],
) -> None:
    url, states = former
    with pytest.raises(OlderSchema, match="layout 1"):
        open_any(url, readonly=True)
    status = status_of_schema(url)
    assert (status.layout, status.can_be_read, status.can_be_written) == (1, False, True)
    assert len(status.steps) == 1
    told: list[tuple[int, int]] = []
    done = migrate_schema(url, lambda at, total: told.append((at, total)))
    assert (done.before, done.after, done.events) == (1, 2, len(states))
    assert told == [(len(states), len(states))]
    assert migrate_schema(url).before == 2
    with open_any(url) as log:
        assert log.tree.head() == root_over(states)
        log.append([joined(1)], {})
        with pytest.raises(VersionConflict, match="recorded already"):
            log.append([joined(1)], {})


async def _fetch(text: str, schema: str, connection: Any) -> Any:
    return await connection.fetch(text, schema)


def test_a_migrated_schema_is_like_a_new_one(
    former: tuple[str, list[bytes]], new_db: NewDb
) -> None:
    shapes = []
    for url in (former[0], new_db()):
        target = parse_target(url)
        factory = Factory({"POSTGRES_URL": url, "ORIGINATOR_ID_TYPE": "text"})
        factory.application_recorder().insert_events([StoredEvent("t", 1, "x", b"new")])
        factory.aggregate_recorder("snapshots").insert_events([StoredEvent("t", 1, "x", b"new")])
        text = (
            "SELECT c.relname, a.attname, a.attnotnull, format_type(a.atttypid, NULL) "
            "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"
        )
        checks = (
            "SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = $1 AND k.contype = 'c' ORDER BY 1, 2"
        )
        triggers = (
            "SELECT tgname, tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 ORDER BY 1"
        )
        found = [
            factory.datastore.read(partial(_fetch, question, target.schema))
            for question in (text, checks, triggers)
        ]
        shapes.append([[tuple(row) for row in rows] for rows in found])
        factory.close()
    assert shapes[0] == shapes[1]


def test_an_earlier_layout_with_a_gap_is_left_as_it_is(former: tuple[str, list[bytes]]) -> None:
    url, _ = former
    target = parse_target(url)
    datastore = PostgresDatastore(target)
    for statement in (
        f"ALTER TABLE {target.schema}.stored_events DISABLE TRIGGER ALL",
        f"DELETE FROM {target.schema}.stored_events WHERE position = 4",
    ):
        datastore.write(lambda c, text=statement: c.execute(text))  # type: ignore[misc]
    datastore.close()
    with pytest.raises(CorruptRecord, match="missing"):
        open_any(url)
    assert status_of_schema(url).layout == 1
