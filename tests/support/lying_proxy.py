"""A JSON-RPC server between a ledger and a node that passes everything on, except for the lie it is told to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from adapters.chain.transport import Json, RpcError, Transport

Fields = dict[str, Any]
Alter = Callable[[str, Sequence[Json], Any], Any]
"""What becomes of an answer, given the method, the parameters and the true answer."""


def honest(method: str, params: Sequence[Json], answer: Any) -> Any:
    """Return the answer as it is."""
    del method, params
    return answer


@dataclass(slots=True)
class LyingProxy:
    """A running proxy. `alter` changes answers, `spoil` the bytes of a response, `delay_seconds` its time."""

    url: str
    alter: Alter = honest
    spoil: Callable[[bytes], bytes] = bytes
    delay_seconds: float = 0.0
    status: int = 200
    asked: list[str] = field(default_factory=list)


@contextmanager
def lying_proxy(inner: Transport) -> Iterator[LyingProxy]:
    """Serve a node's answers on a free local port until the end of the block."""
    one_at_a_time = threading.Lock()
    closing = threading.Event()
    proxy = LyingProxy("")

    def answer(call: Fields) -> Fields:
        proxy.asked.append(call["method"])
        envelope: Fields = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            with one_at_a_time:
                truth = inner.request(call["method"], call["params"])
            envelope["result"] = proxy.alter(call["method"], call["params"], truth)
        except RpcError as error:
            envelope["error"] = {"code": error.rpc_code, "message": error.message}
        return envelope

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # named by the library
            asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = [answer(each) for each in asked] if isinstance(asked, list) else answer(asked)
            body = proxy.spoil(orjson.dumps(told))
            closing.wait(proxy.delay_seconds)
            self.send_response(proxy.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
