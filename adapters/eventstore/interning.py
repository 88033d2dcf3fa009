"""Small integers for texts that repeat: streams, names, branches, blocks."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar, cast

from eventsourcing.sqlite import SQLiteCursor

from adapters.eventstore.queries import RowInsert

Key = TypeVar("Key", str, tuple[int, bytes])

CACHE_ENTRIES = 65_536
"""Ids remembered by each cache, so that a log of any size takes bounded memory."""

KEYS_PER_STATEMENT: Final = 32


class Interner(Generic[Key]):
    """Ids of one interned table, cached.

    Only committed ids are in `ids`: those made in a transaction are kept apart until `confirm`. `intern`, `confirm`
    and `forget` belong to the one writing thread; the other methods may be called from any.
    """

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        where = " AND ".join(f"{column} = ?" for column in columns)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        row = f"({marks})"
        many = f"SELECT {names}, id FROM {table} WHERE ({names}) IN (VALUES "
        self._select_id = f"SELECT id FROM {table} WHERE {where}"
        self._select_ids = many + ", ".join([row] * KEYS_PER_STATEMENT) + ")"
        self._select_key = f"SELECT {names} FROM {table} WHERE id = ?"
        self._select_last = f"SELECT MAX(id) FROM {table}"
        self._insert = RowInsert(table, ("id", *columns), KEYS_PER_STATEMENT)
        self.ids: dict[Key, int] = {}
        self._keys: dict[int, Key] = {}
        self._fresh: dict[Key, int] = {}
        # Keys that were looked for in vain in the present write transaction.
        self._absent: set[Key] = set()

    def intern(self, cursor: SQLiteCursor, key: Key) -> int:
        """Return the id of `key`, made in the cursor's write transaction if there is none yet."""
        return self.intern_all(cursor, (key,))[0]

    def intern_all(self, cursor: SQLiteCursor, keys: Sequence[Key]) -> list[int]:
        """Return the id of each key, made in the cursor's write transaction where there is none yet."""
        known = self.ids.get
        found = [known(key) for key in keys]
        if None in found:
            id_of = self.look_up(cursor, keys)
            self._make(cursor, [key for key in dict.fromkeys(keys) if id_of(key) is None])
            found = [number or id_of(key) for key, number in zip(keys, found, strict=True)]
        return cast(list[int], found)

    def look_up(self, cursor: SQLiteCursor, keys: Iterable[Key]) -> Callable[[Key], int | None]:
        """Look for keys in the cursor's write transaction; return what tells their ids, None for those without."""
        ids, fresh, absent = self.ids, self._fresh, self._absent
        unknown = [key for key in dict.fromkeys(keys) if key not in ids]
        unknown = [key for key in unknown if key not in fresh and key not in absent]
        for first in range(0, len(unknown), KEYS_PER_STATEMENT):
            part = unknown[first : first + KEYS_PER_STATEMENT]
            if len(part) == 1:
                cursor.execute(self._select_id, _params(part[0]))
                if (row := cursor.fetchone()) is not None:
                    fresh[part[0]] = row[0]
                absent.update(key for key in part if key not in fresh)
                continue
            # What is short is filled up with a key that is there already.
            filled = part + part[:1] * (KEYS_PER_STATEMENT - len(part))
            cursor.execute(self._select_ids, [value for key in filled for value in _params(key)])
            for row in cursor.fetchall():
                fresh[cast(Key, row[0] if len(row) == 2 else tuple(row)[:-1])] = row[-1]
            absent.update(key for key in part if key not in fresh)
        return lambda key: ids.get(key) or fresh.get(key)

    def _make(self, cursor: SQLiteCursor, keys: Sequence[Key]) -> None:
        if not keys:
            return
        cursor.execute(self._select_last)
        first = (cursor.fetchone()[0] or 0) + 1
        values: list[object] = []
        for number, new in enumerate(keys, first):
            self._fresh[new] = number
            values.append(number)
            values.extend(_params(new))
        self._insert.run(cursor, values)
        self._absent.difference_update(keys)

    def confirm(self) -> None:
        """Cache the ids of the transaction, which was committed."""
        self._absent.clear()
        if self._fresh:
            self._remember(self._fresh)
            self._fresh = {}

    def forget(self) -> None:
        """Drop the ids of the transaction, which was rolled back."""
        self._absent.clear()
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
