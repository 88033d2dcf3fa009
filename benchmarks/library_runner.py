"""The `eventsourcing` library's own projection runner over the ledger's log, as a baseline for a rebuild.

It subscribes to the same file through the ledger's persistence module, decodes with the ledger's codec and folds with
the ledger's folds; the rows and the tracking record of each event are one transaction, as the library has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import orjson
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Notification, StoredEvent, Tracking
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder

from adapters.eventstore.codec import Codec
from benchmarks.measure import Spent
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position, StreamName, Version
from projections.catalogue import ALL
from projections.projection import Body

_CODEC = Codec(REGISTRY)
_TIMEOUT_SECONDS = 3_600.0


class LedgerMapper(Mapper[str]):
    """Decodes what the ledger stores."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:  # noqa: ANN401 - the library's
        """Return the recorded event."""
        notification = cast(Notification, stored_event)
        return _CODEC.decode(
            stored_event.state,
            position=Position(notification.id),
            stream=StreamName(str(stored_event.originator_id)),
            version=Version(stored_event.originator_version),
            name=stored_event.topic,
        )


class RowsView(SQLiteTrackingRecorder):
    """The rows of all read models and the tracking records, in the library's SQLite store."""

    def construct_create_table_statements(self) -> list[str]:
        """Return the library's statements and one for the rows."""
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS row (name, key, scope, body, PRIMARY KEY (name, key)) WITHOUT ROWID",
        ]

    def upsert(self, rows: list[tuple[str, str, str, bytes]], tracking: Tracking) -> None:
        """Write what one event changed."""
        with self.datastore.transaction(commit=True) as c:
            self._insert_tracking(c, tracking)
            c.executemany(
                "INSERT INTO row VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET scope = excluded.scope, body = excluded.body",
                rows,
            )


class AllReadModels(LibraryProjection[RowsView]):
    """Folds each event into every read model; bodies stay in memory, so that nothing is read back."""

    name = "readmodels"

    def __init__(self, view: RowsView) -> None:
        super().__init__(view)
        self._bodies: dict[tuple[str, str], Body] = {}

    def process_event(self, domain_event: object, tracking: Tracking) -> None:  # type: ignore[override]
        """Fold one event and write it down."""
        recorded = cast(RecordedEvent, domain_event)
        rows = []
        for fold in ALL:
            if type(recorded.event) in fold.handles:
                for key in fold.keys_of(recorded):
                    place = (fold.name, key)
                    body = self._bodies[place] = fold.evolve(key, self._bodies.get(place), recorded)
                    rows.append((*place, fold.scope_of(body), orjson.dumps(body)))
        self.view.upsert(rows, tracking)


def run_library(log: Path, folder: Path, events: int) -> Spent:
    """Let the library's runner build the rows of the first `events` events of the log."""
    env = {
        "PERSISTENCE_MODULE": "adapters.eventstore.sqlite",
        "SQLITE_DBNAME": str(log),
        "ORIGINATOR_ID_TYPE": "text",
        "MAPPER_TOPIC": "benchmarks.library_runner:LedgerMapper",
        "READMODELS_PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "READMODELS_SQLITE_DBNAME": str(folder / "library.db"),
    }
    spent = Spent()
    with (
        spent.counting(),
        ProjectionRunner(
            application_class=Application[str],
            projection_class=AllReadModels,
            view_class=RowsView,
            env=env,
        ) as runner,
    ):
        runner.wait(events, timeout=_TIMEOUT_SECONDS)
    return spent
