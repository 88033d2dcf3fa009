"""The index of chain facts: which chain log is recorded at which position, each at most once."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

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
        columns = ("block_id", "log_index", "transaction_hash", "position")
        self._insert = RowInsert(facts, columns)
        self._select = f"SELECT position FROM {facts} WHERE block_id = ? AND log_index = ? AND transaction_hash = ?"

    def insert(self, cursor: SQLiteCursor, facts: Iterable[tuple[int, FactKey]]) -> None:
        """Record facts with their positions. Raises sqlite3.IntegrityError for one that is there already."""
        blocks = self.blocks
        values: list[object] = []
        for position, (chain_id, block_hash, transaction_hash, log_index) in facts:
            block = (chain_id, block_hash)
            block_id = blocks.ids.get(block) or blocks.intern(cursor, block)
            values += (block_id, log_index, transaction_hash, position)
        self._insert.run(cursor, values)

    def positions(self, cursor: SQLiteCursor, keys: Sequence[FactKey]) -> list[int | None]:
        """Return for each fact the position it is recorded at, or None."""
        found: list[int | None] = []
        for chain_id, block_hash, transaction_hash, log_index in keys:
            block_id = self.blocks.find(cursor, (chain_id, block_hash))
            row = None
            if block_id is not None:
                cursor.execute(self._select, (block_id, log_index, transaction_hash))
                row = cursor.fetchone()
            found.append(None if row is None else cast(int, row[0]))
        return found
