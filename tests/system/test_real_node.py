"""The main job on a chain node that we did not write: deploy, play, run, and ask both sides the same questions.

The contracts are asked through web3 and the ABI, not through our own bindings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from web3 import Web3
from web3.contract import Contract

from contracts.artifact import load
from tests.system.program import (
    Node,
    agentgpt_json,
    anvil,
    deploy,
    free_port,
    start,
    stop,
    wait_until_followed,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]

NODE_STATUS = ("unknown", "active", "jailed", "exited")
TASK_STATUS = ("unknown", "idle", "assigned", "verifying", "completed", "refunded")
ZERO_HASH = "0x" + "00" * 32


@dataclass(frozen=True)
class Network:
    """A played chain, and a ledger that has followed it to its head and serves."""

    node: Node
    api: str
    db: Path
    arbiter: Contract
    token: Contract
    registry: Contract

    def items(self, path: str) -> list[dict[str, Any]]:
        """Return every item of a list of the API, page by page."""
        items: list[dict[str, Any]] = []
        after = ""
        while True:
            params = {"limit": 7} | ({"after": after} if after else {})
            page = requests.get(self.api + path, params=params, timeout=10).json()
            items += page["items"]
            # The log's last page has a cursor too: for what comes later.
            if not page["items"] or not page["next"]:
                return items
            after = page["next"]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("real-node")
    db = folder / "ledger.db"
    with anvil() as node:
        deployment = deploy(node, folder)
        url = f"http://127.0.0.1:{(port := free_port())}"
        ledger = start(
            *("run", "--rpc", node.url, "--deployment", deployment, "--db", db, "--port", port),
            output=folder / "run.log",
        )
        try:
            played = agentgpt_json(
                *("play", "--rpc", node.url, "--deployment", deployment, "--seed", 5, "--tasks", 60)
            )
            assert played["tasks"] == 60
            wait_until_followed(url, node.head())
            addresses = json.loads(deployment.read_text())["contracts"]
            w3 = Web3(Web3.HTTPProvider(node.url))

            def contract(name: str, address: str) -> Contract:
                checksummed = Web3.to_checksum_address(address)
                return w3.eth.contract(address=checksummed, abi=load(name).abi)

            yield Network(
                node,
                url,
                db,
                contract("HeavyComputeArbiter", addresses["arbiter"]),
                contract("AGPT", addresses["token"]),
                contract("WorkflowRegistry", addresses["registry"]),
            )
        finally:
            assert stop(ledger) == 0


def test_every_node_and_stake_is_what_the_contract_says(network: Network) -> None:
    stakes = {row["account"]: row for row in network.items("/v1/stakes")}
    nodes = network.items("/v1/nodes")
    assert len(nodes) >= 12
    for row in nodes:
        address = Web3.to_checksum_address(row["node"])
        status, (available, locked, unbonding), task_id, queue = network.arbiter.functions.node(
            address
        ).call()
        stake = stakes[row["node"]]
        assert row["status"] == NODE_STATUS[status]
        assert (row["task_id"] or ZERO_HASH) == "0x" + task_id.hex()
        assert stake["available_wei"] == str(available)
        assert stake["locked_wei"] == str(locked)
        assert stake["unbonding_wei"] == str(unbonding)
        assert [
            (entry["withdrawal_id"], entry["unlock_at"], entry["amount_wei"])
            for entry in stake["withdrawals"]
        ] == [(number, unlock_at, str(amount)) for number, unlock_at, amount in queue]
    for account, stake in stakes.items():
        credit = network.arbiter.functions.credit(Web3.to_checksum_address(account)).call()
        assert stake["credit_wei"] == str(credit)


def test_every_task_is_what_the_contract_says(network: Network) -> None:
    tasks = network.items("/v1/tasks")
    assert len(tasks) == 60
    for row in tasks:
        view = network.arbiter.functions.task(row["task_id"]).call()
        abi = network.arbiter.functions.task(row["task_id"]).abi
        names = [part["name"] for part in abi["outputs"][0]["components"]]
        theirs = dict(zip(names, view, strict=True))
        assert row["status"] == TASK_STATUS[theirs["status"]]
        assert row["requester"] == theirs["requester"].lower()
        assert row["epoch"] == theirs["epoch"]
        assert row["bounty_left_wei"] == str(theirs["bountyLeft"])
        if row["status"] in {"assigned", "verifying", "completed"}:
            assert row["node"] == theirs["node"].lower()


def test_what_the_ledger_says_is_held_is_what_the_token_says(network: Network) -> None:
    balance = network.token.functions.balanceOf(network.arbiter.address).call()
    pool = network.arbiter.functions.slashPool().call()
    owed = pool
    for stake in network.items("/v1/stakes"):
        owed += sum(
            int(stake[part])
            for part in ("available_wei", "locked_wei", "unbonding_wei", "credit_wei")
        )
    owed += sum(int(task["escrow_wei"]) for task in network.items("/v1/tasks"))
    assert owed == balance


def test_the_version_history_is_what_the_registry_says(network: Network) -> None:
    workflows = network.items("/v1/workflows")
    assert workflows
    for workflow in workflows:
        name = workflow["workflow_id"]
        active = network.registry.functions.activeVersionOf(name).call()
        versions = network.items(f"/v1/workflows/{name}/versions")
        assert len(versions) >= 3
        standings = {v["version_hash"]: next(iter(v["registries"].values())) for v in versions}
        assert [h for h, here in standings.items() if here["active"]] == ["0x" + active.hex()]
        for version in versions:
            theirs = network.registry.functions.version(version["version_hash"]).call()
            assert (version["parent"] or ZERO_HASH) == "0x" + theirs[1].hex()
            assert version["content_hash"] == "0x" + theirs[2].hex()
            assert standings[version["version_hash"]]["revoked"] == theirs[5]


def test_every_log_of_the_contracts_is_one_event(network: Network) -> None:
    receipts = {
        (entry["transactionHash"], int(entry["logIndex"], 16))
        for entry in network.node.call(
            "eth_getLogs",
            {
                "fromBlock": "0x0",
                "toBlock": "latest",
                "address": [network.arbiter.address, network.registry.address],
            },
        )
    }
    recorded = [
        (event["provenance"]["transaction_hash"], event["provenance"]["log_index"])
        for event in network.items("/v1/events")
        if event["provenance"]
        and event["provenance"]["contract"]
        in {network.arbiter.address.lower(), network.registry.address.lower()}
    ]
    assert len(recorded) == len(set(recorded))
    assert set(recorded) == receipts


def test_the_audit_finds_no_difference_while_the_ledger_runs(network: Network) -> None:
    result = agentgpt_json("audit", "replay", "--db", network.db)
    assert result["differences"] == []


def test_each_transaction_explains_its_transfers_and_the_books_are_in_order(
    network: Network,
) -> None:
    books = agentgpt_json("audit", "books", "--db", network.db)
    assert books["breaks"] == []
    assert books["moves"] > 100
    suspense = agentgpt_json("account", "suspense", "--db", network.db)
    assert (suspense["state"], suspense["items"]) == ("settled", [])
    settled = agentgpt_json("account", "suspense", "--standing", "settled", "--db", network.db)
    assert len(settled["items"]) > 20
