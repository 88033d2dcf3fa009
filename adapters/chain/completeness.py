"""Holds a node's logs against the headers of their blocks, which commit to every log.

A header's hash covers its bloom and its receipts root. A bloom without our addresses proves that the block has no
log of ours; one with them says that it probably has. The receipts, once they hash to the root, say exactly which.
Filter and trie: https://ethereum.github.io/yellowpaper/paper.pdf, sections 4.3 and 4.4
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import SystemRandom
from typing import Final, Protocol

from adapters.chain.hashing import keccak
from adapters.chain.headers import BLOOM_BITS, Header, contradiction
from adapters.chain.index_trie import IndexTrie
from adapters.chain.receipts import BlockReceipts, CommittedLog, read_receipts
from adapters.chain.translate import RawLog
from adapters.chain.transport import (
    AnswerTooLarge,
    Call,
    Json,
    MalformedAnswer,
    RpcError,
    Transport,
)
from adapters.chain.values import read_list, read_object
from adapters.chain.watched import Interest, Watched
from domain.kernel.ids import Address

_SAMPLED: Final = 1 / 16
"""The part of the blocks with logs of ours that `sample` proves."""

_CHANCE_OF_ACCIDENT: Final = 1 / 1000
"""Below this a bloom that holds an address by accident is too rare to be taken for granted."""

_RECEIPTS_AT_ONCE: Final = 16

unforeseen: Final = SystemRandom().random
"""Chance that a node cannot foresee: numbers in [0, 1)."""
_NAMED: Final = 3


class Verify(StrEnum):
    """How far the completeness of a block's logs is proven against its header."""

    OFF = "off"
    BLOOM = "bloom"
    SAMPLE = "sample"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """A block whose receipts hash to the root in its header. `own` are the logs of ours in it."""

    header: Header
    receipts: BlockReceipts
    trie: IndexTrie
    own: Sequence[CommittedLog]


class Keeper(Protocol):
    """Keeps what proves where logs came from."""

    def keep(self, headers: Sequence[Header], proven: Sequence[ProvenBlock]) -> None:
        """Keep headers, and of proven blocks the receipts that have a log of ours. Raises Unavailable."""
        ...


