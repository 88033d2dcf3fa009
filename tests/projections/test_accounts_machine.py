"""Random lifecycles, one transaction at a time: after each one every invariant holds and the rows equal a refold."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.accounting.books import Books
from domain.accounting.chart import AccountKind, account, parse_owner
from domain.accounting.invariants import check_books, check_held, check_suspense, post_checked
from domain.accounting.postings import AccountedEvent
from projections.accounts import Accounts, books_of
from projections.engine import ProjectionEngine
from projections.network_totals import NetworkTotals
from projections.replay import compare, replay
from projections.stake_balances import StakeBalances
from projections.suspense import Suspense
from projections.task_board import TaskBoard
from tests.support.events import ARBITER, NETWORK
from tests.support.events import account as address
from tests.support.lifecycles import Story
from tests.support.memory import MemoryLog, MemoryReadModels

FOLDS = (Accounts(), Suspense(), StakeBalances(), TaskBoard(), NetworkTotals())
STRANGER = address(0x99)


class Lifecycles(RuleBasedStateMachine):
    """A network whose story Hypothesis writes; a donation is the only thing that its contracts do not know of."""

    @initialize(seed=st.integers(0, 10**6))
    def begin(self, seed: int) -> None:
        self.story = Story(seed)
        self.world = self.story.world
        self.log, self.store = MemoryLog(), MemoryReadModels()
        self.engine = ProjectionEngine(self.log, self.store, FOLDS, batch_events=7)
        self.books = Books(ARBITER)
        self.donated_wei = 0
        self.taken = 0
        self.story.play(0)
        self.take_in()

    @rule(move=st.integers(0, 10**6), seconds=st.sampled_from([12, 60, 400, 1_500]))
    def transact(self, move: int, seconds: int) -> None:
        self.world.mine(seconds)
        moves = self.story._moves
        for offset in range(len(moves)):
            if moves[(move + offset) % len(moves)]():
                break
        self.take_in()

    @rule(amount_wei=st.integers(1, 10**30))
    def donate(self, amount_wei: int) -> None:
        self.world.mine()
        self.world.donate(STRANGER, amount_wei)
        self.donated_wei += amount_wei
        self.take_in()

    def take_in(self) -> None:
        facts = self.world.facts[self.taken :]
        self.taken = len(self.world.facts)
        self.log.append(facts, {})
        for fact in facts:
            _, found = post_checked(self.books, cast(AccountedEvent, fact.event))
            assert not found
        self.engine.catch_up()

    @invariant()
    def the_books_are_in_order(self) -> None:
        if not hasattr(self, "books"):
            return
        assert not list(check_books(self.books))
        assert not list(check_suspense(self.books))
        assert not list(check_held(self.books, {ARBITER: self.world.held_wei}))
        suspense = account(AccountKind.SUSPENSE, ARBITER)
        assert self.books.posted_wei(suspense) == self.donated_wei

    @invariant()
    def the_rows_equal_a_refold_and_the_books(self) -> None:
        if not hasattr(self, "books"):
            return
        assert compare(replay(self.log, FOLDS), self.store) == []
        assert self.store.parked(limit=10) == []
        for owner, expected in self.books.owners.items():
            row = self.store.get("accounts", f"{owner}@{NETWORK}")
            assert row is not None
            stored = books_of(cast(Any, row.body), parse_owner(str(owner)))
            assert dict(stored.accounts()) == dict(expected.accounts())
            assert stored.running == expected.running

    @invariant()
    def only_what_was_donated_is_in_suspense(self) -> None:
        if not hasattr(self, "books"):
            return
        open_wei = sum(
            int(str(row.body["unexplained_wei"]))
            for row in self.store.rows("suspense")
            if row.scope != "settled"
        )
        assert open_wei == self.donated_wei


Lifecycles.TestCase.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
TestLifecycles = Lifecycles.TestCase
