"""One pass over a batch of events for several projections, with the history of the rows that it changes.

The engine, the replay and the reading of the past share these steps, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.application.ports import ParkedEvent, Row
from domain.application.row_history import KeptRow, RowState, ScopeSpan
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.projection import Body, Projection

KEEP_EVERY = 8
"""Every so-manieth body of a row is kept: reading the past folds the few events in between."""

KeysOf = Callable[[RecordedEvent], Sequence[str]]
Step = tuple[Projection, RecordedEvent, Sequence[str]]


class OpenRow:
    """A row while events are folded into it, and the history that this makes."""

    __slots__ = (
        "body",
        "born",
        "changed",
        "kept_at",
        "key",
        "position",
        "scope",
        "scope_since",
        "tail",
    )

    def __init__(self, key: str, state: RowState | None) -> None:
        self.key = key
        self.changed = False
        self.scope: str | None = None
        self.body: Body | None = None
        self.position = self.born = self.scope_since = self.kept_at = Position(0)
        self.tail: list[Position] = []
        if state is not None:
            self.scope, self.body, self.position = state.scope, state.body, state.position
            self.born, self.scope_since = state.born, state.scope_since
            self.tail = list(state.tail)

    def state(self) -> RowState:
        """Return the row as the store keeps it."""
        return RowState(
            self.key,
            self.scope,
            self.body,
            self.position,
            self.born,
            self.scope_since,
            tuple(self.tail),
        )

    def keep(self) -> KeptRow:
        """Return the row as it is now for its history; what follows is told from here on."""
        kept = KeptRow(self.key, self.scope, self.body, self.position, tuple(self.tail))
        self.tail = []
        self.kept_at = self.position
        return kept


@dataclass(slots=True)
class Folded:
    """What a batch made of one projection: changed rows by key, and what their history grew by."""

    open_rows: dict[str, OpenRow] = field(default_factory=dict)
    kept: list[KeptRow] = field(default_factory=list)
    spans: list[ScopeSpan] = field(default_factory=list)

    def open(self, key: str, state: RowState | None) -> OpenRow:
        """Return the row, opened as it is stored when it was not open yet."""
        row = self.open_rows.get(key)
        if row is None:
            row = self.open_rows[key] = OpenRow(key, state)
        return row

    def states(self) -> dict[str, RowState]:
        """Return the rows that changed."""
        return {key: row.state() for key, row in self.open_rows.items() if row.changed}

    def set(self, row: OpenRow, scope: str | None, body: Body | None, position: Position) -> None:
        """Write a row's new body; a scope that it leaves becomes a span of its history."""
        if scope != row.scope:
            if row.scope is not None:
                self.spans.append(ScopeSpan(row.key, row.scope, row.scope_since, position))
            row.scope, row.scope_since = scope, position
        if not row.born:
            row.born = position
        row.body, row.position, row.changed = body, position, True


