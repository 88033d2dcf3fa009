"""The rows of the log and the indexes beside them: written together, read by position, name or stream."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Final, TypeAlias, cast

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.queries import RowInsert, run_of_position, runs_by_position
from adapters.eventstore.runs import (
    BLOCK_EVENTS,
    BrokenRun,
    NumberedRow,
    block_of,
    pack,
    unpack,
)
from adapters.eventstore.schema import (
    HEAD_TABLE_SUFFIX,
    NAME_INDEX_SUFFIX,
    STREAM_INDEX_SUFFIX,
)
from adapters.eventstore.tree import TreeTable
from domain.kernel.errors import CorruptRecord

RUNS_PER_INSERT: Final = 8

Columns: TypeAlias = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""For each event the number of its stream, its version, and the number of its name."""


class RunTable:
    """The log `table`, always in the caller's transaction."""

    def __init__(self, table: str) -> None:
        self.tree = TreeTable(table)
        self._table = table
        self._select_head = (
            f"SELECT (SELECT MAX(position) FROM {table}), "
            f"(SELECT position FROM {table}{HEAD_TABLE_SUFFIX})"
        )
        self._raise_head = f"UPDATE {table}{HEAD_TABLE_SUFFIX} SET position = ?"
        self._select_run = run_of_position(table)
        columns = ("position", "branch_id", "places", "hashes", "states")
        self._insert_runs = RowInsert(table, columns, RUNS_PER_INSERT)
        self._insert_versions = RowInsert(
            table + STREAM_INDEX_SUFFIX, ("branch_id", "stream_id", "version", "position")
        )
        self._insert_name = f"INSERT OR IGNORE INTO {table}{NAME_INDEX_SUFFIX} VALUES (?, ?)"
        # The names that are noted already for the block that the log ends in.
        self._noted: tuple[int, set[int]] = (-1, set())

    def heads(self, c: SQLiteCursor) -> tuple[int, int]:
        """Return the last position that has a row, and the one that the log once reached. Raises CorruptRecord."""
        c.execute(self._select_head)
        head, reached = (value or 0 for value in c.fetchone())
        if not (isinstance(head, int) and isinstance(reached, int)):
            raise CorruptRecord(
                f"the log ends at position {head!r} and is said to end at {reached!r}",
                hint="that was changed with another tool: restore a copy of the database",
            )
        return head, reached

    def head(self, c: SQLiteCursor) -> int:
        """Return the last position. Raises CorruptRecord when the log once reached another."""
        head, reached = self.heads(c)
        if head != reached:
            raise CorruptRecord(
                f"the log ends at position {head} but once reached {reached}",
                hint="events were removed with another tool: restore a copy of the database",
            )
        return head

    def write(
        self, c: SQLiteCursor, head: int, branch_id: int, columns: Columns, states: Sequence[bytes]
    ) -> list[bytes]:
        """Write events after `head`, with indexes and head; return what each adds to the tree.

        Raises sqlite3.IntegrityError for a version that is there already, CorruptRecord for a tree with a gap.
        """
        stream_ids, versions, name_ids = columns
        hashes = self.tree.grow(c, head, states)
        self._insert_runs.run(c, pack(head, branch_id, columns, states, hashes))
        last = head + len(states)
        positions = range(head + 1, last + 1)
        branches = repeat(branch_id, len(states))
        places = zip(branches, stream_ids, versions, positions, strict=True)
        self._insert_versions.run(c, list(chain.from_iterable(places)))
        self._note_names(c, name_ids, head)
        c.execute(self._raise_head, (last,))
        return hashes

    def forget(self) -> None:
        """Drop what the transaction taught, which was rolled back."""
        self.tree.forget()
        self._noted = (-1, set())

    def between(
        self, c: SQLiteCursor, after: int, limit: int, stop: int | None, name_ids: Sequence[int]
    ) -> Iterator[NumberedRow]:
        """Yield up to `limit` events with positions in (after, stop], in order, of some names only.

        The cursor is not to be used for anything else before the last one was taken. Raises CorruptRecord.
        """
        text, params = runs_by_position(self._table, after, limit, stop, name_ids)
        c.sqlite_cursor.row_factory = None
        c.execute(text, params)
        rows = (row for run in c.sqlite_cursor for row in _unpacked(*run))
        if name_ids:
            rows = (row for row in rows if row[3] in name_ids)
        within = (row for row in rows if after < row[0] and (stop is None or row[0] <= stop))
        return islice(within, limit)

    def of_stream(
        self, c: SQLiteCursor, stream_id: int, text: str, params: Sequence[int]
    ) -> Iterator[NumberedRow]:
        """Yield the events of the versions and positions that the statement finds in the index of streams.

        Raises CorruptRecord for one that is not where the index says.
        """
        c.sqlite_cursor.row_factory = None
        c.execute(text, params)
        row_at = self.reader(c)
        for version, position in cast(list[tuple[int, int]], c.fetchall()):
            row = row_at(position)
            if row is None or row[1] != stream_id or row[2] != version:
                raise CorruptRecord(
                    f"position {position} does not hold the version {version} that is looked for there",
                    hint="something was changed with another tool; `agentgpt log check` says what else is wrong",
                )
            yield row

    def reader(self, c: SQLiteCursor) -> Callable[[int], NumberedRow | None]:
        """Return a reader of single events by position; it keeps the run of the last one."""
        run: list[NumberedRow] = []

        def row_at(position: int) -> NumberedRow | None:
            nonlocal run
            if not run or not run[0][0] <= position <= run[-1][0]:
                c.sqlite_cursor.row_factory = None
                c.execute(self._select_run, (position,))
                found = c.fetchone()
                run = [] if found is None else _unpacked(*found)
            return run[position - run[0][0]] if run and run[0][0] <= position else None

        return row_at

    def _note_names(self, c: SQLiteCursor, name_ids: Sequence[int], head: int) -> None:
        last = head + len(name_ids)
        fresh: list[tuple[int, int]] = []
        for block in range(block_of(head + 1), block_of(last) + 1):
            start = block * BLOCK_EVENTS
            there = set(name_ids[max(0, start - head) : start - head + BLOCK_EVENTS])
            if self._noted[0] == block:
                there -= self._noted[1]
                self._noted[1].update(there)
            else:
                self._noted = (block, set(there))
            fresh += [(name_id, block) for name_id in there]
        if fresh:
            c.executemany(self._insert_name, fresh)


def _unpacked(position: int, places: object, states: object) -> list[NumberedRow]:
    try:
        return unpack(position, places, states)
    except BrokenRun:
        raise CorruptRecord(
            f"the row that ends at position {position} cannot be taken apart",
            hint="it was changed with another tool: restore a copy of the database",
        ) from None
