"""Holds the indexes of a log in SQLite against its rows: they are tables of their own, so somebody may change them."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from typing import cast

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.runs import BrokenRun, block_of, unpack
from adapters.eventstore.schema import (
    FACTS_TABLE_SUFFIX,
    HEAD_TABLE_SUFFIX,
    NAME_INDEX_SUFFIX,
    STREAM_INDEX_SUFFIX,
)


class IndexCheck:
    """Looks the events of the log `table` up in its indexes, always in the caller's transaction."""

    def __init__(self, table: str) -> None:
        by_stream, by_name = table + STREAM_INDEX_SUFFIX, table + NAME_INDEX_SUFFIX
        self._select_runs = (
            f"SELECT position, branch_id, places, states FROM {table} WHERE position > ? "
            "ORDER BY position"
        )
        self._select_position = (
            f"SELECT position FROM {by_stream} "
            "WHERE branch_id = ? AND stream_id = ? AND version = ?"
        )
        self._select_name = f"SELECT 1 FROM {by_name} WHERE name_id = ? AND block = ?"
        facts = table + FACTS_TABLE_SUFFIX
        self._count_facts = f"SELECT count(*) FROM {facts} WHERE position <= ?"
        head = f"(SELECT COALESCE(MAX(position), 0) FROM {table})"
        self._count_beyond = f"SELECT count(*) FROM {facts} WHERE position > {head}"
        self._select_surplus = (
            f"SELECT (SELECT MAX(position) FROM {table}), (SELECT count(*) FROM {by_stream}), "
            f"(SELECT position FROM {table}{HEAD_TABLE_SUFFIX})"
        )
        self._select_doubled = (
            f"SELECT position FROM {by_stream} GROUP BY position "
            "HAVING count(*) > 1 OR position > ? ORDER BY position LIMIT 1"
        )

    def first_misplaced(self, c: SQLiteCursor, after: int, until: int) -> int | None:
        """Return the first position in (after, until] to which an index does not lead, or leads twice; else None.

        A row that cannot be taken apart is passed over.
        """
        c.sqlite_cursor.row_factory = None
        c.execute(self._select_runs, (after,))
        runs = []
        while (row := c.fetchone()) is not None:
            runs.append(row)
            if row[0] >= until:
                break
        noted: set[tuple[int, int]] = set()
        for position, branch_id, places, states in runs:
            try:
                events = unpack(position, places, states)
            except BrokenRun:
                continue
            for at, stream_id, version, name_id, _ in events:
                if not after < at <= until:
                    continue
                c.execute(self._select_position, (branch_id, stream_id, version))
                if c.fetchone() != (at,):
                    return at
                name = (name_id, block_of(at))
                if name not in noted:
                    noted.add(name)
                    c.execute(self._select_name, name)
                    if c.fetchone() is None:
                        return at
        return self._surplus(c, until)

    def facts(self, c: SQLiteCursor, until: int | None) -> int:
        """Return how many chain facts the index has at positions up to `until`; with None, beyond the last event."""
        if until is None:
            c.execute(self._count_beyond)
        else:
            c.execute(self._count_facts, (until,))
        return cast(int, c.fetchone()[0])

    def _surplus(self, c: SQLiteCursor, until: int) -> int | None:
        c.execute(self._select_surplus)
        head, indexed, reached = c.fetchone()
        if until < (head or 0):
            return None
        # Where the log says that it ends is an index too.
        if (reached or 0) < (head or 0):
            return max(0, reached or 0) + 1
        if indexed <= (head or 0):
            return None
        c.execute(self._select_doubled, (head or 0,))
        row = c.fetchone()
        return None if row is None else cast(int, row[0])
