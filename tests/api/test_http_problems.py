"""Whatever is refused over HTTP is a problem document with a hint, and writes nothing."""

from __future__ import annotations

import socket

import pytest
import requests

from tests.api.conftest import TIMEOUT_SECONDS, Service
from tests.api.sample import NODE, TASK

UNKNOWN = "0x" + "12" * 20
UNKNOWN_HASH = "0x" + "34" * 32

REFUSALS = [
    ("/v1/nodes/0x12", 400, "invalid-address"),
    ("/v1/nodes/zebra", 400, "invalid-address"),
    (f"/v1/nodes/{NODE}00", 400, "invalid-address"),
    (f"/v1/nodes/{UNKNOWN}", 404, "not-found"),
    (f"/v1/nodes/{NODE}?network=mars", 400, "invalid-input"),
    (f"/v1/nodes/{NODE}?network=5.{NODE}", 404, "not-found"),
    ("/v1/nodes?status=asleep", 400, "invalid-input"),
    ("/v1/nodes?after=elsewhere", 400, "invalid-cursor"),
    ("/v1/nodes?limit=0", 400, "invalid-page-size"),
    ("/v1/nodes?limit=1001", 400, "invalid-page-size"),
    ("/v1/nodes?limit=many", 400, "invalid-page-size"),
    ("/v1/stakes/0xzz", 400, "invalid-address"),
    (f"/v1/stakes/{UNKNOWN}", 404, "not-found"),
    (f"/v1/stakes?after={NODE}", 400, "invalid-cursor"),
    ("/v1/tasks/0x12", 400, "invalid-hash"),
    (f"/v1/tasks/{UNKNOWN_HASH}", 404, "not-found"),
    ("/v1/tasks?state=lost", 400, "invalid-input"),
    (f"/v1/tasks?after={TASK}", 400, "invalid-cursor"),
    ("/v1/workflows/0x12", 400, "invalid-hash"),
    (f"/v1/workflows/{UNKNOWN_HASH}", 404, "not-found"),
    (f"/v1/workflows/{UNKNOWN_HASH}/versions", 404, "not-found"),
    ("/v1/events?after=-1", 400, "invalid-cursor"),
    ("/v1/events?after=first", 400, "invalid-cursor"),
    ("/v1/events?after=11", 400, "invalid-cursor"),
    ("/v1/events?after=99999999999999999999999", 400, "invalid-cursor"),
    ("/v1/events?limit=-5", 400, "invalid-page-size"),
    ("/v1/events?type=task.posed", 400, "invalid-input"),
    ("/v1/events?stream=every", 400, "invalid-input"),
    ("/v1/events/stream?after=11", 400, "invalid-cursor"),
    ("/v1/events/stream?type=nothing", 400, "invalid-input"),
    ("/v1/nowhere", 404, "no-such-route"),
    ("/nowhere", 404, "no-such-route"),
    ("/static/nowhere.js", 404, "no-such-route"),
    ("/static/../app.py", 404, "no-such-route"),
    ("/v1/nodes/", 404, "no-such-route"),
]


def check_problem(answer: requests.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:agentgpt-ledger:problem:{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["hint"]
    assert problem["instance"].startswith("/")


def test_every_bad_request_is_refused_with_a_problem_document(service: Service) -> None:
    for path, status, code in REFUSALS:
        check_problem(service.get(path), status, code)
    assert service.ledger.log.head() == 10


def test_a_near_miss_gets_a_suggestion(service: Service) -> None:
    assert "task.posted" in service.get("/v1/events?type=task.posed").json()["hint"]
    near = NODE[:-1] + "0"
    assert NODE in service.get(f"/v1/nodes/{near}").json()["hint"]


def test_a_wrong_method_names_the_right_ones(service: Service) -> None:
    answer = requests.delete(f"{service.url}/v1/nodes", timeout=TIMEOUT_SECONDS)
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET"


def test_a_malformed_event_id_is_refused_by_the_stream(service: Service) -> None:
    for event_id in ("x", "-1", "1.5", "9" * 30, "99"):
        answer = service.get("/v1/events/stream", headers={"Last-Event-ID": event_id})
        check_problem(answer, 400, "invalid-cursor")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid-input"),
        (b"[]", "application/json", 400, "invalid-input"),
        (b"{}", "application/json", 400, "invalid-input"),
        (b'{"owner": 5, "name": "x"}', "application/json", 400, "invalid-input"),
        (b'{"owner": "0x12", "name": "x"}', "application/json", 400, "invalid-address"),
        (
            b'{"owner": "%b", "name": ""}' % NODE.encode(),
            "application/json",
            400,
            "invalid-workflow-name",
        ),
        (
            b'{"owner": "%b", "name": "x", "more": 1}' % NODE.encode(),
            "application/json",
            400,
            "invalid-input",
        ),
        (b'{"owner": "%b", "name": "x"}' % NODE.encode(), "text/plain", 400, "invalid-input"),
        (b"\xff\xfe", "application/json", 400, "invalid-input"),
        (b'{"name": "' + b"x" * (1 << 20) + b'"}', "application/json", 413, "too-large"),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_written(
    service: Service, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = requests.post(
        f"{service.url}/v1/workflows",
        data=body,
        headers={"Content-Type": content_type},
        timeout=TIMEOUT_SECONDS,
    )
    check_problem(answer, status, code)
    assert service.ledger.log.head() == 10


def test_a_body_that_never_says_how_long_it_is_is_bounded_too(service: Service) -> None:
    answer = requests.post(
        f"{service.url}/v1/workflows",
        data=(b"x" * 65536 for _ in range(20)),
        headers={"Content-Type": "application/json"},
        timeout=TIMEOUT_SECONDS,
    )
    check_problem(answer, 413, "too-large")


def test_a_foreign_host_name_is_refused_so_that_no_page_elsewhere_can_reach_the_api(
    service: Service,
) -> None:
    answer = service.get("/v1/health", headers={"Host": "evil.example"})
    check_problem(answer, 421, "unknown-host")
    port = service.url.rpartition(":")[2]
    assert service.get("/v1/health", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_a_request_that_is_no_http_breaks_nothing(service: Service) -> None:
    host, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS) as raw:
        raw.sendall(b"\x00\xffnot http\r\n\r\n")
        raw.recv(1000)
    assert service.get("/v1/health").status_code == 200
