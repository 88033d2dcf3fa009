"""The Merkle tree is written with its events, and is the same in every store."""

from __future__ import annotations

from pathlib import Path

import pytest
from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_log import open_postgres_log
from domain.application.tree_check import TreeCheck, check_tree
from domain.kernel.errors import InvalidCursor, LedgerError
from domain.kernel.ids import Position
from domain.kernel.merkle import EMPTY_ROOT, Checkpoint, Frontier, TreeHead, extends, includes
from tests.adapters.eventstore.conftest import BOTH, NewDb, OpenLog, open_any
from tests.adapters.eventstore.test_log import START, joined, left
from tests.support.postgres import new_schema, shared_server

STORES = BOTH


class StoppedClock:
    """Always the same moment, whoever asks how often."""

    def now_iso(self) -> str:
        return "2026-01-01T00:00:00.000000Z"


def test_the_same_events_have_the_same_root_in_both_stores(tmp_path: Path) -> None:
    batches = [
        [joined(number, block, number) for number in range(size)]
        for block, size in enumerate((1, 3, 250, 2, 600, 1), 1)
    ]
    # Personal texts are sealed with the same keys.
    keyring = tmp_path / "keys"
    url = f"{shared_server().url()}&schema={new_schema()}"
    logs = [
        open_log(str(tmp_path / "ledger.db"), StoppedClock(), keyring=keyring),
        open_postgres_log(url, StoppedClock(), keyring=keyring),
    ]
    kept = []
    for each in logs:
        with each as log:
            for batch in batches:
                log.append(batch, {})
            trees = [log.tree.head(size) for size in range(0, log.head() + 1, 29)]
            kept.append((log.raw(START, 1_000), log.tree.head(), trees))
    assert kept[0] == kept[1]


def test_an_empty_log_has_the_root_of_no_leaves(log: LedgerLog) -> None:
    assert log.tree.head() == TreeHead(0, EMPTY_ROOT)
    assert check_tree(log, log.tree) == TreeCheck(TreeHead(0, EMPTY_ROOT), None)


def test_every_proof_of_a_log_holds(log: LedgerLog) -> None:
    for block in range(1, 8):
        log.append([joined(1, block, index) for index in range(block)], {})
    heads = [log.tree.head(size) for size in range(log.head() + 1)]
    for new in heads:
        for position in range(1, new.size + 1):
            proof = log.tree.inclusion(Position(position), new.size)
            assert includes(new, proof.leaf, position - 1, proof.hashes)
        for old in heads[: new.size + 1]:
            proven = log.tree.consistency(old.size, new.size)
            assert extends(new, old, proven.hashes)


@pytest.mark.parametrize(("position", "size"), [(0, None), (4, None), (3, 2), (1, 4), (1, -1)])
def test_what_the_log_has_not_reached_has_no_proof(
    log: LedgerLog, position: int, size: int | None
) -> None:
    log.append([joined(1), joined(2, log_index=1), left(1, 2)], {})
    with pytest.raises(InvalidCursor):
        log.tree.inclusion(Position(position), size)
    with pytest.raises(InvalidCursor):
        log.tree.head(4)
    with pytest.raises(InvalidCursor):
        log.tree.consistency(3, 2)


def test_the_librarys_own_inserts_write_leaves_too(log: LedgerLog) -> None:
    recorder = log._recorder
    assert isinstance(recorder, ApplicationRecorder)
    recorder.insert_events([StoredEvent("a", 1, "x", b"one"), StoredEvent("b", 1, "x", b"two")])
    frontier = Frontier()
    frontier.add([b"one", b"two"])
    assert log.tree.head() == TreeHead(2, frontier.root())


def test_a_refused_append_leaves_no_leaf(log: LedgerLog, reopen: OpenLog) -> None:
    log.append([joined(1)], {})
    before = log.tree.head()
    with pytest.raises(LedgerError):
        # The fact is recorded already.
        log.append([joined(5, 7), joined(1)], {})
    assert log.tree.head() == before
    # Another process fills just the positions that the refused append had aimed at.
    reopen().append([joined(2, 2), joined(3, 3)], {})
    log.append([joined(4, 4)], {})
    assert check_tree(log, log.tree) == TreeCheck(log.tree.head(), None)
    assert log.tree.head().size == 4


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 9), max_size=9))
def test_how_events_are_batched_does_not_change_the_root(new_db: NewDb, sizes: list[int]) -> None:
    states = [b"%d" % number for number in range(sum(sizes))]
    rows = [StoredEvent("s", number, "x", state) for number, state in enumerate(states, 1)]
    frontier = Frontier()
    frontier.add(states)
    with open_any(new_db()) as log:
        recorder = log._recorder
        assert isinstance(recorder, ApplicationRecorder)
        for size in sizes:
            recorder.insert_events(rows[:size])
            del rows[:size]
        assert log.tree.head() == TreeHead(len(states), frontier.root())


def test_a_checkpoint_below_the_head_is_held_against_the_events_below_it(log: LedgerLog) -> None:
    log.append([joined(1), joined(2, log_index=1), left(1, 2)], {})
    for size in range(4):
        good = Checkpoint("log", log.tree.head(size))
        assert check_tree(log, log.tree, good).difference is None
        bad = Checkpoint("log", TreeHead(size, bytes(32)))
        assert check_tree(log, log.tree, bad).difference is not None
