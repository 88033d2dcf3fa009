"""Read models in their places: served, built beside, or retired; within a transaction of the caller's."""

# ruff: noqa: S608 - table names are constants of ours; values are always bound
from __future__ import annotations

from typing import Final

from eventsourcing.sqlite import SQLiteCursor

from adapters.readmodels.digest import Digest
from adapters.readmodels.schema import (
    BESIDE,
    DIGEST_COLUMNS,
    KEYS,
    OF_A_PROJECTION,
    ORDERED_BY,
    RETIRED,
    SERVED,
    check_built,
)
from domain.application.ports import Progress

SWEEP_ROWS: Final = 5_000
_FETCH_ROWS: Final = 500


def switch_place(c: SQLiteCursor, projection: str) -> None:
    """Serve what was built beside; what was served is retired. Raises VersionConflict when it is not built so far."""
    c.execute(
        "SELECT place, position FROM read_model_projection WHERE name = ? AND place IN (?, ?)",
        (projection, SERVED, BESIDE),
    )
    check_built(projection, dict(c.fetchall()))
    c.execute(
        "UPDATE read_model_projection SET place = ? || id WHERE name = ? AND place = ?",
        (RETIRED, projection, SERVED),
    )
    c.execute(
        "UPDATE read_model_projection SET place = ? WHERE name = ? AND place = ?",
        (SERVED, projection, BESIDE),
    )


def retire(c: SQLiteCursor, projection: str) -> bool:
    """Retire what was built beside; return whether anything was."""
    c.execute(
        "UPDATE read_model_projection SET place = ? || id WHERE name = ? AND place = ?",
        (RETIRED, projection, BESIDE),
    )
    return c.sqlite_cursor.rowcount > 0


def delete_all(c: SQLiteCursor, projection_id: int) -> None:
    """Delete a projection in whatever place, with all that is stored of it."""
    for table in OF_A_PROJECTION:
        c.execute(f"DELETE FROM {table} WHERE projection_id = ?", (projection_id,))
    c.execute("DELETE FROM read_model_projection WHERE id = ?", (projection_id,))


def delete_some(c: SQLiteCursor) -> bool:
    """Delete a piece of what is retired; return whether there may be more."""
    c.execute("SELECT id FROM read_model_projection WHERE place LIKE ? || '%' LIMIT 1", (RETIRED,))
    found = c.fetchone()
    if found is None:
        return False
    for table in OF_A_PROJECTION:
        key = KEYS[table]
        c.execute(
            f"DELETE FROM {table} WHERE ({key}) IN "
            f"(SELECT {key} FROM {table} WHERE projection_id = ? LIMIT ?)",
            (found[0], SWEEP_ROWS),
        )
        if c.sqlite_cursor.rowcount > 0:
            return True
    c.execute("DELETE FROM read_model_projection WHERE id = ?", (found[0],))
    return True


def digest_of(c: SQLiteCursor, projection: str, found: tuple[int, Progress] | None) -> str:
    """Return a SHA-256 over all that is stored of a projection, its version and its position."""
    digest = Digest(projection, None if found is None else found[1])
    for table in OF_A_PROJECTION if found is not None else ():
        digest.feed((table,))
        c.execute(
            f"SELECT {DIGEST_COLUMNS[table]} FROM {table} WHERE projection_id = ? ORDER BY {ORDERED_BY[table]}",
            (found[0] if found else 0,),
        )
        while batch := c.sqlite_cursor.fetchmany(_FETCH_ROWS):
            for row in batch:
                digest.feed(row)
    return digest.hex()
