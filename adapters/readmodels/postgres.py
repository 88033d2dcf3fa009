"""Read models in PostgreSQL: one table of rows for all projections, with their past, written in whole batches."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from eventsourcing.domain import EventSourcingError

from adapters.eventstore.postgres_errors import explain
from adapters.eventstore.postgres_log import check_readable
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_recorder import findable
from adapters.eventstore.postgres_schema import create_others
from adapters.eventstore.postgres_settings import parse_target
from adapters.readmodels.past import LAST_CHARACTER
from adapters.readmodels.postgres_tables import Statements
from adapters.readmodels.postgres_writing import write_change
from adapters.readmodels.schema import LAYOUT
from adapters.readmodels.stored_rows import read_body, read_row, read_tail
from domain.application.ports import ParkedEvent, Progress, ProjectionChange, Row
from domain.application.row_history import PastRow, RowState
from domain.kernel.errors import InvalidPageSize, NewerSchema, Unavailable
from domain.kernel.ids import Position

PAGE_ROWS_MAX: Final = 10_000

_REWRITE_SECONDS: Final = 3_600.0
_POLL_SECONDS: Final = 0.02
_FETCH_ROWS: Final = 500


class PostgresReadModels:
    """Rows that projections wrote; implements the `ReadModels` port and the engine's `ReadModelStore`.

    `db` is a URL as for `open_postgres_log`, usually the same one. Any number of threads may read while one writes.
    Raises what `open_postgres_log` raises, Unavailable for a server that does not answer, and CorruptRecord for a row
    that it did not write.
    """

    def __init__(self, db: str, *, readonly: bool = False) -> None:
        self._target = parse_target(db)
        self._sql = Statements(self._target.schema)
        self._advanced = threading.Condition()
        self._complete = False
        with self._explained():
            self._datastore = PostgresDatastore(self._target, readonly=readonly)
            try:
                if readonly:
                    check_readable(self._datastore)
                elif not self._has_tables():
                    create_others(self._datastore, self._sql.create, missing=self._missing)
            except BaseException:
                self._datastore.close()
                raise

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
        """Close every connection; safe to call again."""
        self._datastore.close()

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
        """Return what makes up a page (1 to 10 000) of rows as of a position, all at one moment.

        Some of them may turn out not to have been there at the time; fewer than `limit` means that no more follow.
        Raises InvalidPageSize.
        """
        _check_limit(limit, "rows")
        params: list[object] = [projection, at, after, prefix, prefix + LAST_CHARACTER, limit]
        text = self._sql.past_page
        if scope is not None:
            text = self._sql.past_page_of_scope
            params.append(scope)
        return [_past_row(projection, at, raw) for raw in self._fetch(text, *params)]

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

    def reset(self, projection: str, version: int) -> None:
        """Drop all rows of the projection, their past and parked events; it is at position 0 of `version` then."""

        async def reset(connection: Connection) -> None:
            async with connection.transaction():
                number = await connection.fetchval(self._sql.lock, projection)
                for statement in self._sql.empty if number is not None else ():
                    await connection.execute(statement, number)
                await connection.execute(self._sql.register, projection, version)

        with self._explained():
            self._datastore.write(reset)

    def apply(self, changes: Sequence[ProjectionChange]) -> None:
        """Write rows, history, parked events and checkpoints of all changes in one transaction.

        Raises VersionConflict and writes nothing when a projection's stored version or checkpoint is not the change's
        `version` and `after`.
        """

        async def apply(connection: Connection) -> None:
            async with connection.transaction():
                # What can be rebuilt need not wait for the disk.
                await connection.execute("SET LOCAL synchronous_commit = off")
                for change in changes:
                    await write_change(connection, self._sql, change)

        with self._explained():
            self._datastore.write(apply)
        with self._advanced:
            self._advanced.notify_all()

    def rewrite(self) -> None:
        """Write the tables anew, so that nothing of what was deleted from them is left in their files.

        They cannot be read meanwhile. What the server keeps of its write-ahead log, and copies of it, is not reached.
        Raises Unavailable when the role is not the tables' owner or the server refuses.
        """
        with self._explained():
            if not self._datastore.read(lambda c: c.fetchval(self._sql.is_owner)):
                raise Unavailable(
                    f"only their owner can write the tables in {self._target.where} anew",
                    hint="repeat the command as the owner of the schema",
                )
            for statement in self._sql.rewrite:
                # Not in a transaction; longer than a statement may take otherwise.
                self._datastore.write(partial(_vacuum, statement), limit_seconds=_REWRITE_SECONDS)

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


async def _vacuum(statement: str, connection: Connection) -> None:
    await connection.execute("SET statement_timeout = 0")
    try:
        await connection.execute(statement, timeout=_REWRITE_SECONDS)
    finally:
        await connection.execute("RESET statement_timeout")


def _check_limit(limit: int, what: str) -> None:
    if not 1 <= limit <= PAGE_ROWS_MAX:
        raise InvalidPageSize(
            f"a page of {limit} {what} is not possible", hint=f"ask for 1 to {PAGE_ROWS_MAX}"
        )
