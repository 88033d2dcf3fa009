"""The rules of the log, on real SQLite files and a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.eventstore.headwatch import HeadWatch
from adapters.eventstore.log import APPEND_EVENTS_MAX, READ_LIMIT_MAX, LedgerLog
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import (
    CorruptRecord,
    InternalError,
    InvalidCursor,
    InvalidInput,
    InvalidPageSize,
    VersionConflict,
)
from domain.kernel.ids import BlockNumber, ChainId, Position, StreamName, Timestamp, Version
from domain.node.events import NodeDeregistered, NodeRegistered
from tests.adapters.eventstore.conftest import BOTH, NewDb, OpenLog, open_any
from tests.support.events import (
    account,
    any_fact,
    decision,
    fact,
    provenance,
    stream_for,
    word,
)

STORES = BOTH
START = Position(0)


def registered(number: int) -> NodeRegistered:
    return NodeRegistered(node=account(number), metadata_uri=f"ipfs://{number}")


def joined(number: int, block: int = 1, log_index: int = 0) -> NewEvent:
    return fact(registered(number), block, log_index)


def left(number: int, block: int = 1, log_index: int = 0) -> NewEvent:
    return fact(NodeDeregistered(node=account(number)), block, log_index)


STREAM = stream_for(registered(1))


def positions(events: Sequence[RecordedEvent]) -> list[int]:
    return [event.position for event in events]


def test_an_empty_log_has_head_zero_and_nothing_to_read(log: LedgerLog) -> None:
    assert log.head() == 0
    assert log.read(START, 10) == []
    assert log.read_stream(STREAM) == []
    assert log.last_of_stream(STREAM) is None
    assert log.versions([STREAM]) == {}
    assert log.append([], {}) == ()


def test_events_come_back_as_they_were_appended(log: LedgerLog) -> None:
    new = [joined(1), joined(2, log_index=1), left(1, log_index=2), decision(registered(1))]
    appended = log.append(new, {})
    assert positions(appended) == [1, 2, 3, 4]
    assert [event.version for event in appended] == [1, 1, 2, 3]
    assert [(e.stream, e.event, e.provenance, e.actor) for e in appended] == [
        (n.stream, n.event, n.provenance, n.actor) for n in new
    ]
    assert log.read(START, 10) == list(appended)
    assert (appended[-1], appended[1:3]) == (list(appended)[-1], list(appended)[1:3])
    assert log.read_stream(STREAM) == [appended[0], appended[2], appended[3]]
    assert log.read_stream(STREAM, Version(1)) == [appended[2], appended[3]]
    assert log.last_of_stream(STREAM) == appended[3]
    assert log.versions([STREAM, StreamName("node:none")]) == {STREAM: 3}


def test_one_append_has_one_moment_of_recording(log: LedgerLog) -> None:
    first = log.append([joined(1), joined(2, log_index=1)], {})
    second = log.append([joined(3, 2)], {})
    assert len({event.recorded_at for event in first}) == 1
    assert first[0].recorded_at < second[0].recorded_at


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(any_fact(), max_size=6), max_size=6))
def test_any_batches_give_dense_positions_and_dense_versions(
    new_db: NewDb, batches: list[list[NewEvent]]
) -> None:
    number = 0
    with open_any(new_db()) as log:
        appended: list[RecordedEvent] = []
        for batch in batches:
            unique = []
            for new in batch:
                number += 1
                origin = (
                    replace(provenance(number), chain_id=new.provenance.chain_id)
                    if new.provenance
                    else None
                )
                unique.append(replace(new, provenance=origin))
            try:
                appended += log.append(unique, {})
            except InvalidInput as error:
                assert "integer from 0" in error.message  # noqa: PT017 - the strategy makes huge integers
        assert log.read(START, 1_000) == appended
        assert positions(appended) == list(range(1, len(appended) + 1))
        for stream in {event.stream for event in appended}:
            mine = [event for event in appended if event.stream == stream]
            assert [event.version for event in mine] == list(range(1, len(mine) + 1))
            assert log.read_stream(stream) == mine


def test_an_append_at_the_expected_version_is_accepted(log: LedgerLog) -> None:
    log.append([joined(1)], {STREAM: Version(0)})
    log.append([left(1, 2)], {STREAM: Version(1)})
    assert log.versions([STREAM]) == {STREAM: 2}


@pytest.mark.parametrize("expected", [0, 2])
def test_an_append_at_another_version_is_refused_whole(log: LedgerLog, expected: int) -> None:
    log.append([joined(1)], {})
    with pytest.raises(VersionConflict, match="is at version 1"):
        log.append([joined(2, 2), left(1, 3)], {STREAM: Version(expected)})
    assert log.head() == 1


def test_a_stream_may_be_expected_without_being_written_to(log: LedgerLog) -> None:
    log.append([joined(1)], {})
    with pytest.raises(VersionConflict):
        log.append([joined(2, 2)], {STREAM: Version(0)})
    assert log.append([joined(2, 2)], {STREAM: Version(1)})[0].position == 2


def test_a_version_conflict_does_not_use_up_a_position(log: LedgerLog, reopen: OpenLog) -> None:
    log.append([joined(1)], {})
    with pytest.raises(VersionConflict):
        log.append([joined(2, 2)], {STREAM: Version(7)})
    assert reopen().append([joined(3, 3)], {})[0].position == 2


def test_versions_are_right_when_another_connection_appended_between(
    log: LedgerLog, reopen: OpenLog
) -> None:
    other = reopen()
    for block in range(1, 5):
        log.append([left(1, block)], {})
        other.append([left(1, block, 1)], {})
    assert [event.version for event in log.read_stream(STREAM)] == list(range(1, 9))


def test_a_chain_fact_is_recorded_once(log: LedgerLog, reopen: OpenLog) -> None:
    log.append([joined(1), joined(2, log_index=1)], {})
    for writer in (log, reopen()):
        with pytest.raises(VersionConflict, match="recorded already, at position 2"):
            writer.append([joined(3, 2), joined(9, log_index=1)], {})
    with pytest.raises(VersionConflict, match="twice in one append"):
        log.append([joined(3, 3), joined(3, 3)], {})
    assert log.head() == 2


def test_a_refused_append_leaves_no_name_behind(log: LedgerLog) -> None:
    log.append([joined(1)], {})
    with pytest.raises(VersionConflict):
        log.append([joined(5, 2), joined(9, 1)], {})
    log.append([joined(6, 3)], {})
    log.append([joined(5, 4)], {})
    assert positions(log.read_stream(stream_for(registered(6)))) == [2]
    assert positions(log.read_stream(stream_for(registered(5)))) == [3]
    assert log.versions([stream_for(registered(9))]) == {}


def test_recorded_facts_are_found_by_their_identity_alone(log: LedgerLog) -> None:
    log.append([joined(1), decision(registered(2)), joined(3, log_index=1)], {})
    known = joined(3, log_index=1).provenance
    assert known is not None
    elsewhere = replace(
        known, block_number=BlockNumber(99), block_time=Timestamp(0), contract=account(9)
    )
    others = [
        replace(known, chain_id=ChainId(2)),
        replace(known, block_hash=word("other")),
        replace(known, transaction_hash=word("other")),
        replace(known, log_index=2),
    ]
    assert log.recorded_facts([known, elsewhere, *others]) == [3, 3, None, None, None, None]
    assert log.recorded_facts([]) == []


def test_the_same_log_in_another_block_is_another_fact(log: LedgerLog) -> None:
    new = joined(1)
    assert new.provenance is not None
    moved = replace(new, provenance=replace(new.provenance, block_hash=word("other")))
    log.append([new], {})
    assert log.append([moved], {})[0].position == 2


def test_reading_pages_through_the_log(log: LedgerLog) -> None:
    appended = log.append([joined(n, n) for n in range(1, 8)], {})
    assert positions(log.read(START, 3)) == [1, 2, 3]
    assert positions(log.read(Position(3), 3)) == [4, 5, 6]
    assert log.read(Position(6), 3) == [appended[6]]
    assert log.read(Position(7), 3) == log.read(Position(10**18), 3) == []


def test_events_are_read_by_their_positions_and_none_may_be_missing(log: LedgerLog) -> None:
    appended = log.append([joined(number, block=number) for number in range(1, 6)], {})
    assert log.read_at([Position(2), Position(5)]) == [appended[1], appended[4]]
    assert log.read_at([]) == []
    with pytest.raises(CorruptRecord, match="position 6"):
        log.read_at([Position(2), Position(6)])


def test_reading_can_be_limited_to_names_and_a_stream(log: LedgerLog) -> None:
    log.append([joined(1), left(1, 2), joined(2, 3), left(2, 4), joined(1, 5)], {})
    names = ["node.registered"]
    assert positions(log.read(START, 9, names=names)) == [1, 3, 5]
    assert positions(log.read(Position(1), 1, names=names)) == [3]
    assert positions(log.read(START, 4, names=[*names, "node.deregistered"])) == [1, 2, 3, 4]
    assert positions(log.read(START, 9, names=[*names, *names, "node.unheard"])) == [1, 3, 5]
    assert positions(log.read(START, 9, names=["node.unheard"])) == []
    assert positions(log.read(START, 9, stream=STREAM)) == [1, 2, 5]
    assert positions(log.read(Position(1), 1, stream=STREAM)) == [2]
    assert positions(log.read(START, 9, names=names, stream=STREAM)) == [1, 5]
    assert positions(log.read(START, 9, names=["node.unheard"], stream=STREAM)) == []
    assert positions(log.read(START, 9, stream=StreamName("node:none"))) == []


def test_raw_reading_gives_positions_and_the_stored_bytes(log: LedgerLog) -> None:
    log.append([joined(n, n) for n in range(1, 4)], {})
    rows = log.raw(Position(1), 10)
    assert [position for position, _ in rows] == [2, 3]
    assert all(type(stored) is bytes and stored.startswith(b'{"actor":') for _, stored in rows)


@pytest.mark.parametrize("limit", [0, -1, READ_LIMIT_MAX + 1])
def test_a_page_size_out_of_bounds_is_refused(log: LedgerLog, limit: int) -> None:
    for ask in (log.read, log.raw):
        with pytest.raises(InvalidPageSize):
            ask(START, limit)


@pytest.mark.parametrize("after", [-1, 2**63])
def test_a_cursor_that_is_no_position_is_refused(log: LedgerLog, after: int) -> None:
    for ask in (log.read, log.raw):
        with pytest.raises(InvalidCursor):
            ask(Position(after), 1)


def test_an_append_of_too_many_events_is_refused(log: LedgerLog) -> None:
    with pytest.raises(InvalidInput, match="too many"):
        log.append([joined(1)] * (APPEND_EVENTS_MAX + 1), {})


def test_waiting_returns_at_once_when_the_head_is_above(log: LedgerLog) -> None:
    log.append([joined(1)], {})
    assert log.wait(START, 60) == 1


def test_waiting_ends_when_the_time_is_over(log: LedgerLog) -> None:
    assert log.wait(START, 0) == log.wait(START, -1) == log.wait(START, 0.01) == 0


def test_an_append_wakes_every_waiter(log: LedgerLog, reopen: OpenLog) -> None:
    waiting = [log, log, reopen(), reopen(readonly=True)]
    heads: list[int] = []
    threads = [
        threading.Thread(target=lambda mine=mine: heads.append(mine.wait(START, 600)), daemon=True)
        for mine in waiting
    ]
    for thread in threads:
        thread.start()
    log.append([joined(1), joined(2, 2)], {})
    for thread in threads:
        thread.join(60)
    assert heads == [2, 2, 2, 2]


def test_closing_wakes_waiters(log: LedgerLog) -> None:
    errors: list[Exception] = []

    def wait() -> None:
        try:
            log.wait(START, 600)
        except InternalError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    watch = log._recorder.watch
    while not (watch._waiters if isinstance(watch, HeadWatch) else watch._listeners):  # type: ignore[attr-defined]
        time.sleep(0.001)
    log.close()
    thread.join(60)
    assert not thread.is_alive()
    assert "closed" in str(errors[0])


def test_a_closed_log_says_so(log: LedgerLog) -> None:
    log.close()
    log.close()
    for use in (log.head, lambda: log.read(START, 1), lambda: log.append([joined(1)], {})):
        with pytest.raises(InternalError, match="closed"):
            use()


def test_what_cannot_be_stored_is_refused_and_nothing_is_written(log: LedgerLog) -> None:
    bad = NodeRegistered(node=account(1), metadata_uri="\ud800")
    with pytest.raises(InvalidInput, match="a text of"):
        log.append([joined(2), fact(bad, 2)], {})
    nameless = replace(joined(3, 3), stream=StreamName("with space"))
    with pytest.raises(InvalidInput, match="stream"):
        log.append([nameless], {})
    assert log.head() == 0
    assert log.append([joined(2)], {})[0].position == 1


def test_a_readonly_log_reads_and_refuses_to_append(log: LedgerLog, reopen: OpenLog) -> None:
    log.append([joined(1)], {})
    reader = reopen(readonly=True)
    assert positions(reader.read(START, 5)) == [1]
    with pytest.raises(InvalidInput, match="cannot be written"):
        reader.append([joined(2, 2)], {})
    log.append([joined(3, 3)], {})
    assert reader.head() == 2


def test_a_log_opened_again_goes_on_where_it_was(log: LedgerLog, reopen: OpenLog) -> None:
    log.append([joined(1), joined(2, 2)], {})
    log.close()
    again = reopen()
    assert again.head() == 2
    assert again.append([left(1, 3)], {STREAM: Version(1)})[0].position == 3


@pytest.mark.slow
def test_a_hundred_thousand_events_stay_dense(log: LedgerLog) -> None:
    for block in range(10):
        log.append([joined(n % 500, block + 1, n) for n in range(10_000)], {})
    assert log.head() == 100_000
    last = log.read(Position(99_998), 10)
    assert positions(last) == [99_999, 100_000]
    assert log.versions([STREAM]) == {STREAM: 200}
