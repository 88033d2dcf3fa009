"""Runs the application in a thread of its own, on a socket that was bound before anything else happened."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from api.http.head_watch import HeadWatch
from api.settings import ServeSettings
from domain.kernel.errors import InternalError, InvalidInput, Unavailable

BACKLOG = 128
START_TIMEOUT_SECONDS = 15.0
STOP_TIMEOUT_SECONDS = 5
POLL_SECONDS = 0.02


class PortTaken(Unavailable):
    """Another program listens on the port."""

    code = "port-taken"


def bind(settings: ServeSettings) -> socket.socket:
    """Return a listening socket.

    Raises PortTaken, and InvalidInput for an address that is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InvalidInput(
            f"`{settings.host}` is not an address of this machine", hint="try --host 127.0.0.1"
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except PermissionError as error:
        listener.close()
        raise InvalidInput(
            f"port {settings.port} needs more rights than this user has",
            hint="choose one above 1023 with --port",
        ) from error
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {settings.port} on {settings.host} is taken",
            hint="stop the other program, choose another with --port, or use --port 0 for a free one",
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address of the live page."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer:
    """A running server; use it in a `with` block, it is stopped at the end of it."""

    def __init__(self, app: FastAPI, watch: HeadWatch, listener: socket.socket) -> None:
        self._listener = listener
        self._watch = watch
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_TIMEOUT_SECONDS,
            timeout_keep_alive=15,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def url(self) -> str:
        """The address of the live page."""
        return url_of(self._listener)

    @property
    def alive(self) -> bool:
        """Tell whether requests are still answered."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Return once requests are answered. Raises InternalError when that does not come about."""
        self._thread.start()
        waited_seconds = 0.0
        while not self._server.started:
            if not self._thread.is_alive() or waited_seconds > START_TIMEOUT_SECONDS:
                raise InternalError("the HTTP server did not start", hint="its log says why")
            self._thread.join(POLL_SECONDS)
            waited_seconds += POLL_SECONDS

    def stop(self) -> None:
        """End live streams, let running requests finish, and stop."""
        self._watch.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(2 * STOP_TIMEOUT_SECONDS)
        self._listener.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])
