"""Appends to a log in PostgreSQL: one statement for a few rows, COPY for many."""

# ruff: noqa: S608 - names are checked and quoted; values are always bound
from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from eventsourcing.persistence import OperationalError

from adapters.eventstore.log_store import FactKey, NewRow, Plan
from adapters.eventstore.postgres_pool import WORK_TIMEOUT_SECONDS, Connection, PostgresDatastore
from adapters.eventstore.postgres_tables import (
    FACT_COLUMNS,
    HEAD_SUFFIX,
    MAIN_BRANCH_ID,
    qualified,
)
from domain.kernel.errors import CorruptRecord, InvalidInput
from domain.kernel.merkle import HASH_BYTES, Frontier

COPY_ROWS: Final = 200
"""From how many rows on COPY is faster, though it takes more round trips."""

FEW_STREAMS: Final = 16
"""Up to so many an append is taken for a small one, which is planned sooner than another thread is woken."""

CACHED_STREAMS: Final = 65_536

First: TypeAlias = Callable[[Connection], Awaitable[None]]
"""What is to be written in the same transaction, before the head is locked."""

_NO_FACT: Final = (None,) * len(FACT_COLUMNS)
_COLUMNS: Final = (
    *("position", "branch_id", "stream", "version", "name", "state", "hashes"),
    *FACT_COLUMNS,
)


def channel_of(schema: str, table: str) -> str:
    """Return the channel on which appends to `table` are announced: any schema's, in at most 63 bytes."""
    return "ledger_" + hashlib.sha256(f"{schema}.{table}".encode()).hexdigest()[:32]


def frontier_of(size: int, edge: bytes) -> Frontier:
    """Return the frontier of a tree of `size` leaves whose edge is stored. Raises CorruptRecord."""
    hashes = [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)]
    try:
        return Frontier.of_edge(size, hashes)
    except InvalidInput as error:
        raise CorruptRecord(
            f"the edge of the Merkle tree is not one of {size} events",
            hint="it was changed with another tool: restore a copy of the database",
        ) from error


def stored_edge(frontier: Frontier) -> bytes:
    """Return the edge in one string: with the size it stands for every leaf so far."""
    return b"".join(frontier.edge())


@dataclass(frozen=True, slots=True)
class _Ready:
    """What an append writes after `head`, if the tree's edge is still `edge` then."""

    head: int
    edge: bytes
    rows: Sequence[NewRow]
    facts: Mapping[int, FactKey]
    hashes: Sequence[bytes]
    new_edge: bytes

    @property
    def new_head(self) -> int:
        return self.head + len(self.rows)

    def columns(self) -> list[list[object]]:
        """Return the values of all rows by column, without position and branch."""
        facts = [self.facts.get(index, _NO_FACT) for index in range(len(self.rows))]
        return [
            *map(list, zip(*self.rows, strict=True)),
            list(self.hashes),
            *map(list, zip(*facts, strict=True)),
        ]

    def records(self) -> Iterator[tuple[object, ...]]:
        """Yield the rows with all their columns."""
        fact_of = self.facts.get
        for index, (row, hashes) in enumerate(zip(self.rows, self.hashes, strict=True)):
            yield (
                self.head + 1 + index,
                MAIN_BRANCH_ID,
                *row,
                hashes,
                *fact_of(index, _NO_FACT),
            )


def _ready(head: int, edge: bytes, versions: Mapping[str, int], plan: Plan) -> _Ready:
    batch = plan(head, versions)
    frontier = frontier_of(head, edge)
    hashes = frontier.add([state for _, _, _, state in batch.rows])
    return _Ready(head, edge, batch.rows, dict(batch.facts), hashes, stored_edge(frontier))


async def _planned(
    head: int, edge: bytes, versions: Mapping[str, int], plan: Plan, streams: int
) -> _Ready:
    if streams <= FEW_STREAMS:
        return _ready(head, edge, versions, plan)
    # In another thread, so that the loop goes on with what others wait for.
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, _ready, head, edge, versions, plan)


@dataclass(slots=True)
class _Known:
    """The log as this process saw it last.

    The edge of the tree stands for every event so far, so while it is what it was, on whichever server, the versions
    are what they were.
    """

    head: int
    edge: bytes
    versions: dict[str, int]
    alone: bool
    """Whether nobody else appended between the last two looks: then it is worth while to append without asking."""


