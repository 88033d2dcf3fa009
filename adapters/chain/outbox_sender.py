"""Carries out the intents of one sender on one chain: signs, records, sends, watches, replaces, until they are final.

Each step looks at the chain, records what it says, and sends what is recorded; so a crash at any point is followed by
the same step again. What is sent was recorded before, and sending the same bytes twice is one transaction. Two senders
of one key do no harm: the log takes one of two records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.chain.fees import FeeOffer
from adapters.chain.outbox_sightings import Heights, Sightings, read_heights
from adapters.chain.purse import ChainPurse
from adapters.chain.transport import RpcError, Transport
from adapters.chain.values import read_quantity
from domain.application.outbox import OutboxBook, TransactionSigner
from domain.application.ports import EventLog
from domain.chain.finality import FinalityPolicy
from domain.kernel.errors import RuleRejected, VersionConflict, WrongChain
from domain.kernel.ids import BlockNumber, ChainId, Hash32
from domain.kernel.money import Wei
from domain.outbox.commands import (
    Observe,
    RecordAttempt,
    RequestIntent,
    SeenForeign,
    SeenReceipt,
    Withdraw,
)
from domain.outbox.decider import bumped_wei, filler_of
from domain.outbox.events import IntentRequested, IntentSigned
from domain.outbox.names import filled_nonce
from domain.outbox.state import Intent

REPLACE_SECONDS: Final = 60.0
UNDERWAY_MAX: Final = 16
"""Nodes keep about so many waiting transactions of one account."""

WATCHED_MAX: Final = 200
SEARCHED_BLOCKS: Final = 1_000
"""How far before its signing the nonce of an intent is looked for: further than any chain is replaced."""

_KNOWN_ALREADY: Final = ("already known", "already imported", "known transaction")
_FEE_TOO_LOW: Final = ("max fee per gas less than", "base fee", "underpriced", "fee cap")
_NONCE_USED: Final = ("nonce too low",)


@dataclass(slots=True)
class SenderStatus:
    """How sending goes. `notes` says of intents, by id, what holds them up."""

    pending: int = 0
    unmined: int = 0
    notes: dict[Hash32, str] = field(default_factory=dict)


class OutboxSender:
    """Sends for one signer on one chain, whose `policy` says when a block is final.

    For use by one thread; `now` tells seconds that only grow.
    """

    def __init__(
        self,
        log: EventLog,
        transport: Transport,
        signer: TransactionSigner,
        chain_id: ChainId,
        policy: FinalityPolicy,
        *,
        replace_seconds: float = REPLACE_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = OutboxBook(log, chain_id, signer.address)
        self._transport = transport
        self._sightings = Sightings(transport)
        self._fees = FeeOffer(transport)
        self._signer = signer
        self._chain_id = chain_id
        self._policy = policy
        self._replace_seconds = replace_seconds
        self._now = now
        self._since: dict[Hash32, float] = {}
        self._underpriced: set[Hash32] = set()
        self._gap_since: tuple[int, float] | None = None
        self.status = SenderStatus()

    def check_chain(self) -> None:
        """Raise WrongChain when the node follows another chain, Unavailable when it does not answer."""
        found = read_quantity(self._transport.request("eth_chainId", []), "chain id")
        if found != self._chain_id:
            raise WrongChain(
                f"the node follows chain {found}, the outbox sends on chain {self._chain_id}",
                hint="give the URL of a node of that chain",
            )

    def step(self) -> SenderStatus:
        """Do everything that can be done now and return how it stands. Raises Unavailable when the node is away."""
        notes: dict[Hash32, str] = {}
        self.status = SenderStatus(notes=notes)
        try:
            if self._book.refresh().pending:
                heights = read_heights(self._transport, self._policy)
                self._observe(heights)
                self._hand_over(heights)
                self._sign_new(heights)
                self._fill_gap(heights)
        except VersionConflict:
            # Another sender of the same key recorded first; what it recorded is looked at next time.
            self._book.refresh()
        state = self._book.state
        self.status.pending = len(state.pending)
        self.status.unmined = sum(1 for _ in state.unmined())
        self._since = {key: at for key, at in self._since.items() if key in state.pending}
        self._underpriced &= set(state.pending)
        return self.status

    def _observe(self, heights: Heights) -> None:
        watched = [each for each in self._book.state.pending.values() if each.attempts]
        watched = sorted(watched, key=_nonce)[:WATCHED_MAX]
        if not watched:
            return
        receipts = self._sightings.receipts(watched)
        used = 0
        if heights.final >= 0 and len(receipts) < len(watched):
            used = self._sightings.count(self._signer.address, hex(heights.final))
        for intent in watched:
            intent_id = intent.requested.intent_id
            receipt = receipts.get(intent_id)
            foreign = None
            if receipt is None and _nonce(intent) < used:
                foreign = self._foreign(intent, heights)
            self._take(intent_id, receipt, foreign, heights)

    def _take(
        self,
        intent_id: Hash32,
        receipt: SeenReceipt | None,
        foreign: SeenForeign | None,
        heights: Heights,
    ) -> None:
        self._book.carry_out(
            Observe(
                intent_id=intent_id, receipt=receipt, foreign=foreign, final_height=heights.final
            )
        )

    def _foreign(self, intent: Intent, heights: Heights) -> SeenForeign | None:
        why = "it is in none of the blocks looked at"
        try:
            found = self._sightings.user_of_nonce(
                self._signer.address,
                _nonce(intent),
                after=BlockNumber(max(0, intent.attempts[0].at_block - SEARCHED_BLOCKS)),
                until=heights.final,
            )
        except RpcError as error:
            found, why = None, error.message
        if found is None:
            self.status.notes[intent.requested.intent_id] = (
                f"nonce {_nonce(intent)} is used, and the node does not say by which transaction: {why}"
            )
        return found

    def _hand_over(self, heights: Heights) -> None:
        """Send what the node does not have, and replace what waits too long."""
        waiting = sorted((each for each in self._book.state.unmined() if each.attempts), key=_nonce)
        known = self._sightings.known([each.attempts[-1].transaction_hash for each in waiting])
        for intent, is_known in zip(waiting, known, strict=True):
            intent_id = intent.requested.intent_id
            since = self._since.setdefault(intent_id, self._now())
            if not is_known:
                self._send(intent)
            waits = self._now() - since >= self._replace_seconds
            if waits or intent_id in self._underpriced:
                self._replace(intent, heights)

    def _replace(self, intent: Intent, heights: Heights) -> None:
        last = intent.attempts[-1]
        self._fees.renew()
        offer, tip_offer = self._offer()
        most = max(bumped_wei(last.max_fee_wei), offer)
        tip = max(bumped_wei(last.max_priority_fee_wei), min(tip_offer, most))
        cap = intent.requested.fee_cap_wei
        intent_id = intent.requested.intent_id
        if most > cap or tip > most:
            self.status.notes.setdefault(
                intent_id, f"it waits: gas costs more than the intent's cap of {cap} wei"
            )
            return
        self._underpriced.discard(intent_id)
        self._sign(intent, heights, nonce=last.nonce, number=last.attempt + 1, offer=(most, tip))

    def _sign_new(self, heights: Heights) -> None:
        state = self._book.state
        fresh = [
            each
            for each in state.pending.values()
            if not each.attempts and filled_nonce(each.requested.key) is None
        ]
        room = UNDERWAY_MAX - sum(1 for each in state.unmined() if each.attempts)
        if not fresh or room <= 0:
            return
        # Waiting transactions of other programs with the same key keep their nonces.
        waiting = self._sightings.count(self._signer.address, "pending")
        nonce = max(state.next_nonce, waiting)
        for intent in fresh[:room]:
            most, tip = self._offer()
            cap = intent.requested.fee_cap_wei
            if most > cap:
                self.status.notes[intent.requested.intent_id] = (
                    f"it waits: gas at {most} wei is above the intent's cap of {cap} wei"
                )
                continue
            self._sign(intent, heights, nonce=nonce, number=1, offer=(most, tip))
            nonce += 1

    def _fill_gap(self, heights: Heights) -> None:
        """Use up the lowest nonce that somebody else left free below one of ours, since ours waits for it.

        That happens when another program's transaction with the same key was dropped or its block replaced.
        """
        sender, state = self._signer.address, self._book.state
        below = min((_nonce(each) for each in state.unmined() if each.attempts), default=0)
        free = self._sightings.count(sender, "pending") if below else 0
        if free >= below or free in state.nonces:
            self._gap_since = None
            self._withdraw_filler()
            return
        if self._gap_since is None or self._gap_since[0] != free:
            self._gap_since = (free, self._now())
        if self._now() - self._gap_since[1] < self._replace_seconds:
            return
        filler = filler_of(self._chain_id, sender, free, fee_cap_wei=Wei(4 * self._offer()[0]))
        if filler.intent_id not in state.pending:
            funds = ChainPurse(self._transport).funds(filler)
            try:
                self._book.carry_out(RequestIntent(intent=filler, funds=funds))
            except RuleRejected as error:
                self.status.notes[filler.intent_id] = f"nonce {free} is free: {error.message}"
                return
        intent = self._book.state.pending.get(filler.intent_id)
        if intent is not None and not intent.attempts:
            self._sign(intent, heights, nonce=free, number=1, offer=self._offer())

    def _withdraw_filler(self) -> None:
        for intent in list(self._book.state.pending.values()):
            if not intent.attempts and filled_nonce(intent.requested.key) is not None:
                self._book.carry_out(Withdraw(intent_id=intent.requested.intent_id))

    def _sign(
        self,
        intent: Intent,
        heights: Heights,
        *,
        nonce: int,
        number: int,
        offer: tuple[int, int],
    ) -> None:
        asked = intent.requested
        most, tip = offer
        raw, sent = self._signer.sign(self._fields(asked, nonce, most, tip))
        self._book.carry_out(
            RecordAttempt(
                attempt=IntentSigned(
                    intent_id=asked.intent_id,
                    nonce=nonce,
                    attempt=number,
                    transaction_hash=sent,
                    raw="0x" + raw.hex(),
                    max_fee_wei=Wei(most),
                    max_priority_fee_wei=Wei(tip),
                    at_block=heights.head,
                )
            )
        )
        self._since[asked.intent_id] = self._now()
        self._send(self._book.state.pending[asked.intent_id])

    def _fields(
        self, asked: IntentRequested, nonce: int, most: int, tip: int
    ) -> Mapping[str, int | bytes]:
        fields: dict[str, int | bytes] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": asked.gas,
            "to": bytes.fromhex(asked.to[2:]),
            "value": asked.value_wei,
            "data": bytes.fromhex(asked.data[2:]),
        }
        if "gasPrice" in self._fees.fields():
            return {**fields, "gasPrice": most}
        return {**fields, "maxFeePerGas": most, "maxPriorityFeePerGas": tip}

    def _offer(self) -> tuple[int, int]:
        fields = self._fees.fields()
        if "gasPrice" in fields:
            return fields["gasPrice"], fields["gasPrice"]
        return fields["maxFeePerGas"], fields["maxPriorityFeePerGas"]

    def _send(self, intent: Intent) -> None:
        """Hand the newest attempt to the node. What it answers decides nothing: the next look at the chain does."""
        attempt, intent_id = intent.attempts[-1], intent.requested.intent_id
        try:
            self._transport.request("eth_sendRawTransaction", [attempt.raw])
        except RpcError as error:
            text = error.message.lower()
            if any(phrase in text for phrase in _KNOWN_ALREADY + _NONCE_USED):
                return
            if any(phrase in text for phrase in _FEE_TOO_LOW):
                self._underpriced.add(intent_id)
            self.status.notes[intent_id] = f"the node does not take it: {error.message}"


def _nonce(intent: Intent) -> int:
    nonce = intent.nonce
    assert nonce is not None
    return nonce
