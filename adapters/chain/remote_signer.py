"""A key that is elsewhere: a signer service that answers `eth_signTransaction`, as web3signer and clef do.

The service is not trusted: what it returns must be the transaction that was asked for, signed by the address named.
"""

from __future__ import annotations

from collections.abc import Mapping

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from adapters.chain.transport import Json, MalformedAnswer, RpcError, Transport
from adapters.chain.values import read_data
from domain.kernel.errors import RuleRejected
from domain.kernel.ids import Address, Hash32


class RemoteSigner:
    """Signs for one address through a JSON-RPC endpoint."""

    def __init__(self, transport: Transport, address: Address) -> None:
        self._transport = transport
        self.address = address

    def sign(self, fields: Mapping[str, int | bytes]) -> tuple[bytes, Hash32]:
        """Return the signed transaction and its hash.

        Raises RuleRejected when the service refuses or the chain has no EIP-1559 fees, MalformedAnswer when it
        signs something else, Unavailable when it does not answer.
        """
        if "maxFeePerGas" not in fields:
            raise RuleRejected(
                "a remote signer signs only for chains whose blocks have a base fee (EIP-1559)",
                hint="use a keystore file on this chain",
            )
        asked: dict[str, Json] = {
            name: "0x" + value.hex() if isinstance(value, bytes) else hex(value)
            for name, value in fields.items()
        }
        try:
            answer = self._transport.request(
                "eth_signTransaction", [{"from": self.address, **asked}]
            )
        except RpcError as error:
            raise RuleRejected(
                f"the signer at {self._transport.endpoint} refused: {error.message}",
                hint=f"it must hold the key of {self.address}",
            ) from error
        raw = read_data(answer.get("raw") if isinstance(answer, dict) else answer, "raw")
        self._check(raw, fields)
        return raw, Hash32("0x" + keccak(raw).hex())

    def _check(self, raw: bytes, fields: Mapping[str, int | bytes]) -> None:
        try:
            signed = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
            by = Account.recover_transaction(raw)
        except Exception:  # noqa: BLE001 - whatever a decoder of foreign bytes raises
            raise MalformedAnswer(
                f"the signer at {self._transport.endpoint} did not return a signed transaction"
            ) from None
        differing = [
            name
            for name, value in fields.items()
            if (bytes(signed.get(name, b"")) if isinstance(value, bytes) else signed.get(name))
            != value
        ]
        if signed.get("accessList"):
            differing.append("accessList")
        if differing or by.lower() != self.address:
            what = f"another {differing[0]}" if differing else "another key"
            raise MalformedAnswer(
                f"the signer at {self._transport.endpoint} signed with {what} than asked for",
                hint="nothing was sent; do not use this signer",
            )
