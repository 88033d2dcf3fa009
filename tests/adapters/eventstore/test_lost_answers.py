"""An append whose answer is lost can be repeated: it stands once, and whoever asked learns that it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from adapters.eventstore.log import LedgerLog
from adapters.eventstore.log_store import Plan
from domain.application.commands import CommandHandler
from domain.application.ingest import Ingestor
from domain.application.sure_append import append_surely, find_append, is_fenced
from domain.application.tree_check import check_tree
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import Unavailable, VersionConflict
from domain.kernel.ids import ZERO_HASH, Position, StreamName, Version
from tests.adapters.eventstore.conftest import BOTH, OpenLog
from tests.adapters.eventstore.test_log import START, STREAM, joined, left, registered
from tests.support.chain_fakes import DEPLOYMENT, InventedChain
from tests.support.events import account, decision, graph, graph_task, stream_for

STORES = BOTH
LOST_BEFORE, LOST_AFTER, ANSWERED = "before", "after", "answered"


def lose(log: LedgerLog, monkeypatch: pytest.MonkeyPatch, *outcomes: str) -> list[str]:
    """Cut the connection before or right after the commit of each of the next appends; the rest is answered."""
    left_over = list(outcomes)
    append: Callable[[Collection[str], Plan], Sequence[int]] = log._recorder.append

    def cut(streams: Collection[str], plan: Plan) -> Sequence[int]:
        outcome = left_over.pop(0) if left_over else ANSWERED
        if outcome == LOST_BEFORE:
            raise lost()
        positions = append(streams, plan)
        if outcome == LOST_AFTER:
            raise lost()
        return positions

    monkeypatch.setattr(log._recorder, "append", cut)
    return left_over


def lost() -> OperationalError:
    error = OperationalError("the connection was lost")
    cause: Any = ConnectionResetError("reset")
    error.__cause__ = cause
    return error


@pytest.fixture(autouse=True)
def unavailable(monkeypatch: pytest.MonkeyPatch, log: LedgerLog) -> None:
    """What a lost connection is to the log of a server; a file has none."""
    explain = log._recorder.explain

    def told(error: BaseException) -> Exception:
        known = isinstance(error.__cause__, ConnectionResetError)
        return Unavailable("the connection was lost", hint="again") if known else explain(error)

    monkeypatch.setattr(log._recorder, "explain", told)


MIXED = [joined(1), decision(registered(1)), joined(2, log_index=1), left(1, 2)]
FENCES: list[tuple[list[NewEvent], dict[StreamName, Version]]] = [
    (MIXED, {}),
    (MIXED, {STREAM: Version(0)}),
    ([decision(registered(1)), decision(registered(2))], {STREAM: Version(0)}),
    ([decision(registered(2)), decision(registered(1))], {STREAM: Version(0)}),
]


@pytest.mark.parametrize(("events", "expected"), FENCES, ids=range(len(FENCES)))
@pytest.mark.parametrize("outcome", [LOST_BEFORE, LOST_AFTER, ANSWERED])
def test_a_fenced_append_stands_once_and_is_reported_as_it_stands(
    log: LedgerLog,
    monkeypatch: pytest.MonkeyPatch,
    outcome: str,
    events: list[NewEvent],
    expected: dict[StreamName, Version],
) -> None:
    assert is_fenced(events, expected)
    assert find_append(log, events, expected) is None
    lose(log, monkeypatch, outcome)
    recorded = append_surely(log, events, expected)
    assert list(recorded) == list(log.read(START, 100))
    assert log.head() == len(events)
    found = find_append(log, events, expected)
    assert found is not None
    assert list(found) == list(recorded)
    assert check_tree(log, log.tree).difference is None


def test_after_two_lost_answers_the_caller_can_look_itself(
    log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(log, monkeypatch, LOST_AFTER, LOST_BEFORE)
    with pytest.raises(Unavailable):
        append_surely(log, MIXED, {})
    found = find_append(log, MIXED, {})
    assert found is not None
    assert [event.position for event in found] == [1, 2, 3, 4]
    lose(log, monkeypatch, LOST_BEFORE, LOST_BEFORE)
    other = [joined(9, 9)]
    with pytest.raises(Unavailable):
        append_surely(log, other, {})
    assert find_append(log, other, {}) is None


def test_an_append_that_could_stand_twice_is_not_repeated(
    log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [decision(registered(1))]
    # A version that is expected of another stream fences nothing.
    for expected in ({}, {StreamName("node:other"): Version(0)}):
        assert not is_fenced(events, expected)
        lose(log, monkeypatch, LOST_AFTER)
        before = log.head()
        with pytest.raises(Unavailable):
            append_surely(log, events, expected)
        assert log.head() == before + 1


def test_a_conflict_with_somebody_else_stays_one(
    log: LedgerLog, reopen: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [replace(decision(registered(1)), correlation_id="mine")]
    theirs = [replace(decision(registered(1)), correlation_id="theirs")]
    lose(log, monkeypatch, LOST_BEFORE)
    reopen().append(theirs, {STREAM: Version(0)})
    with pytest.raises(VersionConflict):
        append_surely(log, mine, {STREAM: Version(0)})
    assert log.head() == 1


def test_only_exactly_the_same_append_is_found(log: LedgerLog) -> None:
    expected = {STREAM: Version(1)}
    log.append([joined(1)], {})
    events = [
        decision(registered(2)),
        decision(registered(1)),
        joined(3, 3),
        decision(registered(1)),
    ]
    log.append(events, expected)
    assert find_append(log, events, expected) is not None
    # More came after it: that changes nothing.
    log.append([decision(registered(1)), joined(5, 5)], {})
    assert find_append(log, events, expected) is not None
    others: list[tuple[list[NewEvent], dict[StreamName, Version]]] = [
        (events, {STREAM: Version(0)}),
        (events, {STREAM: Version(2)}),
        (events, {STREAM: Version(9)}),
        (events, {**expected, stream_for(registered(2)): Version(1)}),
        (events[::-1], expected),
        (events[1:], {STREAM: Version(0)}),
        ([*events, decision(registered(4))], expected),
        ([*events, *events], expected),
        ([events[1], events[0], *events[2:]], expected),
        ([decision(registered(7)), joined(1)], {}),
        ([joined(8, 8)], {}),
    ]
    changed = (
        replace(events[0], actor="other"),
        replace(events[0], causation_id="other"),
        replace(events[0], correlation_id="other"),
    )
    others += [([first, *events[1:]], expected) for first in changed]
    for number, (other, versions) in enumerate(others):
        assert find_append(log, other, versions) is None, number
    # A part of it is an append that would have come to stand there too.
    assert find_append(log, events[:2], expected) is not None


def test_a_command_whose_answer_is_lost_is_carried_out_once(
    log: LedgerLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = CommandHandler(log)
    owner = account(7)
    lose(log, monkeypatch, LOST_AFTER)
    made = handler.register_workflow(owner, "yield", correlation_id="one")
    assert made.created
    lose(log, monkeypatch, LOST_AFTER)
    published = handler.publish_version(
        made.workflow_id, graph(graph_task("a")), "v1", ZERO_HASH, correlation_id="two"
    )
    assert published.created
    lose(log, monkeypatch, LOST_BEFORE)
    assert not handler.register_workflow(owner, "yield").created
    assert log.head() == 2


@pytest.mark.parametrize("outcome", [LOST_BEFORE, LOST_AFTER])
def test_facts_whose_answer_is_lost_are_recorded_once(
    log: LedgerLog, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    chain = InventedChain()
    chain.mine_empty(3)
    chain.mine((joined(1).stream, joined(1).event), (joined(2).stream, joined(2).event))
    ingestor = Ingestor(log, chain, DEPLOYMENT)
    ingestor.adopt()
    before = log.head()
    lose(log, monkeypatch, outcome)
    progress = ingestor.step()
    while not progress.at_head:
        progress = ingestor.step()
    assert progress.facts == 2
    recorded = [e for e in log.read(Position(before), 100) if e.provenance is not None]
    assert len(recorded) == 2
    chain.mine((left(1).stream, left(1).event))
    assert ingestor.step().facts == 1
    assert check_tree(log, log.tree).difference is None
