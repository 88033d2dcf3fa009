"""Wakes a follower when a node announces a block over a WebSocket. It is only a wake-up: nothing it says is believed.

Announcements may be missing, doubled or false; whoever is woken asks for the head as usual, and polls as well, only
less often while the connection stands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

import orjson
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from adapters.chain.rpc import public_part
from domain.kernel.errors import InvalidInput

_CONNECT_SECONDS: Final = 5.0
_QUIET_SECONDS: Final = 1.0
_LARGEST_BYTES: Final = 1 << 20
_FIRST_PAUSE_SECONDS: Final = 0.5
_LONGEST_PAUSE_SECONDS: Final = 60.0
_SUBSCRIBE: Final = orjson.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
).decode()


class HeadSignal:
    """Listens in a thread of its own and calls `wake` for each announcement, also after each new connection."""

    def __init__(
        self, url: str, wake: Callable[[], None], *, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._url = url
        self._label = ws_label(url)
        self._wake = wake
        self._say = say
        self._stop = threading.Event()
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heads", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(2 * _CONNECT_SECONDS)

    @property
    def is_connected(self) -> bool:
        """Tell whether announcements are to be expected."""
        return self._connected.is_set()

    def _run(self) -> None:
        pause, has_been = _FIRST_PAUSE_SECONDS, False
        while not self._stop.is_set():
            # The library's errors may carry the URL; only their kind is told.
            try:
                with connect(
                    self._url,
                    open_timeout=_CONNECT_SECONDS,
                    close_timeout=1.0,
                    max_size=_LARGEST_BYTES,
                    proxy=None,
                ) as connection:
                    self._listen(connection)
            except (OSError, WebSocketException, ValueError) as error:
                reason = type(error).__name__
            else:
                reason = "it refused to announce blocks"
            if self._connected.is_set():
                self._connected.clear()
                pause, has_been = _FIRST_PAUSE_SECONDS, True
                self._say(f"{self._label} is gone ({reason}); polling until it is back")
                # What was announced meanwhile is missed.
                self._wake()
            elif not has_been and pause == _FIRST_PAUSE_SECONDS:
                self._say(f"{self._label} gives no announcements ({reason}); polling instead")
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _listen(self, connection: ClientConnection) -> None:
        connection.send(_SUBSCRIBE)
        while not self._stop.is_set():
            try:
                message = connection.recv(timeout=_QUIET_SECONDS)
            except TimeoutError:
                continue
            told: object = orjson.loads(message)
            if isinstance(told, dict) and "error" in told:
                return
            self._connected.set()
            self._wake()


def ws_url_of(url: str) -> str:
    """Return the WebSocket URL of the same place as an http:// or https:// URL."""
    parts = urlsplit(url.strip())
    return urlunsplit(parts._replace(scheme="wss" if parts.scheme == "https" else "ws"))


def ws_label(url: str) -> str:
    """Return scheme, host and port of a WebSocket URL: what may be shown. Raises InvalidInput."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"ws", "wss"}:
        raise InvalidInput(
            "the WebSocket URL does not start with ws:// or wss:// and a host",
            hint="give a URL such as ws://127.0.0.1:8545, `auto` or `off`",
        )
    shown = public_part(urlunsplit(parts._replace(scheme="http")))
    return shown.replace("http", parts.scheme, 1)
