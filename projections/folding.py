"""One pass over a batch of events for several projections.

The engine and the replay share it, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from domain.application.ports import ParkedEvent, Row
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.projection import Body, Projection

Rows = Mapping[str, Row]
KeysOf = Callable[[RecordedEvent], Sequence[str]]


class BatchFold:
    """A batch of events laid out as steps: first which rows they touch, then, given those, what becomes of them.

    A fold that raises is parked: its event leaves that one row as it was, and everything else goes on.
    """

    def __init__(self, projections: Sequence[Projection], events: Sequence[RecordedEvent]) -> None:
        self._projections = projections
        self.keys: dict[str, dict[str, None]] = {p.name: {} for p in projections}
        self.parked: dict[str, list[ParkedEvent]] = {p.name: [] for p in projections}
        self._steps: list[tuple[Projection, RecordedEvent, Sequence[str]]] = []
        interested = _by_event_type(projections)
        steps, touched = self._steps, self.keys
        for recorded in events:
            for projection, keys_of in interested.get(type(recorded.event), ()):
                try:
                    keys = keys_of(recorded)
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    self._park(projection, recorded, "", error)
                    continue
                steps.append((projection, recorded, keys))
                mine = touched[projection.name]
                for key in keys:
                    mine[key] = None

    def run(self, before: Mapping[str, Rows]) -> dict[str, dict[str, Row]]:
        """Return the changed rows of each projection.

        `before` holds, for each projection, the rows among `keys` that exist already.
        """
        # Rows are made once, at the end: most keys of a batch change many times.
        changed: dict[str, dict[str, tuple[str, Body, Position]]] = {name: {} for name in self.keys}
        # Everything that does not depend on the event is looked up once: this loop is most of a rebuild.
        tools = {
            p.name: (p.evolve, p.scope_of, changed[p.name], before[p.name])
            for p in self._projections
        }
        for projection, recorded, keys in self._steps:
            evolve, scope_of, mine, stored = tools[projection.name]
            for key in keys:
                latest = mine.get(key)
                if latest is not None:
                    body: Body | None = latest[1]
                else:
                    row = stored.get(key)
                    body = None if row is None else row.body
                try:
                    body = evolve(key, body, recorded)
                    mine[key] = (scope_of(body), body, recorded.position)
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    self._park(projection, recorded, key, error)
        return {
            name: {key: Row(key, *after) for key, after in rows.items()}
            for name, rows in changed.items()
        }

    def _park(
        self, projection: Projection, recorded: RecordedEvent, key: str, error: Exception
    ) -> None:
        line = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        parked = ParkedEvent(projection.name, recorded.position, key, line)
        self.parked[projection.name].append(parked)


def _by_event_type(
    projections: Sequence[Projection],
) -> dict[type[Event], tuple[tuple[Projection, KeysOf], ...]]:
    interested: dict[type[Event], tuple[tuple[Projection, KeysOf], ...]] = {}
    for projection in projections:
        for event_type in projection.handles:
            others = interested.get(event_type, ())
            interested[event_type] = (*others, (projection, projection.keys_of))
    return interested
