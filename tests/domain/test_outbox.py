"""The rules of the outbox: what is promised, which nonce is whose, and when an intent is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.application.outbox import OutboxBook, OutboxDesk
from domain.kernel.errors import LedgerError, RuleRejected
from domain.kernel.ids import Address, BlockNumber, Hash32, Position
from domain.kernel.money import WEI_MAX, Wei
from domain.outbox.commands import (
    Funds,
    LimitSpending,
    Observe,
    OutboxCommand,
    RecordAttempt,
    RequestIntent,
    SeenForeign,
    SeenReceipt,
    Withdraw,
)
from domain.outbox.decider import bumped_wei, decide, filler_of
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
    OutboxEvent,
)
from domain.outbox.state import EMPTY_OUTBOX, IntentStatus, OutboxState, evolve
from tests.support.events import account, word
from tests.support.memory import MemoryLog
from tests.support.outbox import CHAIN_ID, GWEI, RICH, intent

ME, TOKEN = account(1), account(9)
FIRST, SECOND = intent(ME, "first"), intent(ME, "second")


def after(*commands: OutboxCommand) -> OutboxState:
    state = EMPTY_OUTBOX
    for command in commands:
        for event in decide(state, command):
            state = evolve(state, event)
    return state


def request(asked: IntentRequested, funds: Funds = RICH) -> RequestIntent:
    return RequestIntent(intent=asked, funds=funds)


def attempt(asked: IntentRequested, nonce: int = 0, number: int = 1, **changes: Any) -> Any:
    fee = 10 * GWEI
    for _ in range(number - 1):
        fee = bumped_wei(fee)
    fields: dict[str, Any] = {
        "intent_id": asked.intent_id,
        "nonce": nonce,
        "attempt": number,
        "transaction_hash": word(f"{asked.key} {nonce} {number}"),
        "raw": "0x00",
        "max_fee_wei": Wei(fee),
        "max_priority_fee_wei": Wei(fee),
        "at_block": BlockNumber(1),
    }
    return RecordAttempt(attempt=IntentSigned(**{**fields, **changes}))


def seen(
    asked: IntentRequested,
    block: int = 5,
    *,
    number: int = 1,
    final: int = 0,
    fork: str = "",
    ok: bool = True,
) -> Observe:
    return Observe(
        intent_id=asked.intent_id,
        receipt=SeenReceipt(
            transaction_hash=word(f"{asked.key} 0 {number}"),
            block_number=BlockNumber(block),
            block_hash=word(f"block {block}{fork}"),
            succeeded=ok,
            gas_used=21_000,
            reason="" if ok else "the contract says no",
        ),
        foreign=None,
        final_height=final,
    )


def not_seen(asked: IntentRequested, final: int = 0, foreign: SeenForeign | None = None) -> Observe:
    return Observe(intent_id=asked.intent_id, receipt=None, foreign=foreign, final_height=final)


def kinds(events: tuple[OutboxEvent, ...]) -> list[type[OutboxEvent]]:
    return [type(each) for each in events]


def test_the_same_key_with_the_same_call_changes_nothing_whatever_it_may_cost() -> None:
    state = after(request(FIRST))
    again = replace(FIRST, gas=99_000, fee_cap_wei=Wei(1), label="in other words")
    assert decide(state, request(again)) == ()
    done = after(request(FIRST), attempt(FIRST), seen(FIRST, final=5))
    assert decide(done, request(FIRST)) == ()


@pytest.mark.parametrize("changes", [{"to": account(7)}, {"value_wei": Wei(7)}, {"data": "0x07"}])
def test_the_same_key_with_another_call_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(IntentConflict):
        decide(after(request(FIRST)), request(replace(FIRST, **changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "0x0"},
        {"data": "12"},
        {"data": "0xAB"},
        {"data": "0x" + "00" * (128 * 1024 + 1)},
        {"gas": 20_999},
        {"fee_cap_wei": Wei(0)},
        {"fee_cap_wei": Wei(WEI_MAX)},
        {"label": ""},
        {"label": "a\nb"},
        {"token_wei": Wei(1)},
        {"token": TOKEN},
        {"intent_id": word("other")},
    ],
    ids=str,
)
def test_an_intent_that_can_never_be_carried_out_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidIntent):
        decide(EMPTY_OUTBOX, request(replace(FIRST, **changes)))


@pytest.mark.parametrize("key", ["", "a b", "é", "k" * 101, "a\n"])
def test_a_key_is_printable_and_short(key: str) -> None:
    with pytest.raises(InvalidIntent):
        intent(ME, key)


def test_what_is_promised_already_cannot_be_promised_again() -> None:
    cost = FIRST.value_wei + FIRST.gas * FIRST.fee_cap_wei
    both = cost + SECOND.value_wei + SECOND.gas * SECOND.fee_cap_wei
    state = after(request(FIRST))
    assert decide(state, request(SECOND, replace(RICH, ether_wei=Wei(both))))
    with pytest.raises(Overspends, match="is promised to earlier intents"):
        decide(state, request(SECOND, replace(RICH, ether_wei=Wei(both - 1))))
    # What is mined has left the balance that the chain tells.
    mined = after(request(FIRST), attempt(FIRST), seen(FIRST))
    assert decide(mined, request(SECOND, replace(RICH, ether_wei=Wei(both - cost))))


def test_tokens_are_bounded_by_balance_and_by_allowance() -> None:
    one = intent(ME, "one", token=TOKEN, token_wei=Wei(60), to=account(5))
    two = intent(ME, "two", token=TOKEN, token_wei=Wei(60), to=account(5))
    state = after(request(one))
    for short in ({"tokens_wei": Wei(119)}, {"allowance_wei": Wei(119)}):
        with pytest.raises(Overspends, match="AGPT"):
            decide(state, request(two, replace(RICH, **short)))
    enough = replace(RICH, tokens_wei=Wei(120), allowance_wei=Wei(120))
    assert decide(state, request(two, enough))
    elsewhere = replace(two, to=account(6))
    assert decide(state, request(elsewhere, replace(enough, allowance_wei=Wei(60))))


def test_a_limit_counts_what_is_not_final() -> None:
    cost = FIRST.value_wei + FIRST.gas * FIRST.fee_cap_wei
    limit = LimitSpending(
        chain_id=CHAIN_ID, sender=ME, ether_wei=Wei(cost + GWEI), token_wei=Wei(0)
    )
    mined = after(limit, request(FIRST), attempt(FIRST), seen(FIRST))
    with pytest.raises(Overspends, match="the limit"):
        decide(mined, request(SECOND))
    assert decide(after(limit, request(FIRST), attempt(FIRST), seen(FIRST, final=5)), limit) == ()
    tokens = intent(
        ME, "tokens", token=TOKEN, token_wei=Wei(1), value_wei=Wei(0), fee_cap_wei=Wei(1)
    )
    with pytest.raises(Overspends, match="AGPT"):
        decide(after(limit), request(tokens))


def test_no_more_than_a_thousand_intents_wait() -> None:
    state = after(*(request(intent(ME, f"k{n}")) for n in range(1_000)))
    with pytest.raises(OutboxFull):
        decide(state, request(intent(ME, "more")))


def test_a_nonce_belongs_to_one_intent_for_ever() -> None:
    state = after(request(FIRST), request(SECOND), attempt(FIRST, nonce=3))
    with pytest.raises(IntentUnderway, match="another intent"):
        decide(state, attempt(SECOND, nonce=3))
    assert decide(state, attempt(SECOND, nonce=4))
    done = after(request(FIRST), request(SECOND), attempt(FIRST), seen(FIRST, final=5))
    with pytest.raises(IntentUnderway):
        decide(done, attempt(SECOND, nonce=0))


def test_a_replacement_has_the_same_nonce_and_offers_an_eighth_more() -> None:
    state = after(request(FIRST), attempt(FIRST))
    assert decide(state, attempt(FIRST, number=2))
    for wrong in (
        attempt(FIRST, nonce=1, number=2),
        attempt(FIRST, number=3),
        attempt(FIRST, number=2, max_fee_wei=Wei(bumped_wei(10 * GWEI) - 1)),
        attempt(FIRST, number=2, max_priority_fee_wei=Wei(10 * GWEI)),
    ):
        with pytest.raises(IntentUnderway):
            decide(state, wrong)


def test_nothing_is_signed_above_the_cap() -> None:
    with pytest.raises(Overspends, match="cap"):
        decide(after(request(FIRST)), attempt(FIRST, max_fee_wei=Wei(FIRST.fee_cap_wei + 1)))


def test_what_is_mined_is_not_signed_again() -> None:
    with pytest.raises(IntentUnderway, match="mined"):
        decide(after(request(FIRST), attempt(FIRST), seen(FIRST)), attempt(FIRST, number=2))


def test_an_intent_goes_from_signed_to_final() -> None:
    state = after(request(FIRST), attempt(FIRST))
    assert kinds(decide(state, seen(FIRST))) == [IntentMined]
    mined = after(request(FIRST), attempt(FIRST), seen(FIRST))
    assert decide(mined, seen(FIRST, final=4)) == ()
    assert kinds(decide(mined, seen(FIRST, final=5))) == [IntentFinal]
    assert kinds(decide(state, seen(FIRST, final=9))) == [IntentMined, IntentFinal]


def test_a_refused_call_is_failed_once_it_is_final_and_not_before() -> None:
    mined = after(request(FIRST), attempt(FIRST), seen(FIRST, ok=False))
    assert mined.pending[FIRST.intent_id].status is IntentStatus.MINED
    (failed,) = decide(mined, seen(FIRST, ok=False, final=5))
    assert isinstance(failed, IntentFailed)
    assert failed.reason == "the contract says no"
    assert evolve(mined, failed).done[FIRST.intent_id][1] is IntentStatus.FAILED


def test_a_replaced_block_is_recorded_and_so_is_the_next_one() -> None:
    mined = after(request(FIRST), attempt(FIRST), attempt(FIRST, number=2), seen(FIRST))
    assert kinds(decide(mined, not_seen(FIRST))) == [IntentUnmined]
    assert kinds(decide(mined, seen(FIRST, fork="b"))) == [IntentUnmined, IntentMined]
    assert kinds(decide(mined, seen(FIRST, number=2))) == [IntentUnmined, IntentMined]
    gone = after(request(FIRST), attempt(FIRST), seen(FIRST), not_seen(FIRST))
    assert gone.pending[FIRST.intent_id].status is IntentStatus.SIGNED
    assert gone.pending[FIRST.intent_id].nonce == 0


def test_a_receipt_of_another_transaction_is_never_taken_for_the_intents() -> None:
    with pytest.raises(IntentUnderway, match="no transaction of the intent"):
        decide(after(request(FIRST), attempt(FIRST)), seen(FIRST, number=7))


def foreign(block: int, transaction: Hash32) -> SeenForeign:
    return SeenForeign(transaction_hash=transaction, block_number=BlockNumber(block))


def test_another_nonce_is_given_only_when_somebody_elses_use_of_the_first_is_final() -> None:
    state = after(request(FIRST), attempt(FIRST))
    theirs, ours = word("theirs"), word("first 0 1")
    assert decide(state, not_seen(FIRST, 5, foreign(6, theirs))) == ()
    assert decide(state, not_seen(FIRST, 6, foreign(6, ours))) == ()
    assert kinds(decide(state, not_seen(FIRST, 6, foreign(6, theirs)))) == [IntentDisplaced]
    displaced = after(request(FIRST), attempt(FIRST), not_seen(FIRST, 6, foreign(6, theirs)))
    assert displaced.pending[FIRST.intent_id].status is IntentStatus.REQUESTED
    with pytest.raises(IntentUnderway):
        decide(displaced, attempt(FIRST, nonce=0))
    assert decide(displaced, attempt(FIRST, nonce=1))


def test_only_what_nothing_was_signed_for_can_be_taken_back() -> None:
    withdraw = Withdraw(intent_id=FIRST.intent_id)
    with pytest.raises(UnknownIntent):
        decide(EMPTY_OUTBOX, withdraw)
    assert decide(after(request(FIRST), withdraw), withdraw) == ()
    with pytest.raises(IntentUnderway, match="may be mined"):
        decide(after(request(FIRST), attempt(FIRST)), withdraw)
    with pytest.raises(IntentUnderway, match="done"):
        decide(after(request(FIRST), attempt(FIRST), seen(FIRST, final=5)), withdraw)


class Poor:
    """A purse that says no, and counts how often it was asked."""

    def __init__(self, refusal: LedgerError) -> None:
        self.refusal = refusal
        self.asked = 0

    def funds(self, _: IntentRequested) -> Funds:
        self.asked += 1
        return RICH

    def rehearse(self, _: IntentRequested) -> None:
        raise self.refusal


def test_a_refused_rehearsal_writes_nothing_and_a_known_intent_asks_no_chain() -> None:
    log = MemoryLog()
    purse = Poor(RuleRejected("the call would be refused"))
    with pytest.raises(RuleRejected):
        OutboxDesk(log).request(FIRST, purse)
    assert log.head() == 0
    book = OutboxBook(log, CHAIN_ID, ME)
    book.carry_out(request(FIRST))
    assert OutboxDesk(log).request(FIRST, purse).position is None
    assert purse.asked == 1


def test_keys_of_the_sender_itself_are_not_for_others() -> None:
    filler = filler_of(CHAIN_ID, Address(ME), 3, fee_cap_wei=Wei(1))
    with pytest.raises(InvalidIntent, match="sender's own"):
        OutboxDesk(MemoryLog()).request(filler, Poor(RuleRejected("")))


def test_what_is_recorded_says_who_asked() -> None:
    log = MemoryLog()
    book = OutboxBook(log, CHAIN_ID, ME)
    assert book.carry_out(request(FIRST), actor="tester") == 1
    assert log.read(Position(0), 1)[0].actor == "tester"
    assert log.read(Position(0), 1)[0].stream == f"outbox:{ME}@{CHAIN_ID}"
