"""In-memory log and read models for tests of pure parts; the real ones have their own tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from domain.application.ports import BEFORE_FIRST, ParkedEvent, Progress, ProjectionChange, Row
from domain.kernel.envelope import NewEvent, Provenance, RecordedEvent
from domain.kernel.errors import VersionConflict
from domain.kernel.ids import MAIN_BRANCH, Position, StreamName, Version


class MemoryLog:
    """An EventLog in a list."""

    def __init__(self, events: Sequence[NewEvent] = ()) -> None:
        self._events: list[RecordedEvent] = []
        self._versions: Counter[StreamName] = Counter()
        self.append(events, {})

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        for stream, version in expected.items():
            if self._versions[stream] != version:
                raise VersionConflict(f"{stream} is at {self._versions[stream]}, not at {version}")
        return [self._record(new) for new in events]

    def _record(self, new: NewEvent) -> RecordedEvent:
        self._versions[new.stream] += 1
        recorded = RecordedEvent(
            position=Position(len(self._events) + 1),
            branch=MAIN_BRANCH,
            stream=new.stream,
            version=Version(self._versions[new.stream]),
            name=new.event.NAME,
            schema_version=new.event.SCHEMA,
            recorded_at="2026-01-01T00:00:00.000000Z",
            actor=new.actor,
            causation_id=new.causation_id,
            correlation_id=new.correlation_id,
            provenance=new.provenance,
            event=new.event,
        )
        self._events.append(recorded)
        return recorded

    def read(
        self,
        after: Position,
        limit: int,
        *,
        names: Sequence[str] = (),
        stream: StreamName | None = None,
    ) -> Sequence[RecordedEvent]:
        found = [
            event
            for event in self._events[after:]
            if (not names or event.name in names) and stream in (None, event.stream)
        ]
        return found[:limit]

    def read_stream(
        self, stream: StreamName, after: Version = BEFORE_FIRST
    ) -> Sequence[RecordedEvent]:
        return [e for e in self._events if e.stream == stream and e.version > after]

    def last_of_stream(self, stream: StreamName) -> RecordedEvent | None:
        found = self.read_stream(stream)
        return found[-1] if found else None

    def versions(self, streams: Sequence[StreamName]) -> Mapping[StreamName, Version]:
        return {s: Version(self._versions[s]) for s in streams if self._versions[s]}

    def recorded_facts(self, facts: Sequence[Provenance]) -> Sequence[Position | None]:
        known = {_identity(e.provenance): e.position for e in self._events if e.provenance}
        return [known.get(_identity(fact)) for fact in facts]

    def head(self) -> Position:
        return Position(len(self._events))

    def wait(self, after: Position, timeout_seconds: float) -> Position:
        del after, timeout_seconds
        return self.head()


def _identity(fact: Provenance) -> tuple[object, ...]:
    return fact.chain_id, fact.block_hash, fact.transaction_hash, fact.log_index


class MemoryReadModels:
    """ReadModels and ReadModelStore in dictionaries."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Row]] = {}
        self._progress: dict[str, Progress] = {}
        self._parked: list[ParkedEvent] = []
        self.refuse_next_apply = False

    def get(self, projection: str, key: str) -> Row | None:
        return self._rows.get(projection, {}).get(key)

    def page(
        self,
        projection: str,
        *,
        after: str,
        limit: int,
        scope: str | None = None,
        prefix: str = "",
    ) -> Sequence[Row]:
        found = [
            row
            for row in self.rows(projection)
            if row.key > after and row.key.startswith(prefix) and scope in (None, row.scope)
        ]
        return found[:limit]

    def rows(self, projection: str) -> Iterator[Row]:
        rows = self._rows.get(projection, {})
        return iter([rows[key] for key in sorted(rows)])

    def checkpoint(self, projection: str) -> Position:
        progress = self._progress.get(projection)
        return Position(0) if progress is None else progress.position

    def counts(self, projection: str) -> Mapping[str, int]:
        return Counter(row.scope for row in self.rows(projection))

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        return sorted(self._parked, key=lambda event: event.position)[:limit]

    def progress(self, projection: str) -> Progress | None:
        return self._progress.get(projection)

    def reset(self, projection: str, version: int) -> None:
        self._rows[projection] = {}
        self._progress[projection] = Progress(version, Position(0))
        self._parked = [event for event in self._parked if event.projection != projection]

    def get_many(self, projection: str, keys: Sequence[str]) -> Mapping[str, Row]:
        rows = self._rows.get(projection, {})
        return {key: rows[key] for key in keys if key in rows}

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        if self.refuse_next_apply:
            self.refuse_next_apply = False
            raise VersionConflict("another writer was here")
        for change in changes:
            if self._progress.get(change.projection) != Progress(change.version, change.after):
                raise VersionConflict(f"{change.projection} is not at {change.after}")
        for change in changes:
            self._rows[change.projection].update({row.key: row for row in change.rows})
            self._progress[change.projection] = Progress(change.version, change.checkpoint)
            self._parked.extend(change.parked)
