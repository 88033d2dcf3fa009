"""What a node says about the attempts of intents: which block holds one, or whose transaction took the nonce."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.chain.purse import call_of
from adapters.chain.reverts import Reverted, raise_reverted
from adapters.chain.transport import Json, MalformedAnswer, RpcError, Transport
from adapters.chain.values import read_count, read_hash, read_list, read_object, read_quantity
from domain.chain.finality import FinalityContradicted, FinalityPolicy, heights_of
from domain.kernel.ids import Address, BlockNumber, Hash32
from domain.outbox.commands import SeenForeign, SeenReceipt
from domain.outbox.state import Intent

REASON_CHARS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Heights:
    """The newest block, and the newest that is final (-1: none)."""

    head: BlockNumber
    final: int


def read_heights(transport: Transport, policy: FinalityPolicy) -> Heights:
    """Ask for both; the policy says when a block is final. Raises Unavailable, also when the node contradicts it."""
    tagged: dict[str, BlockNumber] = {}
    for tag in policy.tags:
        # Before the newest block, so that none stands above it, however fast blocks come.
        block = _tagged(transport, tag)
        if block is not None:
            tagged[tag] = _number(block)
    head = _number(transport.request("eth_getBlockByNumber", ["latest", False]))
    try:
        return Heights(head, heights_of(policy, head, tagged).final)
    except FinalityContradicted as error:
        raise MalformedAnswer(error.message, hint=error.hint) from error


def _tagged(transport: Transport, tag: str) -> Json:
    try:
        return transport.request("eth_getBlockByNumber", [tag, False])
    except RpcError as error:
        # Geth calls a tag without a block yet an error.
        if "not found" in error.message.lower():
            return None
        raise


def _number(block: Json) -> BlockNumber:
    return BlockNumber(read_count(read_object(block, "block").get("number"), "number"))


class Sightings:
    """Looks at attempts through one node."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def receipts(self, intents: Sequence[Intent]) -> Mapping[Hash32, SeenReceipt]:
        """Return the receipt of each intent of which a block of the present chain holds an attempt, by intent id."""
        asked = [
            (intent, attempt.transaction_hash)
            for intent in intents
            for attempt in reversed(intent.attempts)
        ]
        answers = self._transport.batch(
            [("eth_getTransactionReceipt", [each]) for _, each in asked]
        )
        found = [
            (intent, _receipt(answer, sent))
            for (intent, sent), answer in zip(asked, answers, strict=True)
            if answer is not None
        ]
        # A node may keep the receipt of a block that it has replaced: only the block at that height counts.
        blocks = self._transport.batch(
            [("eth_getBlockByNumber", [hex(seen.block_number), False]) for _, seen in found]
        )
        standing: dict[Hash32, SeenReceipt] = {}
        for (intent, seen), block in zip(found, blocks, strict=True):
            if block is None or read_hash(read_object(block, "block").get("hash"), "hash") != (
                seen.block_hash
            ):
                continue
            standing[intent.requested.intent_id] = self._explained(intent, seen)
        return standing

    def _explained(self, intent: Intent, seen: SeenReceipt) -> SeenReceipt:
        if seen.succeeded:
            return seen
        reason = f"it used all of {seen.gas_used} gas or gave no reason"
        try:
            # The state after its block differs only by later transactions of the same block: it changed nothing.
            self._transport.request("eth_call", [call_of(intent.requested), hex(seen.block_number)])
        except RpcError as error:
            try:
                raise_reverted(error, during=intent.requested.label)
                reason = error.message
            except Reverted as refusal:
                reason = refusal.message
        printable = "".join(each if each.isprintable() else " " for each in reason)
        return SeenReceipt(
            transaction_hash=seen.transaction_hash,
            block_number=seen.block_number,
            block_hash=seen.block_hash,
            succeeded=False,
            gas_used=seen.gas_used,
            reason=printable[:REASON_CHARS_MAX],
        )

    def count(self, sender: Address, block: str) -> int:
        """Return how many transactions of the sender the chain has at a block: the next nonce there."""
        answer = self._transport.request("eth_getTransactionCount", [sender, block])
        return read_count(answer, "nonce")

    def known(self, hashes: Sequence[Hash32]) -> Sequence[bool]:
        """Tell of each transaction whether the node has it, mined or waiting."""
        answers = self._transport.batch([("eth_getTransactionByHash", [each]) for each in hashes])
        return [answer is not None for answer in answers]

    def user_of_nonce(
        self, sender: Address, nonce: int, *, after: BlockNumber, until: int
    ) -> SeenForeign | None:
        """Return the transaction that used a nonce in a block of (`after`, `until`], None when none did.

        It takes a look at old states, which some nodes do not keep: they raise Unavailable.
        """
        if self.count(sender, hex(until)) <= nonce:
            return None
        low, high = int(after), until
        # The first block after which the count is above the nonce.
        while low < high:
            middle = (low + high) // 2
            if self.count(sender, hex(middle)) > nonce:
                high = middle
            else:
                low = middle + 1
        block = read_object(
            self._transport.request("eth_getBlockByNumber", [hex(low), True]), "block"
        )
        for item in read_list(block.get("transactions"), "transactions"):
            transaction = read_object(item, "transaction")
            if (
                str(transaction.get("from")).lower() == sender
                and read_quantity(transaction.get("nonce"), "nonce") == nonce
            ):
                return SeenForeign(
                    transaction_hash=read_hash(transaction.get("hash"), "hash"),
                    block_number=BlockNumber(low),
                )
        return None


def _receipt(answer: Json, sent: Hash32) -> SeenReceipt:
    receipt = read_object(answer, "receipt")
    if read_hash(receipt.get("transactionHash"), "transactionHash") != sent:
        raise MalformedAnswer("the node gave the receipt of another transaction")
    return SeenReceipt(
        transaction_hash=sent,
        block_number=BlockNumber(read_count(receipt.get("blockNumber"), "blockNumber")),
        block_hash=read_hash(receipt.get("blockHash"), "blockHash"),
        succeeded=read_quantity(receipt.get("status"), "status") == 1,
        gas_used=read_count(receipt.get("gasUsed"), "gasUsed"),
    )
