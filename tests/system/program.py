"""Runs the program and a real chain node as a user does: as processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.node_binaries import find_binary

ROOT = Path(__file__).resolve().parents[2]
FIRST_ANVIL_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
PATIENCE_SECONDS = 60.0
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", ""),
    "AGENTGPT_KEY": FIRST_ANVIL_KEY,
    "NO_COLOR": "1",
}


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def agentgpt(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return what it printed."""
    result = subprocess.run(
        [sys.executable, "-m", "api", *map(str, arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if check:
        assert result.returncode == 0, f"{arguments}\n{result.stdout}\n{result.stderr}"
    return result


def agentgpt_json(*arguments: object) -> Any:
    """Run a command with --json and return its document."""
    return json.loads(agentgpt(*arguments, "--json").stdout)


def start(*arguments: object, output: Path) -> subprocess.Popen[bytes]:
    """Start a command that goes on until it is stopped; what it prints is added to `output`."""
    with output.open("ab") as sink:
        return subprocess.Popen(
            [sys.executable, "-m", "api", *map(str, arguments)],
            cwd=ROOT,
            env=ENVIRONMENT,
            stdout=sink,
            stderr=sink,
        )


def stop(process: subprocess.Popen[bytes], sign: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and return the exit code."""
    process.send_signal(sign)
    return process.wait(PATIENCE_SECONDS)


def wait_until_followed(url: str, last_block: int) -> dict[str, Any]:
    """Return the health document once the ledger has read and projected up to the block."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    health: dict[str, Any] = {}
    while time.monotonic() < deadline:
        try:
            health = requests.get(f"{url}/v1/health", timeout=5).json()
        except requests.ConnectionError:
            time.sleep(0.1)
            continue
        chains = health["chains"]
        lags = [projection["lag"] for projection in health["projections"]]
        if chains and (chains[0]["last_block"] or 0) >= last_block and not any(lags):
            return health
        time.sleep(0.1)
    raise AssertionError(f"block {last_block} was not followed in time: {health}")


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds; a server that does not answer yet is waited for too."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


@dataclass(frozen=True)
class Node:
    """A real chain node."""

    url: str

    def call(self, method: str, *params: object) -> Any:
        """Return the result of one JSON-RPC call."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        headers = {"Content-Type": "application/json"}
        answer = requests.post(self.url, data=body, headers=headers, timeout=30).json()
        assert "error" not in answer, answer
        return answer["result"]

    def head(self) -> int:
        """Return the number of the newest block."""
        return int(self.call("eth_blockNumber"), 16)


@contextmanager
def anvil(*options: str) -> Iterator[Node]:
    """Run anvil on a free port; the test is skipped where it is not installed."""
    binary = find_binary("anvil")
    node = Node(f"http://127.0.0.1:{(port := free_port())}")
    process = subprocess.Popen([str(binary), "--silent", "--port", str(port), *options])
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                node.head()
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline, "anvil does not answer"
                time.sleep(0.05)
        yield node
    finally:
        process.kill()
        process.wait()


def deploy(node: Node, folder: Path) -> Path:
    """Deploy with the roles that the story needs and return the deployment file."""
    out = folder / "deployment.json"
    agentgpt("contracts", "deploy", "--rpc", node.url, "--out", out, "--dev")
    return out
