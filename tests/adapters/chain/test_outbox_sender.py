"""The sender of intents on a real node: what it records, what it waits for, and what it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from adapters.chain.deploy import deploy
from adapters.chain.outbox_sender import UNDERWAY_MAX, OutboxSender
from adapters.chain.purse import ChainPurse, estimate_gas
from adapters.chain.reverts import Reverted
from adapters.chain.rpc import HttpTransport
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from contracts.bindings import agpt
from contracts.bindings import heavy_compute_arbiter as arbiter
from domain.application.outbox import OutboxBook, OutboxDesk
from domain.kernel.errors import RuleRejected, WrongChain
from domain.kernel.ids import ChainId, Position
from domain.kernel.money import Wei
from domain.outbox.errors import Overspends
from domain.outbox.events import IntentFailed, IntentSigned
from domain.outbox.state import IntentStatus
from tests.support.anvil import ANVIL_KEY, anvil
from tests.support.chain_fakes import word
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

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil(*ANVIL) as url:
        yield url


@pytest.fixture
def node(url: str) -> Iterator[HttpTransport]:
    with closing(HttpTransport(url)) as transport:
        mine(transport, 3 * SLOTS)
        yield transport


def drain(sender: OutboxSender, node: HttpTransport) -> None:
    for _ in range(100):
        if not sender.step().pending:
            return
        mine(node, 2)
    pytest.fail(f"it does not come to an end: {sender.status}")


def test_a_transaction_is_in_the_log_before_the_node_has_it(node: HttpTransport) -> None:
    signer, log = funded(node, b"\x01" * 32), MemoryLog()
    ask(log, intent(signer.address, "a"))
    seen: list[bool] = []

    class Watched(HttpTransport):
        def request(self, method: str, params: object) -> object:
            if method == "eth_sendRawTransaction":
                events = [each.event for each in log.read(Position(0), 10)]
                raws = [each.raw for each in events if isinstance(each, IntentSigned)]
                seen.append(raws == list(params))  # type: ignore[call-overload]
            return super().request(method, params)  # type: ignore[arg-type]

    with closing(Watched(node._url)) as watched:
        drain(OutboxSender(log, watched, signer, CHAIN_ID, POLICY), node)
    assert seen == [True]


def test_many_intents_are_worked_off_a_few_at_a_time(node: HttpTransport) -> None:
    signer, log = funded(node, b"\x02" * 32), MemoryLog()
    asked = [intent(signer.address, f"k{n}") for n in range(3 * UNDERWAY_MAX)]
    for each in asked:
        ask(log, each)
    sender = OutboxSender(log, node, signer, CHAIN_ID, POLICY)
    sender.step()
    book = OutboxBook(log, CHAIN_ID, signer.address)
    underway = [each for each in book.refresh().pending.values() if each.attempts]
    assert len(underway) == UNDERWAY_MAX
    drain(sender, node)
    assert all(balance_wei(node, each.to) == each.value_wei for each in asked)


def test_two_senders_of_one_key_do_no_harm(node: HttpTransport) -> None:
    signer, log = funded(node, b"\x03" * 32), MemoryLog()
    one, other = (OutboxSender(log, node, signer, CHAIN_ID, POLICY) for _ in range(2))
    asked = [intent(signer.address, f"k{n}") for n in range(10)]
    for number, each in enumerate(asked):
        ask(log, each)
        (one if number % 2 else other).step()
        (other if number % 2 else one).step()
        mine(node)
    drain(one, node)
    drain(other, node)
    assert all(balance_wei(node, each.to) == each.value_wei for each in asked)


def test_gas_above_the_cap_is_waited_for_and_said(node: HttpTransport) -> None:
    signer, log = funded(node, b"\x04" * 32), MemoryLog()
    cheap = intent(signer.address, "cheap", fee_cap_wei=Wei(1))
    ask(log, cheap)
    sender = OutboxSender(log, node, signer, CHAIN_ID, POLICY)
    status = sender.step()
    assert (status.pending, "cap" in status.notes[cheap.intent_id]) == (1, True)
    assert not [e for e in log.read(Position(0), 9) if isinstance(e.event, IntentSigned)]
    # Those after it are not held up.
    ask(log, intent(signer.address, "dear"))
    sender.step()
    mine(node, 3 * SLOTS)
    assert sender.step().pending == 1


def test_a_node_of_another_chain_is_refused(node: HttpTransport) -> None:
    signer = funded(node, b"\x05" * 32)
    with pytest.raises(WrongChain, match="chain 31337"):
        OutboxSender(MemoryLog(), node, signer, ChainId(1), POLICY).check_chain()


def test_calls_of_contracts_are_rehearsed_paid_for_and_failed_for_a_reason() -> None:
    with (
        anvil("--hardfork", "prague", "--slots-in-an-epoch", "1") as url,
        closing(HttpTransport(url)) as node,
    ):
        place = deploy(node, ANVIL_KEY, dev=True)
        signer, log = funded(node, ANVIL_KEY), MemoryLog()
        desk, purse = OutboxDesk(log), ChainPurse(node)
        approve = intent(
            signer.address,
            "approve",
            to=place.token,
            data="0x" + agpt.encode_approve(place.arbiter, 50).hex(),
            value_wei=Wei(0),
            gas=100_000,
        )
        desk.request(approve, purse)
        refused = intent(
            signer.address,
            "refused",
            to=place.arbiter,
            data="0x" + arbiter.encode_cancel_task(word(5)).hex(),
            value_wei=Wei(0),
            gas=100_000,
        )
        with pytest.raises(Reverted, match="UnknownTask"):
            desk.request(refused, purse)
        with pytest.raises(Reverted, match="UnknownTask"):
            estimate_gas(node, {"to": refused.to, "data": refused.data}, "it")
        with pytest.raises(
            Overspends, match="AGPT; 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 has 0"
        ):
            desk.request(
                intent(
                    signer.address, "take", to=place.arbiter, token=place.token, token_wei=Wei(1)
                ),
                purse,
            )
        poor = intent(funded(node, b"\x06" * 32, ether=0).address, "poor")
        with pytest.raises(Overspends, match="has 0"):
            desk.request(poor, purse)
        with pytest.raises(RuleRejected):
            desk.request(intent(signer.address, "no-gas", to=place.token, data="0x12"), purse)
        assert log.head() == 1
        # What was right when it was asked for can be refused when it is mined.
        ask(log, refused)
        drain(OutboxSender(log, node, signer, CHAIN_ID, POLICY), node)
        ended = OutboxBook(log, CHAIN_ID, signer.address).refresh().done
        assert [each[1] for each in ended.values()] == [IntentStatus.FINAL, IntentStatus.FAILED]
        (failed,) = [
            e.event for e in log.read(Position(0), 99) if isinstance(e.event, IntentFailed)
        ]
        assert "UnknownTask" in failed.reason


PROCESS = """
import sys, time
from contextlib import closing
from adapters.chain.keys import Signer
from adapters.chain.outbox_sender import OutboxSender
from adapters.chain.rpc import HttpTransport
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from tests.support.outbox import CHAIN_ID, POLICY
db, url, key = sys.argv[1:]
with open_log(db, SystemClock()) as log, closing(HttpTransport(url)) as node:
    sender = OutboxSender(log, node, Signer(bytes.fromhex(key)), CHAIN_ID, POLICY, replace_seconds=0.05)
    print("ready", flush=True)
    while True:
        sender.step()
        time.sleep(0.002)
