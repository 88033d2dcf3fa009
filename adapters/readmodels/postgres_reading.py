"""Reads read models from PostgreSQL: rows as they are, what makes up the past of rows, and how far everything is."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.postgres_errors import explain
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_recorder import findable
from adapters.eventstore.postgres_settings import PostgresTarget
from adapters.readmodels.digest import Digest
from adapters.readmodels.past import LAST_CHARACTER
from adapters.readmodels.postgres_tables import Statements
from adapters.readmodels.schema import LAYOUT
from adapters.readmodels.span_nodes import FEW_KEYS, nodes_at
from adapters.readmodels.stored_rows import read_body, read_row, read_tail
from domain.application.ports import ParkedEvent, Progress, Row
from domain.application.row_history import PastRow, RowState
from domain.kernel.errors import InvalidPageSize, NewerSchema, Unavailable
from domain.kernel.ids import Position

PAGE_ROWS_MAX: Final = 10_000

_POLL_SECONDS: Final = 0.02
_FETCH_ROWS: Final = 500
_DIGEST_ATTEMPTS: Final = 5


class PostgresRows:
    """The reading side of the read models in one schema, of those in one place."""

    _datastore: PostgresDatastore

    def __init__(self, target: PostgresTarget) -> None:
        self._target = target
        self._sql = Statements(target.schema)
        self._advanced = threading.Condition()
        self._complete = False

    def get(self, projection: str, key: str) -> Row | None:
        """Return one row, or None."""
        if not findable([key]):
            return None
        found = self._fetch(self._sql.one, projection, key)
        return read_row(projection, found[0]) if found else None

    def states(self, projection: str, keys: Sequence[str]) -> Mapping[str, RowState]:
        """Return the stored rows among `keys`, by key, all at one moment, also those that are not any more."""
        return {
            key: RowState(
                key,
                scope,
                read_body(projection, key, body),
                Position(position),
                Position(born),
                Position(scope_since),
                read_tail(projection, key, tail),
            )
            for key, scope, body, position, born, scope_since, tail in self._fetch(
                self._sql.states, projection, findable(keys)
            )
        }

    def page(
        self, projection: str, *, after: str, limit: int, scope: str | None = None, prefix: str = ""
    ) -> Sequence[Row]:
        """Return up to `limit` (1 to 10 000) rows with a key above `after` in key order, of one scope or key prefix.

        Raises InvalidPageSize.
        """
        _check_limit(limit, "rows")
        params: list[object] = [projection, after, prefix, prefix + LAST_CHARACTER, limit]
        text = self._sql.page
        if scope is not None:
            text = self._sql.page_of_scope
            params.append(scope)
        return [read_row(projection, raw) for raw in self._fetch(text, *params)]

    def rows(self, projection: str) -> Iterator[Row]:
        """Yield every row in key order, as they were when the first one was asked for."""
        with self._explained():
            if not self._has_tables():
                return
            for batch in self._datastore.stream(self._sql.rows, projection, batch=_FETCH_ROWS):
                for raw in batch:
                    yield read_row(projection, raw)

    def checkpoint(self, projection: str) -> Position:
        """Return the position up to which the projection has folded the log, 0 for none."""
        progress = self.progress(projection)
        return Position(0) if progress is None else progress.position

    def counts(self, projection: str) -> Mapping[str, int]:
        """Return how many rows each scope has."""
        return dict(map(tuple, self._fetch(self._sql.counts, projection)))

    def past(self, projection: str, key: str, at: Position) -> PastRow | None:
        """Return what makes up the row as of a position not above the checkpoint, or None."""
        if not findable([key]):
            return None
        found = self._fetch(self._sql.past, projection, at, key)
        return _past_row(projection, at, found[0]) if found else None

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
        """Return what makes up a page (1 to 10 000) of rows as of a position.

        Some of them may turn out not to have been there at the time; fewer than `limit` means that no more follow.
        Raises InvalidPageSize.
        """
        _check_limit(limit, "rows")
        few = None if scope is None else self._few_in_scope(projection, at, scope)
        if few is not None:
            keys = [key for key in few if key > after and key.startswith(prefix)][:limit]
            found = self._fetch(self._sql.past_of_keys, projection, at, keys)
            return [_past_row(projection, at, raw) for raw in found]
        params: list[object] = [projection, at, after, prefix, prefix + LAST_CHARACTER, limit]
        text = self._sql.past_page
        if scope is not None:
            text = self._sql.past_page_of_scope
            params.append(scope)
        return [_past_row(projection, at, raw) for raw in self._fetch(text, *params)]

    def _few_in_scope(self, projection: str, at: Position, scope: str) -> Sequence[str] | None:
        """Return the keys that were in a scope, sorted; None when they are many: then a page of them is full soon."""
        nodes = nodes_at(at, self.checkpoint(projection))
        found = self._fetch(self._sql.few_in_scope, projection, at, scope, FEW_KEYS + 1, nodes)
        return sorted(key for (key,) in found) if len(found) <= FEW_KEYS else None

    def past_counts(self, projection: str, at: Position) -> Mapping[str, int]:
        """Return how many rows each scope had as of a position."""
        counts: Counter[str] = Counter()
        for scope, rows in self._fetch(self._sql.past_counts, projection, at):
            counts[scope] += rows
        return counts

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        """Return up to `limit` (1 to 10 000) parked events of all projections, in order of position."""
        _check_limit(limit, "parked events")
        return [
            ParkedEvent(name, Position(position), key, error)
            for name, position, key, error in self._fetch(self._sql.parked, limit)
        ]

    def progress(self, projection: str) -> Progress | None:
        """Return how far the stored projection is, None when nothing of it is stored."""
        for version, position, generation in self._fetch(self._sql.progress, projection):
            return Progress(version, Position(position), generation)
        return None

    def standing(self) -> Mapping[str, Progress]:
        """Return how far each stored projection is, by name, all at one moment."""
        return {
            name: Progress(version, Position(position), number)
            for name, version, position, number in self._fetch(self._sql.standing)
        }

    def digest(self, projection: str) -> str:
        """Return a SHA-256 over everything that is stored of the projection: equal bytes, equal digest.

        Raises Unavailable when it never rests meanwhile.
        """
        for _ in range(_DIGEST_ATTEMPTS):
            progress = self.progress(projection)
            digest = Digest(projection, progress)
            for table, statement in self._sql.everything.items() if progress else ():
                digest.feed((table,))
                with self._explained():
                    for batch in self._datastore.stream(statement, projection, batch=_FETCH_ROWS):
                        for raw in batch:
                            digest.feed(raw)
            now = self.progress(projection)
            if _same(now, progress):
                return digest.hex()
        raise Unavailable(
            f"the read model `{projection}` moved on each time it was read",
            hint="try again when less is written",
        )

    def wait_for(self, projection: str, position: Position, timeout_seconds: float) -> bool:
        """Block until the projection has folded `position` or the time is over; return whether it has.

        A change that this object applied wakes at once, one of another process within a few hundredths of a second.
        """
        deadline = time.monotonic() + timeout_seconds
        while self.checkpoint(projection) < position:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            with self._advanced:
                self._advanced.wait(min(remaining, _POLL_SECONDS))
        return True

    def _fetch(self, text: str, *params: object) -> Sequence[Any]:
        with self._explained():
            if not self._has_tables():
                return []
            found: Sequence[Any] = self._datastore.read(lambda c: c.fetch(text, *params))
            return found

    def _has_tables(self) -> bool:
        # A log that is opened for reading may have no read models yet.
        if not self._complete:
            self._complete = not self._datastore.read(self._missing)
        return self._complete

    async def _missing(self, connection: Connection) -> bool:
        """Return whether there are no tables of our layout. Raises NewerSchema for those of a later one."""
        if not await connection.fetchval(self._sql.complete):
            return True
        number = await connection.fetchval(self._sql.number) or 0
        if number > LAYOUT:
            raise NewerSchema(
                f"the read models in {self._target.where} were written by a later version of the program",
                hint="use that version",
            )
        return bool(number != LAYOUT)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except EventSourcingError as error:
            raise explain(error, self._target) from error


def _past_row(projection: str, at: Position, raw: Sequence[Any]) -> PastRow:
    key, scope, body, position, tail, base_scope, base_body, base_position, later_tail = raw
    if position <= at:
        return PastRow(key, scope, read_body(projection, key, body), Position(position), ())
    touched = read_tail(projection, key, tail if later_tail is None else later_tail)
    return PastRow(
        key,
        base_scope,
        read_body(projection, key, base_body),
        Position(base_position or 0),
        tuple(each for each in touched if each <= at),
    )


def _same(now: Progress | None, before: Progress | None) -> bool:
    """Tell whether nothing moved; a generation is not compared by `==`."""
    if now is None or before is None:
        return now is before
    return now == before and now.generation == before.generation


def _check_limit(limit: int, what: str) -> None:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise InvalidPageSize(
            f"a page of {limit} {what} is not possible", hint=f"ask for 1 to {PAGE_ROWS_MAX}"
        )
