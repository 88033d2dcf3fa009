"""The books as rows: each owner's rows, folded alone, are what one fold of the whole network gives."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.accounting.books import Books
from domain.accounting.chart import parse_owner
from domain.accounting.postings import PostedEvent
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import Position
from domain.kernel.money import Wei
from domain.stake.events import StakeDeposited, StakeWithdrawn
from projections.accounts import Accounts, books_of
from projections.network_totals import NetworkTotals
from projections.projection import Body
from projections.replay import replay
from projections.stake_balances import StakeBalances
from projections.task_board import TaskBoard
from tests.support.events import ARBITER, NETWORK, events_of, fact, stake
from tests.support.events import account as address
from tests.support.lifecycles import Story, legal_story
from tests.support.memory import MemoryLog

FOLDS = (Accounts(), StakeBalances(), TaskBoard(), NetworkTotals())


def folded(facts: list[NewEvent]) -> dict[str, dict[str, Any]]:
    replayed = replay(MemoryLog(facts), FOLDS)
    assert not replayed.parked
    return {
        name: {key: row.body for key, row in rows.items()} for name, rows in replayed.rows.items()
    }


def balances_of(rows: dict[str, Any], prefix: str, member: str = "posted_wei") -> int:
    return sum(
        int(each[member])
        for row in rows.values()
        for each in row["accounts"]
        if each["account"].startswith(prefix)
    )


@settings(max_examples=40, deadline=None)
@given(events=st.lists(events_of(PostedEvent), max_size=15))
def test_an_owners_rows_need_no_other_owners_rows(events: list[PostedEvent]) -> None:
    books = Books(ARBITER)
    facts = [fact(event, block) for block, event in enumerate(events, 1)]
    for event in events:
        books.post(event)
    rows = folded(facts)["accounts"]
    refolded = {key: books_of(row, parse_owner(row["owner"])) for key, row in rows.items()}
    for owner, expected in books.owners.items():
        row = refolded[f"{owner}@{NETWORK}"]
        assert dict(row.accounts()) | dict(expected.accounts()) == dict(row.accounts())
        assert row.running == expected.running


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.integers(0, 250))
def test_the_books_agree_with_the_other_read_models(seed: int, steps: int) -> None:
    world = Story(seed).play(steps).world
    rows = folded(world.facts)
    books, totals = rows["accounts"], rows["network_totals"][str(NETWORK)]
    assert balances_of(books, "held:") == world.held_wei == int(totals["held_wei"])
    assert balances_of(books, "stake:") == int(totals["stake_wei"])
    assert balances_of(books, "credit:") == int(totals["credit_wei"])
    assert balances_of(books, "treasury:") == int(totals["pool_wei"])
    escrow = balances_of(books, "bounty:") + balances_of(books, "compute:")
    assert escrow == int(totals["escrow_wei"])
    assert balances_of(books, "", "debits_wei") == balances_of(books, "", "credits_wei")
    for key, row in rows["stake_balances"].items():
        mine = {each["account"]: each for each in books[f"party:{key}"]["accounts"]}
        for name, member in (
            ("stake:available", "available_wei"),
            ("stake:locked", "locked_wei"),
            ("stake:unbonding", "unbonding_wei"),
            ("credit", "credit_wei"),
        ):
            booked = mine.get(f"{name}:{row['account']}", {"posted_wei": "0"})
            assert booked["posted_wei"] == row[member]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_account_is_what_the_contract_stated_last(seed: int) -> None:
    rows = folded(Story(seed).play(150).world.facts)["accounts"]
    stated = [each for row in rows.values() for each in row["accounts"] if each["stated_wei"]]
    assert stated
    for each in stated:
        assert each["posted_wei"] == each["stated_wei"], each["account"]
        posted, pending = int(each["posted_wei"]), int(each["pending_wei"])
        assert 0 <= pending <= posted
        assert int(each["available_wei"]) == posted - pending


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_sentinel_has_nothing_to_refuse_in_a_legal_story(seed: int) -> None:
    log = MemoryLog(Story(seed).play(150).world.facts)
    watchful = replay(log, [Accounts(sentinel=True)])
    assert not watchful.parked
    assert watchful.rows == replay(log, [Accounts()]).rows


def test_a_sentinel_parks_what_breaks_a_rule_and_leaves_the_account_as_it_was() -> None:
    node = address(1)
    deposit = StakeDeposited(node=node, amount_wei=Wei(5), balance=stake(5))
    paid = StakeWithdrawn(node=node, withdrawal_id=1, amount_wei=Wei(3), balance=stake(5))
    log = MemoryLog([fact(deposit, 1), fact(paid, 2)])
    watchful = replay(log, [Accounts(sentinel=True)])
    (parked,) = watchful.parked
    assert parked.position == 2
    assert "is at -3 wei (books.below_zero)" in parked.error
    row: Any = watchful.rows["accounts"][f"party:{node}@{NETWORK}"].body
    assert [each["posted_wei"] for each in row["accounts"]] == ["5"]


@pytest.mark.parametrize("seed", range(8))
def test_books_go_on_from_a_body_as_from_what_was_stored_of_it(seed: int) -> None:
    rng, log, accounts = Random(seed), MemoryLog(), Accounts()
    # Some facts are left out, as where blocks were orphaned: accounts are stated then that were never moved.
    log.append([new for new in legal_story(seed, 300) if rng.random() > 0.2], {})
    at_hand: dict[str, Body] = {}
    stored: dict[str, Body] = {}
    for recorded in log.read(Position(0), 1_000):
        if type(recorded.event) not in accounts.handles:
            continue
        for key in accounts.keys_of(recorded):
            at_hand[key] = accounts.evolve(key, at_hand.get(key), recorded)
            stored[key] = orjson.loads(
                orjson.dumps(accounts.evolve(key, stored.get(key), recorded))
            )
            assert at_hand[key] == stored[key]
