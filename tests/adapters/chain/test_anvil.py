"""The same story on a real node over HTTP."""

from __future__ import annotations

import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from adapters.chain.deploy import deploy, verify
from adapters.chain.keys import Signer
from adapters.chain.play.story import Story
from adapters.chain.reader import JsonRpcReader
from adapters.chain.reverts import Reverted
from adapters.chain.rpc import HttpTransport
from adapters.chain.sender import Sender, Transaction
from adapters.chain.views import ContractViews
from contracts.bindings import heavy_compute_arbiter as arbiter
from domain.application.ingest import Ingestor
from domain.kernel.errors import Unavailable
from domain.kernel.ids import Position
from domain.node.events import NodeRegistered
from domain.node.state import NodeStatus
from domain.task.events import TaskPosted
from domain.task.state import TaskStatus
from tests.support.chain_fakes import word
from tests.support.memory import MemoryLog
from tests.support.node_binaries import find_binary

# The first account of the node's well-known test mnemonic.
KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

pytestmark = pytest.mark.node


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def node() -> Iterator[HttpTransport]:
    binary = find_binary("anvil")
    port = free_port()
    with subprocess.Popen(
        [binary, "--port", str(port), "--silent", "--hardfork", "prague"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        transport = HttpTransport(f"http://127.0.0.1:{port}")
        try:
            wait_for(transport)
            yield transport
        finally:
            transport.close()
            process.terminate()


def wait_for(transport: HttpTransport) -> None:
    for _ in range(60):
        try:
            transport.request("eth_chainId", [])
        except Unavailable:
            time.sleep(0.1)
        else:
            return
    pytest.fail("anvil does not answer")


def test_the_story_on_a_real_node_gives_facts_that_agree_with_the_contracts(
    node: HttpTransport,
) -> None:
    deployment = deploy(node, KEY, dev=True)
    verify(node, deployment)
    log = MemoryLog()
    ingestor = Ingestor(log, JsonRpcReader(node, deployment), deployment)
    for done, _progress in enumerate(Story(node, deployment, KEY, seed=7, tasks=20).tell()):
        if done % 10 == 0:
            ingestor.step()
    while not ingestor.step().at_head:
        pass
    recorded = log.read(Position(0), 1_000_000)
    names = Counter(each.name for each in recorded)
    assert names["anomaly.detected"] == names["chain.log_unrecognised"] == 0
    assert names["task.node_slashed"] >= 3
    assert names["registry.rolled_back"] == 1
    head = JsonRpcReader(node, deployment).head().number
    views = ContractViews(node, deployment)
    events = [each.event for each in recorded]
    tasks = [each.task_id for each in events if isinstance(each, TaskPosted)]
    assert {view.status for view in views.tasks(tasks, head)} == {
        TaskStatus.COMPLETED,
        TaskStatus.REFUNDED,
    }
    nodes = [each.node for each in events if isinstance(each, NodeRegistered)]
    assert Counter(view.status for view in views.nodes(nodes, head))[NodeStatus.ACTIVE] >= 12


def test_reverts_of_a_real_node_are_decoded(node: HttpTransport) -> None:
    deployment = deploy(node, KEY, dev=True)
    call = Transaction(
        label="the call",
        to=deployment.arbiter,
        data=arbiter.encode_cancel_task(word(5)),
        gas=99_000,
    )
    with pytest.raises(Reverted) as caught:
        Sender(node).send(Signer(KEY), call)
    assert caught.value.name == "UnknownTask"
