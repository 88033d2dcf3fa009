"""Shapes of the embedded chain's answers: py-evm objects as the JSON that nodes give (execution-apis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eth.abc import BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from rlp import encode

from adapters.chain.transport import Json


def data(value: bytes) -> str:
    """Return bytes as `0x` hex."""
    return "0x" + value.hex()


def block(header: BlockHeaderAPI, transaction_hashes: Sequence[bytes]) -> Mapping[str, Json]:
    """Return a block with the hashes of its transactions."""
    return {
        "number": hex(header.block_number),
        "hash": data(header.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": f"0x{header.bloom:0512x}",
        "transactionsRoot": data(header.transaction_root),
        "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root),
        "miner": data(header.coinbase),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": data(header.extra_data),
        "size": hex(len(encode(header))),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "transactions": [data(each) for each in transaction_hashes],
        "uncles": [],
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "mixHash": data(header.mix_hash),
        "withdrawalsRoot": data(header.withdrawals_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash),
    }


def receipt(
    header: BlockHeaderAPI, transaction: SignedTransactionAPI, made: ReceiptAPI, created: bytes
) -> Mapping[str, Json]:
    """Return the receipt of the only transaction of the block `header`."""
    where: dict[str, Json] = {
        "blockNumber": hex(header.block_number),
        "blockHash": data(header.hash),
        "transactionHash": data(transaction.hash),
        "transactionIndex": "0x0",
    }
    logs: list[Json] = [
        {
            **where,
            "address": data(log.address),
            "topics": [f"0x{topic:064x}" for topic in log.topics],
            "data": data(log.data),
            "logIndex": hex(index),
            "removed": False,
        }
        for index, log in enumerate(made.logs)
    ]
    is_creation = transaction.to == b""
    return {
        **where,
        "from": data(transaction.sender),
        "to": None if is_creation else data(transaction.to),
        "contractAddress": data(created) if is_creation else None,
        "status": "0x1" if made.state_root == b"\x01" else "0x0",
        "gasUsed": hex(made.gas_used),
        "cumulativeGasUsed": hex(made.gas_used),
        "effectiveGasPrice": hex(_price(header, transaction)),
        "logsBloom": f"0x{made.bloom:0512x}",
        "logs": logs,
        "type": hex(getattr(transaction, "type_id", None) or 0),
    }


def _price(header: BlockHeaderAPI, transaction: SignedTransactionAPI) -> int:
    tip = min(
        transaction.max_priority_fee_per_gas,
        transaction.max_fee_per_gas - header.base_fee_per_gas,
    )
    return int(header.base_fee_per_gas + tip)
