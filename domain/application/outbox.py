"""The use cases of the outbox: ask for an intent, take it back, limit a sender; and the fold that the sender shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, get_args

from domain.application.ports import BEFORE_FIRST, EventLog
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import VersionConflict
from domain.kernel.ids import Address, ChainId, Hash32, Position
from domain.kernel.money import Wei
from domain.kernel.streams import outbox_stream
from domain.outbox.commands import Funds, LimitSpending, OutboxCommand, RequestIntent, Withdraw
from domain.outbox.decider import check_intent, decide, is_asked_already
from domain.outbox.errors import InvalidIntent
from domain.outbox.events import IntentRequested, OutboxEvent
from domain.outbox.names import FILLER_PREFIX
from domain.outbox.state import EMPTY_OUTBOX, OutboxState, evolve

ATTEMPTS_MAX = 5

_OUTBOX_EVENTS = get_args(OutboxEvent)


class Purse(Protocol):
    """What a chain says about a sender."""

    def funds(self, intent: IntentRequested) -> Funds:
        """Return what the intent's sender has at the newest block. Raises Unavailable."""
        ...

    def rehearse(self, intent: IntentRequested) -> None:
        """Raise RuleRejected when the call would be refused at the newest block, Unavailable when nobody can say."""
        ...


class TransactionSigner(Protocol):
    """Signs for one address; the key may be elsewhere."""

    @property
    def address(self) -> Address:
        """Whom it signs for."""
        ...

    def sign(self, fields: Mapping[str, int | bytes]) -> tuple[bytes, Hash32]:
        """Return the signed transaction and its hash. Raises Unavailable and RuleRejected."""
        ...


class OutboxBook:
    """One sender's outbox on one chain, folded as far as its stream is known; for use by one thread."""

    def __init__(self, log: EventLog, chain_id: ChainId, sender: Address) -> None:
        self._log = log
        self.stream = outbox_stream(chain_id, sender)
        self.state: OutboxState = EMPTY_OUTBOX
        self._version = BEFORE_FIRST

    def refresh(self) -> OutboxState:
        """Take in what is new and return the state."""
        for recorded in self._log.read_stream(self.stream, self._version):
            self._version = recorded.version
            if isinstance(recorded.event, _OUTBOX_EVENTS):
                self.state = evolve(self.state, recorded.event)
        return self.state

    def carry_out(self, command: OutboxCommand, actor: str = "") -> Position | None:
        """Decide on the state as it is folded, append, and fold that; None when nothing was to be done.

        Raises what `decide` raises, and VersionConflict when somebody else appended meanwhile.
        """
        events = decide(self.state, command)
        if not events:
            return None
        new = [NewEvent(stream=self.stream, event=event, actor=actor) for event in events]
        appended = self._log.append(new, {self.stream: self._version})
        self.refresh()
        return appended[-1].position


@dataclass(frozen=True, slots=True)
class OutboxAnswer:
    """What a command did. `position` is None when it had been done before; then nothing was appended."""

    intent_id: Hash32 | None
    position: Position | None


class OutboxDesk:
    """Takes commands for outboxes. Each is safe to repeat."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def request(self, intent: IntentRequested, purse: Purse, *, actor: str = "") -> OutboxAnswer:
        """Record an intent, after a look at the sender's funds and a rehearsal of the call.

        Raises what `decide` and the purse raise, and VersionConflict when the stream keeps moving; nothing is written
        then.
        """
        check_intent(intent)
        if intent.key.startswith(FILLER_PREFIX):
            raise InvalidIntent(
                f"keys with `{FILLER_PREFIX}` are the sender's own", hint="give another"
            )
        book = OutboxBook(self._log, intent.chain_id, intent.sender)
        if is_asked_already(book.refresh(), intent):
            return OutboxAnswer(intent.intent_id, None)
        funds = purse.funds(intent)
        decide(book.state, RequestIntent(intent=intent, funds=funds))
        purse.rehearse(intent)
        position = self._carry_out(book, RequestIntent(intent=intent, funds=funds), actor)
        return OutboxAnswer(intent.intent_id, position)

    def withdraw(
        self, chain_id: ChainId, sender: Address, intent_id: Hash32, *, actor: str = ""
    ) -> OutboxAnswer:
        """Take an intent back that nothing was signed for. Raises UnknownIntent and IntentUnderway."""
        book = OutboxBook(self._log, chain_id, sender)
        return OutboxAnswer(intent_id, self._carry_out(book, Withdraw(intent_id=intent_id), actor))

    def limit(
        self,
        chain_id: ChainId,
        sender: Address,
        *,
        ether_wei: Wei,
        token_wei: Wei,
        actor: str = "",
    ) -> OutboxAnswer:
        """Bound what intents that are not done may ask for in sum."""
        book = OutboxBook(self._log, chain_id, sender)
        command = LimitSpending(
            chain_id=chain_id, sender=sender, ether_wei=ether_wei, token_wei=token_wei
        )
        return OutboxAnswer(None, self._carry_out(book, command, actor))

    def _carry_out(self, book: OutboxBook, command: OutboxCommand, actor: str) -> Position | None:
        attempt = 1
        while True:
            book.refresh()
            try:
                return book.carry_out(command, actor)
            except VersionConflict:
                if attempt == ATTEMPTS_MAX:
                    raise
                attempt += 1
