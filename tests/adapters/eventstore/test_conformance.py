"""The cases that the `eventsourcing` library ships for persistence modules, run on ours."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal
from unittest.mock import patch
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.sqlite import SQLiteTrackingRecorder
from eventsourcing.tests import application as application_cases
from eventsourcing.tests import persistence as cases
from eventsourcing.utils import Environment, get_topic

from adapters.eventstore.database import prepare_database
from adapters.eventstore.log_recorder import LedgerApplicationRecorder, LedgerProcessRecorder
from adapters.eventstore.pool import LedgerDatastore
from adapters.eventstore.sqlite import Factory
from adapters.eventstore.stream_recorder import LedgerAggregateRecorder


def import_projection_cases() -> Any:
    """Import the library's projection cases, also where its extra `msgspec` is not installed.

    The module holds cases for its stores with dynamic consistency boundaries as well, of which there is none for
    SQLite; the base classes of their events are the only reason for the import that is stood in for here.
    """
    name = "eventsourcing.dcb.msgpack"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        stand_in = ModuleType(name)
        vars(stand_in).update(
            Decision=type("Decision", (), {}), InitialDecision=type("InitialDecision", (), {})
        )
        sys.modules[name] = stand_in
        try:
            return importlib.import_module("eventsourcing.tests.projection")
        finally:
            del sys.modules[name]
    return importlib.import_module("eventsourcing.tests.projection")


projection_cases = import_projection_cases()


class OnDisk(cases.RecorderTestCase):
    """Gives each case new files, and closes them."""

    originator_id_type: ClassVar[Literal["uuid", "text"]] = "uuid"

    def datastore(self) -> LedgerDatastore:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "ledger.db"
        prepare_database(path)
        datastore = LedgerDatastore(path, originator_id_type=self.originator_id_type)
        self.addCleanup(datastore.close)
        return datastore


class WithTextIds(OnDisk):
    originator_id_type = "text"

    def new_originator_id(self) -> UUID | str:
        return f"task:{uuid4()}@1.0x00"


class TestAggregateRecorder(OnDisk, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        recorder = LedgerAggregateRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestAggregateRecorderWithTextIds(WithTextIds, TestAggregateRecorder):
    pass


class TestApplicationRecorder(OnDisk, cases.ApplicationRecorderTestCase):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = LedgerApplicationRecorder(self.datastore())
        recorder.create_table()
        return recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderWithTextIds(WithTextIds, TestApplicationRecorder):
    pass


class TestProcessRecorder(OnDisk, cases.ProcessRecorderTestCase):
    def create_recorder(self) -> ProcessRecorder:
        recorder = LedgerProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestProcessRecorderWithTextIds(WithTextIds, TestProcessRecorder):
    pass


class TestProcessRecorderIsAnApplicationRecorder(TestApplicationRecorder):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = LedgerProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestTrackingRecorder(OnDisk, cases.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        recorder = LedgerProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestNotificationsDoNotInterleave(OnDisk, cases.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = LedgerApplicationRecorder(self.datastore())
        recorder.create_table()
        return recorder


class OwnTrackingRecorder(SQLiteTrackingRecorder):
    pass


class TestFactory(cases.InfrastructureFactoryTestCase[Factory]):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = Environment(
            "TestCase",
            {
                "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
                "SQLITE_DBNAME": f"{folder.name}/ledger.db",
            },
        )
        super().setUp()

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return LedgerAggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return LedgerApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return SQLiteTrackingRecorder

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        return OwnTrackingRecorder

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        return LedgerProcessRecorder


class TestExampleApplication(application_cases.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(Factory)

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        environment = patch.dict(
            "os.environ",
            {
                "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
                "SQLITE_DBNAME": f"{folder.name}/ledger.db",
            },
        )
        environment.start()
        self.addCleanup(environment.stop)


class CountersInSqlite(SQLiteTrackingRecorder, projection_cases.EventCountersView):  # type: ignore[misc, name-defined]
    """A read model of the library's projection cases, in the ledger's file."""

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, number INTEGER)",
        ]

    def _count(self, name: str) -> int:
        with self.datastore.transaction(commit=False) as c:
            c.execute("SELECT number FROM counters WHERE name = ?", (name,))
            row = c.fetchone()
        return row[0] if row else 0

    def _increment(self, name: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as c:
            self._insert_tracking(c, tracking)
            c.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET number = number + 1",
                (name,),
            )

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)


class TestProjectionRunner(projection_cases.AggregateEventCountersProjectionTestCase):  # type: ignore[misc, name-defined]
    view_class = CountersInSqlite

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = {
            "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
            "SQLITE_DBNAME": f"{folder.name}/ledger.db",
            "EVENTCOUNTERS_SQLITE_DBNAME": f"{folder.name}/view.db",
        }


class TestEventSourcedProjection(projection_cases.EventSourcedProjectionTestCase):  # type: ignore[misc, name-defined]
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = {
            "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
            "SQLITE_DBNAME": f"{folder.name}/app.db",
            "COUNTERS_SQLITE_DBNAME": f"{folder.name}/counters.db",
        }
