"""Logs as earlier versions of the program wrote them: one row for each event, and the tree in a table beside it.

Layout 1 had no tree. Layout 2 kept what each event adds to the tree in a row of `<table>_tree`. Both kept chain facts
by block, log index and transaction.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from eventsourcing.sqlite import SQLiteCursor

from domain.kernel.errors import CorruptRecord

BATCH_EVENTS: Final = 5_000

_RESTORE = "restore a copy of the database"


class FormerEvent(NamedTuple):
    """One row of the former log, and what the event adds to the tree (None without a tree)."""

    position: int
    branch_id: int
    stream_id: int
    version: int
    name_id: int
    state: bytes
    hashes: bytes | None


class FormerLog:
    """The tables of a former layout, set aside under other names so that those of the present one can be made.

    Always in the caller's transaction.
    """

    def __init__(self, table: str, head: int, *, has_tree: bool, has_facts: bool) -> None:
        self.head = head
        self._table = table
        self._log, self._facts = f"{table}_former", f"{table}_former_facts"
        self._has_tree, self._has_facts = has_tree, has_facts
        hashes = "tree.hashes" if has_tree else "NULL"
        join = f"LEFT JOIN {table}_tree AS tree USING (position)" if has_tree else ""
        self._select = (
            f"SELECT position, branch_id, stream_id, version, name_id, state, {hashes} FROM {self._log} "
            f"{join} WHERE position > ? ORDER BY position LIMIT {BATCH_EVENTS}"
        )

    @classmethod
    def find(cls, c: SQLiteCursor, table: str) -> FormerLog | None:
        """Return the former log under the name `table`, or None. Raises CorruptRecord for one that was cut short."""
        c.execute(f"SELECT 1 FROM pragma_table_info('{table}') WHERE name = 'state'")
        if c.fetchone() is None:
            return None
        c.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = {row[0] for row in c.fetchall()}
        c.execute(
            f"SELECT (SELECT MAX(position) FROM {table}), "
            f"(SELECT seq FROM sqlite_sequence WHERE name = '{table}')"
        )
        head, reached = c.fetchone()
        if head != reached:
            raise CorruptRecord(
                f"the log ends at position {head or 0} but once reached {reached or 0}",
                hint=f"events were removed with another tool: {_RESTORE}",
            )
        tree, facts = f"{table}_tree" in there, f"{table}_facts" in there
        return cls(table, head or 0, has_tree=tree, has_facts=facts)

    @property
    def has_tree(self) -> bool:
        """Whether there is a tree."""
        return self._has_tree

    def set_aside(self, c: SQLiteCursor) -> None:
        """Rename the tables; their triggers and indexes give their names free."""
        kept = [self._table]
        kept += [f"{self._table}_facts"] if self._has_facts else []
        kept += [f"{self._table}_tree"] if self._has_tree else []
        for kind in ("trigger", "index"):
            for table in kept:
                c.execute(
                    "SELECT name FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL",
                    (kind, table),
                )
                for (name,) in c.fetchall():
                    c.execute(f'DROP {kind} "{name}"')
        c.execute(f"ALTER TABLE {self._table} RENAME TO {self._log}")
        if self._has_facts:
            c.execute(f"ALTER TABLE {self._table}_facts RENAME TO {self._facts}")

    def batches(self, c: SQLiteCursor) -> Iterator[Sequence[FormerEvent]]:
        """Yield all events in order. Raises CorruptRecord for a gap, and for a row that is no event."""
        reached = 0
        while reached < self.head:
            c.execute(self._select, (reached,))
            events = [FormerEvent(*row) for row in c.fetchall()]
            for event in events:
                reached += 1
                if event.position != reached:
                    raise CorruptRecord(
                        f"events are missing after position {reached - 1}",
                        hint=f"they were removed with another tool: {_RESTORE}",
                    )
                if not isinstance(event.state, bytes):
                    raise _changed(reached)
            yield events

    def check(self, events: Sequence[FormerEvent], hashes: Sequence[bytes]) -> None:
        """Hold what the events add to the new tree against the former one. Raises CorruptRecord with the position."""
        if self._has_tree:
            for event, made in zip(events, hashes, strict=True):
                if event.hashes != made:
                    raise _changed(event.position)

    def move_facts(self, c: SQLiteCursor, facts: str) -> None:
        """Fill the present index of facts. Raises CorruptRecord for a log of a block that is recorded twice."""
        if not self._has_facts:
            return
        c.execute(
            f"SELECT min(position), max(position) FROM {self._facts} GROUP BY block_id, log_index "
            "HAVING count(*) > 1 LIMIT 1"
        )
        twice = c.fetchone()
        if twice is not None:
            raise CorruptRecord(
                f"positions {twice[0]} and {twice[1]} are the same log of one block in two transactions",
                hint="no chain has that: follow the chain again into a new file",
            )
        c.execute(
            f"INSERT INTO {facts} (block_id, log_index, position) "
            f"SELECT block_id, log_index, position FROM {self._facts} ORDER BY block_id, log_index"
        )

    def drop(self, c: SQLiteCursor) -> None:
        """Remove the former tables."""
        c.execute(f"DROP TABLE {self._log}")
        if self._has_facts:
            c.execute(f"DROP TABLE {self._facts}")
        if self._has_tree:
            c.execute(f"DROP TABLE {self._table}_tree")


def columns_of(
    events: Sequence[FormerEvent],
) -> tuple[tuple[list[int], list[int], list[int]], list[bytes]]:
    """Return streams, versions and names of the events, and their stored bytes."""
    numbers = (
        [event.stream_id for event in events],
        [event.version for event in events],
        [event.name_id for event in events],
    )
    return numbers, [event.state for event in events]


def _changed(position: int) -> CorruptRecord:
    return CorruptRecord(
        f"the stored bytes at position {position} are not those of the leaf in the tree",
        hint=f"they were changed with another tool: {_RESTORE}",
    )
