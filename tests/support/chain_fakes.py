"""Chains for tests: a reader over invented blocks, a transport that lies, a node that speaks HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from adapters.chain.transport import Call, Json, RpcError, Transport
from domain.application.chain_reading import ChainLook
from domain.application.ports import BlockRef, Deployment, TooManyFacts, TranslatedLog
from domain.kernel.envelope import Provenance
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import Address, BlockNumber, ChainId, Hash32, StreamName, Timestamp


def word(number: int) -> Hash32:
    """Return a hash that shows the number it was made of."""
    return Hash32(f"0x{number:064x}")


def account(number: int) -> Address:
    """Return an address that shows the number it was made of."""
    return Address(f"0x{number:040x}")


DEPLOYMENT = Deployment(
    chain_id=ChainId(7),
    genesis_hash=word(10_000),
    start_block=BlockNumber(3),
    token=account(0xA1),
    arbiter=account(0xA2),
    registry=account(0xA3),
    verifier=account(0xA4),
    timelock=account(0xA5),
)


@dataclass(slots=True)
class InventedChain:
    """A ChainReader over blocks in memory. `fork` is mixed into the hashes of new blocks."""

    blocks: list[BlockRef] = field(default_factory=list)
    logs: dict[int, list[TranslatedLog]] = field(default_factory=dict)
    fork: int = 1
    most_facts: int = 1_000_000
    during_facts: Callable[[], None] | None = None
    asked_ranges: list[tuple[int, int]] = field(default_factory=list)
    block_calls: int = 0
    label: str = "the invented node"
    tags: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mine()

    def mine(self, *facts: tuple[StreamName, Event]) -> None:
        """Add a block with facts."""
        number = len(self.blocks)
        parent = self.blocks[-1].hash if self.blocks else word(0)
        block = BlockRef(
            number=BlockNumber(number),
            hash=word(self.fork * 10_000 + number),
            parent_hash=parent,
            time=Timestamp(1_000 + number),
        )
        self.blocks.append(block)
        self.logs[number] = [
            TranslatedLog(stream=stream, event=event, provenance=_provenance(block, index))
            for index, (stream, event) in enumerate(facts)
        ]

    def mine_empty(self, count: int) -> None:
        """Add blocks without facts."""
        for _ in range(count):
            self.mine()

    def reorganise(self, height: int) -> None:
        """Replace the blocks from a height on by as many empty ones of another fork."""
        count = len(self.blocks) - height
        del self.blocks[height:]
        self.fork += 1
        self.mine_empty(count)

    def look(self, tags: Sequence[str]) -> ChainLook:
        tagged = {tag: self.blocks[self.tags[tag]] for tag in tags if tag in self.tags}
        return ChainLook(self.head(), tagged)

    def head(self) -> BlockRef:
        return self.blocks[-1]

    def block(self, number: BlockNumber) -> BlockRef:
        self.block_calls += 1
        if number >= len(self.blocks):
            raise Unavailable(f"no block {number}")
        return self.blocks[number]

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        self.asked_ranges.append((first, last))
        found = [log for number in range(first, last + 1) for log in self.logs[number]]
        if len(found) > self.most_facts:
            raise TooManyFacts("too many")
        if self.during_facts is not None:
            self.during_facts()
        return found

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        if self.during_facts is not None:
            self.during_facts()
        if block.number >= len(self.blocks) or self.blocks[block.number] != block:
            raise Unavailable(f"no block {block.hash}")
        return self.facts(block.number, block.number)


def _provenance(block: BlockRef, index: int) -> Provenance:
    return Provenance(
        chain_id=DEPLOYMENT.chain_id,
        block_number=block.number,
        block_hash=block.hash,
        block_time=block.time,
        transaction_hash=word(int(block.hash, 16) * 100 + index),
        log_index=index,
        contract=DEPLOYMENT.arbiter,
    )


class AlteringTransport:
    """Passes calls on, and lets a test alter or refuse what comes back."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.alter: Callable[[str, Sequence[Json], Json], Json] = lambda method, params, answer: (
            answer
        )
        self.calls: list[tuple[str, Sequence[Json]]] = []

    @property
    def endpoint(self) -> str:
        return self._inner.endpoint

    def request(self, method: str, params: Sequence[Json]) -> Json:
        self.calls.append((method, params))
        return self.alter(method, params, self._inner.request(method, params))

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        return [self.request(method, params) for method, params in calls]

    def close(self) -> None:
        self._inner.close()


class WithoutTimeTravel(AlteringTransport):
    """A node that knows no method of development nodes."""

    def request(self, method: str, params: Sequence[Json]) -> Json:
        if method.startswith("evm_"):
            raise RpcError(f"the method {method} does not exist", rpc_code=-32601)
        return super().request(method, params)


@dataclass(slots=True)
class HttpAnswer:
    """What the HTTP node answers to one request; `body` may compute it from the request."""

    status: int = 200
    body: bytes | Callable[[bytes], bytes] = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def http_node(answers: Sequence[HttpAnswer]) -> Iterator[tuple[str, list[bytes]]]:
    """Serve the answers in turn, the last one for ever; give the URL and the list of requests received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # named by the library
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = answers[min(len(received), len(answers) - 1)]
            received.append(body)
            content = answer.body(body) if callable(answer.body) else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def elsewhere(deployment: Deployment, **changes: object) -> Deployment:
    """Return the deployment with some fields changed."""
    return replace(deployment, **changes)  # type: ignore[arg-type]  # the fields' names are checked by `replace`
