"""Headers and receipts of a real node, in every fork that the supported chains have, hash to what the node says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from adapters.chain.headers import read_header
from adapters.chain.index_trie import IndexTrie, proven_value
from adapters.chain.receipts import read_receipts
from adapters.chain.rpc import HttpTransport
from tests.support.anvil import ANVIL_KEY, anvil

pytestmark = pytest.mark.node

# Logs its input; reverts without one.
LOGGER = "0x36600957" + "60006000fd" + "5b" + "366000600037" + "33366000a1" + "00"
TARGET = "0x" + "c0" * 20
SIZES = (1, 17, 130)


@pytest.fixture(params=["london", "paris", "shanghai", "cancun", "prague"])
def fork(request: pytest.FixtureRequest) -> Iterator[tuple[str, HttpTransport]]:
    with anvil("--hardfork", request.param, "--gas-limit", "300000000", "--no-mining") as url:
        transport = HttpTransport(url)
        try:
            yield request.param, transport
        finally:
            transport.close()


def send(node: HttpTransport, kind: int, nonce: int, data: bytes) -> None:
    fields: dict[str, object] = {
        "to": bytes.fromhex(TARGET[2:]),
        "gas": 200_000,
        "nonce": nonce,
        "chainId": 31337,
        "data": data,
        "value": 0,
    }
    if kind in (0, 1):
        fields["gasPrice"] = 3 * 10**9
    if kind == 1:
        fields |= {"type": 1, "accessList": []}
    if kind in (2, 4):
        fields |= {"type": kind, "maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9}
    if kind == 4:
        authority = keccak(text=f"authority {nonce}")
        grant = {"chainId": 31337, "address": bytes.fromhex(TARGET[2:]), "nonce": 0}
        fields["authorizationList"] = [Account.sign_authorization(grant, authority)]
    raw = Account.sign_transaction(fields, ANVIL_KEY).raw_transaction
    node.request("eth_sendRawTransaction", ["0x" + bytes(raw).hex()])


def test_the_headers_and_receipts_of_every_fork_are_rebuilt(
    fork: tuple[str, HttpTransport],
) -> None:
    name, node = fork
    node.request("anvil_setCode", [TARGET, LOGGER])
    kinds = (0, 1, 2, 4) if name == "prague" else (0, 1, 2)
    nonce = 0
    for size in SIZES:
        for place in range(size):
            data = b"" if place % 7 == 3 else b"\x01" * (1 + place * 37 % 400)
            send(node, kinds[place % len(kinds)], nonce, data)
            nonce += 1
        node.request("evm_mine", [])
        block = node.request("eth_getBlockByNumber", ["latest", False])
        header = read_header(block, None)
        assert header.hashes
        assert not header.unknown_fields
        receipts = read_receipts(node.request("eth_getBlockReceipts", [header.ref.hash]))
        assert len(receipts.encoded) == size
        trie = IndexTrie(receipts.encoded)
        assert trie.root == header.receipts_root
        for index in {0, size // 2, size - 1}:
            assert proven_value(trie.root, index, trie.proof(index)) == receipts.encoded[index]
