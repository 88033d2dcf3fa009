"""Letting time pass on a chain: by moving its clock where the node allows it, else by waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from adapters.chain.transport import RpcError, Transport
from adapters.chain.values import read_object, read_quantity
from domain.kernel.ids import Seconds

_POLL_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 60


class ChainClock:
    """The clock of one chain. Development nodes know `evm_increaseTime` (Ganache's, by now everybody's)."""

    def __init__(
        self, transport: Transport, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._transport = transport
        self._pause = pause
        self.can_travel = self._answers_to_travel()

    def let_pass(self, seconds: Seconds) -> None:
        """Return when the chain's time is `seconds` later. Raises Unavailable."""
        if self.can_travel:
            self._transport.request("evm_increaseTime", [seconds])
            self._transport.request("evm_mine", [])
            return
        until = self._now() + seconds
        self._pause(seconds)
        # A chain that makes blocks only for transactions stands still until the next one: that is fine, its
        # next block has the right time. One that is a little late gets some patience.
        for _ in range(_PATIENCE_SECONDS):
            if self._now() > until:
                return
            self._pause(_POLL_SECONDS)

    def _now(self) -> int:
        latest = self._transport.request("eth_getBlockByNumber", ["latest", False])
        return read_quantity(read_object(latest, "block").get("timestamp"), "block.timestamp")

    def _answers_to_travel(self) -> bool:
        try:
            self._transport.request("evm_increaseTime", [0])
        except RpcError:
            return False
        return True
