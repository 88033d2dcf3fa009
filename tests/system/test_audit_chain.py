"""`audit chain` against a real node: what differs is named, and what is held is proven."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

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
    wait_until_followed,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]


@dataclass(frozen=True)
class Read:
    """A ledger that has read a played chain and stands still, and a proxy before the node."""

    node: Node
    proxy: LyingProxy
    db: Path


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    folder = tmp_path_factory.mktemp("audited")
    db = folder / "ledger.db"
    with anvil() as node, lying_proxy(HttpTransport(node.url)) as proxy:
        deployment = deploy(node, folder)
        agentgpt("play", "--rpc", node.url, "--deployment", deployment, "--seed", 5, "--tasks", 25)
        port = free_port()
        ledger = start(
            *("run", "--rpc", node.url, "--deployment", deployment, "--db", db, "--port", port),
            "--prove",
            output=folder / "run.log",
        )
        try:
            wait_until_followed(f"http://127.0.0.1:{port}", node.head())
        finally:
            assert stop(ledger) == 0
        yield Read(node, proxy, db)


def test_a_ledger_that_read_everything_equals_the_chain(read: Read) -> None:
    read.proxy.alter = lambda method, params, answer: answer
    document = agentgpt_json("audit", "chain", "--rpc", read.proxy.url, "--db", read.db)
    (chain,) = document["chains"]
    assert document["ok"]
    assert chain["facts"] == chain["logs"] > 200
    assert chain["held_wei"] == chain["booked_wei"]
    assert int(chain["held_wei"]) > 0


def test_a_log_that_the_ledger_lacks_or_has_too_much_is_named(read: Read) -> None:
    # The node hides one log and changes another, as if the ledger had them otherwise.
    def alter(method: str, params: object, answer: list[dict[str, object]]) -> object:
        del params
        if method != "eth_getLogs" or len(answer) < 50:
            return answer
        changed = {**answer[30], "transactionHash": "0x" + "77" * 32}
        return [*answer[:20], *answer[21:30], changed, *answer[31:]]

    read.proxy.alter = alter
    result = agentgpt(
        *("audit", "chain", "--rpc", read.proxy.url, "--db", read.db, "--json", "--verify", "off"),
        check=False,
    )
    assert result.returncode == 6
    (chain,) = json.loads(result.stdout)["chains"]
    kinds = {each["kind"]: each["sentence"] for each in chain["differences"]}
    assert kinds.keys() == {"extra", "different"}
    assert "is in the ledger and not on the chain" in kinds["extra"]
    assert "has transaction_hash" in kinds["different"]


def test_a_node_that_lies_about_a_balance_is_caught_by_the_proof(read: Read) -> None:
    def alter(method: str, params: object, answer: dict[str, list[dict[str, str]]]) -> object:
        del params
        if method == "eth_getProof":
            answer["storageProof"][0]["value"] = "0x1"
        return answer

    read.proxy.alter = alter
    common = ("audit", "chain", "--rpc", read.proxy.url, "--db", read.db)
    result = agentgpt(*common, check=False)
    assert result.returncode == 75
    assert "claims a balance of 1 wei and proves" in result.stderr
    assert agentgpt(*common, "--no-balance").returncode == 0


def test_another_chain_is_refused(read: Read) -> None:
    with anvil("--chain-id", "5") as other:
        result = agentgpt("audit", "chain", "--rpc", other.url, "--db", read.db, check=False)
    assert result.returncode == 3


def test_every_fact_is_proven_without_a_node_by_what_was_kept(read: Read) -> None:
    document = agentgpt_json("audit", "proofs", "--db", read.db)
    assert document["ok"]
    assert document["proven"] == document["facts"] > 200
    head = read.node.call("eth_getBlockByNumber", "latest", False)["hash"]
    assert agentgpt_json("audit", "proofs", "--db", read.db, "--anchor", head)["ok"]


def test_facts_that_do_not_lead_to_the_trusted_block_are_named(read: Read) -> None:
    early = read.node.call("eth_getBlockByNumber", "0x20", False)["hash"]
    result = agentgpt("audit", "proofs", "--db", read.db, "--anchor", early, "--json", check=False)
    assert result.returncode == 6
    reasons = {
        each["reason"].partition(" is ")[2] for each in json.loads(result.stdout)["unproven"]
    }
    assert reasons == {"not linked to a trusted block by the kept headers"}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            "DELETE FROM receipt WHERE place >= 0 AND block IN (SELECT block FROM receipt LIMIT 1)",
            "no receipt",
        ),
        ("UPDATE header SET rlp = zeroblob(600)", "does not hash to it"),
        ("UPDATE receipt SET proof = zeroblob(80)", "does not lead to block"),
        ("UPDATE receipt SET place = place + 1", "does not lead to block"),
        ("DELETE FROM header", "no header is kept"),
    ],
)
def test_no_damage_to_what_was_kept_goes_unseen(read: Read, damage: str, says: str) -> None:
    kept = read.db.with_name(read.db.name + ".proofs")
    whole = kept.read_bytes()
    try:
        with closing(sqlite3.connect(kept)) as connection, connection:
            connection.execute(damage)
        result = agentgpt("audit", "proofs", "--db", read.db, check=False)
    finally:
        for path in kept.parent.glob(kept.name + "-*"):
            path.unlink()
        kept.write_bytes(whole)
    assert result.returncode == 6
    assert says in result.stdout


def test_a_ledger_without_proofs_says_how_to_get_them(read: Read, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(read.db.read_bytes())
    result = agentgpt("audit", "proofs", "--db", copy, check=False)
    assert result.returncode == 4
    assert "run --prove" in result.stderr
    mixed = agentgpt(
        *("run", "--rpc", read.node.url, "--deployment", tmp_path / "none.json"),
        *("--db", copy, "--prove", "--verify", "off"),
        check=False,
    )
    assert mixed.returncode == 2
