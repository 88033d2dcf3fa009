"""Reads read models from SQLite: rows as they are, what makes up the past of rows, and how far everything is."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eventsourcing.domain import EventSourcingError
from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.database import explain
from adapters.eventstore.pool import LedgerDatastore
from adapters.readmodels.past import key_bounds, past_counts, past_keys, past_row
from adapters.readmodels.places import digest_of
from adapters.readmodels.schema import SERVED, has_tables
from adapters.readmodels.stored_rows import read_body, read_row, read_tail
from domain.application.ports import ParkedEvent, Progress, Row
from domain.application.row_history import PastRow, RowState
from domain.kernel.errors import InvalidPageSize
from domain.kernel.ids import Position

PAGE_ROWS_MAX: Final = 10_000

_POLL_SECONDS: Final = 0.01
_FETCH_ROWS: Final = 500
_COLUMNS: Final = "key, scope, body, position"
# Many in one statement: most rows that a batch asks for are new, and to ask took longer than to look.
_STATES: Final = (
    "SELECT key, scope, body, position, born, scope_since, tail FROM read_model_row "
    "WHERE projection_id = ? AND key IN "
)
_ASKED_AT_ONCE: Final = 400


class SqliteRows:
    """The reading side of the read models in one file, of those in one `place`."""

    def __init__(self, path: Path, datastore: LedgerDatastore) -> None:
        self.place = SERVED
        self._path = path
        self._datastore = datastore
        self._advanced = threading.Condition()
        self._complete = False

    def get(self, projection: str, key: str) -> Row | None:
        """Return one row, or None."""
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return None
            c.execute(
                f"SELECT {_COLUMNS} FROM read_model_row "
                "WHERE projection_id = ? AND key = ? AND scope IS NOT NULL",
                (projection_id, key),
            )
            raw = c.fetchone()
            return None if raw is None else read_row(projection, raw)

    def states(self, projection: str, keys: Sequence[str]) -> Mapping[str, RowState]:
        """Return the stored rows among `keys`, by key, all at one moment, also those that are not any more."""
        found: dict[str, RowState] = {}
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return found
            for first in range(0, len(keys), _ASKED_AT_ONCE):
                asked = keys[first : first + _ASKED_AT_ONCE]
                c.execute(f"{_STATES} ({', '.join('?' * len(asked))})", (projection_id, *asked))
                for key, scope, body, position, born, scope_since, tail in c.fetchall():
                    found[key] = RowState(
                        key,
                        scope,
                        read_body(projection, key, body),
                        Position(position),
                        Position(born),
                        Position(scope_since),
                        read_tail(projection, key, tail),
                    )
        return found

    def page(
        self, projection: str, *, after: str, limit: int, scope: str | None = None, prefix: str = ""
    ) -> Sequence[Row]:
        """Return up to `limit` (1 to 10 000) rows with a key above `after` in key order, of one scope or key prefix.

        Raises InvalidPageSize.
        """
        _check_limit(limit, "rows")
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return []
            where = "projection_id = ? AND key >= ? AND key < ?"
            params: list[object] = [projection_id, *key_bounds(after, prefix)]
            table = "read_model_row"
            if scope is None:
                where += " AND scope IS NOT NULL"
            else:
                # Left to itself, SQLite walks over the rows of all scopes.
                table += " INDEXED BY read_model_row_by_scope"
                where += " AND scope = ?"
                params.append(scope)
            c.execute(
                f"SELECT {_COLUMNS} FROM {table} WHERE {where} ORDER BY key LIMIT ?",
                [*params, limit],
            )
            return [read_row(projection, raw) for raw in c.fetchall()]

    def rows(self, projection: str) -> Iterator[Row]:
        """Yield every row in key order, as they were when the first one was asked for."""
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return
            c.execute(
                f"SELECT {_COLUMNS} FROM read_model_row "
                "WHERE projection_id = ? AND scope IS NOT NULL ORDER BY key",
                (projection_id,),
            )
            while batch := c.sqlite_cursor.fetchmany(_FETCH_ROWS):
                for raw in batch:
                    yield read_row(projection, raw)

    def checkpoint(self, projection: str) -> Position:
        """Return the position up to which the projection has folded the log, 0 for none."""
        progress = self.progress(projection)
        return Position(0) if progress is None else progress.position

    def counts(self, projection: str) -> Mapping[str, int]:
        """Return how many rows each scope has."""
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return {}
            c.execute(
                "SELECT scope, count(*) FROM read_model_row "
                "WHERE projection_id = ? AND scope IS NOT NULL GROUP BY scope",
                (projection_id,),
            )
            return dict(c.fetchall())

    def past(self, projection: str, key: str, at: Position) -> PastRow | None:
        """Return what makes up the row as of a position not above the checkpoint, or None."""
        with self._reading(projection) as (c, projection_id):
            if projection_id is None:
                return None
            return past_row(c, projection_id, projection, key, at)

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
        """Return what makes up a page (1 to 10 000) of rows as of a position, all at one moment.

        Some of them may turn out not to have been there at the time; fewer than `limit` means that no more follow.
        Raises InvalidPageSize.
        """
        _check_limit(limit, "rows")
        with self._transaction(commit=False) as c:
            found = self._find(c, projection)
            if found is None:
                return []
            projection_id, progress = found
            keys = past_keys(
                c,
                projection_id,
                at,
                checkpoint=progress.position,
                after=after,
                limit=limit,
                scope=scope,
                prefix=prefix,
            )
            rows = (past_row(c, projection_id, projection, key, at) for key in keys)
            return [row for row in rows if row is not None]

    def past_counts(self, projection: str, at: Position) -> Mapping[str, int]:
        """Return how many rows each scope had as of a position."""
        with self._reading(projection) as (c, projection_id):
            return {} if projection_id is None else past_counts(c, projection_id, at)

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        """Return up to `limit` (1 to 10 000) parked events of all projections, in order of position."""
        _check_limit(limit, "parked events")
        with self._transaction(commit=False) as c:
            if not self._has_tables(c):
                return []
            c.execute(
                "SELECT name, read_model_parked.position, key, error FROM read_model_parked "
                "JOIN read_model_projection ON id = projection_id WHERE place = ? "
                "ORDER BY 2, 1, 3 LIMIT ?",
                (self.place, limit),
            )
            return [
                ParkedEvent(name, Position(position), key, error)
                for name, position, key, error in c.fetchall()
            ]

    def progress(self, projection: str) -> Progress | None:
        """Return how far the stored projection is, None when nothing of it is stored."""
        with self._transaction(commit=False) as c:
            found = self._find(c, projection)
        return None if found is None else found[1]

    def standing(self) -> Mapping[str, Progress]:
        """Return how far each stored projection is, by name, all at one moment."""
        with self._transaction(commit=False) as c:
            if not self._has_tables(c):
                return {}
            c.execute(
                "SELECT name, version, position, id FROM read_model_projection WHERE place = ?",
                (self.place,),
            )
            return {
                name: Progress(version, Position(position), projection_id)
                for name, version, position, projection_id in c.fetchall()
            }

    def digest(self, projection: str) -> str:
        """Return a SHA-256 over everything that is stored of the projection: equal bytes, equal digest."""
        with self._transaction(commit=False) as c:
            found = self._find(c, projection)
            return digest_of(c, projection, found)

    def wait_for(self, projection: str, position: Position, timeout_seconds: float) -> bool:
        """Block until the projection has folded `position` or the time is over; return whether it has.

        A change that this object applied wakes at once, one of another process within a hundredth of a second.
        """
        deadline = time.monotonic() + timeout_seconds
        while self.checkpoint(projection) < position:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            with self._advanced:
                self._advanced.wait(min(remaining, _POLL_SECONDS))
        return True

    @contextmanager
    def _transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        try:
            with self._datastore.transaction(commit=commit) as c:
                # Plain tuples: the library's row factory costs more than reading the row.
                c.sqlite_cursor.row_factory = None
                yield c
        except EventSourcingError as error:
            raise explain(error, self._path) from error

    @contextmanager
    def _reading(self, projection: str) -> Iterator[tuple[SQLiteCursor, int | None]]:
        with self._transaction(commit=False) as c:
            found = self._find(c, projection)
            yield c, None if found is None else found[0]

    def _find(self, c: SQLiteCursor, projection: str) -> tuple[int, Progress] | None:
        if not self._has_tables(c):
            return None
        c.execute(
            "SELECT id, version, position FROM read_model_projection WHERE name = ? AND place = ?",
            (projection, self.place),
        )
        row = c.fetchone()
        # A reset gives the projection another id, and a switch too: it is what tells generations apart.
        return None if row is None else (row[0], Progress(row[1], Position(row[2]), row[0]))

    def _has_tables(self, c: SQLiteCursor) -> bool:
        # A log that is opened for reading may have no read models yet.
        self._complete = self._complete or has_tables(c, self._path)
        return self._complete


def _check_limit(limit: int, what: str) -> None:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise InvalidPageSize(
            f"a page of {limit} {what} is not possible", hint=f"ask for 1 to {PAGE_ROWS_MAX}"
        )
