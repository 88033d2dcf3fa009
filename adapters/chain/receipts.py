"""Receipts as nodes give them, in the bytes that a block's receipts root commits to.

All typed receipts (EIP-2718: 2930, 1559, 4844, 7702) have the same four fields behind the byte of their type.
A log is committed to by its address, topics, data and place; the transaction's hash is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.chain.hashing import rlp_bytes, rlp_list, rlp_number
from adapters.chain.transport import Json
from adapters.chain.values import (
    read_address,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)
from domain.kernel.ids import Address, Hash32

_TOPIC_PREFIX: Final = b"\xa0"
_ADDRESS_PREFIX: Final = b"\x94"


@dataclass(frozen=True, slots=True)
class CommittedLog:
    """A log as the receipts commit to it. `index` counts the logs of the block."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes
    index: int
    transaction_index: int
    transaction_hash: Hash32


@dataclass(frozen=True, slots=True)
class BlockReceipts:
    """All receipts of a block: `encoded` as the trie holds them, and the logs in order."""

    encoded: tuple[bytes, ...]
    logs: tuple[CommittedLog, ...]


def read_receipts(answer: Json) -> BlockReceipts:
    """Return a block's receipts encoded, with their logs numbered. Raises MalformedAnswer."""
    encoded: list[bytes] = []
    logs: list[CommittedLog] = []
    for place, entry in enumerate(read_list(answer, "receipts")):
        receipt = read_object(entry, "receipt")
        transaction = read_hash(receipt.get("transactionHash"), "receipt.transactionHash")
        parts: list[bytes] = []
        for raw in read_list(receipt.get("logs"), "receipt.logs"):
            fields = read_object(raw, "receipt.logs")
            log = CommittedLog(
                address=read_address(fields.get("address"), "log.address"),
                topics=tuple(
                    [
                        read_hash(topic, "log.topics")
                        for topic in read_list(fields.get("topics"), "log.topics")
                    ]
                ),
                data=read_data(fields.get("data"), "log.data"),
                index=len(logs),
                transaction_index=place,
                transaction_hash=transaction,
            )
            logs.append(log)
            parts.append(_encoded_log(log))
        encoded.append(_encoded_receipt(receipt, parts))
    return BlockReceipts(tuple(encoded), tuple(logs))


def _encoded_receipt(receipt: Mapping[str, Json], logs: Sequence[bytes]) -> bytes:
    status, kind = receipt.get("status"), read_quantity(receipt.get("type", "0x0"), "receipt.type")
    # Before Byzantium a receipt had the state root in the place of the status.
    outcome = (
        rlp_bytes(read_data(receipt.get("root"), "receipt.root"))
        if status is None
        else rlp_number(read_quantity(status, "receipt.status"))
    )
    gas = rlp_number(read_quantity(receipt.get("cumulativeGasUsed"), "receipt.cumulativeGasUsed"))
    bloom = rlp_bytes(read_data(receipt.get("logsBloom"), "receipt.logsBloom"))
    body = rlp_list(outcome + gas + bloom + rlp_list(b"".join(logs)))
    return bytes((kind & 0xFF,)) + body if kind else body


def _encoded_log(log: CommittedLog) -> bytes:
    topics = rlp_list(b"".join([_TOPIC_PREFIX + bytes.fromhex(topic[2:]) for topic in log.topics]))
    address = _ADDRESS_PREFIX + bytes.fromhex(log.address[2:])
    return rlp_list(address + topics + rlp_bytes(log.data))
