"""Read models as of a position: what the ledger held when it stood there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from domain.application.ports import START, EventLog, Row
from domain.application.read_models import ReadModels
from domain.application.row_history import PastRow
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import InvalidCursor, Unavailable
from domain.kernel.ids import Position
from projections.folding import fold_past
from projections.projection import Projection

_PAGE_ROWS: Final = 500


class RowsAsOf:
    """Rows as of `at`; implements the `RowReader` port.

    A row is a kept body and the few events since, folded with the projection's own `evolve`. Raises InvalidCursor for a
    position below 1, and Unavailable when the read models have not come that far or another version of the program
    wrote them.
    """

    def __init__(
        self,
        log: EventLog,
        read_models: ReadModels,
        projections: Sequence[Projection],
        at: Position,
    ) -> None:
        if at < 1:
            raise InvalidCursor(f"{at} is not a position", hint="the first event is at position 1")
        self._log = log
        self._read_models = read_models
        self._projections = {projection.name: projection for projection in projections}
        self._at = at
        self._checked: set[str] = set()

    def get(self, projection: str, key: str) -> Row | None:
        """Return the row as it was, or None."""
        self._check(projection)
        past = self._read_models.past(projection, key, self._at)
        return None if past is None else self._rows(projection, [past])[0]

    def page(
        self, projection: str, *, after: str, limit: int, scope: str | None = None, prefix: str = ""
    ) -> Sequence[Row]:
        """Return up to `limit` rows that were there, by key above `after`, optionally of one scope or key prefix."""
        self._check(projection)
        found: list[Row] = []
        while len(found) < limit:
            wanted = limit - len(found)
            past = self._read_models.past_page(
                projection, self._at, after=after, limit=wanted, scope=scope, prefix=prefix
            )
            found += [row for row in self._rows(projection, past) if row is not None]
            if len(past) < wanted:
                break
            after = past[-1].key
        return found

    def rows(self, projection: str) -> Iterator[Row]:
        """Yield every row that was there, in key order."""
        after = ""
        while page := self.page(projection, after=after, limit=_PAGE_ROWS):
            yield from page
            after = page[-1].key

    def counts(self, projection: str) -> Mapping[str, int]:
        """Return how many rows each scope had."""
        self._check(projection)
        return self._read_models.past_counts(projection, self._at)

    def checkpoint(self, projection: str) -> Position:
        """Return the position that is asked about."""
        self._check(projection)
        return self._at

    def _rows(self, projection: str, past: Sequence[PastRow]) -> list[Row | None]:
        wanted = sorted({position for row in past for position in row.touched})
        events = {event.position: event for event in self._log.read_at(wanted)} if wanted else {}
        return [self._row(projection, row, events) for row in past]

    def _row(
        self, projection: str, past: PastRow, events: Mapping[Position, RecordedEvent]
    ) -> Row | None:
        if not past.touched:
            if past.body is None or past.scope is None:
                return None
            return Row(past.key, past.scope, past.body, past.position)
        fold = self._projections[projection]
        touched = [events[position] for position in past.touched]
        body = fold_past(fold, past.key, past.body, touched)
        if body is None:
            return None
        return Row(past.key, fold.scope_of(body), body, past.touched[-1])

    def _check(self, projection: str) -> None:
        if projection in self._checked:
            return
        progress = self._read_models.progress(projection)
        if progress is None or progress.position < self._at:
            reached = START if progress is None else progress.position
            raise Unavailable(
                f"the read model `{projection}` is at position {reached}, not yet at {self._at}",
                hint="ask again in a moment; `agentgpt serve` or `run` brings it up",
            )
        if progress.version != self._projections[projection].version:
            raise Unavailable(
                f"the read model `{projection}` was written by another version of the program",
                hint="its past can be read once it is rebuilt: `agentgpt serve` or `run` does that",
            )
        self._checked.add(projection)
