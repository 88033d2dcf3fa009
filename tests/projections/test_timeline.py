"""The story of each owner: nothing that concerns it is left out, and nothing else is in it."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.accounting.books import Books
from domain.accounting.concerns import concerned_by, moves_money
from domain.accounting.postings import AccountedEvent
from projections.replay import replay
from projections.timeline import Timeline, timeline_key
from tests.support.events import ARBITER, NETWORK
from tests.support.lifecycles import Story
from tests.support.memory import MemoryLog


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whoever_an_event_moves_the_money_of_has_it_in_the_story(seed: int) -> None:
    facts = Story(seed).play(120).world.facts
    rows = replay(MemoryLog(facts), [Timeline()]).rows["timeline"]
    books = Books(ARBITER)
    expected = set()
    for position, fact in enumerate(facts, 1):
        event = cast(AccountedEvent, fact.event)
        moves = books.post(event)
        moved = {move.debit.owner for move in moves}
        moved |= {move.credit.owner for move in moves}
        assert moved <= set(concerned_by(event, ARBITER))
        for owner in moved:
            key = timeline_key(str(owner), str(NETWORK), position)
            assert rows[key].scope == "posting"
        for owner in concerned_by(event, ARBITER):
            expected.add(timeline_key(str(owner), str(NETWORK), position))
    assert set(rows) == expected


def test_a_story_names_the_log_of_every_event() -> None:
    facts = Story(5).play(60).world.facts
    rows = replay(MemoryLog(facts), [Timeline()]).rows["timeline"]
    for row in rows.values():
        body: Any = row.body
        fact = facts[body["position"] - 1]
        assert fact.provenance is not None
        assert body["transaction_hash"] == fact.provenance.transaction_hash
        assert body["log_index"] == fact.provenance.log_index
        assert body["type"] == fact.event.NAME
        assert (body["kind"] == "posting") == moves_money(cast(AccountedEvent, fact.event))


def test_keys_of_one_story_are_in_the_order_of_positions() -> None:
    keys = [timeline_key("party:0x", "1.0x", position) for position in (9, 10, 99, 10**9)]
    assert keys == sorted(keys)