class Appender:
    """Inserts rows into one log, with their leaves and facts.

    The head's one row is locked from the moment an append knows its positions until its transaction ends. PostgreSQL
    makes a commit visible before it gives its locks up, so whoever sees a position sees all below it; and a
    transaction that fails takes its raise back.
    """

    def __init__(self, datastore: PostgresDatastore, table: str) -> None:
        self._datastore, self._table = datastore, table
        schema = datastore.schema
        head, events = qualified(schema, table + HEAD_SUFFIX), qualified(schema, table)
        self._lock = f"SELECT position, edge FROM {head} FOR UPDATE"
        # Waiters are told by the commit itself, so never too early, and in the order of the commits.
        raised = (
            f"raised AS (UPDATE {head} SET position = $1, edge = $2 "
            "WHERE position = $3 AND edge = $4 RETURNING $1::bigint AS head)"
        )
        told = f"SELECT pg_notify('{channel_of(schema, table)}', head::text) FROM raised"
        self._raise = f"WITH {raised} {told}"
        values = ("stream", "version", "name", "state", "hashes", *FACT_COLUMNS)
        kinds = ("text", "bigint", "text", "bytea", "bytea", *FACT_COLUMNS.values())
        arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(kinds, 5))
        self._insert = (
            f"WITH {raised}, inserted AS ("
            f"INSERT INTO {events} ({', '.join(_COLUMNS)}) "
            f"SELECT $3 + place, {MAIN_BRANCH_ID}, {', '.join(values)} FROM raised, unnest({arrays}) "
            f"WITH ORDINALITY AS new ({', '.join(values)}, place)) {told}"
        )
        # One statement, so the versions are those under just this edge.
        self._select_versions = (
            f"SELECT (SELECT edge FROM {head}) AS edge, wanted.stream, newest.version "
            "FROM unnest($1::text[]) AS wanted (stream) LEFT JOIN LATERAL ("
            f"SELECT version FROM {events} WHERE branch_id = {MAIN_BRANCH_ID} AND stream = wanted.stream "
            "ORDER BY version DESC LIMIT 1) AS newest ON true"
        )
        self._appending = threading.Lock()
        self._known: _Known | None = None

    def append(self, streams: Collection[str], plan: Plan, first: First | None = None) -> range:
        """Append what `plan` makes of the head and the versions of `streams`; return the positions.

        `first` is awaited in the same transaction. Raises what the plan raises and the library's exceptions, and has
        written nothing then, but after an OperationalError or InterfaceError it may be unknown whether it has.
        """
        with self._one_at_a_time():
            # Whatever goes wrong: what is remembered is settled by a success only.
            known, self._known = self._known, None
            ready = None
            if known is not None and known.alone and first is None:
                expected = known
                ready = self._datastore.write(
                    lambda connection: self._unlocked(connection, expected, streams, plan)
                )
            if ready is None:
                ready, known = self._datastore.write(
                    lambda connection: self._locked(connection, known, streams, plan, first)
                )
            assert known is not None
            for stream, version, _, _ in ready.rows:
                if stream in known.versions:
                    known.versions[stream] = max(version, known.versions[stream])
            known.head, known.edge = ready.new_head, ready.new_edge
            self._known = known
        return range(ready.head + 1, ready.new_head + 1)

    async def _unlocked(
        self, connection: Connection, known: _Known, streams: Collection[str], plan: Plan
    ) -> _Ready | None:
        """Append on the assumption that nobody else has; None, and nothing written, when it was wrong."""
        missing = [stream for stream in streams if stream not in known.versions]
        if len(known.versions) + len(missing) > CACHED_STREAMS:
            return None
        if missing and not await self._look_up(connection, known.edge, known.versions, missing):
            return None
        try:
            ready = await _planned(known.head, known.edge, known.versions, plan, len(streams))
        except Exception:  # noqa: BLE001 - it comes again, under the lock, if it is not the fault of old versions
            return None
        if len(ready.rows) < COPY_ROWS:
            written = await self._write(connection, ready)
        else:
            async with connection.transaction():
                written = await self._write(connection, ready)
        return ready if written else None

    async def _locked(
        self,
        connection: Connection,
        known: _Known | None,
        streams: Collection[str],
        plan: Plan,
        first: First | None,
    ) -> tuple[_Ready, _Known]:
        async with connection.transaction():
            if first is not None:
                # Before the lock, which everybody needs and which is to be short.
                await first(connection)
            head, edge = await connection.fetchrow(self._lock)
            alone = known is None or (known.head, known.edge) == (head, edge)
            versions = known.versions if known is not None and alone else {}
            missing = [stream for stream in streams if stream not in versions]
            if len(versions) + len(missing) > CACHED_STREAMS:
                versions, missing = {}, list(streams)
            if missing:
                await self._look_up(connection, edge, versions, missing)
            ready = await _planned(head, edge, versions, plan, len(streams))
            await self._write(connection, ready)
        return ready, _Known(head, edge, versions, alone)

    async def _look_up(
        self, connection: Connection, edge: bytes, versions: dict[str, int], streams: list[str]
    ) -> bool:
        """Add the versions of streams; False when they are not those under this edge."""
        rows = await connection.fetch(self._select_versions, streams)
        if any(row["edge"] != edge for row in rows):
            return False
        versions.update((row["stream"], row["version"] or 0) for row in rows)
        return True

    async def _write(self, connection: Connection, ready: _Ready) -> bool:
        """Write the rows and raise the head; False when the head is not where it was."""
        if not ready.rows:
            return True
        step = (ready.new_head, ready.new_edge, ready.head, ready.edge)
        if len(ready.rows) < COPY_ROWS:
            return await connection.fetchrow(self._insert, *step, *ready.columns()) is not None
        if await connection.fetchrow(self._raise, *step) is None:
            return False
        await connection.copy_records_to_table(
            self._table,
            schema_name=self._datastore.schema,
            columns=_COLUMNS,
            records=ready.records(),
        )
        return True

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        # They would wait for the same row anyway, and each would keep a connection meanwhile.
        if not self._appending.acquire(timeout=WORK_TIMEOUT_SECONDS):
            raise OperationalError("another append of this process takes too long")
        try:
            yield
        finally:
            self._appending.release()
