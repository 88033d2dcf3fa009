"""One pass over a batch of events for several projections.

The engine and the replay share it, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.application.ports import ParkedEvent, Row
from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.projection import Body, Projection

Rows = Mapping[str, Row]


class BatchFold:
    """A batch of events laid out as steps: first which rows they touch, then, given those, what becomes of them.

    A fold that raises is parked: its event leaves that one row as it was, and everything else goes on.
    """

    def __init__(self, projections: Sequence[Projection], events: Sequence[RecordedEvent]) -> None:
        self.keys: dict[str, dict[str, None]] = {p.name: {} for p in projections}
        self.parked: dict[str, list[ParkedEvent]] = {p.name: [] for p in projections}
        self._steps: list[tuple[Projection, RecordedEvent, Sequence[str]]] = []
        interested = _by_event_type(projections)
        for recorded in events:
            for projection in interested.get(type(recorded.event), ()):
                try:
                    keys = projection.keys_of(recorded)
                except Exception as error:  # noqa: BLE001 - a defect of one fold must not stop the others
                    self._park(projection, recorded, "", error)
                    continue
                self._steps.append((projection, recorded, keys))
                touched = self.keys[projection.name]
                for key in keys:
                    touched[key] = None

    def run(self, before: Mapping[str, Rows]) -> dict[str, dict[str, Row]]:
        """Return the changed rows of each projection.

        `before` holds, for each projection, the rows among `keys` that exist already.
        """
        # Rows are made once, at the end: most keys of a batch change many times.
        changed: dict[str, dict[str, tuple[str, Body, Position]]] = {name: {} for name in self.keys}
        for projection, recorded, keys in self._steps:
            mine, stored = changed[projection.name], before[projection.name]
            for key in keys:
                body: Body | None = None
                if (latest := mine.get(key)) is not None:
                    body = latest[1]
                elif (row := stored.get(key)) is not None:
                    body = row.body
                try:
                    body = projection.evolve(key, body, recorded)
                    mine[key] = (projection.scope_of(body), body, recorded.position)
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
) -> dict[type[Event], tuple[Projection, ...]]:
    interested: dict[type[Event], tuple[Projection, ...]] = {}
    for projection in projections:
        for event_type in projection.handles:
            interested[event_type] = (*interested.get(event_type, ()), projection)
    return interested
