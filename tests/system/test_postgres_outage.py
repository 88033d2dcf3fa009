"""`agentgpt run` on PostgreSQL: it is killed, and the server under it is, and the ledger is the undisturbed one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_log import open_postgres_log
from domain.application.tree_check import check_tree
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from tests.support.postgres import Server
from tests.system import program
from tests.system.program import (
    agentgpt_json,
    anvil,
    deploy,
    free_port,
    start,
    stop,
    wait_until_followed,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]

SEED = 20261124


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.remove()


def facts(log: LedgerLog) -> list[tuple[object, ...]]:
    """Return every event but the cursors: where batches end depends on time, what they hold does not."""
    events: list[RecordedEvent] = []
    while page := log.read(Position(len(events)), 10_000):
        events += page
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    assert check_tree(log, log.tree).difference is None
    return [
        (event.stream, event.version, event.event, event.provenance)
        for event in events
        if event.name not in {"chain.advanced", "chain.finality_advanced"}
    ]


def test_a_ledger_outlives_kills_of_itself_and_of_its_server(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(SEED)
    keyring, output, port = tmp_path / "keys", tmp_path / "run.log", free_port()
    monkeypatch.setitem(program.ENVIRONMENT, "AGENTGPT_KEYRING", str(keyring))
    undisturbed, url = tmp_path / "undisturbed.db", f"http://127.0.0.1:{port}"
    with anvil() as node:
        deployment = deploy(node, tmp_path)
        following = ("run", "--rpc", node.url, "--deployment", deployment, "--port", port)
        play = start(
            *("play", "--rpc", node.url, "--deployment", deployment, "--seed", 9, "--tasks", 60),
            output=tmp_path / "play.log",
        )
        ledger = start(*following, "--db", server.url(), output=output)
        for outage in ("server", "program", "server"):
            # A start without a server is given up, for whoever started it to repeat: so only from then on.
            wait_until_followed(url, 1)
            time.sleep(chance.uniform(0.0, 1.0))
            assert ledger.poll() is None, output.read_text()
            if outage == "server":
                server.crash()
                server.start()
            else:
                assert stop(ledger, signal.SIGKILL) == -signal.SIGKILL
                ledger = start(*following, "--db", server.url(), output=output)
        assert play.wait(120) == 0, (tmp_path / "play.log").read_text()
        wait_until_followed(url, node.head())
        assert stop(ledger) == 0, output.read_text()
        ledger = start(*following, "--db", undisturbed, output=output)
        wait_until_followed(url, node.head())
        assert stop(ledger) == 0, output.read_text()
    clock = SystemClock()
    with (
        open_postgres_log(server.url(), clock, readonly=True, keyring=keyring) as log,
        open_log(str(undisturbed), clock, readonly=True, keyring=keyring) as other,
    ):
        assert facts(log) == facts(other)
    assert agentgpt_json("audit", "replay", "--db", server.url())["differences"] == []