"""


def test_a_sender_that_is_killed_again_and_again_sends_everything_once(
    url: str, node: HttpTransport, tmp_path: Path
) -> None:
    key = b"\x07" * 32
    signer, random, db = funded(node, key), Random(7), tmp_path / "ledger.db"
    asked = []
    with open_log(str(db), SystemClock()) as log:
        for kill in range(6):
            for number in range(8):
                asked.append(
                    intent(signer.address, f"k{kill}.{number}", fee_cap_wei=Wei(900 * GWEI))
                )
                ask(log, asked[-1])
            with subprocess.Popen(
                [sys.executable, "-c", PROCESS, str(db), url, key.hex()],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            ) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
                until = time.monotonic() + random.uniform(0.0, 0.25)
                while time.monotonic() < until:
                    mine(node)
                    if random.random() < 0.2:
                        node.request("anvil_dropAllTransactions", [])
                    if random.random() < 0.1:
                        node.request("anvil_reorg", [random.randint(1, 5), []])
                process.send_signal(signal.SIGKILL)
        drain(OutboxSender(log, node, signer, CHAIN_ID, POLICY, replace_seconds=0), node)
        done = OutboxBook(log, CHAIN_ID, signer.address).refresh().done
        assert {done[each.intent_id][1] for each in asked} == {IntentStatus.FINAL}
        assert [balance_wei(node, each.to) for each in asked] == [each.value_wei for each in asked]
