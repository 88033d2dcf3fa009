"""Block headers as nodes give them, and the proof that one is what its hash says.

A header is hashed as the RLP of its fields in the order of the forks that added them (London, Shanghai, Cancun,
Prague, Amsterdam). A chain with fields of its own (Avalanche, for one) cannot be checked, and that is said.
Order: https://github.com/ethereum/execution-specs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.chain.hashing import keccak, rlp_bytes, rlp_list, rlp_number
from adapters.chain.transport import Json, MalformedAnswer
from adapters.chain.values import (
    read_count,
    read_data,
    read_hash,
    read_object,
    read_quantity,
)
from domain.application.ports import BlockRef
from domain.kernel.errors import Unavailable
from domain.kernel.ids import BlockNumber, Hash32, Timestamp

_FIELDS: Final = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
_LATER_FIELDS: Final = (
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
)
_NUMBERS: Final = frozenset(
    {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
        "slotNumber",
    }
)
_BESIDES: Final = frozenset(
    {
        "hash",
        "size",
        "totalDifficulty",
        "transactions",
        "uncles",
        "withdrawals",
        # Arbitrum writes these beside a header that hashes as Ethereum's does.
        "l1BlockNumber",
        "sendCount",
        "sendRoot",
    }
)
"""What nodes put beside the fields that are hashed."""

_KNOWN: Final = frozenset((*_FIELDS, *_LATER_FIELDS)) | _BESIDES

BLOOM_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header. `bloom` has its bits as a number; `encoded` is the RLP whose hash should be the block's.

    `unknown_fields` are the members that no fork known here has: with any of them the hash may not be rebuilt.
    """

    ref: BlockRef
    bloom: int
    receipts_root: bytes
    encoded: bytes
    hashes: bool
    unknown_fields: tuple[str, ...]


def read_header(answer: Json, wanted: int | Hash32 | None) -> Header:
    """Return a node's header, its formats checked and hashed; `wanted` is the number or hash asked for.

    Raises MalformedAnswer, and Unavailable when the node has no such block.
    """
    ref = read_block(answer, wanted)
    fields = read_object(answer, "block")
    bloom = read_data(fields.get("logsBloom"), "block.logsBloom")
    if len(bloom) * 8 != BLOOM_BITS:
        raise MalformedAnswer(f"the node's `block.logsBloom` has {len(bloom)} bytes, not 256")
    encoded = header_rlp(fields)
    return Header(
        ref=ref,
        bloom=int.from_bytes(bloom, "big"),
        receipts_root=bytes.fromhex(
            read_hash(fields.get("receiptsRoot"), "block.receiptsRoot")[2:]
        ),
        encoded=encoded,
        hashes="0x" + keccak(encoded).hex() == ref.hash,
        unknown_fields=tuple(sorted(fields.keys() - _KNOWN)),
    )


def read_block(answer: Json, wanted: int | Hash32 | None) -> BlockRef:
    """Return which block a node's answer is; `wanted` is the number or hash asked for, None for the head.

    Raises MalformedAnswer, and Unavailable when the node has no such block.
    """
    if answer is None:
        raise Unavailable(
            f"the node has no block {wanted}",
            hint="it may still be catching up; try again later",
        )
    fields = read_object(answer, "block")
    number = read_count(fields.get("number"), "block.number")
    block_hash = read_hash(fields.get("hash"), "block.hash")
    if wanted is not None and wanted not in (number, block_hash):
        raise contradiction(f"block {number} when asked for block {wanted}")
    return BlockRef(
        number=BlockNumber(number),
        hash=block_hash,
        parent_hash=read_hash(fields.get("parentHash"), "block.parentHash"),
        time=Timestamp(read_count(fields.get("timestamp"), "block.timestamp")),
    )


def header_rlp(fields: Mapping[str, Json]) -> bytes:
    """Return the RLP of a header given as a node gives it. Raises MalformedAnswer."""
    parts = [_encoded(fields, name) for name in _FIELDS]
    for name in _LATER_FIELDS:
        if fields.get(name) is None:
            break
        parts.append(_encoded(fields, name))
    return rlp_list(b"".join(parts))


def check_follows(before: BlockRef, after: BlockRef) -> None:
    """Raise MalformedAnswer when the later of two blocks is older, or is the next one and has another parent."""
    if after.time < before.time:
        raise contradiction(f"block {after.number} is older than block {before.number}")
    if after.number == before.number + 1 and after.parent_hash != before.hash:
        raise contradiction(f"block {after.number} does not follow block {before.number}")


def contradiction(what: str) -> MalformedAnswer:
    """Return the error that says how a node's answers do not fit together."""
    return MalformedAnswer(
        f"the node contradicts itself: {what}",
        hint="nothing was recorded; try again, and use another node if it happens again",
    )


def _encoded(fields: Mapping[str, Json], name: str) -> bytes:
    value, label = fields.get(name), f"block.{name}"
    if name in _NUMBERS:
        return rlp_number(read_quantity(value, label))
    return rlp_bytes(read_data(value, label))
