"""What a transaction offers for its gas: EIP-1559 where the node's blocks have a base fee, else a gas price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.chain.transport import RpcError, Transport
from adapters.chain.values import read_object, read_quantity

_GWEI: Final = 10**9
_REFRESH_AFTER: Final = 16
"""In so many full blocks a base fee grows less than ninefold (EIP-1559: an eighth a block); blocks of a
node that mines on demand are nearly empty, so it falls there."""


class FeeOffer:
    """Keeps an offer and renews it every few transactions, so that sending does not ask each time."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._fields: Mapping[str, int] = {}
        self._uses_left = 0

    def fields(self) -> Mapping[str, int]:
        """Return the fee fields of a transaction. Raises Unavailable."""
        if self._uses_left == 0:
            self.renew()
        self._uses_left -= 1
        return self._fields

    def renew(self) -> None:
        """Ask the node again."""
        latest = self._transport.request("eth_getBlockByNumber", ["latest", False])
        base = read_object(latest, "block").get("baseFeePerGas")
        if base is None:
            price = read_quantity(self._transport.request("eth_gasPrice", []), "gas price")
            self._fields = {"gasPrice": price + price // 4}
        else:
            tip = self._tip()
            most = 2 * read_quantity(base, "base fee") + tip
            self._fields = {"maxFeePerGas": most, "maxPriorityFeePerGas": tip}
        self._uses_left = _REFRESH_AFTER

    def _tip(self) -> int:
        try:
            answer = self._transport.request("eth_maxPriorityFeePerGas", [])
        except RpcError:  # Not every node has the method; one gwei is what most of them answer.
            return _GWEI
        return read_quantity(answer, "priority fee")
