"""A real node replaces its blocks: while a ledger catches up, while it follows, while it is down."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from adapters.chain.deployment import read_deployment
from adapters.chain.keys import Signer
from adapters.chain.rpc import HttpTransport
from adapters.chain.sender import Sender, Transaction
from adapters.finality.policies import policy_named
from api.bootstrap import writing_ledger
from contracts.bindings import workflow_registry as registry
from domain.application.ports import Deployment
from tests.support.anvil import ANVIL_KEY
from tests.support.forked_ledgers import assert_like_a_fresh_one, ingestor_on
from tests.system.program import (
    Node,
    agentgpt,
    agentgpt_json,
    anvil,
    deploy,
    free_port,
    start,
    stop,
    wait_until_followed,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]

POLICY = policy_named("anvil")
DEPTHS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 64)


class Registrar:
    """Makes facts: one workflow after the other, each with a name of its own."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._transport = HttpTransport(node.url)
        self._deployment = deployment
        self._made = 0

    def register(self, count: int) -> None:
        sender = Sender(self._transport)
        for _ in range(count):
            self._made += 1
            data = registry.encode_register_workflow(f"workflow {self._made}")
            call = Transaction(
                label="registering", to=self._deployment.registry, data=data, gas=400_000
            )
            sender.send(Signer(ANVIL_KEY), call)


def reorganise(node: Node, depth: int) -> None:
    node.call("anvil_reorg", depth, [])


@pytest.mark.parametrize("seed", range(6))
def test_any_depth_up_to_finality_ends_like_a_fresh_ledger(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    with anvil() as node:
        place = deploy(node, tmp_path)
        deployment = read_deployment(place)
        registrar, transport = Registrar(node, deployment), HttpTransport(node.url)
        registrar.register(70)
        with writing_ledger(str(tmp_path / "forked.db"), create=True) as ledger:
            ingestor = ingestor_on(ledger, transport, deployment, POLICY)
            for depth in chance.sample(DEPTHS, 6):
                # In the middle of a backfill as well as at the head, now and then after a restart.
                for _ in range(chance.randrange(0, 4)):
                    ingestor.step(max_blocks=chance.choice([7, 30, 2_000]))
                ledger.engine.catch_up()
                if chance.random() < 0.3:
                    ingestor = ingestor_on(ledger, transport, deployment, POLICY)
                reorganise(node, depth)
                registrar.register(chance.randrange(1, 6))
            while not ingestor.step().at_head:
                pass
            assert_like_a_fresh_one(ledger, tmp_path, transport, deployment, POLICY)


def run(
    node: Node, deployment: Path, db: Path, port: int, log: Path, *more: object
) -> subprocess.Popen[bytes]:
    return start(
        *("run", "--rpc", node.url, "--deployment", deployment, "--db", db, "--port", port, *more),
        output=log,
    )


def test_reorganisations_around_kills_end_like_a_fresh_ledger(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    db, port = tmp_path / "forked.db", free_port()
    with anvil() as node:
        place = deploy(node, tmp_path)
        deployment = read_deployment(place)
        registrar = Registrar(node, deployment)
        registrar.register(66)
        for depth in (1, 9, 40, 64):
            ledger = run(node, place, db, port, tmp_path / "run.log")
            time.sleep(chance.uniform(1.0, 3.0))
            reorganise(node, depth)
            registrar.register(3)
            time.sleep(chance.uniform(0.0, 1.0))
            assert ledger.poll() is None, (tmp_path / "run.log").read_text()
            assert stop(ledger, signal.SIGKILL) == -signal.SIGKILL
            reorganise(node, chance.randrange(1, 4))
            registrar.register(4)
        ledger = run(node, place, db, port, tmp_path / "run.log")
        wait_until_followed(f"http://127.0.0.1:{port}", node.head())
        assert stop(ledger) == 0
        with writing_ledger(str(db)) as opened:
            transport = HttpTransport(node.url)
            assert_like_a_fresh_one(opened, tmp_path, transport, deployment, POLICY)
    assert agentgpt_json("audit", "replay", "--db", db)["differences"] == []


def test_a_chain_that_breaks_finality_is_halted_and_healed_by_one_command(tmp_path: Path) -> None:
    db, port, policy = tmp_path / "ledger.db", free_port(), tmp_path / "policy.toml"
    policy.write_text(
        'name = "hasty"\nversion = 1\n[safe]\nconfirmations = 2\n[final]\nconfirmations = 4\n'
    )
    api = f"http://127.0.0.1:{port}/v1"
    with anvil() as node:
        place = deploy(node, tmp_path)
        registrar = Registrar(node, read_deployment(place))
        registrar.register(20)
        ledger = run(node, place, db, port, tmp_path / "run.log", "--finality-policy", policy)
        wait_until_followed(f"http://127.0.0.1:{port}", node.head())
        events = requests.get(f"{api}/events?type=registry.workflow_registered", timeout=9).json()
        seen = [item["finality"] for item in events["items"]]
        assert (seen[0], seen[-1]) == ("final", "seen")
        assert requests.get(f"{api}/ready", timeout=9).status_code == 200

        reorganise(node, 10)
        registrar.register(12)
        wait_for(lambda: requests.get(f"{api}/ready", timeout=9).status_code == 503)
        health = requests.get(f"{api}/health", timeout=9).json()
        assert (health["status"], health["chains"][0]["halted"]) == ("failing", True)
        (chain,) = agentgpt_json("chain", "list", "--db", db)["items"]
        assert chain["halted"]["expected_hash"] != chain["halted"]["found_hash"]

        heal = ("chain", "heal", "--db", db, "--deployment", place, "--rpc", node.url)
        alone = agentgpt(*heal, "--json", check=False)
        assert alone.returncode == 2, alone.stdout
        other = node.url.replace("127.0.0.1", "localhost")
        done = json.loads(
            agentgpt(*heal, "--rpc", other, "--finality-policy", policy, "--json").stdout
        )
        assert done["orphaned"] >= 10
        wait_for(lambda: requests.get(f"{api}/ready", timeout=9).status_code == 200)
        registrar.register(2)
        wait_until_followed(f"http://127.0.0.1:{port}", node.head())
        assert stop(ledger) == 0
        with writing_ledger(str(db)) as opened:
            transport = HttpTransport(node.url)
            assert_like_a_fresh_one(
                opened, tmp_path, transport, read_deployment(place), policy_named(str(policy))
            )
    again = agentgpt(*heal, "--rpc", other, "--json", check=False)
    assert again.returncode != 0


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
