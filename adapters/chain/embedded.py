"""A chain inside this process: eth-tester's py-evm backend with Prague rules, spoken to as JSON-RPC.

Everything in it is determined by the transactions sent: the genesis time is fixed, a block is one second
after its parent, and nothing random enters a header. The same transactions give the same block hashes.
Each transaction is mined at once in a block of its own. For use by one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from eth.abc import (
    BlockAPI,
    BlockHeaderAPI,
    MiningChainAPI,
    SignedTransactionAPI,
    VirtualMachineAPI,
)
from eth.exceptions import HeaderNotFound, InsufficientFunds, Revert
from eth_account import Account
from eth_tester import PyEVMBackend
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

from adapters.chain import embedded_json as shape
from adapters.chain.transport import Call, Json, RpcError
from adapters.chain.values import (
    read_address,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)
from domain.kernel.ids import Hash32

CHAIN_ID: Final = 1337
GENESIS_TIME: Final = 1_767_225_600
"""2026-01-01 00:00 UTC."""

DEPLOYER_KEY: Final = keccak(text="agentgpt-ledger embedded deployer")
"""Key of the one account that has ether at genesis. The chain ends with the process: nothing hangs on it."""

_ETHER: Final = 10**18
_GAS_PRICE: Final = 10**9
_CALL_GAS: Final = 25_000_000
_INVALID_PARAMS: Final = -32602
_METHOD_UNKNOWN: Final = -32601
_REFUSED: Final = -32000
_REVERTED: Final = 3

_HeaderField: TypeAlias = int | bytes


class _Backend(PyEVMBackend):  # type: ignore[misc]  # eth_tester is untyped
    """The stock backend without its two sources of chance: the wall clock and a random mix hash."""

    chain: MiningChainAPI

    def __init__(self) -> None:
        params = self.generate_genesis_params({"timestamp": GENESIS_TIME})
        deployer = bytes.fromhex(Account.from_key(DEPLOYER_KEY).address[2:])
        account = {"balance": 10**9 * _ETHER, "storage": {}, "code": b"", "nonce": 0}
        super().__init__(genesis_parameters=params, genesis_state={deployer: account})
        stock = type(self.chain)

        class SteadyChain(stock):  # type: ignore[misc, valid-type]
            chain_id = CHAIN_ID

            def create_header_from_parent(
                self, parent_header: BlockHeaderAPI, **params: _HeaderField
            ) -> BlockHeaderAPI:
                params.setdefault("timestamp", parent_header.timestamp + 1)
                return super().create_header_from_parent(parent_header, **params)

        genesis = self.chain.get_canonical_block_header_by_number(0)
        self.chain = SteadyChain.from_genesis_header(self.chain.chaindb.db, genesis)

    def mine(self) -> BlockAPI:
        """Mine the pending block and return it."""
        parent = self.chain.header.parent_hash
        return self.chain.mine_block(mix_hash=keccak(parent), coinbase=bytes(20), blob_gas_used=0)


class EmbeddedChain:
    """A fresh chain. Only the methods that the ledger needs are there; others are refused as unknown."""

    def __init__(self) -> None:
        self._backend = _Backend()
        # Receipts and logs are kept as they are made: the stock look-ups walk back through all blocks.
        self._receipts: dict[bytes, Mapping[str, Json]] = {}
        self._logs: dict[int, list[Mapping[str, Json]]] = {}
        self._methods: Mapping[str, Callable[[Sequence[Json]], Json]] = {
            "eth_chainId": lambda _: hex(CHAIN_ID),
            "eth_blockNumber": lambda _: hex(self._head().block_number),
            "eth_gasPrice": lambda _: hex(_GAS_PRICE),
            "eth_maxPriorityFeePerGas": lambda _: hex(_GAS_PRICE),
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getBalance": self._balance,
            "eth_getTransactionCount": self._nonce,
            "eth_getCode": self._code,
            "eth_call": self._call,
            "eth_getLogs": self._get_logs,
            "eth_sendRawTransaction": self._send_raw,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getBlockReceipts": self._block_receipts,
            "evm_increaseTime": self._increase_time,
            "evm_mine": self._mine,
            "evm_snapshot": self._snapshot,
            "evm_revert": self._revert,
            "web3_clientVersion": lambda _: "agentgpt-embedded/py-evm",
        }

    @property
    def endpoint(self) -> str:
        """What errors call this chain."""
        return "the embedded chain"

    def close(self) -> None:
        """Nothing to release: the chain goes with the object."""

    def request(self, method: str, params: Sequence[Json]) -> Json:
        """Return the result of one call. Raises RpcError as a node would, also on a revert."""
        run = self._methods.get(method)
        if run is None:
            raise RpcError(f"the embedded chain has no {method}", rpc_code=_METHOD_UNKNOWN)
        return run(params)

    def batch(self, calls: Sequence[Call]) -> list[Json]:
        """Return the results in the order of `calls`."""
        return [self.request(method, params) for method, params in calls]

    # Blocks

    def _head(self) -> BlockHeaderAPI:
        pending = self._backend.chain.header
        return self._backend.chain.get_canonical_block_header_by_number(pending.block_number - 1)

    def _header_at(self, tag: Json) -> BlockHeaderAPI | None:
        if tag in {"latest", "pending", "safe", "finalized"}:
            return self._head()
        number = 0 if tag == "earliest" else read_quantity(tag, "block number")
        if number >= self._backend.chain.header.block_number:
            return None
        return self._backend.chain.get_canonical_block_header_by_number(number)

    def _vm_at(self, tag: Json) -> VirtualMachineAPI:
        header = self._header_at(tag)
        if header is None:
            raise RpcError(f"there is no block {tag} yet", rpc_code=_REFUSED)
        return self._backend.chain.get_vm(header)

    def _block_by_number(self, params: Sequence[Json]) -> Json:
        header = self._header_at(_param(params, 0))
        return None if header is None else self._block_json(header)

    def _block_by_hash(self, params: Sequence[Json]) -> Json:
        header = self._header_of(_param(params, 0))
        return None if header is None else self._block_json(header)

    def _header_of(self, block_hash: Json) -> BlockHeaderAPI | None:
        wanted = bytes.fromhex(read_hash(block_hash, "block hash")[2:])
        try:
            header = self._backend.chain.get_block_header_by_hash(wanted)
        except HeaderNotFound:
            return None
        # A block that was replaced is stored still, but it is not on the chain.
        return header if self._header_at(hex(header.block_number)) == header else None

    def _block_json(self, header: BlockHeaderAPI) -> Json:
        hashes = self._backend.chain.chaindb.get_block_transaction_hashes(header)
        return shape.block(header, list(hashes))

    # State

    def _balance(self, params: Sequence[Json]) -> Json:
        return hex(self._vm_at(_block_param(params)).state.get_balance(_account(params)))

    def _nonce(self, params: Sequence[Json]) -> Json:
        return hex(self._vm_at(_block_param(params)).state.get_nonce(_account(params)))

    def _code(self, params: Sequence[Json]) -> Json:
        return shape.data(self._vm_at(_block_param(params)).state.get_code(_account(params)))

    def _call(self, params: Sequence[Json]) -> Json:
        call = read_object(_param(params, 0), "call")
        vm = self._vm_at(_block_param(params))
        given = read_data(call.get("data", call.get("input", "0x")), "data")
        target = call.get("to")
        to = b"" if target is None else bytes.fromhex(read_address(target, "to")[2:])
        sender = bytes.fromhex(read_address(call.get("from", "0x" + "00" * 20), "from")[2:])
        computation = vm.execute_bytecode(
            origin=sender,
            gas_price=0,
            gas=_CALL_GAS,
            to=to,
            sender=sender,
            value=read_quantity(call.get("value", "0x0"), "value"),
            # Without a target the data is the code of a constructor.
            data=given if to else b"",
            code=vm.state.get_code(to) if to else given,
            code_address=to,
        )
        if computation.is_error:
            reverted = isinstance(computation.error, Revert)
            raise RpcError(
                "execution reverted" if reverted else f"execution failed: {computation.error!r}",
                rpc_code=_REVERTED if reverted else _REFUSED,
                data=shape.data(computation.output) if reverted else None,
            )
        return shape.data(computation.output)

    def _get_logs(self, params: Sequence[Json]) -> Json:
        wanted = read_object(_param(params, 0), "filter")
        unknown = set(wanted) - {"fromBlock", "toBlock", "blockHash", "address", "topics"}
        if unknown:
            raise RpcError(f"no filter by {', '.join(sorted(unknown))}", rpc_code=_INVALID_PARAMS)
        if "blockHash" in wanted:
            first = last = self._header_of(wanted["blockHash"])
        else:
            first = self._header_at(wanted.get("fromBlock", "latest"))
            last = self._header_at(wanted.get("toBlock", "latest"))
        if first is None or last is None:
            raise RpcError("the chain has no such block", rpc_code=_INVALID_PARAMS)
        addresses = {read_address(each, "address") for each in _some(wanted.get("address"))}
        topics = [
            {read_hash(each, "topic") for each in _some(choice)}
            for choice in _some(wanted.get("topics"))
        ]
        return [
            log
            for number in range(first.block_number, last.block_number + 1)
            for log in self._logs.get(number, ())
            if (not addresses or log["address"] in addresses)
            and _has_topics(read_list(log["topics"], "topics"), topics)
        ]

    # Transactions

    def _send_raw(self, params: Sequence[Json]) -> Json:
        raw = read_data(_param(params, 0), "raw transaction")
        chain = self._backend.chain
        try:
            transaction = _decoded(chain, raw)
            _, receipt, computation = chain.apply_transaction(transaction)
        except (ValidationError, InsufficientFunds, RLPException) as error:
            raise RpcError(f"transaction refused: {error}", rpc_code=_REFUSED) from error
        block = self._backend.mine()
        entry = shape.receipt(block.header, transaction, receipt, computation.msg.storage_address)
        self._receipts[transaction.hash] = entry
        logs = read_list(entry["logs"], "logs")
        if logs:
            self._logs[block.number] = [read_object(log, "log") for log in logs]
        return shape.data(transaction.hash)

    def _receipt(self, params: Sequence[Json]) -> Json:
        wanted = bytes.fromhex(read_hash(_param(params, 0), "transaction hash")[2:])
        return self._receipts.get(wanted)

    def _block_receipts(self, params: Sequence[Json]) -> Json:
        given = _param(params, 0)
        is_hash = isinstance(given, str) and len(given) == 66
        header = self._header_of(given) if is_hash else self._header_at(given)
        if header is None:
            return None
        hashes = self._backend.chain.chaindb.get_block_transaction_hashes(header)
        return [self._receipts[each] for each in hashes]

    # Time

    def _increase_time(self, params: Sequence[Json]) -> Json:
        given = _param(params, 0)
        seconds = given if isinstance(given, int) else read_quantity(given, "seconds")
        chain = self._backend.chain
        chain.set_header_timestamp(chain.header.timestamp + seconds)
        return hex(seconds)

    def _snapshot(self, params: Sequence[Json]) -> Json:
        del params
        return shape.data(self._head().hash)

    def _revert(self, params: Sequence[Json]) -> Json:
        """Go back to a snapshot: the blocks above it are no more. What is mined next makes another branch."""
        header = self._header_of(_param(params, 0))
        if header is None:
            return False
        self._backend.revert_to_snapshot(header.hash)
        height = header.block_number
        self._logs = {number: logs for number, logs in self._logs.items() if number <= height}
        self._receipts = {
            key: entry
            for key, entry in self._receipts.items()
            if read_quantity(entry["blockNumber"], "block number") <= height
        }
        return True

    def _mine(self, params: Sequence[Json]) -> Json:
        del params
        self._backend.mine()
        return "0x0"


def _param(params: Sequence[Json], index: int) -> Json:
    if index >= len(params):
        raise RpcError(f"parameter {index} is missing", rpc_code=_INVALID_PARAMS)
    return params[index]


def _block_param(params: Sequence[Json]) -> Json:
    return params[1] if len(params) > 1 else "latest"


def _account(params: Sequence[Json]) -> bytes:
    return bytes.fromhex(read_address(_param(params, 0), "address")[2:])


def _decoded(chain: MiningChainAPI, raw: bytes) -> SignedTransactionAPI:
    transaction = chain.get_transaction_builder().decode(raw)
    # py-evm looks at the chain of old-style transactions only.
    if transaction.chain_id != CHAIN_ID:
        raise ValidationError(f"it is signed for the chain {transaction.chain_id}")
    return transaction


def _some(value: Json) -> Sequence[Json]:
    """Return a filter's choices: nothing, one, or a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _has_topics(topics: Sequence[Json], wanted: Sequence[set[Hash32]]) -> bool:
    return len(wanted) <= len(topics) and all(
        not choice or topic in choice for topic, choice in zip(topics, wanted, strict=False)
    )
