"""One `run` over two real chains and four nodes, one of which is a canary: its key may appear nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.chain.rpc import HttpTransport
from tests.support.lying_proxy import LyingProxy, lying_proxy
from tests.system.program import (
    Node,
    agentgpt,
    agentgpt_json,
    anvil,
    deploy,
    free_port,
    start,
    stop,
    wait_until,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]

CANARY = "canary-5f3d9a1b7c2e4860"


@dataclass(frozen=True)
class Two:
    """Two played chains behind proxies, a ledger that follows both, and everything that it printed."""

    nodes: tuple[Node, Node]
    proxies: tuple[LyingProxy, LyingProxy]
    deployments: tuple[Path, Path]
    api: str
    db: Path
    output: Path

    def health(self) -> dict[str, Any]:
        """Return the health document."""
        answer: dict[str, Any] = requests.get(f"{self.api}/v1/health", timeout=10).json()
        return answer


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two-chains")
    with ExitStack() as running:
        first = running.enter_context(anvil("--chain-id", "31337"))
        second = running.enter_context(anvil("--chain-id", "31338"))
        deployments: list[Path] = []
        for place, node in enumerate((first, second)):
            (folder / str(place)).mkdir()
            deployments.append(deploy(node, folder / str(place)))
        proxies = [
            running.enter_context(lying_proxy(HttpTransport(node.url)))
            for node in (first, second, first, second)
        ]
        # The later ones are slower, so the ones with the key are asked as long as they do well.
        proxies[2].delay_seconds = proxies[3].delay_seconds = 0.03
        urls = [f"{proxy.url}/{CANARY}?key={CANARY}" for proxy in proxies]
        rpc = [word for url in urls for word in ("--rpc", url)]
        of = [word for path in deployments for word in ("--deployment", path)]
        db, output = folder / "ledger.db", folder / "run.log"
        api = f"http://127.0.0.1:{(port := free_port())}"
        ledger = start(
            *("run", *rpc, *of, "--db", db, "--port", port, "--verify", "all"), output=output
        )
        try:
            both = Two(
                (first, second),
                (proxies[0], proxies[1]),
                (deployments[0], deployments[1]),
                api,
                db,
                output,
            )
            wait_until(lambda: bool(both.health()))
            yield both
        finally:
            assert stop(ledger) == 0


def followed_to(two: Two) -> bool:
    """Tell whether both chains are read to their heads and projected."""
    health = two.health()
    heads = {31337: two.nodes[0].head(), 31338: two.nodes[1].head()}
    read = {each["chain_id"]: each["last_block"] or 0 for each in health["chains"]}
    return all(read.get(chain, 0) >= head for chain, head in heads.items()) and not any(
        each["lag"] for each in health["projections"]
    )


def play(two: Two, place: int) -> None:
    agentgpt_json(
        *("play", "--rpc", two.nodes[place].url, "--deployment", two.deployments[place]),
        *("--seed", 3 + place, "--tasks", 25),
    )


def test_two_chains_are_followed_at_once_whatever_their_nodes_do(two: Two) -> None:
    play(two, 0)
    wait_until(lambda: two.output.exists() and followed_to(two))
    # One node of the first chain leaves logs out, one of the second is down: others are asked.
    two.proxies[0].alter = lambda method, params, answer: (
        answer[1:] if method == "eth_getLogs" else answer
    )
    two.proxies[1].status = 503
    two.proxies[1].spoil = lambda body: CANARY.encode()
    play(two, 0)
    play(two, 1)
    wait_until(lambda: followed_to(two))
    health = two.health()
    assert health["follower"]["state"] == "following"
    assert [each["state"] for each in health["followers"]] == ["following", "following"]
    assert all(len(each["endpoints"]) == 2 for each in health["followers"])
    events = agentgpt_json("events", "list", "--db", two.db, "--limit", 500)["items"]
    assert {event["provenance"]["chain_id"] for event in events if event["provenance"]} == {
        31337,
        31338,
    }


def test_the_canary_key_appears_nowhere(two: Two) -> None:
    paths = ("/v1/health", "/v1/events?limit=500", "/", "/v1/openapi.json")
    pages = [requests.get(two.api + path, timeout=10).text for path in paths]
    places = [two.output.read_text(), *pages]
    places += [path.read_bytes().decode("latin-1") for path in two.db.parent.glob("ledger.db*")]
    assert all(CANARY not in place for place in places)
    assert "fails" in two.output.read_text()


def test_errors_at_the_start_do_not_show_the_key(two: Two, tmp_path: Path) -> None:
    two.proxies[1].status = 401
    common = (
        "--deployment",
        two.deployments[1],
        "--db",
        tmp_path / "new.db",
        "--port",
        0,
        "--json",
    )
    refused = agentgpt("run", "--rpc", f"{two.proxies[1].url}/{CANARY}", *common, check=False)
    assert refused.returncode == 75
    assert "wants a key" in json.loads(refused.stdout)["hint"]
    other = agentgpt("run", "--rpc", f"{two.nodes[0].url}/?key={CANARY}", *common, check=False)
    assert other.returncode == 3
    few = agentgpt(
        "run", "--rpc", f"{two.nodes[1].url}/?key={CANARY}", "--quorum", 2, *common, check=False
    )
    assert few.returncode == 2
    assert not (tmp_path / "new.db").exists()
    assert CANARY not in "".join(
        text for each in (refused, other, few) for text in (each.stdout, each.stderr)
    )
