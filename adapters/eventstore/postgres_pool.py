"""Connections to PostgreSQL for threads: asyncpg in one background event loop, behind a small synchronous face.

asyncpg speaks the binary protocol and has COPY, but is asynchronous; the `eventsourcing` library is not. Work is a
coroutine function over a connection; `write` and `read` run it in the loop and wait for it, always for a bounded time.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError as FutureCancelled
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal, TypeAlias, TypeVar

import asyncpg
from eventsourcing import persistence

from adapters.eventstore.postgres_errors import as_library_error, is_lost_connection
from adapters.eventstore.postgres_settings import PostgresTarget, connect_arguments

POOL_SIZE: Final = 10
POOL_TIMEOUT_SECONDS: Final = 30.0
CONNECT_TIMEOUT_SECONDS: Final = 10.0
WORK_TIMEOUT_SECONDS: Final = 60.0
CLOSE_TIMEOUT_SECONDS: Final = 5.0
READ_ATTEMPTS: Final = 3

Result = TypeVar("Result")
_LOG: Final = logging.getLogger(__name__)
Connection: TypeAlias = asyncpg.Connection
Work = Callable[[Connection], Awaitable[Result]]
"""A coroutine function over a connection."""


class LoopThread:
    """One event loop in one daemon thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # The driver reports connections that were lost while nobody waited for them; who uses one is told anyway.
        self.loop.set_exception_handler(
            lambda _, context: _LOG.debug("in the background: %s", context.get("message"))
        )
        self._thread = threading.Thread(target=self._run, name="ledger-postgres", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def wait_for(
        self, coroutine: Coroutine[Any, Any, Result], timeout_seconds: float | None
    ) -> Result:
        """Run a coroutine in the loop and return its result; interrupting the wait cancels it."""
        try:
            future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        except RuntimeError:
            coroutine.close()
            raise persistence.ConnectionPoolClosedError from None
        try:
            return future.result(timeout_seconds)
        except BaseException:
            future.cancel()
            raise

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` in the loop; nothing happens when the loop is closed."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(callback)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> Callable[[], object]:
        """Run a coroutine in the loop without waiting; return what cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).cancel

    def close(self) -> None:
        """End all tasks, the loop and the thread; safe to call again."""
        if self.loop.is_closed():
            return
        self.wait_for(self._cancel_tasks(), CLOSE_TIMEOUT_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(CLOSE_TIMEOUT_SECONDS)
        self.loop.close()

    @staticmethod
    async def _cancel_tasks() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class LeanConnection(asyncpg.Connection):  # type: ignore[misc, unused-ignore]
    """A connection that goes back to the pool without a round trip; the pool itself ends an open transaction."""

    def get_reset_query(self) -> str:
        """Return nothing: work here changes no session settings, takes no session locks and listens to nothing."""
        return ""


class PostgresDatastore:
    """A bounded pool of connections to one target, usable from any thread."""

    def __init__(
        self,
        target: PostgresTarget,
        *,
        pool_size: int = POOL_SIZE,
        pool_timeout_seconds: float = POOL_TIMEOUT_SECONDS,
        originator_id_type: Literal["uuid", "text"] = "uuid",
        readonly: bool = False,
    ) -> None:
        self.target = target
        self.readonly = readonly
        self.schema = target.schema
        self.originator_id_type = originator_id_type
        self._pool_timeout_seconds = pool_timeout_seconds
        self._closed = False
        self._closing = threading.Lock()
        self._on_close: list[Callable[[], None]] = []
        self.loop = LoopThread()
        try:
            self._pool = self.loop.wait_for(self._create_pool(pool_size), CONNECT_TIMEOUT_SECONDS)
        except BaseException as error:
            self.loop.close()
            if isinstance(error, Exception):
                raise as_library_error(error, target) from None
            raise

    async def _create_pool(self, size: int) -> asyncpg.Pool:
        # Opens no connection yet.
        return await asyncpg.create_pool(
            **connect_arguments(self.target, readonly=self.readonly),
            min_size=0,
            max_size=size,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=WORK_TIMEOUT_SECONDS,
            connection_class=LeanConnection,
        )

    def write(self, work: Work[Result], *, limit_seconds: float = WORK_TIMEOUT_SECONDS) -> Result:
        """Run `work` once, for at most `limit_seconds`; the library's exceptions in place of others'.

        After an OperationalError or InterfaceError it may be unknown whether a commit went through; to repeat an
        append is safe, as versions are unique.
        """
        limit = self._pool_timeout_seconds + limit_seconds + CLOSE_TIMEOUT_SECONDS
        return self._wait_for(self._run(work, limit_seconds), limit)

    def _wait_for(self, coroutine: Coroutine[Any, Any, Result], limit_seconds: float) -> Result:
        if self._closed:
            coroutine.close()
            raise persistence.ConnectionPoolClosedError
        try:
            return self.loop.wait_for(coroutine, limit_seconds)
        except (persistence.PersistenceError, persistence.ConnectionPoolClosedError):
            raise
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as error:
            self._refuse_if_closed()
            raise as_library_error(error, self.target) from None
        except (OSError, TimeoutError, FutureCancelled) as error:
            self._refuse_if_closed()
            raise as_library_error(error, self.target) from None

    def read(self, work: Work[Result]) -> Result:
        """Run `work`, which must change nothing, and again on a new connection when one was lost."""
        attempt = 1
        while True:
            try:
                return self.write(work)
            except persistence.PersistenceError as error:
                if attempt == READ_ATTEMPTS or not is_lost_connection(error):
                    raise
                if isinstance(error, persistence.ConnectionUnavailableError):
                    raise
            attempt += 1

    def stream(self, text: str, *params: object, batch: int) -> Iterator[list[Any]]:
        """Yield the rows of a query in lists of up to `batch`, all of the moment when the first was asked for.

        A connection is kept until the end.
        """
        limit = self._pool_timeout_seconds + WORK_TIMEOUT_SECONDS
        connection = self._wait_for(self._acquire(), limit)
        try:
            cursor = self._wait_for(_open_cursor(connection, text, params), limit)
            while rows := self._wait_for(cursor.fetch(batch), limit):
                yield rows
        finally:
            if not self._closed:
                # Ends its transaction too.
                self._wait_for(self._release(connection), limit)

    @contextmanager
    def holding(self, statement: str, *params: object) -> Iterator[Any]:
        """Run a statement that takes something for the session, yield its answer, and end the session at the end."""
        limit = self._pool_timeout_seconds + WORK_TIMEOUT_SECONDS
        connection = self._wait_for(self._acquire(), limit)
        try:
            yield self._wait_for(connection.fetchval(statement, *params), limit)
        finally:
            if not self._closed:
                self._wait_for(self._end(connection), limit)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise persistence.ConnectionPoolClosedError from None

    async def _run(self, work: Work[Result], limit_seconds: float) -> Result:
        connection = await self._acquire()
        try:
            async with asyncio.timeout(limit_seconds):
                return await work(connection)
        finally:
            await self._release(connection)

    async def _acquire(self) -> Connection:
        try:
            return await self._pool.acquire(timeout=self._pool_timeout_seconds)
        except TimeoutError:
            raise persistence.ConnectionUnavailableError(
                f"no connection to PostgreSQL at {self.target.place} within "
                f"{self._pool_timeout_seconds:g} seconds"
            ) from None

    async def _end(self, connection: Connection) -> None:
        connection.terminate()
        await self._release(connection)

    async def _release(self, connection: Connection) -> None:
        await self._pool.release(connection, timeout=CLOSE_TIMEOUT_SECONDS)

    def on_close(self, stop: Callable[[], None]) -> None:
        """Call `stop` when the datastore is closed."""
        self._on_close.append(stop)

    def close(self) -> None:
        """Close every connection and end the thread; safe to call again."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        for stop in self._on_close:
            stop()
        try:
            self.loop.wait_for(self._close_pool(), 2 * CLOSE_TIMEOUT_SECONDS)
        finally:
            self.loop.close()

    async def _close_pool(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_SECONDS):
                await self._pool.close()
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()


async def _open_cursor(
    connection: Connection, text: str, params: Sequence[object]
) -> asyncpg.cursor.Cursor:
    await connection.transaction(readonly=True).start()
    # Whoever reads may take a while over each list of rows.
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
    return await connection.cursor(text, *params)
