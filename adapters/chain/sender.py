"""Sends signed transactions from local keys and waits for their receipts.

Gas is always given by the caller: estimating costs a second execution, and on some nodes seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.chain.fees import FeeOffer
from adapters.chain.keys import Signer
from adapters.chain.reverts import raise_reverted
from adapters.chain.transport import Json, MalformedAnswer, RpcError, Transport
from adapters.chain.values import read_address, read_data, read_hash, read_object, read_quantity
from domain.kernel.errors import RuleRejected, Unavailable
from domain.kernel.ids import Address, BlockNumber, Hash32

_SEND_ATTEMPTS: Final = 4
_FIRST_PAUSE_SECONDS: Final = 0.002
_LONGEST_PAUSE_SECONDS: Final = 1.0
_RECEIPT_SECONDS: Final = 180.0

_KNOWN_ALREADY: Final = ("already known", "already imported", "known transaction")
_NONCE_WRONG: Final = ("nonce",)
_FEE_TOO_LOW: Final = ("max fee per gas less than", "base fee", "underpriced", "fee cap")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A mined transaction that succeeded. `created` is the address of the contract it made, if any."""

    transaction_hash: Hash32
    block_number: BlockNumber
    block_hash: Hash32
    gas_used: int
    created: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What to send. `to` None creates a contract; `label` is what errors call it."""

    label: str
    to: Address | None
    data: bytes = b""
    value_wei: int = 0
    gas: int


class Sender:
    """Sends one transaction at a time and keeps the nonce of each signer. For use by one thread."""

    def __init__(
        self, transport: Transport, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._transport = transport
        self._pause = pause
        self._chain_id = read_quantity(transport.request("eth_chainId", []), "chain id")
        self._fees = FeeOffer(transport)
        self._nonces: dict[Address, int] = {}

    @property
    def most_wei_per_gas(self) -> int:
        """What a unit of gas may cost at present."""
        fields = self._fees.fields()
        return fields.get("maxFeePerGas", fields.get("gasPrice", 0))

    def send(self, signer: Signer, transaction: Transaction) -> Receipt:
        """Send, wait until it is mined, and return the receipt.

        Raises Reverted when the contract refuses it, RuleRejected when the node does, Unavailable when
        the node cannot be reached or does not mine it in time.
        """
        sent = self._submit(signer, transaction)
        receipt = self._await_receipt(sent, transaction)
        if read_quantity(receipt.get("status"), "receipt.status") != 1:
            self._explain(signer, transaction, receipt)
        created = receipt.get("contractAddress")
        return Receipt(
            transaction_hash=sent,
            block_number=BlockNumber(read_quantity(receipt.get("blockNumber"), "blockNumber")),
            block_hash=read_hash(receipt.get("blockHash"), "blockHash"),
            gas_used=read_quantity(receipt.get("gasUsed"), "gasUsed"),
            created=None if created is None else read_address(created, "contractAddress"),
        )

    def _submit(self, signer: Signer, transaction: Transaction) -> Hash32:
        """Hand the signed transaction to the node, again with another nonce or fee where it asks for it."""
        refusal: RpcError | None = None
        for _ in range(_SEND_ATTEMPTS):
            raw, sent = signer.sign(self._fields(signer, transaction))
            try:
                self._hand_over(raw, sent)
            except RpcError as error:
                refusal = error
                text = error.message.lower()
                if any(phrase in text for phrase in _FEE_TOO_LOW):
                    self._fees.renew()
                elif any(phrase in text for phrase in _NONCE_WRONG):
                    self._nonces.pop(signer.address, None)
                else:
                    break
            else:
                self._nonces[signer.address] += 1
                return sent
        assert refusal is not None
        self._nonces.pop(signer.address, None)
        raise_reverted(refusal, during=transaction.label)
        raise RuleRejected(
            f"{transaction.label}: {refusal.message}",
            hint=f"see that {signer.address} has ether for gas on this chain",
        ) from refusal

    def _hand_over(self, raw: bytes, sent: Hash32) -> None:
        """Send the bytes until the node has them: the same bytes twice are one transaction."""
        for attempt in range(1, _SEND_ATTEMPTS + 1):
            try:
                answer = self._transport.request("eth_sendRawTransaction", ["0x" + raw.hex()])
            except RpcError as error:
                if any(phrase in error.message.lower() for phrase in _KNOWN_ALREADY):
                    return
                # After a lost answer the nonce looks used because the first sending arrived.
                if attempt > 1 and self._known(sent):
                    return
                raise
            except Unavailable:
                if attempt == _SEND_ATTEMPTS:
                    raise
                self._pause(_LONGEST_PAUSE_SECONDS)
                continue
            if read_hash(answer, "transaction hash") != sent:
                raise MalformedAnswer("the node calls our transaction by another hash than ours")
            return

    def _known(self, sent: Hash32) -> bool:
        return self._transport.request("eth_getTransactionReceipt", [sent]) is not None

    def _fields(self, signer: Signer, transaction: Transaction) -> Mapping[str, int | bytes]:
        nonce = self._nonces.get(signer.address)
        if nonce is None:
            answer = self._transport.request("eth_getTransactionCount", [signer.address, "pending"])
            nonce = self._nonces[signer.address] = read_quantity(answer, "nonce")
        fields: dict[str, int | bytes] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": transaction.gas,
            "value": transaction.value_wei,
            "data": transaction.data,
            **self._fees.fields(),
        }
        if transaction.to is not None:
            fields["to"] = bytes.fromhex(transaction.to[2:])
        return fields

    def _await_receipt(self, sent: Hash32, transaction: Transaction) -> Mapping[str, Json]:
        deadline = time.monotonic() + _RECEIPT_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while True:
            answer = self._transport.request("eth_getTransactionReceipt", [sent])
            if answer is not None:
                receipt = read_object(answer, "receipt")
                if read_hash(receipt.get("transactionHash"), "transactionHash") != sent:
                    raise MalformedAnswer("the node gave the receipt of another transaction")
                return receipt
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{transaction.label}: {sent} was not mined in {_RECEIPT_SECONDS:.0f} seconds",
                    hint="the network may be busy; look the transaction up before sending it again",
                )
            self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _explain(
        self, signer: Signer, transaction: Transaction, receipt: Mapping[str, Json]
    ) -> None:
        """Raise with the reason that a mined transaction failed for: receipts do not carry it.

        It is run again on the state after its block, which differs only by later transactions of the
        same block: the failed one changed nothing.
        """
        call: dict[str, Json] = {
            "from": signer.address,
            "data": "0x" + transaction.data.hex(),
            "gas": hex(transaction.gas),
            "value": hex(transaction.value_wei),
        }
        if transaction.to is not None:
            call["to"] = transaction.to
        try:
            self._transport.request("eth_call", [call, receipt.get("blockNumber")])
        except RpcError as error:
            raise_reverted(error, during=transaction.label)
        used = read_quantity(receipt.get("gasUsed"), "gasUsed")
        reason = "it used all its gas" if used >= transaction.gas else "no reason was given"
        raise RuleRejected(
            f"{transaction.label} failed on chain: {reason}",
            hint=f"transaction {receipt.get('transactionHash')}",
        )


def read_views(
    transport: Transport,
    calls: Sequence[tuple[Address, bytes]],
    *,
    at: BlockNumber | None = None,
) -> Sequence[bytes]:
    """Return what several view functions answer at a block (None: the newest), in order. Raises Unavailable."""
    block = "latest" if at is None else hex(at)
    answers = transport.batch(
        [("eth_call", [{"to": to, "data": "0x" + data.hex()}, block]) for to, data in calls]
    )
    return [read_data(answer, "eth_call") for answer in answers]
