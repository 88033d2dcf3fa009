"""Announcements of blocks over a real WebSocket: they wake, and their absence only slows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
import pytest
from websockets.sync.server import ServerConnection, serve

from adapters.chain import head_signal
from adapters.chain.head_signal import HeadSignal, ws_label, ws_url_of
from domain.kernel.errors import InvalidInput

PATIENCE_SECONDS = 10
KEY = "planted-key-0123456789"
CONFIRMED = orjson.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x1"}).decode()
ANNOUNCED = orjson.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": {}}).decode()


@contextmanager
def node(handle: Callable[[ServerConnection], None], port: int = 0) -> Iterator[int]:
    with serve(handle, "127.0.0.1", port) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_signal, "_FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(head_signal, "_QUIET_SECONDS", 0.05)


class Woken:
    """Counts wake-ups and lets a test wait for some."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.count = 0

    def __call__(self) -> None:
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait_for(self, count: int) -> None:
        with self._condition:
            assert self._condition.wait_for(lambda: self.count >= count, PATIENCE_SECONDS)


@pytest.mark.usefixtures("quick")
def test_each_announcement_wakes() -> None:
    asked: list[object] = []

    def handle(connection: ServerConnection) -> None:
        asked.append(orjson.loads(connection.recv()))
        for message in (CONFIRMED, ANNOUNCED, ANNOUNCED):
            connection.send(message)
        connection.recv()

    woken = Woken()
    with node(handle) as port, HeadSignal(f"ws://127.0.0.1:{port}/{KEY}", woken) as signal:
        woken.wait_for(3)
        assert signal.is_connected
    assert asked == [{"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}]


@pytest.mark.usefixtures("quick")
def test_a_lost_connection_wakes_is_said_and_comes_back() -> None:
    visits: list[int] = []

    def handle(connection: ServerConnection) -> None:
        visits.append(1)
        connection.recv()
        connection.send(CONFIRMED)

    woken, said = Woken(), list[str]()
    with (
        node(handle) as port,
        HeadSignal(f"ws://127.0.0.1:{port}/{KEY}", woken, say=said.append),
    ):
        # Each visit wakes when it is confirmed and when it is lost.
        woken.wait_for(6)
    assert len(visits) >= 3
    assert "is gone" in said[0]
    assert KEY not in " ".join(said)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("answer", ['{"id":1,"error":{"code":-32601}}', "no JSON"])
def test_a_node_that_announces_nothing_is_polled(answer: str) -> None:
    refused = threading.Event()

    def handle(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(answer)
        refused.set()

    said: list[str] = []
    with (
        node(handle) as port,
        HeadSignal(f"ws://127.0.0.1:{port}", lambda: None, say=said.append) as signal,
    ):
        assert refused.wait(PATIENCE_SECONDS)
        assert not signal.is_connected
    assert len([line for line in said if "polling instead" in line]) <= 1


def test_the_same_place_is_reached_by_the_same_scheme_of_sockets() -> None:
    assert ws_url_of("http://127.0.0.1:8545/x") == "ws://127.0.0.1:8545/x"
    assert ws_url_of("https://one.example/v3/key") == "wss://one.example/v3/key"


def test_what_is_no_websocket_url_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ws://"):
        ws_label(f"http://127.0.0.1/{KEY}")
    assert ws_label(f"wss://one.example/{KEY}") == "wss://one.example"
