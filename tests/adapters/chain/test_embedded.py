"""The embedded chain speaks as a node does, and its blocks depend on its transactions alone."""

from __future__ import annotations

from typing import Any, cast

import pytest
from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from adapters.chain.embedded import CHAIN_ID, DEPLOYER_KEY, GENESIS_TIME, EmbeddedChain
from adapters.chain.keys import Signer
from adapters.chain.transport import Json, MalformedAnswer, RpcError, Transport
from contracts.artifact import load
from domain.application.ports import Deployment
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import account

DEPLOYER = Signer(DEPLOYER_KEY)


class Web3Provider(JSONBaseProvider):
    """web3 over any of our transports."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        result = self._transport.request(method, params)
        return cast(RPCResponse, {"jsonrpc": "2.0", "id": 1, "result": result})


def transfer(chain: EmbeddedChain, nonce: int, **changes: int) -> Json:
    fields: dict[str, int | bytes] = {
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "to": bytes.fromhex(account(0x77)[2:]),
        "value": 5,
        "gas": 21_000,
        "maxFeePerGas": 3 * 10**9,
        "maxPriorityFeePerGas": 10**9,
        **changes,
    }
    raw, _ = DEPLOYER.sign(fields)
    return chain.request("eth_sendRawTransaction", ["0x" + raw.hex()])


def block(chain: EmbeddedChain, tag: str = "latest") -> dict[str, Any]:
    found = chain.request("eth_getBlockByNumber", [tag, False])
    assert isinstance(found, dict)
    return found


def test_equal_transactions_make_equal_blocks() -> None:
    hashes = []
    for _ in range(2):
        chain = EmbeddedChain()
        for nonce in range(3):
            transfer(chain, nonce)
        hashes.append([block(chain, hex(number))["hash"] for number in range(4)])
    assert hashes[0] == hashes[1]


def test_blocks_follow_each_other_by_hash_and_by_a_second() -> None:
    chain = EmbeddedChain()
    for nonce in range(3):
        transfer(chain, nonce)
    assert int(block(chain, "0x0")["timestamp"], 16) == GENESIS_TIME
    for number in range(1, 4):
        this, before = block(chain, hex(number)), block(chain, hex(number - 1))
        assert this["parentHash"] == before["hash"]
        assert int(this["timestamp"], 16) == int(before["timestamp"], 16) + 1
        assert chain.request("eth_getBlockByHash", [this["hash"], False]) == this


def test_time_can_be_moved() -> None:
    chain = EmbeddedChain()
    before = int(block(chain)["timestamp"], 16)
    chain.request("evm_increaseTime", [3600])
    chain.request("evm_mine", [])
    assert int(block(chain)["timestamp"], 16) == before + 3601


def test_a_receipt_tells_where_a_transaction_stands() -> None:
    chain = EmbeddedChain()
    sent = transfer(chain, 0)
    receipt = chain.request("eth_getTransactionReceipt", [sent])
    assert isinstance(receipt, dict)
    assert receipt["status"] == "0x1"
    assert receipt["blockHash"] == block(chain)["hash"]
    assert block(chain)["transactions"] == [sent]
    assert chain.request("eth_getBalance", [account(0x77), "latest"]) == "0x5"


@pytest.mark.parametrize(
    ("nonce", "changes"),
    [(1, {}), (0, {"gas": 20_000}), (0, {"value": 10**40}), (0, {"chainId": 1})],
)
def test_a_transaction_that_no_node_takes_is_refused_and_mines_nothing(
    nonce: int, changes: dict[str, int]
) -> None:
    chain = EmbeddedChain()
    with pytest.raises(RpcError, match="refused"):
        transfer(chain, nonce, **changes)
    assert chain.request("eth_blockNumber", []) == "0x0"
    transfer(chain, 0)


def test_what_is_no_transaction_is_refused() -> None:
    with pytest.raises(RpcError, match="refused"):
        EmbeddedChain().request("eth_sendRawTransaction", ["0x02ff"])


def test_a_method_that_is_not_there_is_refused_as_nodes_do() -> None:
    with pytest.raises(RpcError) as caught:
        EmbeddedChain().request("eth_coinbase", [])
    assert caught.value.rpc_code == -32601


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBlockByNumber", ["twelve", False]),
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getLogs", ["all"]),
        ("eth_sendRawTransaction", [5]),
    ],
)
def test_a_malformed_parameter_is_refused(method: str, params: list[Json]) -> None:
    with pytest.raises(MalformedAnswer):
        EmbeddedChain().request(method, params)


def test_a_block_that_is_not_there_is_null() -> None:
    chain = EmbeddedChain()
    assert chain.request("eth_getBlockByNumber", ["0x1", False]) is None
    assert chain.request("eth_getBlockByHash", ["0x" + "ab" * 32, False]) is None
    assert chain.request("eth_getTransactionReceipt", ["0x" + "ab" * 32]) is None


def test_logs_are_filtered_by_address_and_range(told: Told) -> None:
    chain, arbiter = told.chain, told.deployment.arbiter
    logs = chain.request(
        "eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest", "address": arbiter}]
    )
    assert isinstance(logs, list)
    assert {each["address"] for each in logs} == {arbiter}
    number = logs[len(logs) // 2]["blockNumber"]
    some = chain.request(
        "eth_getLogs", [{"fromBlock": number, "toBlock": number, "address": [arbiter]}]
    )
    assert some == [each for each in logs if each["blockNumber"] == number]


def test_web3_reads_the_embedded_chain_like_any_node(told: Told) -> None:
    w3 = Web3(Web3Provider(told.chain))
    assert w3.eth.chain_id == CHAIN_ID
    head = w3.eth.get_block("latest")
    assert w3.eth.get_block(head["hash"])["number"] == w3.eth.block_number
    receipt = w3.eth.get_transaction_receipt(cast(Any, head["transactions"][0]))
    assert receipt["status"] == 1
    token = contract(w3, "AGPT", told.deployment)
    held = token.functions.balanceOf(w3.to_checksum_address(told.deployment.arbiter)).call()
    assert held > 0
    arbiter = contract(w3, "HeavyComputeArbiter", told.deployment)
    logs = arbiter.events.NodeSlashed().get_logs(from_block=0)
    assert len(logs) >= 3
    assert all(each["args"]["amount"] > 0 for each in logs)


def contract(w3: Web3, name: str, deployment: Deployment) -> Any:
    address = deployment.token if name == "AGPT" else deployment.arbiter
    return w3.eth.contract(w3.to_checksum_address(address), abi=cast(Any, load(name).abi))
