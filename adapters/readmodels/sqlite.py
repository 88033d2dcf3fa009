"""Read models in SQLite: one table of rows for all projections, with their past, written in whole batches."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from types import TracebackType
from typing import Self

from adapters.eventstore.database import check_database, parse_db_name, prepare_database
from adapters.eventstore.pool import LedgerDatastore
from adapters.readmodels.places import (
    delete_all,
    delete_some,
    retire,
    switch_place,
)
from adapters.readmodels.reading import SqliteRows
from adapters.readmodels.schema import BESIDE, create_tables
from adapters.readmodels.writing import write_change
from domain.application.ports import Progress, ProjectionChange
from domain.kernel.errors import VersionConflict


class SqliteReadModels(SqliteRows):
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
        super().__init__(path, LedgerDatastore(path, readonly=readonly, durable=False))
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

    def beside(self) -> SqliteReadModels:
        """Return the same store's read models that are being built beside those that are served."""
        other = copy(self)
        other.place = BESIDE
        return other

    def reset(self, projection: str, version: int) -> None:
        """Drop all rows of the projection, their past and parked events; it is at position 0 of `version` then."""
        with self._transaction(commit=True) as c:
            # Before the old one goes: each reset of a projection gives it a higher id, which tells generations apart.
            c.execute("SELECT coalesce(max(id), 0) + 1 FROM read_model_projection")
            (fresh,) = c.fetchone()
            found = self._find(c, projection)
            if found is not None:
                delete_all(c, found[0])
            c.execute(
                "INSERT INTO read_model_projection (id, name, place, version, position) "
                "VALUES (?, ?, ?, ?, 0)",
                (fresh, projection, self.place, version),
            )

    def switch(self, projections: Sequence[str]) -> None:
        """Serve what was built beside, all of it from one moment on, and delete what was served before.

        Raises VersionConflict and changes nothing when a projection was not built, or not as far as it is served.
        """
        with self._transaction(commit=True) as c:
            for projection in projections:
                switch_place(c, projection)
        self._sweep()
        with self._advanced:
            self._advanced.notify_all()

    def drop(self, projection: str) -> bool:
        """Delete what was built of the projection beside the served rows; return whether there was anything."""
        with self._transaction(commit=True) as c:
            retired = retire(c, projection)
        self._sweep()
        return retired

    def _sweep(self) -> None:
        # Piece by piece: whoever wants to write waits for one piece only.
        more = True
        while more:
            with self._transaction(commit=True) as c:
                more = delete_some(c)

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
