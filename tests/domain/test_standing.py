"""What stands is told by the last word on each position, and a command's state is the fold of what stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.application.commands import CommandHandler
from domain.application.standing import Standing
from domain.chain.events import BlocksOrphaned, BlocksRestored
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import PositionRange
from domain.kernel.streams import chain_stream, workflow_stream
from domain.workflow.events import ChainWorkflowRegistered
from domain.workflow.names import workflow_id_of
from tests.support.events import NETWORK, account, fact, word
from tests.support.memory import MemoryLog

OWNER = account(7)
ID = workflow_id_of(OWNER, "yield")
REGISTERED = ChainWorkflowRegistered(workflow_id=ID, owner=OWNER, name="yield")


def orphaned(*ranges: tuple[int, int]) -> NewEvent:
    event = BlocksOrphaned(
        fork_block=BlockNumber(1),
        fork_block_hash=word("block 1"),
        fork_block_time=Timestamp(12),
        orphaned_last_block=BlockNumber(9),
        orphaned_last_block_hash=word("block 9"),
        facts=0,
        voided=tuple(PositionRange(Position(a), Position(b)) for a, b in ranges),
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def restored(*ranges: tuple[int, int]) -> NewEvent:
    event = BlocksRestored(
        first_block=BlockNumber(2),
        last_block=BlockNumber(9),
        last_block_hash=word("block 9"),
        facts=0,
        restored=tuple(PositionRange(Position(a), Position(b)) for a, b in ranges),
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def test_the_last_word_on_a_position_counts() -> None:
    log = MemoryLog([fact(REGISTERED, block=number) for number in range(2, 8)])
    standing = Standing(log)
    log.append([orphaned((2, 5)), restored((3, 3)), orphaned((5, 6)), restored((5, 5))], {})
    standing.refresh()
    assert [at for at in range(1, 11) if standing.stands(Position(at))] == [1, 3, 5, 7, 8, 9, 10]


def test_what_would_stand_is_told_without_recording_it() -> None:
    log = MemoryLog([fact(REGISTERED, block=number) for number in range(2, 6)])
    log.append([orphaned((1, 1))], {})
    standing = Standing(log)
    standing.refresh()
    stands = standing.after(
        [PositionRange(Position(2), Position(4))],
        [PositionRange(Position(1), Position(1)), PositionRange(Position(3), Position(3))],
    )
    assert [at for at in range(1, 6) if stands(Position(at))] == [1, 3, 5]
    assert [at for at in range(1, 6) if standing.stands(Position(at))] == [2, 3, 4, 5]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 5)), max_size=12))
def test_following_and_reading_anew_find_the_same(words: list[tuple[bool, int, int]]) -> None:
    log = MemoryLog([fact(REGISTERED, block=number) for number in range(1, 26)])
    following = Standing(log)
    for voids, first, more in words:
        said = orphaned if voids else restored
        log.append([said((first, first + more))], {})
        following.refresh()
    anew = Standing(log)
    anew.refresh()
    assert [following.stands(Position(at)) for at in range(1, 40)] == [
        anew.stands(Position(at)) for at in range(1, 40)
    ]


def test_a_command_decides_on_what_stands() -> None:
    log = MemoryLog([fact(REGISTERED, block=5)])
    handler = CommandHandler(log)
    assert handler.state_of(ID).owner == OWNER
    log.append([orphaned((1, 1))], {})
    assert handler.state_of(ID).owner is None
    log.append([restored((1, 1))], {})
    assert handler.state_of(ID).owner == OWNER
    log.append([orphaned((1, 1))], {})
    assert handler.register_workflow(OWNER, "yield").created
    assert [each.version for each in log.read_stream(workflow_stream(ID))] == [1, 2]
