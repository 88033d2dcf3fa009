"""Small integers for texts that repeat: streams, names, branches, blocks."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar, cast

from eventsourcing.sqlite import SQLiteCursor

Key = TypeVar("Key", str, tuple[int, bytes])

CACHE_ENTRIES = 65_536
"""Ids remembered by each cache, so that a log of any size takes bounded memory."""


class Interner(Generic[Key]):
    """Ids of one interned table, cached.

    Only committed ids are in `ids`: those made in a transaction are kept apart until `confirm`. `intern`, `confirm`
    and `forget` belong to the one writing thread; the other methods may be called from any.
    """

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        where = " AND ".join(f"{column} = ?" for column in columns)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._select_id = f"SELECT id FROM {table} WHERE {where}"
        self._select_key = f"SELECT {names} FROM {table} WHERE id = ?"
        self._insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        self.ids: dict[Key, int] = {}
        self._keys: dict[int, Key] = {}
        self._fresh: dict[Key, int] = {}

    def intern(self, cursor: SQLiteCursor, key: Key) -> int:
        """Return the id of `key`, made in the cursor's write transaction if there is none yet."""
        known = self.ids.get(key) or self._fresh.get(key)
        if known is not None:
            return known
        params = _params(key)
        cursor.execute(self._select_id, params)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(self._insert, params)
            number = cast(int, cursor.lastrowid)
        else:
            number = cast(int, row[0])
        self._fresh[key] = number
        return number

    def intern_all(self, cursor: SQLiteCursor, keys: Sequence[Key]) -> list[int]:
        """Return the id of each key, as `intern` does."""
        known = self.ids.get
        return [known(key) or self.intern(cursor, key) for key in keys]

    def confirm(self) -> None:
        """Cache the ids of the transaction, which was committed."""
        if self._fresh:
            self._remember(self._fresh)
            self._fresh = {}

    def forget(self) -> None:
        """Drop the ids of the transaction, which was rolled back."""
        self._fresh = {}

    def find(self, cursor: SQLiteCursor, key: Key) -> int | None:
        """Return the committed id of `key`, or None."""
        known = self.ids.get(key)
        if known is not None:
            return known
        cursor.execute(self._select_id, _params(key))
        row = cursor.fetchone()
        if row is None:
            return None
        if key not in self._fresh:
            self._remember({key: row[0]})
        return cast(int, row[0])

    def key(self, cursor: SQLiteCursor, number: int) -> Key | None:
        """Return the committed key of an id, or None."""
        known = self._keys.get(number)
        if known is not None:
            return known
        cursor.execute(self._select_key, (number,))
        row = cursor.fetchone()
        if row is None:
            return None
        found = cast(Key, row[0] if len(row) == 1 else tuple(row))
        if len(self._keys) >= CACHE_ENTRIES:
            self._keys = {}
        self._keys[number] = found
        return found

    def _remember(self, ids: Mapping[Key, int]) -> None:
        if len(self.ids) + len(ids) > CACHE_ENTRIES:
            self.ids = {}
        self.ids.update(ids)


def _params(key: str | tuple[int, bytes]) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)
