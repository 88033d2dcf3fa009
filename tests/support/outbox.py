"""Intents for tests: each moves its own amount to an account of its own, so that its effect can be counted."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from adapters.chain.keys import Signer
from adapters.chain.transport import Transport
from domain.application.outbox import OutboxBook
from domain.application.ports import EventLog
from domain.chain.finality import FinalityPolicy, FinalityRule
from domain.kernel.ids import Address, ChainId
from domain.kernel.money import Wei
from domain.outbox.commands import Funds, RequestIntent
from domain.outbox.decider import NO_TOKEN
from domain.outbox.events import IntentRequested
from domain.outbox.names import intent_id_of

CHAIN_ID = ChainId(31_337)
GWEI = 10**9
RICH = Funds(ether_wei=Wei(10**30), tokens_wei=Wei(10**30), allowance_wei=Wei(10**30))


def recipient(sender: Address, key: str) -> Address:
    return Address("0x" + sha256(f"{sender} {key}".encode()).hexdigest()[:40])


def intent(sender: Address, key: str, **changes: Any) -> IntentRequested:
    fields: dict[str, Any] = {
        "intent_id": intent_id_of(changes.get("chain_id", CHAIN_ID), sender, key),
        "key": key,
        "chain_id": CHAIN_ID,
        "sender": sender,
        "label": f"payment {key}",
        "to": recipient(sender, key),
        "data": "0x",
        "value_wei": Wei(1 + int(sha256(key.encode()).hexdigest()[:8], 16)),
        "gas": 21_000,
        "fee_cap_wei": Wei(500 * GWEI),
        "token": Address(NO_TOKEN),
        "token_wei": Wei(0),
    }
    return IntentRequested(**{**fields, **changes})


def ask(log: EventLog, asked: IntentRequested, funds: Funds = RICH) -> None:
    """Record an intent whose sender has `funds`."""
    book = OutboxBook(log, asked.chain_id, asked.sender)
    book.refresh()
    book.carry_out(RequestIntent(intent=asked, funds=funds))


SLOTS = 4
"""Slots in an epoch of the test nodes: blocks are final when 2 * SLOTS others are on top."""

POLICY = FinalityPolicy(
    name="tagged",
    version=1,
    title="As the test nodes tag their blocks",
    chain_ids=(CHAIN_ID,),
    safe=FinalityRule(tag="safe"),
    final=FinalityRule(tag="finalized"),
    sla_seconds=1,
    notes="",
    sources=(),
)
ANVIL = ("--hardfork", "prague", "--slots-in-an-epoch", str(SLOTS), "--no-mining")


def mine(node: Transport, blocks: int = 1) -> None:
    node.request("anvil_mine", [hex(blocks)])


def balance_wei(node: Transport, account: Address) -> int:
    return int(str(node.request("eth_getBalance", [account, "latest"])), 16)


def funded(node: Transport, key: bytes, ether: int = 1_000) -> Signer:
    """Return a signer with ether, which no block that may still be replaced has given it."""
    signer = Signer(key)
    node.request("anvil_setBalance", [signer.address, hex(ether * 10**18)])
    mine(node, 2 * SLOTS)
    return signer
