"""A persistence module of the `eventsourcing` library: logs in PostgreSQL 14 or later, by way of asyncpg.

    PERSISTENCE_MODULE=adapters.eventstore.postgres
    POSTGRES_URL=postgresql://user:password@host/database
    POSTGRES_SCHEMA=agentgpt
    ORIGINATOR_ID_TYPE=text

Beside what the library's own PostgreSQL module does: dense positions that never become visible out of order, appends to
many streams with their versions looked up in the same transaction, an index that makes a doubled chain fact impossible,
the Merkle tree over the stored bytes, tables that refuse UPDATE, DELETE and TRUNCATE, and subscriptions that outlive a
restart of the server.
"""

from __future__ import annotations

from typing import Literal, TypeVar, cast

from eventsourcing.persistence import InfrastructureFactory, TrackingRecorder
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from adapters.eventstore.postgres_log_recorder import (
    PostgresApplicationRecorder,
    PostgresProcessRecorder,
)
from adapters.eventstore.postgres_pool import POOL_SIZE, PostgresDatastore
from adapters.eventstore.postgres_recorder import (
    PostgresAggregateRecorder,
    PostgresTrackingRecorder,
)
from adapters.eventstore.postgres_schema import check_target
from adapters.eventstore.postgres_settings import parse_target
from domain.kernel.errors import InvalidInput

LARGEST_POOL = 100

Recorder = TypeVar("Recorder", bound=PostgresAggregateRecorder | PostgresTrackingRecorder)


class Factory(InfrastructureFactory[PostgresTrackingRecorder]):
    """Makes the recorders from the library's environment variables.

    POSTGRES_URL names the database, POSTGRES_SCHEMA (default: `?schema=` of the URL, else `agentgpt`) the schema in
    it, one for each application. ORIGINATOR_ID_TYPE is `uuid` (default) or `text`, POSTGRES_POOL_SIZE (default 10)
    bounds the connections, CREATE_TABLE (default yes) makes the tables that are missing. Raises InvalidInput,
    ForeignDatabase, NewerSchema and the library's OperationalError before anything is written.
    """

    POSTGRES_URL = "POSTGRES_URL"
    POSTGRES_SCHEMA = "POSTGRES_SCHEMA"
    POSTGRES_POOL_SIZE = "POSTGRES_POOL_SIZE"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"
    CREATE_TABLE = "CREATE_TABLE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        target = parse_target(
            self.env.get(self.POSTGRES_URL) or "", self.env.get(self.POSTGRES_SCHEMA) or ""
        )
        id_type = (self.env.get(self.ORIGINATOR_ID_TYPE) or "uuid").lower()
        if id_type not in {"uuid", "text"}:
            raise InvalidInput(
                f"{self.ORIGINATOR_ID_TYPE} is `{id_type[:20]}`", hint="it is `uuid` or `text`"
            )
        self.datastore = PostgresDatastore(
            target,
            pool_size=self._pool_size(),
            originator_id_type=cast(Literal["uuid", "text"], id_type),
        )
        try:
            check_target(self.datastore)
        except BaseException:
            self.datastore.close()
            raise

    def _pool_size(self) -> int:
        text = (self.env.get(self.POSTGRES_POOL_SIZE) or str(POOL_SIZE)).strip()
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LARGEST_POOL):
            raise InvalidInput(
                f"{self.POSTGRES_POOL_SIZE} is `{text[:20]}`",
                hint=f"it is a number from 1 to {LARGEST_POOL}",
            )
        return int(text)

    def aggregate_recorder(self, purpose: str = "events") -> PostgresAggregateRecorder:
        """Return a recorder of streams in their own tables, such as snapshots."""
        return self._created(PostgresAggregateRecorder(self.datastore, f"stored_{purpose}"))

    def application_recorder(self) -> PostgresApplicationRecorder:
        """Return a recorder of the log."""
        chosen = self._chosen(self.APPLICATION_RECORDER_TOPIC, PostgresApplicationRecorder)
        return self._created(chosen(self.datastore))

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> PostgresTrackingRecorder:
        """Return a recorder of tracking records, or the view of the given class."""
        chosen = tracking_recorder_class or self._chosen(
            self.TRACKING_RECORDER_TOPIC, PostgresTrackingRecorder
        )
        return self._created(_checked(chosen, PostgresTrackingRecorder)(self.datastore))

    def process_recorder(self) -> PostgresProcessRecorder:
        """Return a recorder of the log with tracking records."""
        chosen = self._chosen(self.PROCESS_RECORDER_TOPIC, PostgresProcessRecorder)
        return self._created(chosen(self.datastore))

    def _chosen(self, key: str, default: type[Recorder]) -> type[Recorder]:
        topic = self.env.get(key)
        return _checked(resolve_topic(topic), default) if topic else default

    def _created(self, recorder: Recorder) -> Recorder:
        if strtobool(self.env.get(self.CREATE_TABLE) or "yes"):
            recorder.create_table()
        return recorder

    def close(self) -> None:
        """Close every connection; subscriptions end."""
        self.datastore.close()


def _checked(chosen: object, wanted: type[Recorder]) -> type[Recorder]:
    if not (isinstance(chosen, type) and issubclass(chosen, wanted)):
        raise InvalidInput(
            f"`{chosen!r:.80}` is not a recorder of this module",
            hint=f"subclass {wanted.__name__}",
        )
    return chosen
