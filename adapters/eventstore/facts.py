"""The index of chain facts: which log of which block is recorded at which position, each at most once.

A block's logs are numbered, so the transaction adds nothing to a fact's identity; that it is the same one is read in
the event itself.
"""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Sequence

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.interning import Interner
from adapters.eventstore.log_store import FactKey
from adapters.eventstore.queries import RowInsert
from adapters.eventstore.schema import FACTS_TABLE_SUFFIX


class FactIndex:
    """Reads and writes the index beside the log `table`, always in the caller's transaction."""

    def __init__(self, table: str) -> None:
        facts = table + FACTS_TABLE_SUFFIX
        self.blocks = Interner[tuple[int, bytes]](f"{table}_block", ("chain_id", "hash"))
        self._insert = RowInsert(facts, ("block_id", "log_index", "position"))
        self._select = f"SELECT position FROM {facts} WHERE block_id = ? AND log_index = ?"

    def insert(self, cursor: SQLiteCursor, head: int, facts: Sequence[tuple[int, FactKey]]) -> None:
        """Record facts by their index behind `head`. Raises sqlite3.IntegrityError for one that is there already."""
        if not facts:
            return
        # Most are of the same block as the one before.
        blocks: list[tuple[int, bytes]] = []
        starts: list[int] = []
        chain_id, block_hash = -1, b""
        for number, (_, key) in enumerate(facts):
            if key[1] is not block_hash or key[0] != chain_id:
                chain_id, block_hash = key[0], key[1]
                blocks.append((chain_id, block_hash))
                starts.append(number)
        values: list[object] = []
        ids = self.blocks.intern_all(cursor, blocks)
        for block_id, start, stop in zip(ids, starts, [*starts[1:], len(facts)], strict=True):
            for index, key in facts[start:stop]:
                values += (block_id, key[3], head + 1 + index)
        self._insert.run(cursor, values)

    def positions(self, cursor: SQLiteCursor, keys: Sequence[FactKey]) -> list[int | None]:
        """Return for each fact the position at which the log of this index in this block is recorded, or None.

        Whether it is of the same transaction is not looked at.
        """
        found: list[int | None] = []
        for chain_id, block_hash, _, log_index in keys:
            block_id = self.blocks.find(cursor, (chain_id, block_hash))
            row = None
            if block_id is not None:
                cursor.execute(self._select, (block_id, log_index))
                row = cursor.fetchone()
            # Whoever changed the index may have put anything there.
            position = None if row is None else row[0]
            found.append(position if isinstance(position, int) else None)
        return found
