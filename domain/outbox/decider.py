"""The rules of an outbox: what a command makes of a state, or why it is refused.

What keeps an effect from happening twice: a nonce belongs to one intent; an intent has one nonce at a time, and gets
another only when a final block holds somebody else's transaction with the first; what is not recorded is not sent.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, assert_never

from domain.kernel.ids import Address, ChainId, Hash32
from domain.kernel.money import NO_WEI, WEI_MAX, Wei, format_agpt
from domain.outbox.commands import (
    Funds,
    LimitSpending,
    Observe,
    OutboxCommand,
    RecordAttempt,
    RequestIntent,
    SeenReceipt,
    Withdraw,
)
from domain.outbox.errors import (
    IntentConflict,
    IntentUnderway,
    InvalidIntent,
    OutboxFull,
    Overspends,
    UnknownIntent,
)
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
from domain.outbox.names import LABEL_CHARS_MAX, filler_key, intent_id_of
from domain.outbox.state import Intent, IntentStatus, OutboxState

PENDING_MAX: Final = 1_000
"""How many intents of a sender may wait."""

GAS_MIN: Final = 21_000
GAS_MAX: Final = 2**32
DATA_BYTES_MAX: Final = 128 * 1024
"""Nodes take no larger transaction from anybody."""

NO_TOKEN: Final = Address("0x" + "00" * 20)
_DATA = re.compile(r"0x(?:[0-9a-f]{2})*")


def decide(state: OutboxState, command: OutboxCommand) -> tuple[OutboxEvent, ...]:
    """Return the events that carry out the command, none when nothing is new.

    Raises InvalidIntent, IntentConflict, Overspends, OutboxFull, UnknownIntent or IntentUnderway.
    """
    match command:
        case RequestIntent():
            return _request(state, command.intent, command.funds)
        case RecordAttempt():
            return _record_attempt(state, command.attempt)
        case Observe():
            return _observe(state, command)
        case Withdraw():
            return _withdraw(state, command.intent_id)
        case LimitSpending():
            limited = SpendingLimited(
                chain_id=command.chain_id,
                sender=command.sender,
                ether_wei=command.ether_wei,
                token_wei=command.token_wei,
            )
            now = state.limit
            same = now is not None and (now.ether_wei, now.token_wei) == (
                limited.ether_wei,
                limited.token_wei,
            )
            return () if same else (limited,)
        case _:
            assert_never(command)


def bumped_wei(fee_wei: int) -> Wei:
    """Return the least fee that replaces a transaction of `fee_wei`: an eighth more, where nodes ask for a tenth."""
    return Wei(fee_wei + fee_wei // 8 + 1)


def is_asked_already(state: OutboxState, intent: IntentRequested) -> bool:
    """Tell whether the same was asked for before. Raises IntentConflict when its key names something else."""
    pending = state.pending.get(intent.intent_id)
    ended = state.done.get(intent.intent_id)
    before = pending.requested if pending else ended[0] if ended else None
    if before is None:
        return False
    # What it may cost is the sender's matter, not what it does.
    if replace(before, gas=0, fee_cap_wei=Wei(0), label="") != replace(
        intent, gas=0, fee_cap_wei=Wei(0), label=""
    ):
        raise IntentConflict(intent.key)
    return True


def check_intent(intent: IntentRequested) -> None:
    """Raise InvalidIntent for an intent that can never be carried out."""
    if intent.intent_id != intent_id_of(intent.chain_id, intent.sender, intent.key):
        raise InvalidIntent("the intent's id is not that of its key")
    if not _DATA.fullmatch(intent.data) or len(intent.data) > 2 + 2 * DATA_BYTES_MAX:
        raise InvalidIntent(
            f"`{intent.data[:40]}` is not the data of a call",
            hint=f"data is 0x and pairs of hexadecimal digits, at most {DATA_BYTES_MAX} bytes",
        )
    if not GAS_MIN <= intent.gas <= GAS_MAX:
        raise InvalidIntent(f"{intent.gas} is not an amount of gas", hint=f"give {GAS_MIN} or more")
    if intent.fee_cap_wei <= 0 or intent.gas * intent.fee_cap_wei > WEI_MAX:
        raise InvalidIntent(f"{intent.fee_cap_wei} wei is not a cap for the price of gas")
    if not intent.label.isprintable() or not 1 <= len(intent.label) <= LABEL_CHARS_MAX:
        raise InvalidIntent(
            "the label cannot be shown",
            hint=f"a label is 1 to {LABEL_CHARS_MAX} printable characters",
        )
    if (intent.token == NO_TOKEN) != (intent.token_wei == 0):
        raise InvalidIntent("an intent takes an amount of a token, or neither")


def filler_of(
    chain_id: ChainId, sender: Address, nonce: int, *, fee_cap_wei: Wei
) -> IntentRequested:
    """Return the intent that does nothing but use up a nonce."""
    key = filler_key(nonce)
    return IntentRequested(
        intent_id=intent_id_of(chain_id, sender, key),
        key=key,
        chain_id=chain_id,
        sender=sender,
        label=f"nothing, to use up nonce {nonce}",
        to=sender,
        data="0x",
        value_wei=NO_WEI,
        gas=GAS_MIN,
        fee_cap_wei=fee_cap_wei,
        token=NO_TOKEN,
        token_wei=NO_WEI,
    )


def _request(state: OutboxState, intent: IntentRequested, funds: Funds) -> tuple[OutboxEvent, ...]:
    check_intent(intent)
    if is_asked_already(state, intent):
        return ()
    if len(state.pending) >= PENDING_MAX:
        raise OutboxFull(
            f"{len(state.pending)} intents of {intent.sender} wait already",
            hint="let the sender work them off: `agentgpt run --keystore FILE`",
        )
    _check_funds(state, intent, funds)
    _check_limit(state, intent)
    return (intent,)


def _check_funds(state: OutboxState, intent: IntentRequested, funds: Funds) -> None:
    cost = Intent(intent).cost_wei
    promised = state.promised_wei()
    if promised + cost > funds.ether_wei:
        raise Overspends(
            f"the intent may cost {format_agpt(cost)} ether; {intent.sender} has {format_agpt(funds.ether_wei)}, "
            f"of which {format_agpt(promised)} is promised to earlier intents",
            hint="fund the sender, or wait until earlier intents are mined",
        )
    if intent.token_wei == 0:
        return
    promised = state.promised_tokens_wei(intent.token)
    if promised + intent.token_wei > funds.tokens_wei:
        raise Overspends(
            f"the intent takes {format_agpt(intent.token_wei)} AGPT; {intent.sender} has "
            f"{format_agpt(funds.tokens_wei)}, of which {format_agpt(promised)} is promised to earlier intents",
            hint="fund the sender, or wait until earlier intents are mined",
        )
    promised = state.promised_tokens_wei(intent.token, intent.to)
    if promised + intent.token_wei > funds.allowance_wei:
        raise Overspends(
            f"the intent takes {format_agpt(intent.token_wei)} AGPT; {intent.to} may take "
            f"{format_agpt(funds.allowance_wei)}, of which {format_agpt(promised)} is promised to earlier intents",
            hint="approve the allowance first, and let that be mined",
        )


def _check_limit(state: OutboxState, intent: IntentRequested) -> None:
    if state.limit is None:
        return
    ether = sum(each.cost_wei for each in state.pending.values()) + Intent(intent).cost_wei
    tokens = sum(each.requested.token_wei for each in state.pending.values()) + intent.token_wei
    for what, asked, most in (
        ("ether", ether, state.limit.ether_wei),
        ("AGPT", tokens, state.limit.token_wei),
    ):
        if asked > most:
            raise Overspends(
                f"intents that are not done would ask for {format_agpt(asked)} {what}; "
                f"the limit of {intent.sender} is {format_agpt(most)}",
                hint="wait until earlier intents are final, or raise it with `agentgpt outbox limit`",
            )


def _record_attempt(state: OutboxState, attempt: IntentSigned) -> tuple[OutboxEvent, ...]:
    intent = _pending(state, attempt.intent_id)
    if intent.mined is not None:
        raise IntentUnderway("the intent is mined; it is not signed again")
    if not intent.attempts:
        if attempt.nonce in state.nonces or attempt.attempt != 1:
            raise IntentUnderway(f"nonce {attempt.nonce} belongs to another intent")
    else:
        last = intent.attempts[-1]
        if attempt.nonce != last.nonce or attempt.attempt != last.attempt + 1:
            raise IntentUnderway(f"the intent has nonce {last.nonce} until that is used")
        if attempt.max_fee_wei < bumped_wei(
            last.max_fee_wei
        ) or attempt.max_priority_fee_wei < bumped_wei(last.max_priority_fee_wei):
            raise IntentUnderway("a replacement must offer an eighth more")
    if attempt.max_fee_wei > intent.requested.fee_cap_wei:
        raise Overspends(
            f"gas at {attempt.max_fee_wei} wei is above the intent's cap of {intent.requested.fee_cap_wei}",
            hint="wait until gas is cheaper",
        )
    return (attempt,)


def _observe(state: OutboxState, seen: Observe) -> tuple[OutboxEvent, ...]:
    intent = _pending(state, seen.intent_id)
    events: list[OutboxEvent] = []
    mined, receipt = intent.mined, seen.receipt
    if receipt is not None and receipt.transaction_hash not in {
        each.transaction_hash for each in intent.attempts
    }:
        raise IntentUnderway(f"{receipt.transaction_hash} is no transaction of the intent")
    here = None if mined is None else (mined.transaction_hash, mined.block_hash)
    there = None if receipt is None else (receipt.transaction_hash, receipt.block_hash)
    if mined is not None and here != there:
        events.append(
            IntentUnmined(
                intent_id=seen.intent_id,
                transaction_hash=mined.transaction_hash,
                block_number=mined.block_number,
                block_hash=mined.block_hash,
            )
        )
    if receipt is None:
        return (*events, *_displaced(intent, seen))
    if here != there:
        events.append(
            IntentMined(
                intent_id=seen.intent_id,
                transaction_hash=receipt.transaction_hash,
                block_number=receipt.block_number,
                block_hash=receipt.block_hash,
                succeeded=receipt.succeeded,
                gas_used=receipt.gas_used,
            )
        )
    if receipt.block_number <= seen.final_height:
        events.append(_ended(seen.intent_id, receipt))
    return tuple(events)


def _ended(intent_id: Hash32, receipt: SeenReceipt) -> OutboxEvent:
    if receipt.succeeded:
        return IntentFinal(
            intent_id=intent_id,
            transaction_hash=receipt.transaction_hash,
            block_number=receipt.block_number,
        )
    return IntentFailed(
        intent_id=intent_id,
        transaction_hash=receipt.transaction_hash,
        block_number=receipt.block_number,
        reason=receipt.reason,
    )


def _displaced(intent: Intent, seen: Observe) -> tuple[OutboxEvent, ...]:
    foreign = seen.foreign
    if foreign is None or intent.nonce is None or foreign.block_number > seen.final_height:
        return ()
    if foreign.transaction_hash in {each.transaction_hash for each in intent.attempts}:
        # A node whose receipts lag behind its blocks: it is ours, and its receipt will be there.
        return ()
    return (
        IntentDisplaced(
            intent_id=seen.intent_id,
            nonce=intent.nonce,
            by_transaction=foreign.transaction_hash,
            block_number=foreign.block_number,
        ),
    )


def _withdraw(state: OutboxState, intent_id: Hash32) -> tuple[OutboxEvent, ...]:
    if state.done.get(intent_id, (None, None))[1] is IntentStatus.WITHDRAWN:
        return ()
    intent = _pending(state, intent_id)
    if intent.attempts:
        raise IntentUnderway(
            "a transaction of the intent is signed and may be mined at any time",
            hint="an intent can only be taken back before that",
        )
    return (IntentWithdrawn(intent_id=intent_id),)


def _pending(state: OutboxState, intent_id: Hash32) -> Intent:
    intent = state.pending.get(intent_id)
    if intent is None:
        if intent_id in state.done:
            raise IntentUnderway(f"the intent is done: {state.done[intent_id][1]}")
        raise UnknownIntent(intent_id)
    return intent