class Completeness:
    """Checks the logs of blocks. `watched` says which are ours; `chance` gives numbers in [0, 1) for `sample`.

    A node must not be able to foresee which blocks are proven, so `chance` is the system's by default.
    """

    def __init__(
        self,
        transport: Transport,
        watched: Watched,
        mode: Verify,
        *,
        chance: Callable[[], float] = unforeseen,
        keeper: Keeper | None = None,
    ) -> None:
        self._transport = transport
        self._watched = watched
        self._masks = {each: _mask_of(each) for each in watched.interests}
        self._by_address: dict[Address, list[Interest]] = {}
        for each in watched.interests:
            self._by_address.setdefault(each.address, []).append(each)
        self._mode = mode
        self._chance = chance
        self._keeper = keeper
        self._has_block_receipts = True
        self.unprovable: tuple[str, ...] = ()
        """Fields of this chain's headers that kept them from being hashed; empty while all were."""

    def check(self, headers: Sequence[Header], logs: Sequence[RawLog]) -> None:
        """Raise MalformedAnswer, which names what is wrong, unless `logs` are those of the blocks of `headers`.

        Raises Unavailable when the node does not give what the check needs.
        """
        by_block: dict[int, list[RawLog]] = {}
        for log in logs:
            by_block.setdefault(log.block_number, []).append(log)
        suspected = [
            header
            for header in headers
            if self._suspects(header, by_block.get(header.ref.number, ()))
        ]
        proven: list[ProvenBlock] = []
        for header, receipts in self._receipts(suspected):
            trie = _proven(header, receipts)
            own = [log for log in receipts.logs if self._watched.covers(log.address, log.topics)]
            _compare(header, by_block.get(header.ref.number, ()), own)
            proven.append(ProvenBlock(header, receipts, trie, own))
            # Receipts of whole blocks are large: they are kept a few blocks at a time.
            if len(proven) == _RECEIPTS_AT_ONCE:
                self._keep((), proven)
                proven.clear()
        self._keep(headers, proven)

    def _keep(self, headers: Sequence[Header], proven: Sequence[ProvenBlock]) -> None:
        if self._keeper is not None:
            self._keeper.keep(headers, proven)

    def _suspects(self, header: Header, logs: Sequence[RawLog]) -> bool:
        """Tell whether the block's receipts have to be looked at, after what the header alone can say."""
        self._check_hash(header)
        bloom, number = header.bloom, header.ref.number
        matched = {each for each, mask in self._masks.items() if bloom & mask == mask}
        given = {
            each
            for log in logs
            for each in self._by_address.get(log.address, ())
            if each.covers(log.address, log.topics)
        }
        for each in given - matched:
            raise contradiction(
                f"a log of {each.address} in block {number}, whose bloom says that it has none"
            )
        if self._mode is Verify.ALL:
            return bool(matched)
        if matched - given:
            if _chance_of_accident(bloom) < _CHANCE_OF_ACCIDENT:
                return True
            self._ask_again(header, matched - given)
        return self._mode is Verify.SAMPLE and bool(matched) and self._chance() < _SAMPLED

    def _check_hash(self, header: Header) -> None:
        if header.hashes:
            return
        number, unknown = header.ref.number, ", ".join(header.unknown_fields)
        if not unknown:
            raise contradiction(f"the header of block {number} does not hash to {header.ref.hash}")
        if self._mode is Verify.ALL:
            raise MalformedAnswer(
                f"the hash of block {number} cannot be rebuilt: this chain's headers have fields "
                f"that this version does not know ({unknown})",
                hint="nothing was recorded; --verify sample takes the headers of such a chain on trust",
            )
        self.unprovable = header.unknown_fields

    def _ask_again(self, header: Header, interests: set[Interest]) -> None:
        """Ask for one block's logs by its hash where a range gave none and a full bloom proves little."""
        where: Mapping[str, Json] = {"blockHash": header.ref.hash}
        calls: list[Call] = [
            ("eth_getLogs", [wanted])
            for each in sorted(interests, key=str)
            for wanted in each.filters(where)
        ]
        answers = self._transport.batch(calls)
        found = [log for answer in answers for log in read_list(answer, "logs")]
        if found:
            first = read_object(found[0], "log")
            raise contradiction(
                f"{len(found)} logs of block {header.ref.number} were missing in its answer for a range "
                f"(the first of transaction {str(first.get('transactionHash'))[:66]})"
            )

    def _receipts(self, headers: Sequence[Header]) -> Iterator[tuple[Header, BlockReceipts]]:
        waiting = [
            headers[start : start + _RECEIPTS_AT_ONCE]
            for start in reversed(range(0, len(headers), _RECEIPTS_AT_ONCE))
        ]
        while waiting:
            group = waiting.pop()
            try:
                answers = self._ask_receipts(group)
            except AnswerTooLarge:
                if len(group) == 1:
                    raise
                waiting += [group[len(group) // 2 :], group[: len(group) // 2]]
                continue
            for header, answer in zip(group, answers, strict=True):
                if answer is None:
                    raise contradiction(f"no receipts for block {header.ref.number}, which it has")
                yield header, read_receipts(answer)

    def _ask_receipts(self, group: Sequence[Header]) -> Sequence[Json]:
        if self._has_block_receipts:
            calls: list[Call] = [("eth_getBlockReceipts", [header.ref.hash]) for header in group]
            try:
                return self._transport.batch(calls)
            except RpcError as error:
                if not is_unknown_method(error):
                    raise
                self._has_block_receipts = False
        return [self._receipts_one_by_one(header) for header in group]

    def _receipts_one_by_one(self, header: Header) -> Json:
        block = self._transport.request("eth_getBlockByHash", [header.ref.hash, False])
        hashes = read_list(read_object(block, "block").get("transactions"), "block.transactions")
        return self._transport.batch([("eth_getTransactionReceipt", [each]) for each in hashes])


def bloom_mask(value: bytes) -> int:
    """Return the three bits that a value sets in a bloom: a number as wide as the bloom."""
    digest = keccak(value)
    mask = 0
    for at in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[at : at + 2], "big") % BLOOM_BITS)
    return mask


def _mask_of(interest: Interest) -> int:
    mask = 0
    for value in interest.values():
        mask |= bloom_mask(value)
    return mask


def is_unknown_method(error: RpcError) -> bool:
    """Tell whether a node says that it does not have the method at all."""
    text = error.message.lower()
    return error.rpc_code == -32601 or any(
        words in text
        for words in ("does not exist", "not available", "not supported", "unsupported", "has no ")
    )


def _chance_of_accident(bloom: int) -> float:
    return (bloom.bit_count() / BLOOM_BITS) ** 3


def _proven(header: Header, receipts: BlockReceipts) -> IndexTrie:
    trie = IndexTrie(receipts.encoded)
    if trie.root != header.receipts_root:
        raise contradiction(
            f"the receipts of block {header.ref.number} do not hash to the root in its header"
        )
    return trie


def _compare(header: Header, given: Sequence[RawLog], proven: Sequence[CommittedLog]) -> None:
    wanted = {log.index: log for log in proven}
    differences = [
        f"log {log.log_index} of block {log.block_number} "
        + (
            "differs from the one in the block's receipts"
            if log.log_index in wanted
            else "is not one of ours in the block's receipts"
        )
        + f" (transaction {log.transaction_hash})"
        for log in given
        if not _same(log, wanted.get(log.log_index))
    ]
    seen = {log.log_index for log in given}
    differences += [
        f"log {log.index} of block {header.ref.number} is in the block's receipts and missing in the "
        f"node's logs (transaction {log.transaction_hash})"
        for log in proven
        if log.index not in seen
    ]
    if differences:
        more = f", and {len(differences) - _NAMED} more" if len(differences) > _NAMED else ""
        raise contradiction("; ".join(differences[:_NAMED]) + more)


def _same(log: RawLog, proven: CommittedLog | None) -> bool:
    return proven is not None and (log.address, log.topics, log.data, log.transaction_hash) == (
        proven.address,
        proven.topics,
        proven.data,
        proven.transaction_hash,
    )
