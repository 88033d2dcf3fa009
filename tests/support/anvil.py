"""A real chain node for tests: anvil on a free local port."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from adapters.chain.rpc import HttpTransport
from domain.kernel.errors import Unavailable
from tests.support.node_binaries import find_binary

# The first account of the node's well-known test mnemonic.
ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

_ATTEMPTS = 100


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def anvil(*options: str, port: int | None = None) -> Iterator[str]:
    """Run a node until the end of the block and give its URL; skip the test where there is none."""
    binary, chosen = find_binary("anvil"), port or free_port()
    with subprocess.Popen(
        [binary, "--port", str(chosen), "--silent", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        url = f"http://127.0.0.1:{chosen}"
        try:
            _wait_for(url)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    transport = HttpTransport(url)
    try:
        for _ in range(_ATTEMPTS):
            try:
                transport.request("eth_chainId", [])
            except Unavailable:
                time.sleep(0.1)
            else:
                return
    finally:
        transport.close()
    pytest.fail("anvil does not answer")
