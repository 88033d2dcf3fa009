"""Each effect happens once: on a real node that drops, reorders and replaces, with crashes between any two steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from random import Random

import pytest

from adapters.chain.outbox_sender import OutboxSender
from adapters.chain.rpc import HttpTransport
from adapters.chain.transport import Call, Json, RpcError, Transport
from domain.application.outbox import OutboxBook
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.ids import Position, StreamName, Version
from domain.outbox.events import IntentDisplaced, IntentRequested, IntentSigned
from domain.outbox.state import IntentStatus
from tests.support.anvil import anvil
from tests.support.memory import MemoryLog
from tests.support.outbox import (
    ANVIL,
    CHAIN_ID,
    GWEI,
    POLICY,
    SLOTS,
    ask,
    balance_wei,
    funded,
    intent,
    mine,
)

pytestmark = pytest.mark.node

SEEDS = range(60)
FINAL_BLOCKS = 2 * SLOTS
STEPS = 40


@pytest.fixture(scope="module")
def node() -> Iterator[HttpTransport]:
    with anvil(*ANVIL, "--order", "fees") as url, closing(HttpTransport(url)) as transport:
        mine(transport, 20)
        yield transport


class Crash(BaseException):
    """The process is gone."""


class Fate:
    """Crashes at the n-th operation, before or after it took effect; never when `left` is None."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False
        self.done = 0

    def passes(self) -> bool:
        """Count one operation; raise Crash before it, or return whether to raise it afterwards."""
        self.done += 1
        if self.left is None:
            return False
        self.left -= 1
        if self.left < 0:
            self.left = None
            if self.after:
                return True
            raise Crash
        return False


class MortalTransport:
    """A node that a process talks to until it crashes."""

    def __init__(self, inner: Transport, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    @property
    def endpoint(self) -> str:
        return self._inner.endpoint

    def request(self, method: str, params: Sequence[Json]) -> Json:
        crashes = self._fate.passes()
        answer = self._inner.request(method, params)
        if crashes:
            raise Crash
        return answer

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        crashes = self._fate.passes()
        answer = self._inner.batch(calls)
        if crashes:
            raise Crash
        return answer

    def close(self) -> None:
        self._inner.close()


class MortalLog(MemoryLog):
    """A log that a process appends to until it crashes."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        super().__init__()

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        crashes = self._fate.passes()
        recorded = super().append(events, expected)
        if crashes:
            raise Crash
        return recorded


class World:
    """One sender, its intents, and a node that is made to misbehave."""

    def __init__(self, node: HttpTransport, seed: int) -> None:
        self.node = node
        self.random = Random(seed)
        self.signer = funded(node, self.random.randbytes(32))
        self.fate = Fate()
        self.log = MortalLog(self.fate)
        self.seconds = 0.0
        self.asked: list[IntentRequested] = []
        self.foreign = 0
        self.blocks = 0
        self.sender = self.start()

    def start(self) -> OutboxSender:
        return OutboxSender(
            self.log,
            MortalTransport(self.node, self.fate),
            self.signer,
            CHAIN_ID,
            POLICY,
            replace_seconds=60,
            now=lambda: self.seconds,
        )

    def ask(self) -> None:
        asked = intent(self.signer.address, f"k{len(self.asked)}")
        ask(self.log, asked)
        self.asked.append(asked)

    def step(self) -> None:
        try:
            self.sender.step()
        except Crash:
            self.sender = self.start()
        finally:
            self.fate.left = None

    def crash_soon(self) -> None:
        self.fate.left = self.random.randrange(12)
        self.fate.after = self.random.random() < 0.5
        self.step()

    def mine(self) -> None:
        mine(self.node)
        self.blocks += 1

    def reorg(self) -> None:
        depth = min(self.random.randint(1, FINAL_BLOCKS - 1), self.blocks)
        if depth:
            self.node.request("anvil_reorg", [depth, []])

    def drop(self) -> None:
        events = [each.event for each in self.log.read(Position(0), 10_000)]
        hashes = [each.transaction_hash for each in events if isinstance(each, IntentSigned)]
        if hashes:
            with suppress(RpcError):
                self.node.request("anvil_dropTransaction", [self.random.choice(hashes)])

    def drop_all(self) -> None:
        self.node.request("anvil_dropAllTransactions", [])

    def base_fee(self) -> None:
        self.node.request(
            "anvil_setNextBlockBaseFeePerGas", [hex(self.random.choice((1, 3, 9)) * GWEI)]
        )

    def wait(self) -> None:
        self.seconds += self.random.choice((10, 100))

    def somebody_else(self) -> None:
        """Another program sends with the same key."""
        if self.foreign == 2:
            return
        count = self.node.request("eth_getTransactionCount", [self.signer.address, "latest"])
        raw, _ = self.signer.sign(
            {
                "chainId": CHAIN_ID,
                "nonce": int(str(count), 16),
                "gas": 21_000,
                "to": b"\x11" * 20,
                "value": 1,
                "data": b"",
                "maxFeePerGas": 400 * GWEI,
                "maxPriorityFeePerGas": 300 * GWEI,
            }
        )
        with suppress(RpcError):
            self.node.request("eth_sendRawTransaction", ["0x" + raw.hex()])
            self.foreign += 1

    def settle(self) -> None:
        for _ in range(200):
            self.step()
            if not self.sender.status.pending:
                return
            mine(self.node, 2)
            self.seconds += 40
        pytest.fail(f"it does not come to an end: {self.sender.status}")


@pytest.mark.parametrize("seed", SEEDS)
def test_each_effect_happens_exactly_once(node: HttpTransport, seed: int) -> None:
    world = World(node, seed)
    deeds = [
        *[world.ask] * 3,
        *[world.step] * 6,
        *[world.crash_soon] * 4,
        *[world.mine] * 5,
        world.reorg,
        world.drop,
        world.drop_all,
        world.base_fee,
        world.wait,
        world.somebody_else,
    ]
    world.ask()
    for _ in range(STEPS):
        world.random.choice(deeds)()
    world.settle()
    check(world)


def check(world: World) -> None:
    book = OutboxBook(world.log, CHAIN_ID, world.signer.address)
    done = book.refresh().done
    assert {each.intent_id for each in world.asked} <= set(done)
    for each in world.asked:
        assert done[each.intent_id][1] is IntentStatus.FINAL
        assert balance_wei(world.node, each.to) == each.value_wei, each.key
    owners: dict[int, str] = {}
    displaced = set()
    for recorded in world.log.read_stream(book.stream):
        event = recorded.event
        if isinstance(event, IntentDisplaced):
            displaced.add((event.intent_id, event.nonce))
        if isinstance(event, IntentSigned):
            assert owners.setdefault(event.nonce, event.intent_id) == event.intent_id
            assert (event.intent_id, event.nonce) not in displaced


def test_a_crash_at_any_operation_is_followed_by_the_same_effect(node: HttpTransport) -> None:
    seed, operation, crashed = 1_000, 0, True
    while crashed:
        world = World(node, seed + operation)
        world.ask()
        world.ask()
        world.fate.left, world.fate.after = operation // 2, bool(operation % 2)
        crashed = False
        for _ in range(3):
            try:
                world.sender.step()
            except Crash:
                crashed = True
                world.sender = world.start()
            mine(node)
        world.fate.left = None
        world.settle()
        check(world)
        operation += 1
    assert operation > 30
