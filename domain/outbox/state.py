"""A sender's outbox on one chain as its stream tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from domain.kernel.ids import Address, Hash32
from domain.kernel.money import Wei
from domain.outbox.events import (
    IntentDisplaced,
    IntentFailed,
    IntentFinal,
    IntentMined,
    IntentRequested,
    IntentSigned,
    IntentUnmined,
    IntentWithdrawn,
    OutboxEvent,
    SpendingLimited,
)


class IntentStatus(StrEnum):
    """Where an intent is; `final`, `failed` and `withdrawn` are its ends."""

    REQUESTED = "requested"
    SIGNED = "signed"
    MINED = "mined"
    FINAL = "final"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent that is not done. `attempts` are those of its present `nonce`, oldest first."""

    requested: IntentRequested
    attempts: tuple[IntentSigned, ...] = ()
    mined: IntentMined | None = None

    @property
    def status(self) -> IntentStatus:
        """Return where it is."""
        if self.mined is not None:
            return IntentStatus.MINED
        return IntentStatus.SIGNED if self.attempts else IntentStatus.REQUESTED

    @property
    def nonce(self) -> int | None:
        """Return the nonce of its attempts, None before the first."""
        return self.attempts[-1].nonce if self.attempts else None

    @property
    def cost_wei(self) -> Wei:
        """Return the most that it can cost in ether."""
        asked = self.requested
        return Wei(asked.value_wei + asked.gas * asked.fee_cap_wei)


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that intents which are not done may ask for in sum."""

    ether_wei: Wei
    token_wei: Wei


@dataclass(frozen=True, slots=True)
class OutboxState:
    """`pending` are the intents that are not done, in order of their request; `done` says how others ended.

    `nonces` are those that were ever given to an intent: none is given to another.
    """

    pending: Mapping[Hash32, Intent] = field(default_factory=dict)
    done: Mapping[Hash32, tuple[IntentRequested, IntentStatus]] = field(default_factory=dict)
    nonces: frozenset[int] = frozenset()
    limit: Limit | None = None

    @property
    def next_nonce(self) -> int:
        """Return the nonce after the highest that was given to an intent."""
        return max(self.nonces, default=-1) + 1

    def unmined(self) -> Iterator[Intent]:
        """Yield the intents whose cost the chain has not taken yet."""
        return (intent for intent in self.pending.values() if intent.mined is None)

    def promised_wei(self) -> int:
        """Return the ether that unmined intents can still cost."""
        return sum(intent.cost_wei for intent in self.unmined())

    def promised_tokens_wei(self, token: Address, spender: Address | None = None) -> int:
        """Return the tokens that unmined intents still take, through one spender if given."""
        return sum(
            intent.requested.token_wei
            for intent in self.unmined()
            if intent.requested.token == token and spender in (None, intent.requested.to)
        )


EMPTY_OUTBOX = OutboxState()


def evolve(state: OutboxState, event: OutboxEvent) -> OutboxState:
    """Return the state after the event. Never refuses one."""
    if isinstance(event, IntentRequested):
        return replace(state, pending={**state.pending, event.intent_id: Intent(event)})
    if isinstance(event, SpendingLimited):
        return replace(state, limit=Limit(event.ether_wei, event.token_wei))
    intent = state.pending.get(event.intent_id)
    if intent is None:
        return state
    match event:
        case IntentSigned():
            after = replace(intent, attempts=(*intent.attempts, event))
            return replace(_with(state, after), nonces=state.nonces | {event.nonce})
        case IntentMined():
            return _with(state, replace(intent, mined=event))
        case IntentUnmined():
            return _with(state, replace(intent, mined=None))
        case IntentDisplaced():
            return _with(state, replace(intent, attempts=(), mined=None))
        case IntentFinal():
            return _ended(state, intent, IntentStatus.FINAL)
        case IntentFailed():
            return _ended(state, intent, IntentStatus.FAILED)
        case IntentWithdrawn():
            return _ended(state, intent, IntentStatus.WITHDRAWN)
        case _:
            assert_never(event)


def _with(state: OutboxState, intent: Intent) -> OutboxState:
    return replace(state, pending={**state.pending, intent.requested.intent_id: intent})


def _ended(state: OutboxState, intent: Intent, status: IntentStatus) -> OutboxState:
    intent_id = intent.requested.intent_id
    pending = {key: each for key, each in state.pending.items() if key != intent_id}
    return replace(
        state, pending=pending, done={**state.done, intent_id: (intent.requested, status)}
    )
