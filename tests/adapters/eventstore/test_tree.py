"""The Merkle tree is written with its events, and no stored byte changes without the check naming the position."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from adapters.eventstore.log import open_log
from domain.application.tree_check import TreeCheck, check_tree
from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Position
from domain.kernel.merkle import (
    Checkpoint,
    Frontier,
    TreeHead,
)
from tests.adapters.eventstore.conftest import TickingClock
from tests.adapters.eventstore.test_append_only import disarm
from tests.adapters.eventstore.test_log import START, joined, left

EVENTS = 9


@pytest.fixture
def written(path: Path) -> TreeHead:
    """A closed log of a few events in `path`, each in a row of its own."""
    return write(path, 1)


def write(path: Path, at_once: int) -> TreeHead:
    """Write a log of a few events, so many with each append."""
    events = [joined(1), joined(2, log_index=1), left(1, 2)]
    events += [joined(number, 10 + number) for number in range(3, EVENTS)]
    with open_log(str(path), TickingClock()) as log:
        for first in range(0, EVENTS, at_once):
            log.append(events[first : first + at_once], {})
        return log.tree.head()


@pytest.fixture
def sql(written: TreeHead, path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file and no scruples."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        disarm(connection)
        yield connection


def check(path: Path, checkpoint: Checkpoint | None = None) -> TreeCheck:
    with open_log(str(path), TickingClock(), readonly=True) as log:
        return check_tree(log, log.tree, checkpoint)


def found_at(path: Path) -> int | None:
    """Return the position that the check names; it must find something, and say the position."""
    difference = check(path).difference
    assert difference is not None
    if difference.position is not None:
        assert f"position {difference.position}" in difference.sentence
    return difference.position


def test_the_leaves_are_the_exact_stored_bytes(written: TreeHead, path: Path) -> None:
    with open_log(str(path), TickingClock(), readonly=True) as log:
        states = [state for _, state in log.raw(START, 100)]
    frontier = Frontier()
    frontier.add(states)
    assert (frontier.size, frontier.root()) == (written.size, written.root)
    assert written.size == EVENTS
    assert check(path) == TreeCheck(written, None)


# --- Somebody changes the file.


def test_in_a_run_the_changed_event_is_named(path: Path) -> None:
    write(path, EVENTS)
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as sql,
        open_log(str(path), TickingClock(), readonly=True) as log,
    ):
        disarm(sql)
        ((states,),) = sql.execute("SELECT states FROM stored_events").fetchall()
        place = 0
        for position, state in log.raw(START, EVENTS):
            place += len(state)
            changed = states[: place - 1] + b"!" + states[place:]
            sql.execute("UPDATE stored_events SET states = ?", (changed,))
            assert found_at(path) == position


def change_place(
    sql: sqlite3.Connection, position: int, column: int, change: Callable[[int], int]
) -> None:
    """Change what a row of one event says of it: number of the stream, version, number of the name or length."""
    query = "SELECT places FROM stored_events WHERE position = ?"
    (places,) = sql.execute(query, (position,)).fetchone()
    lists = orjson.loads(places)
    lists[column][0] = change(lists[column][0])
    update = "UPDATE stored_events SET places = ? WHERE position = ?"
    sql.execute(update, (orjson.dumps(lists), position))


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("position", range(1, EVENTS + 1))
def test_the_columns_beside_the_bytes_are_covered(
    sql: sqlite3.Connection, path: Path, column: int, position: int
) -> None:
    change_place(sql, position, column, lambda number: number + 90)
    assert found_at(path) == position


@pytest.mark.parametrize("position", range(1, EVENTS + 1))
def test_an_event_moved_to_another_branch_is_named(
    sql: sqlite3.Connection, path: Path, position: int
) -> None:
    sql.execute(f"UPDATE stored_events SET branch_id = 90 WHERE position = {position}")
    assert found_at(path) == position


@pytest.mark.parametrize("table", ["stream", "name", "branch"])
def test_the_names_that_rows_refer_to_are_covered(
    sql: sqlite3.Connection, path: Path, table: str
) -> None:
    sql.execute(f"UPDATE stored_events_{table} SET text = text || 'x' WHERE id = 1")
    assert found_at(path) == 1


@pytest.mark.parametrize("position", range(1, EVENTS + 1))
def test_a_removed_row_is_named(sql: sqlite3.Connection, path: Path, position: int) -> None:
    sql.execute(f"DELETE FROM stored_events WHERE position = {position}")
    assert found_at(path) == position


@pytest.mark.parametrize("position", range(1, EVENTS + 1))
def test_a_removed_leaf_is_named(sql: sqlite3.Connection, path: Path, position: int) -> None:
    sql.execute(f"UPDATE stored_events SET hashes = x'' WHERE position = {position}")
    assert found_at(path) == position


@pytest.mark.parametrize("position", [-(2**40), 0, EVENTS + 1, EVENTS + 2, 2**62])
def test_an_inserted_row_is_named(sql: sqlite3.Connection, path: Path, position: int) -> None:
    sql.execute(
        f"INSERT INTO stored_events SELECT {position}, branch_id, places, hashes, states "
        "FROM stored_events WHERE position = 1"
    )
    assert found_at(path) == min(position, EVENTS + 1)


def test_an_event_put_between_two_others_is_named(sql: sqlite3.Connection, path: Path) -> None:
    sql.execute("UPDATE stored_events SET position = position + 1000 WHERE position >= 4")
    sql.execute("UPDATE stored_events SET position = position - 999 WHERE position >= 1000")
    sql.execute(
        "INSERT INTO stored_events SELECT 4, branch_id, places, hashes, states "
        "FROM stored_events WHERE position = 1"
    )
    assert found_at(path) == 4


@pytest.mark.parametrize(("one", "other"), [(3, 6), (3, 5), (7, 9), (4, 8)])
def test_exchanged_events_are_named(
    sql: sqlite3.Connection, path: Path, one: int, other: int
) -> None:
    for old, new in ((one, 1000), (other, one), (1000, other)):
        sql.execute(f"UPDATE stored_events SET position = {new} WHERE position = {old}")
    assert found_at(path) == one


def test_bytes_stored_as_text_are_named(sql: sqlite3.Connection, path: Path) -> None:
    sql.execute("UPDATE stored_events SET states = CAST(states AS TEXT) WHERE position = 5")
    assert found_at(path) == 5
    with (
        open_log(str(path), TickingClock(), readonly=True) as log,
        pytest.raises(CorruptRecord, match="position 5"),
    ):
        log.tree.inclusion(Position(5))


def test_a_fact_taken_out_of_the_index_is_named(sql: sqlite3.Connection, path: Path) -> None:
    sql.execute("DELETE FROM stored_events_facts WHERE position = 4")
    assert found_at(path) == 4


@pytest.mark.parametrize("position", range(1, EVENTS + 1))
def test_an_index_that_does_not_lead_to_an_event_is_named(
    sql: sqlite3.Connection, path: Path, position: int
) -> None:
    sql.execute(f"DELETE FROM stored_events_by_stream WHERE position = {position}")
    assert found_at(path) == position
    # Put back, but leading elsewhere.
    (place,) = sql.execute("SELECT places FROM stored_events WHERE position = ?", (position,))
    (stream,), (version,), _, _ = orjson.loads(place[0])
    sql.execute("INSERT INTO stored_events_by_stream VALUES (1, ?, ?, 77)", (stream, version))
    assert found_at(path) == position


def test_an_index_that_leads_to_an_event_twice_is_named(
    sql: sqlite3.Connection, path: Path
) -> None:
    sql.execute("INSERT INTO stored_events_by_stream VALUES (1, 2, 2, 6)")
    assert found_at(path) == 6


def test_a_name_taken_out_of_the_index_is_named(sql: sqlite3.Connection, path: Path) -> None:
    # The second name is that of position 3.
    sql.execute("DELETE FROM stored_events_by_name WHERE name_id = 2")
    assert found_at(path) == 3


def forge(sql: sqlite3.Connection, position: int) -> None:
    """Change an event and write the whole tree anew, so that log and tree agree."""
    query = f"SELECT states FROM stored_events WHERE position = {position}"
    (state,) = sql.execute(query).fetchone()
    forged = state.replace(b'"actor":""', b'"actor":"eve"')
    assert forged != state
    sql.execute("UPDATE stored_events SET states = ? WHERE position = ?", (forged, position))
    change_place(sql, position, 3, lambda _: len(forged))
    states = sql.execute("SELECT states FROM stored_events ORDER BY position").fetchall()
    for place, row in enumerate(Frontier().add(state for (state,) in states), 1):
        sql.execute("UPDATE stored_events SET hashes = ? WHERE position = ?", (row, place))


def test_a_log_forged_together_with_its_tree_is_caught_by_a_checkpoint(
    written: TreeHead, sql: sqlite3.Connection, path: Path
) -> None:
    checkpoint = Checkpoint("log", written)
    assert check(path, checkpoint).difference is None
    forge(sql, 2)
    assert check(path).difference is None
    difference = check(path, checkpoint).difference
    assert difference is not None
    assert "checkpoint" in difference.sentence


def test_a_log_cut_short_together_with_its_tree_is_caught_by_a_checkpoint(
    written: TreeHead, sql: sqlite3.Connection, path: Path
) -> None:
    sql.execute("DELETE FROM stored_events WHERE position > 7")
    assert found_at(path) == 8
    sql.execute("UPDATE stored_events_head SET position = 7")
    for index in ("by_stream", "facts"):
        sql.execute(f"DELETE FROM stored_events_{index} WHERE position > 7")
    assert check(path).difference is None
    difference = check(path, Checkpoint("log", written)).difference
    assert difference is not None
    assert difference.position == 8


def test_nothing_is_appended_to_a_log_whose_tree_lacks_its_edge(
    sql: sqlite3.Connection, path: Path
) -> None:
    sql.execute(f"UPDATE stored_events SET hashes = x'' WHERE position = {EVENTS}")
    with open_log(str(path), TickingClock()) as log:
        with pytest.raises(CorruptRecord, match=f"lacks a hash at position {EVENTS}"):
            log.append([joined(3, 50)], {})
        assert log.head() == EVENTS
