"""What a sender can pay: its balances at the newest block, and a rehearsal of its call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.chain.reverts import raise_reverted
from adapters.chain.sender import read_views
from adapters.chain.transport import Json, RpcError, Transport
from adapters.chain.values import read_quantity, read_result
from contracts.bindings import agpt
from domain.kernel.errors import RuleRejected
from domain.kernel.money import NO_WEI, Wei
from domain.outbox.commands import Funds
from domain.outbox.events import IntentRequested

_SPARE_GAS_QUARTERS: Final = 5


class ChainPurse:
    """Asks a node; implements the `Purse` port."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def funds(self, intent: IntentRequested) -> Funds:
        """Return what the intent's sender has at the newest block. Raises Unavailable."""
        answer = self._transport.request("eth_getBalance", [intent.sender, "latest"])
        ether = Wei(read_quantity(answer, "balance"))
        if intent.token_wei == 0:
            return Funds(ether_wei=ether, tokens_wei=NO_WEI, allowance_wei=NO_WEI)
        balance, allowance = read_views(
            self._transport,
            [
                (intent.token, agpt.encode_balance_of(intent.sender)),
                (intent.token, agpt.encode_allowance(intent.sender, intent.to)),
            ],
        )
        return Funds(
            ether_wei=ether,
            tokens_wei=Wei(read_result(agpt.decode_balance_of, balance, "balanceOf")),
            allowance_wei=Wei(read_result(agpt.decode_allowance, allowance, "allowance")),
        )

    def rehearse(self, intent: IntentRequested) -> None:
        """Raise RuleRejected when the call would be refused at the newest block, Unavailable when nobody can say."""
        try:
            self._transport.request("eth_call", [call_of(intent), "latest"])
        except RpcError as error:
            raise_reverted(error, during=intent.label)
            raise RuleRejected(
                f"{intent.label} would be refused: {error.message}",
                hint="nothing was recorded; the call must be right at the newest block",
            ) from error


def call_of(intent: IntentRequested) -> Mapping[str, Json]:
    """Return the intent as a call's parameters."""
    return {
        "from": intent.sender,
        "to": intent.to,
        "data": intent.data,
        "value": hex(intent.value_wei),
        "gas": hex(intent.gas),
    }


def estimate_gas(transport: Transport, call: Mapping[str, Json], label: str) -> int:
    """Return the gas that a call needs, and a quarter more. Raises RuleRejected when it would be refused."""
    try:
        answer = transport.request("eth_estimateGas", [call])
    except RpcError as error:
        raise_reverted(error, during=label)
        raise RuleRejected(
            f"{label} would be refused: {error.message}",
            hint="nothing was recorded; the call must be right at the newest block",
        ) from error
    return read_quantity(answer, "gas") * _SPARE_GAS_QUARTERS // 4
