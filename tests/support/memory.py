"""In-memory log and read models for tests of pure parts; the real ones have their own tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from domain.application.ports import BEFORE_FIRST, ParkedEvent, Progress, ProjectionChange, Row
from domain.application.row_history import KeptRow, PastRow, RowState, ScopeSpan
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

    def read_at(self, positions: Sequence[Position]) -> Sequence[RecordedEvent]:
        return [self._events[position - 1] for position in positions]

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
        self._states: dict[str, dict[str, RowState]] = {}
        self._kept: dict[tuple[str, str], list[KeptRow]] = {}
        self._spans: dict[str, list[ScopeSpan]] = {}
        self._progress: dict[str, Progress] = {}
        self._parked: list[ParkedEvent] = []
        self._beside: MemoryReadModels | None = None
        self.refuse_next_apply = False

    def get(self, projection: str, key: str) -> Row | None:
        state = self._states.get(projection, {}).get(key)
        return None if state is None else _row(state)

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
        states = self._states.get(projection, {})
        rows = (_row(states[key]) for key in sorted(states))
        return iter([row for row in rows if row is not None])

    def checkpoint(self, projection: str) -> Position:
        progress = self._progress.get(projection)
        return Position(0) if progress is None else progress.position

    def counts(self, projection: str) -> Mapping[str, int]:
        return Counter(row.scope for row in self.rows(projection))

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        return sorted(self._parked, key=lambda event: event.position)[:limit]

    def progress(self, projection: str) -> Progress | None:
        return self._progress.get(projection)

    def wait_for(self, projection: str, position: Position, timeout_seconds: float) -> bool:
        del timeout_seconds
        return self.checkpoint(projection) >= position

    def past(self, projection: str, key: str, at: Position) -> PastRow | None:
        state = self._states.get(projection, {}).get(key)
        if state is None or state.born > at:
            return None
        if state.position <= at:
            return PastRow(key, state.scope, state.body, state.position, ())
        base, tail = None, state.tail
        for kept in reversed(self._kept.get((projection, key), [])):
            if kept.position <= at:
                base = kept
                break
            tail = kept.tail
        touched = tuple(position for position in tail if position <= at)
        if base is None:
            return PastRow(key, None, None, Position(0), touched)
        return PastRow(key, base.scope, base.body, base.position, touched)

    def past_page(
        self,
        projection: str,
        at: Position,
        *,
        after: str,
        limit: int,
        scope: str | None = None,
        prefix: str = "",
    ) -> Sequence[PastRow]:
        found = []
        for key in sorted(self._states.get(projection, {})):
            if key > after and key.startswith(prefix):
                past = self.past(projection, key, at)
                if past is not None and scope in (None, self._scope(projection, key, at)):
                    found.append(past)
        return found[:limit]

    def past_counts(self, projection: str, at: Position) -> Mapping[str, int]:
        scopes = (self._scope(projection, key, at) for key in self._states.get(projection, {}))
        return Counter(scope for scope in scopes if scope is not None)

    def _scope(self, projection: str, key: str, at: Position) -> str | None:
        state = self._states[projection][key]
        if state.scope_since <= at:
            return state.scope
        spans = (s for s in self._spans[projection] if s.key == key and s.since <= at < s.until)
        return next((span.scope for span in spans), None)

    def standing(self) -> Mapping[str, Progress]:
        return dict(self._progress)

    def beside(self) -> MemoryReadModels:
        if self._beside is None:
            self._beside = MemoryReadModels()
        return self._beside

    def switch(self, projections: Sequence[str]) -> None:
        beside = self.beside()
        for name in projections:
            if beside.checkpoint(name) < self.checkpoint(name) or name not in beside._progress:
                raise VersionConflict(f"{name} is not built")
        for name in projections:
            self.reset(name, 0)
            self._states[name] = beside._states.pop(name)
            self._spans[name] = beside._spans.pop(name)
            self._kept.update({p: k for p, k in beside._kept.items() if p[0] == name})
            self._progress[name] = beside._progress.pop(name)
            self._parked += [event for event in beside._parked if event.projection == name]
            beside._parked = [event for event in beside._parked if event.projection != name]

    def drop(self, projection: str) -> bool:
        return self.beside()._progress.pop(projection, None) is not None

    def digest(self, projection: str) -> str:
        return repr((self._states.get(projection), self._progress.get(projection)))

    def reset(self, projection: str, version: int) -> None:
        self._states[projection] = {}
        self._spans[projection] = []
        self._kept = {place: kept for place, kept in self._kept.items() if place[0] != projection}
        self._progress[projection] = Progress(version, Position(0))
        self._parked = [event for event in self._parked if event.projection != projection]

    def states(self, projection: str, keys: Sequence[str]) -> Mapping[str, RowState]:
        states = self._states.get(projection, {})
        return {key: states[key] for key in keys if key in states}

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        if self.refuse_next_apply:
            self.refuse_next_apply = False
            raise VersionConflict("another writer was here")
        for change in changes:
            if self._progress.get(change.projection) != Progress(change.version, change.after):
                raise VersionConflict(f"{change.projection} is not at {change.after}")
        for change in changes:
            name = change.projection
            self._states[name].update({row.key: row for row in change.rows})
            for kept in change.kept:
                self._kept.setdefault((name, kept.key), []).append(kept)
            self._spans[name].extend(change.spans)
            self._progress[name] = Progress(change.version, change.checkpoint)
            self._parked = [
                event
                for event in self._parked
                if event.projection != name
                or event.key not in change.refolded
                or event.position < change.refolded_from
            ] + list(change.parked)


def _row(state: RowState) -> Row | None:
    if state.body is None or state.scope is None:
        return None
    return Row(state.key, state.scope, state.body, state.position)
