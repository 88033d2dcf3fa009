"""The outbox as a user has it: asked for by commands, sent by `agentgpt run`, killed in between, seen over HTTP."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from eth_account import Account

from tests.system import program
from tests.system.program import (
    FIRST_ANVIL_KEY,
    PATIENCE_SECONDS,
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

SENDER = Account.from_key(FIRST_ANVIL_KEY).address.lower()
PASSPHRASE = "correct horse"
QUICK_POLICY = """
name = "quick"
version = 1
title = "Final after two blocks, so that the test need not wait for sixty-four"
chain_ids = [31337]
sla_seconds = 5
notes = ""
sources = []

[safe]
confirmations = 1

[final]
confirmations = 2
"""


def recipient(number: int) -> str:
    return f"0x{0xC0FFEE00 + number:040x}"


def wait_until_final(url: str, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = requests.get(f"{url}/v1/outbox", params={"status": "final"}, timeout=10)
        items: list[dict[str, Any]] = answer.json()["items"]
        if len(items) >= count:
            return items
        assert time.monotonic() < deadline, items
        time.sleep(0.2)


def test_what_is_asked_for_is_sent_once_though_the_sender_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore = tmp_path / "key.json"
    encrypted = Account.encrypt(
        bytes.fromhex(FIRST_ANVIL_KEY[2:]), PASSPHRASE, kdf="pbkdf2", iterations=1_000
    )
    keystore.write_text(json.dumps(encrypted))
    monkeypatch.setitem(program.ENVIRONMENT, "AGENTGPT_KEYSTORE_PASSPHRASE", PASSPHRASE)
    policy = tmp_path / "policy.toml"
    policy.write_text(QUICK_POLICY)
    with anvil("--block-time", "1") as node:
        db, port = tmp_path / "ledger.db", free_port()
        deployment, url = deploy(node, tmp_path), f"http://127.0.0.1:{port}"
        monkeypatch.setitem(program.ENVIRONMENT, "AGENTGPT_DB", str(db))
        running = ["run", "--rpc", node.url, "--deployment", deployment, "--port", port]
        running += ["--keystore", keystore, "--finality-policy", policy]
        process = start(*running, output=tmp_path / "output")
        try:
            wait_until_followed(url, 1)
            for number in range(3):
                asked = ask(node, number)
                assert asked["created"]
            stop(process, signal.SIGKILL)
            asked = ask(node, 3)
            again = ask(node, 3)
            assert (again["intent_id"], again["created"]) == (asked["intent_id"], False)
            process = start(*running, output=tmp_path / "output")
            wait_until_followed(url, 1)
            final = wait_until_final(url, 4)
        finally:
            stop(process)
        for number in range(4):
            assert int(node.call("eth_getBalance", recipient(number), "latest"), 16) == 1 + number
        assert {item["sender"] for item in final} == {SENDER}
        shown = agentgpt_json("outbox", "show", "payment-3")
        assert shown == requests_like(final, "payment-3")
        status = agentgpt_json("outbox", "status")["senders"]
        assert [each["intents"]["final"] for each in status] == [4]
        assert len(agentgpt_json("outbox", "list", "--status", "final")["items"]) == 4
        refused = agentgpt(
            *("outbox", "send", "--rpc", node.url, "--from", SENDER, "--to", recipient(9)),
            *("--key", "too-much", "--value-wei", str(10**30)),
            check=False,
        )
        assert (refused.returncode, "promised to earlier intents" in refused.stderr) == (3, True)
        assert len(agentgpt_json("outbox", "list")["items"]) == 4
    everything = b"".join(
        path.read_bytes() for path in tmp_path.iterdir() if path.name != "key.json"
    )
    assert FIRST_ANVIL_KEY[2:].encode() not in everything
    assert bytes.fromhex(FIRST_ANVIL_KEY[2:]) not in everything
    assert PASSPHRASE.encode() not in everything


def ask(node: Node, number: int) -> Any:
    return agentgpt_json(
        *("outbox", "send", "--rpc", node.url, "--from", SENDER, "--to", recipient(number)),
        *("--key", f"payment-{number}", "--value-wei", 1 + number),
    )


def requests_like(items: list[dict[str, Any]], key: str) -> dict[str, Any]:
    return next(item for item in items if item["key"] == key)
