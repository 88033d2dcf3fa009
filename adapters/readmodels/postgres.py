"""Read models in PostgreSQL: one table of rows for all projections, with their past, written in whole batches."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial
from types import TracebackType
from typing import Final, Self

from adapters.eventstore.postgres_log import check_readable
from adapters.eventstore.postgres_pool import Connection, PostgresDatastore
from adapters.eventstore.postgres_schema import create_others
from adapters.eventstore.postgres_settings import parse_target
from adapters.readmodels.postgres_reading import PostgresRows
from adapters.readmodels.postgres_tables import Statements
from adapters.readmodels.postgres_writing import write_change
from adapters.readmodels.schema import BESIDE, check_built
from domain.application.ports import ProjectionChange
from domain.kernel.errors import Unavailable

_REWRITE_SECONDS: Final = 3_600.0


class PostgresReadModels(PostgresRows):
    """Rows that projections wrote; implements the `ReadModels` port and the engine's `ReadModelStore`.

    `db` is a URL as for `open_postgres_log`, usually the same one. Any number of threads may read while one writes.
    Raises what `open_postgres_log` raises, Unavailable for a server that does not answer, and CorruptRecord for a row
    that it did not write.
    """

    def __init__(self, db: str, *, readonly: bool = False) -> None:
        super().__init__(parse_target(db))
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

    def beside(self) -> PostgresReadModels:
        """Return the same store's read models that are being built beside those that are served."""
        other = copy(self)
        other.statements_of(BESIDE)
        return other

    def statements_of(self, place: str) -> None:
        """Turn to the read models in another place."""
        self._sql = Statements(self._target.schema, place)

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

    def switch(self, projections: Sequence[str]) -> None:
        """Serve what was built beside, all of it from one moment on, and delete what was served before.

        Raises VersionConflict and changes nothing when a projection was not built, or not as far as it is served.
        """

        async def switch(connection: Connection) -> None:
            async with connection.transaction():
                for projection in projections:
                    found = await connection.fetch(self._sql.places, projection)
                    check_built(projection, dict(map(tuple, found)))
                    await connection.execute(self._sql.retire_served, projection)
                    await connection.execute(self._sql.serve, projection)

        with self._explained():
            self._datastore.write(switch)
            self._datastore.write(self._sweep)
        with self._advanced:
            self._advanced.notify_all()

    def drop(self, projection: str) -> bool:
        """Delete what was built of the projection beside the served rows; return whether there was anything."""
        with self._explained():
            found = self._datastore.write(lambda c: c.fetchval(self._sql.retire_beside, projection))
            self._datastore.write(self._sweep)
        return found is not None

    async def _sweep(self, connection: Connection) -> None:
        for (number,) in await connection.fetch(self._sql.retired):
            async with connection.transaction():
                for statement in self._sql.empty:
                    await connection.execute(statement, number)
                await connection.execute(self._sql.forget, number)

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


async def _vacuum(statement: str, connection: Connection) -> None:
    await connection.execute("SET statement_timeout = 0")
    try:
        await connection.execute(statement, timeout=_REWRITE_SECONDS)
    finally:
        await connection.execute("RESET statement_timeout")
