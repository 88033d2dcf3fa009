"""JSON-RPC over HTTP against a server that misbehaves in each way: bounded, retried, and silent about keys."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import pytest

from adapters.chain.rpc import HttpLimits, HttpTransport
from adapters.chain.transport import AnswerTooLarge, Call, MalformedAnswer, RpcError
from domain.kernel.errors import InvalidInput, Unavailable
from tests.support.chain_fakes import HttpAnswer, http_node

SECRET = "planted-key-0123456789"


def answering(result: object) -> HttpAnswer:
    def body(request: bytes) -> bytes:
        asked = orjson.loads(request)
        if isinstance(asked, list):
            parts = [{"jsonrpc": "2.0", "id": each["id"], "result": result} for each in asked]
            return orjson.dumps(parts[::-1])
        return orjson.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    return HttpAnswer(body=body)


def refusing(code: int, message: str, data: object = None) -> HttpAnswer:
    def body(request: bytes) -> bytes:
        error = {"code": code, "message": message, "data": data}
        return orjson.dumps({"jsonrpc": "2.0", "id": orjson.loads(request)["id"], "error": error})

    return HttpAnswer(body=body)


@contextmanager
def transport_to(
    *answers: HttpAnswer, path: str = "", limits: HttpLimits | None = None
) -> Iterator[tuple[HttpTransport, list[bytes], list[float]]]:
    pauses: list[float] = []
    with http_node(answers) as (url, received):
        transport = HttpTransport(url + path, limits=limits or HttpLimits(), pause=pauses.append)
        try:
            yield transport, received, pauses
        finally:
            transport.close()


def test_a_result_is_returned() -> None:
    with transport_to(answering("0x7")) as (transport, received, _):
        assert transport.request("eth_chainId", []) == "0x7"
    assert orjson.loads(received[0])["method"] == "eth_chainId"


def test_the_results_of_a_batch_come_in_the_order_of_the_calls() -> None:
    def body(request: bytes) -> bytes:
        parts = [{"id": each["id"], "result": each["params"][0]} for each in orjson.loads(request)]
        return orjson.dumps(sorted(parts, key=lambda part: -part["id"]))

    calls: list[Call] = [("eth_getCode", [number]) for number in range(7)]
    limits = HttpLimits(batch_calls=3)
    with transport_to(HttpAnswer(body=body), limits=limits) as (transport, received, _):
        assert transport.batch(calls) == list(range(7))
    assert len(received) == 3


def test_an_empty_batch_asks_nothing() -> None:
    with transport_to(answering(1)) as (transport, received, _):
        assert transport.batch([]) == []
    assert received == []


def test_a_batch_with_a_missing_answer_is_refused() -> None:
    def body(request: bytes) -> bytes:
        return orjson.dumps([{"id": orjson.loads(request)[0]["id"], "result": 1}])

    with (
        transport_to(HttpAnswer(body=body)) as (transport, _, _),
        pytest.raises(MalformedAnswer, match="2 calls got 1 answers"),
    ):
        transport.batch([("eth_chainId", []), ("eth_chainId", [])])


def test_a_batch_refused_as_a_whole_says_why() -> None:
    refused = orjson.dumps({"error": {"code": -32600, "message": "batches are off"}})
    with (
        transport_to(HttpAnswer(body=refused)) as (transport, _, _),
        pytest.raises(RpcError, match="batches are off"),
    ):
        transport.batch([("eth_chainId", []), ("eth_chainId", [])])


def test_an_error_of_the_node_keeps_its_code_and_data() -> None:
    with (
        transport_to(refusing(3, "execution reverted", "0x08c379a0")) as (transport, _, _),
        pytest.raises(RpcError) as caught,
    ):
        transport.request("eth_call", [])
    assert (caught.value.rpc_code, caught.value.data) == (3, "0x08c379a0")


def test_an_answer_of_any_size_costs_bounded_memory() -> None:
    huge = HttpAnswer(body=b'"' + b"x" * 3_000_000 + b'"')
    with (
        transport_to(huge, limits=HttpLimits(answer_bytes=1 << 20)) as (transport, received, _),
        pytest.raises(AnswerTooLarge, match="larger than 1 MiB"),
    ):
        transport.request("eth_getLogs", [])
    assert len(received) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome</html>",
        b"",
        b"[]",
        b'"x"',
        b'{"jsonrpc": "2.0", "id": 99, "result": 1}',
        b'{"jsonrpc": "2.0", "id": 1}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_json_rpc_is_refused(body: bytes) -> None:
    with (
        transport_to(HttpAnswer(body=body)) as (transport, _, _),
        pytest.raises(MalformedAnswer, match="does not speak JSON-RPC"),
    ):
        transport.request("eth_chainId", [])


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reads_are_tried_again_with_growing_pauses(status: int) -> None:
    busy = HttpAnswer(status=status, body=b"busy")
    with transport_to(busy, busy, answering("0x1")) as (transport, received, pauses):
        assert transport.request("eth_chainId", []) == "0x1"
    assert len(received) == 3
    assert pauses == [0.2, 0.4]


def test_the_pause_that_a_node_asks_for_is_kept_within_bounds() -> None:
    later = HttpAnswer(status=429, headers={"Retry-After": "2"})
    never = HttpAnswer(status=429, headers={"Retry-After": "86400"})
    with transport_to(later, never, answering("0x1")) as (transport, _, pauses):
        transport.request("eth_chainId", [])
    assert pauses == [2.0, 5.0]


def test_attempts_end() -> None:
    with (
        transport_to(HttpAnswer(status=503)) as (transport, received, _),
        pytest.raises(Unavailable, match=r"HTTP status 503 \(4 attempts\)"),
    ):
        transport.request("eth_chainId", [])
    assert len(received) == 4


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "evm_increaseTime", "evm_mine"])
def test_what_is_not_a_read_is_sent_once(method: str) -> None:
    with (
        transport_to(HttpAnswer(status=503)) as (transport, received, _),
        pytest.raises(Unavailable),
    ):
        transport.request(method, [])
    assert len(received) == 1


def test_a_batch_with_one_write_is_sent_once() -> None:
    with (
        transport_to(HttpAnswer(status=503)) as (transport, received, _),
        pytest.raises(Unavailable),
    ):
        transport.batch([("eth_chainId", []), ("eth_sendRawTransaction", ["0x"])])
    assert len(received) == 1


def test_a_redirect_is_not_followed() -> None:
    with http_node([answering("0x1")]) as (elsewhere, received):
        moved = HttpAnswer(status=307, headers={"Location": elsewhere})
        with transport_to(moved) as (transport, _, _), pytest.raises(Unavailable, match="307"):
            transport.request("eth_chainId", [])
    assert received == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with transport_to(answering("0x1")) as (transport, _, _):
        assert transport.request("eth_chainId", []) == "0x1"


def unreachable() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


SECRET_URLS = [
    "http://{host}/v3/" + SECRET,
    "http://{host}/?apikey=" + SECRET,
    "http://user:" + SECRET + "@{host}",
    "http://" + SECRET + "@{host}/",
    "http://{host}/rpc#" + SECRET,
]


@pytest.mark.parametrize("template", SECRET_URLS)
def test_a_key_in_the_url_of_a_node_that_is_down_is_never_shown(
    template: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    host = unreachable()
    transport = HttpTransport(template.format(host=host), pause=lambda seconds: None)
    with pytest.raises(Unavailable) as caught:
        transport.request("eth_chainId", [])
    transport.close()
    assert_silent(caught.value, transport)
    assert SECRET not in caplog.text
    assert f"http://{host}" in caught.value.message


@pytest.mark.parametrize("template", SECRET_URLS)
@pytest.mark.parametrize(
    "answer",
    [
        refusing(-32001, f"key {SECRET} of /v3/{SECRET} is over its limit"),
        HttpAnswer(status=401, body=f'{{"message": "{SECRET}"}}'.encode()),
        HttpAnswer(body=f"no such path: /v3/{SECRET}".encode()),
        HttpAnswer(status=307, headers={"Location": f"http://127.0.0.1/{SECRET}"}),
        HttpAnswer(headers={"Content-Encoding": "gzip"}, body=SECRET.encode()),
    ],
)
def test_a_key_that_a_node_echoes_is_never_shown(template: str, answer: HttpAnswer) -> None:
    with http_node([answer]) as (url, _):
        host = url.removeprefix("http://")
        transport = HttpTransport(template.format(host=host), pause=lambda seconds: None)
        with pytest.raises(Unavailable) as caught:
            transport.request("eth_chainId", [])
        transport.close()
    assert_silent(caught.value, transport)


def assert_silent(error: Unavailable, transport: HttpTransport) -> None:
    whole = "".join(traceback.format_exception(error))
    for text in (
        whole,
        error.message,
        error.hint,
        repr(error),
        repr(transport),
        transport.endpoint,
    ):
        assert SECRET not in text
    cause: BaseException | None = error
    while cause is not None:
        assert SECRET not in str(cause)
        cause = cause.__cause__ or cause.__context__


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8545",
        "ws://host",
        "http:///",
        "http://host:port",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput, match="does not start with http") as caught:
        HttpTransport(url + SECRET)
    assert SECRET not in caught.value.message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://mainnet.example/v3/key", "https://mainnet.example"),
        ("http://user:pass@[::1]:8545/x", "http://[::1]:8545"),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
    ],
)
def test_an_endpoint_is_shown_as_scheme_host_and_port(url: str, shown: str) -> None:
    transport = HttpTransport(url)
    assert transport.endpoint == shown
    transport.close()


def test_a_control_character_of_a_node_does_not_reach_the_terminal() -> None:
    with (
        transport_to(refusing(1, "bad \x1b[31m\nthing")) as (transport, _, _),
        pytest.raises(RpcError) as caught,
    ):
        transport.request("eth_chainId", [])
    assert "\x1b" not in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("status", [401, 403])
def test_an_endpoint_that_wants_a_key_says_so_at_once(status: int) -> None:
    with (
        transport_to(HttpAnswer(status=status, body=b'{"error": "no"}')) as (
            transport,
            received,
            _,
        ),
        pytest.raises(Unavailable, match=str(status)) as caught,
    ):
        transport.request("eth_chainId", [])
    assert "wants a key" in caught.value.hint
    assert len(received) == 1


def test_a_key_that_is_asked_for_in_json_is_hinted_at() -> None:
    with (
        transport_to(refusing(-32000, "Must be authenticated!")) as (transport, _, _),
        pytest.raises(RpcError) as caught,
    ):
        transport.request("eth_chainId", [])
    assert "wants a key" in caught.value.hint


def test_a_complaint_about_the_rate_is_waited_out_and_not_taken_for_one_about_size() -> None:
    slower = refusing(-32005, "rate limit exceeded")
    with transport_to(slower, slower, answering([])) as (transport, received, pauses):
        assert transport.request("eth_getLogs", [{}]) == []
    assert len(received) == 3
    assert pauses == [1.0, 1.0]


def test_a_batch_that_is_too_long_is_sent_in_shorter_ones_from_then_on() -> None:
    def body(request: bytes) -> bytes:
        asked = orjson.loads(request)
        if isinstance(asked, list) and len(asked) > 3:
            return orjson.dumps({"error": {"code": -32600, "message": "batch size exceeds 3"}})
        parts = [
            {"id": each["id"], "result": 1}
            for each in (asked if isinstance(asked, list) else [asked])
        ]
        return orjson.dumps(parts if isinstance(asked, list) else parts[0])

    calls: list[Call] = [("eth_chainId", [])] * 20
    with transport_to(HttpAnswer(body=body)) as (transport, received, _):
        assert transport.batch(calls) == [1] * 20
        refused = sum(len(orjson.loads(request)) > 3 for request in received)
        assert transport.batch(calls) == [1] * 20
    assert sum(len(orjson.loads(request)) > 3 for request in received) == refused == 3


def test_a_batch_with_a_write_is_not_sent_in_parts() -> None:
    calls: list[Call] = [("eth_sendRawTransaction", ["0x"])] * 4
    refused = orjson.dumps({"error": {"code": -32600, "message": "batch too long"}})
    with (
        transport_to(HttpAnswer(body=refused)) as (transport, received, _),
        pytest.raises(RpcError),
    ):
        transport.batch(calls)
    assert len(received) == 1
