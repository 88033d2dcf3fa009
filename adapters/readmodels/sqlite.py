"""Read models in SQLite: one table of rows for all projections, with their past, written in whole batches."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from eventsourcing.domain import EventSourcingError
from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.database import check_database, explain, parse_db_name, prepare_database
from adapters.eventstore.pool import LedgerDatastore
from adapters.readmodels.past import LAST_CHARACTER, past_counts, past_keys, past_row
from adapters.readmodels.schema import OF_A_PROJECTION, create_tables, has_tables
from adapters.readmodels.stored_rows import read_body, read_row, read_tail
from adapters.readmodels.writing import write_change
from domain.application.ports import ParkedEvent, Progress, ProjectionChange, Row
from domain.application.row_history import PastRow, RowState
from domain.kernel.errors import InvalidPageSize, VersionConflict
from domain.kernel.ids import Position

PAGE_ROWS_MAX: Final = 10_000

_POLL_SECONDS: Final = 0.01
_FETCH_ROWS: Final = 500
_COLUMNS: Final = "key, scope, body, position"
_STATES: Final = (
    "SELECT scope, body, position, born, scope_since, tail FROM read_model_row "
    "WHERE projection_id = ? AND key = ?"
)


class SqliteReadModels:
    """Rows that projections wrote; implements the `ReadModels` port and the engine's `ReadModelStore`.

    `db` names a file as for `open_log`, usually the same one. Any number of threads may read while one writes. Raises
    what `open_log` raises, Unavailable for a lock or a full disk, and CorruptRecord for a row that it did not write.
    """

    def __init__(self, db: str, *, readonly: bool = False) -> None:
        path = parse_db_name(db)
        if readonly:
            check_database(path, readonly=True)
        else:
            prepare_database(path)
        self._path = path
        self._datastore = LedgerDatastore(path, readonly=readonly, durable=False)
        self._advanced = threading.Condition()
        self._complete = False
        if not readonly:
            self._create_tables()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call again."""
        self._datastore.close()

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
            for key in keys:
                c.execute(_STATES, (projection_id, key))
                raw = c.fetchone()
                if raw is not None:
                    scope, body, position, born, scope_since, tail = raw
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
            where = "projection_id = ? AND key > ? AND key >= ? AND key < ?"
            params: list[object] = [projection_id, after, prefix, prefix + LAST_CHARACTER]
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
                "JOIN read_model_projection ON id = projection_id ORDER BY 2, 1, 3 LIMIT ?",
                (limit,),
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

    def reset(self, projection: str, version: int) -> None:
        """Drop all rows of the projection, their past and parked events; it is at position 0 of `version` then."""
        with self._transaction(commit=True) as c:
            found = self._find(c, projection)
            if found is None:
                c.execute(
                    "INSERT INTO read_model_projection (name, version, position) VALUES (?, ?, 0)",
                    (projection, version),
                )
                return
            for table in OF_A_PROJECTION:
                c.execute(f"DELETE FROM {table} WHERE projection_id = ?", (found[0],))
            c.execute(
                "UPDATE read_model_projection SET version = ?, position = 0, "
                "id = (SELECT max(id) + 1 FROM read_model_projection) WHERE id = ?",
                (version, found[0]),
            )

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        """Write rows, history, parked events and checkpoints of all changes in one transaction.

        Raises VersionConflict and writes nothing when a projection's stored version or checkpoint is not the change's
        `version` and `after`.
        """
        with self._transaction(commit=True) as c:
            for change in changes:
                found = self._find(c, change.projection)
                if (
                    found is None
                    or found[1] != Progress(change.version, change.after)
                    or change.generation not in (None, found[1].generation)
                ):
                    raise VersionConflict(
                        f"the read model `{change.projection}` is not at position {change.after} "
                        f"of version {change.version}",
                        hint="another process keeps these read models up to date: run only one",
                    )
                write_change(c, found[0], change)
        with self._advanced:
            self._advanced.notify_all()

    def _create_tables(self) -> None:
        # Looked up first: complete read models are opened without waiting for their writer.
        with self._transaction(commit=False) as c:
            complete = self._has_tables(c)
        if not complete:
            with self._transaction(commit=True) as c:
                if not self._has_tables(c):
                    create_tables(c)

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
            "SELECT id, version, position FROM read_model_projection WHERE name = ?", (projection,)
        )
        row = c.fetchone()
        # A reset gives the projection another id, so the id is what tells its generations apart.
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
