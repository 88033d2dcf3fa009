"""Several nodes of one chain: failover, lag, quorum, and labels that tell no key."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.chain.completeness import Verify
from adapters.chain.endpoints import LAG_BLOCKS, Endpoint, endpoints_of
from adapters.chain.pool import EndpointsDisagree, Member, ReaderPool
from adapters.chain.reader import JsonRpcReader
from adapters.chain.transport import Json
from domain.kernel.errors import InvalidInput, Unavailable, WrongChain
from domain.kernel.ids import BlockNumber
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import AlteringTransport, word

LAST = BlockNumber(60)


class Nodes:
    """A pool over nodes that tests can make lie; `said` is what people are told."""

    def __init__(
        self, told: Told, count: int, *, quorum: int = 1, verify: Verify = Verify.BLOOM
    ) -> None:
        self.said: list[str] = []
        self.time = 0.0
        self.transports = [AlteringTransport(told.chain) for _ in range(count)]
        self.endpoints = [Endpoint(f"node-{place}", "", clock=self.clock) for place in range(count)]
        members = [
            Member(endpoint, JsonRpcReader(transport, told.deployment, verify=verify))
            for endpoint, transport in zip(self.endpoints, self.transports, strict=True)
        ]
        self.pool = ReaderPool(members, quorum=quorum, say=self.said.append, clock=self.clock)

    def clock(self) -> float:
        return self.time

    def lie(self, place: int, alter: Callable[[str, Sequence[Json], Any], Any]) -> None:
        self.transports[place].alter = alter


def fail(method: str, params: Sequence[Json], answer: Any) -> Any:
    raise Unavailable("the node is on fire")


def drop_a_log(method: str, params: Sequence[Json], answer: Any) -> Any:
    return [*answer[:5], *answer[6:]] if method == "eth_getLogs" else answer


def lagging(blocks: int) -> Callable[[str, Sequence[Json], Any], Any]:
    def alter(method: str, params: Sequence[Json], answer: Any) -> Any:
        is_head = method == "eth_getBlockByNumber" and params[0] == "latest"
        return {**answer, "number": hex(int(answer["number"], 16) - blocks)} if is_head else answer

    return alter


def test_a_node_that_fails_is_left_for_another_and_named(told: Told) -> None:
    nodes = Nodes(told, 2)
    whole = nodes.pool.facts(BlockNumber(0), LAST)
    nodes.lie(0, fail)
    nodes.lie(1, lambda method, params, answer: answer)
    for _ in range(3):
        assert nodes.pool.facts(BlockNumber(0), LAST) == whole
    assert nodes.said == ["node-0 fails: the node is on fire"]
    assert nodes.endpoints[0].status().state == "resting"


def test_a_node_that_rested_is_asked_again(told: Told) -> None:
    nodes = Nodes(told, 2)
    nodes.lie(0, fail)
    nodes.pool.block(LAST)
    nodes.lie(0, lambda method, params, answer: answer)
    nodes.lie(1, fail)
    nodes.time += 100
    assert nodes.pool.block(LAST).number == LAST


def test_a_node_that_leaves_logs_out_is_left_for_an_honest_one(told: Told) -> None:
    nodes = Nodes(told, 2, verify=Verify.ALL)
    whole = nodes.pool.facts(BlockNumber(0), LAST)
    nodes.lie(0, drop_a_log)
    assert nodes.pool.facts(BlockNumber(0), LAST) == whole
    assert "is in the block's receipts and missing" in nodes.said[0]


def test_when_no_node_answers_each_is_named(told: Told) -> None:
    nodes = Nodes(told, 2)
    nodes.lie(0, fail)
    nodes.lie(1, fail)
    with pytest.raises(Unavailable, match=r"no node answers: node-0: .*node-1: "):
        nodes.pool.block(LAST)


def test_a_quorum_that_disagrees_about_logs_names_both_and_the_log(told: Told) -> None:
    nodes = Nodes(told, 2, quorum=2, verify=Verify.OFF)
    nodes.lie(1, drop_a_log)
    with pytest.raises(EndpointsDisagree, match=r"node-[01] and node-[01] disagree.*log \d+ of"):
        nodes.pool.facts(BlockNumber(0), LAST)


def test_a_quorum_that_disagrees_about_a_hash_names_both(told: Told) -> None:
    nodes = Nodes(told, 3, quorum=2)
    for place in (0, 1):
        nodes.lie(
            place,
            lambda method, params, answer: (
                {**answer, "hash": word(7 + len(params))} if method != "eth_chainId" else answer
            ),
        )
    nodes.endpoints[2].failed("not now")
    nodes.lie(1, lambda method, params, answer: answer)
    with pytest.raises(EndpointsDisagree, match="disagree about block 60"):
        nodes.pool.block(LAST)


def test_a_quorum_never_shrinks(told: Told) -> None:
    nodes = Nodes(told, 3, quorum=2)
    nodes.lie(0, fail)
    nodes.lie(2, fail)
    with pytest.raises(Unavailable, match="2 nodes must agree, 1 answer"):
        nodes.pool.facts(BlockNumber(0), LAST)
    nodes.lie(2, lambda method, params, answer: answer)
    assert nodes.pool.facts(BlockNumber(0), LAST)


def test_the_head_of_a_quorum_is_the_newest_block_that_all_of_it_has(told: Told) -> None:
    nodes = Nodes(told, 3, quorum=2)
    newest = nodes.pool.head().number
    nodes.lie(0, lagging(2))
    nodes.lie(1, lagging(1))
    nodes.time += 100
    assert nodes.pool.head().number == newest - 1


def test_a_node_that_stands_still_is_named_and_no_longer_asked(told: Told) -> None:
    nodes = Nodes(told, 2)
    nodes.lie(0, lagging(LAG_BLOCKS + 5))
    newest = nodes.pool.head().number
    behind, stale = LAG_BLOCKS + 5, newest - LAG_BLOCKS - 5
    assert nodes.said == [
        f"node-0 is {behind} blocks behind: its newest is {stale}, others have {newest}"
    ]
    assert [endpoint.status().state for endpoint in nodes.endpoints] == ["behind", "ok"]
    nodes.transports[0].calls.clear()
    nodes.pool.head()
    assert nodes.transports[0].calls == []


def test_a_head_that_goes_back_is_named(told: Told) -> None:
    nodes = Nodes(told, 2)
    nodes.pool.head()
    for place in (0, 1):
        nodes.lie(place, lagging(20))
    nodes.time += 100
    nodes.pool.head()
    assert all("went back from block" in said for said in nodes.said)
    assert len(nodes.said) == 2


def test_one_node_of_another_chain_is_enough_to_refuse(told: Told) -> None:
    nodes = Nodes(told, 3)
    nodes.lie(2, lambda method, params, answer: "0x1" if method == "eth_chainId" else answer)
    nodes.lie(1, fail)
    with pytest.raises(WrongChain):
        nodes.pool.check_chain()


KEY = "c0ffee00c0ffee00c0ffee00c0ffee00"


def test_labels_are_hosts_and_never_hold_a_key() -> None:
    endpoints = endpoints_of(
        [
            f"https://user:{KEY}@one.example/v3/{KEY}?key={KEY}#{KEY}",
            f"https://{KEY}.two.example/",
            "https://one.example/other",
        ]
    )
    assert [each.label for each in endpoints] == ["one.example", "***.two.example", "one.example#2"]
    assert KEY not in repr(endpoints)
    assert KEY not in str([each.status() for each in endpoints])


def test_what_is_no_url_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidInput) as caught:
        endpoints_of([f"ftp://one.example/{KEY}"])
    assert KEY not in str(caught.value)


TABLE = (
    Path(__file__).resolve().parents[3] / "docs/decisions/0010-completeness-against-the-header.md"
)
ARRANGEMENTS = ((1, 1), (2, 1), (2, 2))
"""How many nodes there are, and how many must agree."""


def rows() -> dict[str, tuple[str, ...]]:
    found = re.findall(r"^\| ([^|]+?) \|((?: (?:yes|no) \|){3})$", TABLE.read_text(), re.MULTILINE)
    return {lie: tuple(cells.replace("|", " ").split()) for lie, cells in found}


QUIET = BlockNumber(1)
"""A block without logs of ours, so that nothing contradicts another one in its place."""


def another_block(method: str, params: Sequence[Json], answer: Any) -> Any:
    is_quiet = method == "eth_getBlockByNumber" and params[0] == hex(QUIET)
    return {**answer, "hash": word(9)} if is_quiet else answer


def another_chain(method: str, params: Sequence[Json], answer: Any) -> Any:
    del params
    return "0x1" if method == "eth_chainId" else answer


MISBEHAVIOUR = {
    "follows another chain": another_chain,
    "leaves a log out, under `--verify all`": drop_a_log,
    "leaves a log out, under `--verify off`": drop_a_log,
    "has another block at a height": another_block,
    "serves an old head": lagging(LAG_BLOCKS + 5),
    "serves nothing": fail,
}


def test_the_table_names_every_misbehaviour_that_is_tried() -> None:
    assert rows().keys() == MISBEHAVIOUR.keys()


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("lie", rows())
def test_misbehaviour_is_caught_where_the_table_says(
    told: Told, lie: str, arrangement: tuple[int, int]
) -> None:
    count, quorum = arrangement
    mode = Verify.ALL if lie.endswith("all`") else Verify.OFF
    honest = Nodes(told, 1, verify=mode).pool
    assert QUIET not in {
        fact.provenance.block_number for fact in honest.facts(BlockNumber(0), LAST)
    }
    truth = (honest.head(), honest.block(QUIET), honest.facts(BlockNumber(0), LAST))
    nodes = Nodes(told, count, quorum=quorum, verify=mode)
    nodes.lie(0, MISBEHAVIOUR[lie])
    try:
        nodes.pool.check_chain()
        told_us = (
            nodes.pool.head(),
            nodes.pool.block(QUIET),
            nodes.pool.facts(BlockNumber(0), LAST),
        )
    except (Unavailable, WrongChain):
        caught = True
    else:
        caught = bool(nodes.said)
        if caught and quorum == 1:
            assert told_us == truth
        if not caught:
            assert told_us != truth
    assert caught == (rows()[lie][ARRANGEMENTS.index(arrangement)] == "yes")