class BatchFold:
    """A batch of events laid out as steps: first which rows they touch, then, given those, what becomes of them.

    A fold that raises is parked: its event leaves that one row as it was, and everything else goes on.
    """

    def __init__(self, projections: Sequence[Projection], events: Sequence[RecordedEvent]) -> None:
        self._projections = projections
        self.keys: dict[str, dict[str, None]] = {p.name: {} for p in projections}
        self.parked: dict[str, list[ParkedEvent]] = {p.name: [] for p in projections}
        # Two lists for each projection: a tuple for each step is what the garbage collector would look through most.
        self._events: dict[str, list[RecordedEvent]] = {p.name: [] for p in projections}
        self._keys: dict[str, list[Sequence[str]]] = {p.name: [] for p in projections}
        interested = {
            event_type: [
                (p, keys_of, self.keys[p.name], self._events[p.name], self._keys[p.name])
                for p, keys_of in those
            ]
            for event_type, those in by_event_type(projections).items()
        }
        for recorded in events:
            for projection, keys_of, touched, its_events, its_keys in interested.get(
                type(recorded.event), ()
            ):
                try:
                    keys = keys_of(recorded)
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    self.parked[projection.name].append(
                        parked_event(projection, recorded, "", error)
                    )
                    continue
                its_events.append(recorded)
                its_keys.append(keys)
                for key in keys:
                    touched[key] = None

    def steps(self) -> Iterator[Step]:
        """Yield the steps of one projection after the other, each in the order of the log."""
        for p in self._projections:
            for recorded, keys in zip(self._events[p.name], self._keys[p.name], strict=True):
                yield p, recorded, keys

    def run(self, before: Mapping[str, Mapping[str, RowState]]) -> dict[str, Folded]:
        """Return what becomes of each projection.

        `before` holds, for each projection, the rows among `keys` that exist already.
        """
        folded = {name: Folded() for name in self.keys}
        for p in self._projections:
            steps = zip(self._events[p.name], self._keys[p.name], strict=True)
            self._advance(p, steps, before[p.name], folded[p.name])
        return folded

    def advance(
        self,
        steps: Iterable[Step],
        before: Mapping[str, Mapping[str, RowState]],
        folded: Mapping[str, Folded],
    ) -> None:
        """Fold some of the steps into `folded`: each projection's in their order, on its own rows alone."""
        of: dict[str, list[tuple[RecordedEvent, Sequence[str]]]] = {}
        for projection, recorded, keys in steps:
            of.setdefault(projection.name, []).append((recorded, keys))
        for p in self._projections:
            self._advance(p, of.get(p.name, ()), before[p.name], folded[p.name])

    def _advance(
        self,
        projection: Projection,
        steps: Iterable[tuple[RecordedEvent, Sequence[str]]],
        stored: Mapping[str, RowState],
        mine: Folded,
    ) -> None:
        # Everything that does not depend on the event is looked up once: this loop is most of a rebuild.
        evolve, scope_of, open_rows = projection.evolve, projection.scope_of, mine.open_rows
        for recorded, keys in steps:
            position = recorded.position
            for key in keys:
                row = open_rows.get(key)
                if row is None:
                    row = open_rows[key] = OpenRow(key, stored.get(key))
                try:
                    body = evolve(key, row.body, recorded)
                    scope = scope_of(body)
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    report = parked_event(projection, recorded, key, error)
                    self.parked[projection.name].append(report)
                    continue
                if scope == row.scope:
                    row.body, row.position, row.changed = body, position, True
                else:
                    mine.set(row, scope, body, position)
                row.tail.append(position)
                if len(row.tail) == KEEP_EVERY:
                    mine.kept.append(row.keep())


def fold_past(
    projection: Projection, key: str, body: Body | None, events: Sequence[RecordedEvent]
) -> Body | None:
    """Return what a kept body became by events that are known to have changed it."""
    for recorded in events:
        body = projection.evolve(key, body, recorded)
    return body


def row_of(state: RowState) -> Row | None:
    """Return the row that readers see, None for one that is not any more."""
    if state.body is None or state.scope is None:
        return None
    return Row(state.key, state.scope, state.body, state.position)


def parked_event(
    projection: Projection, recorded: RecordedEvent, key: str, error: Exception
) -> ParkedEvent:
    """Return the report of an event that a fold could not take in."""
    line = f"{type(error).__name__}: {error}".splitlines()[0][:500]
    return ParkedEvent(projection.name, recorded.position, key, line)


def by_event_type(
    projections: Sequence[Projection],
) -> dict[type[Event], tuple[tuple[Projection, KeysOf], ...]]:
    """Return which projections handle each event type, and how they name their rows."""
    interested: dict[type[Event], tuple[tuple[Projection, KeysOf], ...]] = {}
    for projection in projections:
        for event_type in projection.handles:
            others = interested.get(event_type, ())
            interested[event_type] = (*others, (projection, projection.keys_of))
    return interested
