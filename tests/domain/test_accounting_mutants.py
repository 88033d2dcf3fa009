"""A mistake in a posting, planted on purpose, is caught by the invariants within one story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import pytest

import domain.accounting.books as booking
from domain.accounting.books import Books
from domain.accounting.chart import AccountKind, account
from domain.accounting.invariants import check_books, check_held, check_suspense, post_checked
from domain.accounting.postings import AccountedEvent, Before, Move, moves_of
from domain.kernel.event import Event
from domain.kernel.ids import Address
from domain.kernel.money import Wei
from domain.network.events import SlashPoolReleased, TokenTransferred
from domain.stake.events import CreditClaimed, StakeDeposited, StakeWithdrawn, WithdrawalQueued
from domain.task.events import (
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    NodeSlashed,
    TaskAssigned,
    TaskCompleted,
    TaskPosted,
    TaskRefunded,
    VerificationExpired,
)
from tests.support.events import ARBITER
from tests.support.lifecycles import Story

Mutation = Callable[[tuple[Move, ...]], tuple[Move, ...]]
POOL = account(AccountKind.SLASH_POOL, "")
HELD = account(AccountKind.HELD, ARBITER)


def nothing(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    del moves
    return ()


def without_the_last(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return moves[:-1]


def one_wei_more(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(move._replace(amount_wei=Wei(move.amount_wei + 1)) for move in moves)


def the_wrong_way(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(Move(move.credit, move.debit, move.amount_wei) for move in moves)


def twice(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return moves + moves


MUTATIONS: tuple[Mutation, ...] = (nothing, one_wei_more, the_wrong_way, twice)
EVENTS: tuple[type[Event], ...] = (
    StakeDeposited,
    WithdrawalQueued,
    StakeWithdrawn,
    CreditClaimed,
    TaskPosted,
    TaskAssigned,
    TaskCompleted,
    NodeSlashed,
    VerificationExpired,
    BountyRedistributed,
    BountyReturned,
    BountyShareCredited,
    TaskRefunded,
    SlashPoolReleased,
    TokenTransferred,
)


def breaks(facts: list[Event], held_wei: int) -> Iterator[str]:
    books = Books(ARBITER)
    for event in facts:
        _, found = post_checked(books, cast(AccountedEvent, event))
        yield from (violation.rule for violation in found)
    for check in (
        check_books(books),
        check_suspense(books),
        check_held(books, {ARBITER: held_wei}),
    ):
        yield from (violation.rule for violation in check)
    # At the end of a story everything that the token moved is explained.
    if books.posted_wei(account(AccountKind.SUSPENSE, ARBITER)):
        yield "unclaimed"


@pytest.fixture(scope="module")
def story() -> tuple[list[Event], int]:
    """A story with every posted event and several of each."""
    seed = next(
        seed
        for seed in range(100)
        if {type(fact.event) for fact in Story(seed).play(300).world.facts} >= set(EVENTS)
    )
    world = Story(seed).play(300).world
    return [fact.event for fact in world.facts], world.held_wei


def test_without_a_mistake_nothing_is_caught(story: tuple[list[Event], int]) -> None:
    assert not list(breaks(*story))


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("event_type", EVENTS)
def test_a_planted_mistake_is_caught(
    story: tuple[list[Event], int],
    monkeypatch: pytest.MonkeyPatch,
    event_type: type[Event],
    mutation: Mutation,
) -> None:
    def mistaken(event: AccountedEvent, arbiter: Address, before: Before) -> tuple[Move, ...]:
        moves = moves_of(event, arbiter, before)
        return mutation(moves) if isinstance(event, event_type) else moves

    monkeypatch.setattr(booking, "moves_of", mistaken)
    assert list(breaks(*story))


def test_a_move_that_is_left_out_is_caught(
    story: tuple[list[Event], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for event_type in (TaskCompleted, NodeSlashed, TaskPosted, TaskRefunded):

        def mistaken(
            event: AccountedEvent,
            arbiter: Address,
            before: Before,
            wrong: type[Event] = event_type,
        ) -> tuple[Move, ...]:
            moves = moves_of(event, arbiter, before)
            return without_the_last(moves) if isinstance(event, wrong) else moves

        monkeypatch.setattr(booking, "moves_of", mistaken)
        assert list(breaks(*story)), event_type
