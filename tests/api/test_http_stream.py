"""The live stream: catch-up, then live, resumed by event id, and no client costs another one anything."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from api.bootstrap import serving, writing_ledger
from api.http.head_watch import HeadWatch
from api.http.stream import HEARTBEAT, Subscription, event_chunks
from api.http.stream_slots import StreamSlots
from api.settings import ServeSettings
from domain.kernel.errors import Unavailable
from domain.kernel.ids import Position
from tests.api.conftest import TIMEOUT_SECONDS, Service
from tests.api.sample import fill, node_joins


class Client:
    """Reads server-sent events one by one."""

    def __init__(self, answer: requests.Response) -> None:
        self._lines = (str(line) for line in answer.iter_lines(chunk_size=1, decode_unicode=True))

    def next_event(self) -> tuple[int, Any]:
        """Return the id and the data of the next event."""
        event_id = 0
        for line in self._lines:
            # A sign of life after seconds of silence: what the test waits for did not come.
            assert not line.startswith(":"), "the stream had nothing to send"
            name, _, value = line.partition(": ")
            if name == "id":
                event_id = int(value)
            if name == "data":
                return event_id, json.loads(value)
        raise AssertionError("the stream ended")

    def rest(self) -> list[str]:
        """Return all lines up to the end of the stream."""
        return list(self._lines)


@contextmanager
def listening(
    service: Service, path: str = "/v1/events/stream", **headers: str
) -> Iterator[Client]:
    with requests.get(
        service.url + path,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        stream=True,
        timeout=TIMEOUT_SECONDS,
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Client(answer)


def test_a_client_gets_everything_in_order_and_then_what_is_recorded_later(
    service: Service,
) -> None:
    with listening(service) as client:
        caught_up = [client.next_event() for _ in range(10)]
        service.ledger.log.append([node_joins(1), node_joins(2)], {})
        live = [client.next_event() for _ in range(2)]
    assert [event_id for event_id, _ in caught_up + live] == list(range(1, 13))
    assert all(event_id == data["position"] for event_id, data in caught_up + live)
    assert live[1][1]["payload"]["node"] == f"0x{2:040x}"


def test_a_stream_and_a_page_give_the_same_events(service: Service) -> None:
    with listening(service) as client:
        streamed = [client.next_event()[1] for _ in range(10)]
    assert streamed == service.get("/v1/events").json()["items"]


def test_a_client_that_comes_back_goes_on_after_the_last_id_it_saw(service: Service) -> None:
    with listening(service, Last_Event_ID="7") as client:
        assert client.next_event()[0] == 8
    with listening(service, "/v1/events/stream?after=9") as client:
        assert client.next_event()[0] == 10
    with listening(service, "/v1/events/stream?after=2", Last_Event_ID="8") as client:
        assert client.next_event()[0] == 9, "the header is newer than the address"


def test_filters_hold_for_the_past_and_for_what_comes(service: Service) -> None:
    with listening(service, "/v1/events/stream?type=node.registered&type=task.posted") as client:
        past = [client.next_event()[1]["type"] for _ in range(4)]
        service.ledger.log.append([node_joins(5)], {})
        assert client.next_event()[0] == 11
    assert past == ["node.registered"] * 2 + ["task.posted"] * 2


def test_more_events_than_one_batch_holds_arrive_without_a_gap(service: Service) -> None:
    service.ledger.log.append([node_joins(number) for number in range(1, 1300)], {})
    with listening(service, "/v1/events/stream?after=10&type=node.registered") as client:
        assert [client.next_event()[0] for _ in range(1299)] == list(range(11, 1310))


def test_a_client_that_never_reads_holds_up_nobody(service: Service) -> None:
    service.ledger.log.append([node_joins(number) for number in range(1, 9000)], {})
    host, _, port = service.url.removeprefix("http://").partition(":")
    idle = [socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS) for _ in range(30)]
    try:
        for one in idle:
            one.sendall(b"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % int(port))
        with listening(service, "/v1/events/stream?after=9000") as client:
            assert client.next_event()[0] == 9001
            service.ledger.log.append([node_joins(9001)], {})
            while client.next_event()[0] < 9010:
                pass
        assert service.get("/v1/health").status_code == 200
    finally:
        for one in idle:
            one.close()


def test_open_streams_end_at_once_when_the_server_stops(tmp_path: Path) -> None:
    ended = threading.Event()

    def follow(url: str) -> None:
        with requests.get(
            f"{url}/v1/events/stream?after=10", stream=True, timeout=TIMEOUT_SECONDS
        ) as answer:
            started.set()
            Client(answer).rest()
        ended.set()

    started = threading.Event()
    with writing_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        fill(ledger)
        with serving(ledger, ServeSettings(port=0)) as server:
            thread = threading.Thread(target=follow, args=(server.url,))
            thread.start()
            assert started.wait(TIMEOUT_SECONDS)
        # The stream ended properly, not by a broken connection: its last chunk arrived.
        assert ended.wait(TIMEOUT_SECONDS)
        thread.join()
        assert not server.alive


def test_a_silent_stream_says_now_and_then_that_it_is_alive(service: Service) -> None:
    async def first_chunks() -> list[bytes]:
        watch = HeadWatch(service.ledger.log)
        watch.start()
        subscription = Subscription(after=Position(10), names=(), stream=None)
        chunks = event_chunks(
            service.ledger, watch, subscription, _never_gone, heartbeat_seconds=0.01
        )
        try:
            return [await anext(chunks) for _ in range(3)]
        finally:
            await chunks.aclose()
            watch.close()

    assert asyncio.run(first_chunks()) == [b"retry: 2000\n\n", HEARTBEAT, HEARTBEAT]


def test_a_client_that_left_ends_its_stream(service: Service) -> None:
    async def all_chunks() -> list[bytes]:
        watch = HeadWatch(service.ledger.log)
        watch.start()
        subscription = Subscription(after=Position(10), names=(), stream=None)
        try:
            return [c async for c in event_chunks(service.ledger, watch, subscription, _gone)]
        finally:
            watch.close()

    assert asyncio.run(all_chunks()) == [b"retry: 2000\n\n"]


async def _never_gone() -> bool:
    return False


async def _gone() -> bool:
    return True


def test_live_streams_are_bounded() -> None:
    slots = StreamSlots(limit=2)
    with slots.taken(), slots.taken(), pytest.raises(Unavailable):
        slots.check()
    slots.check()
