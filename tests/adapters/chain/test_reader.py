"""The reader takes nothing on trust: each lie of a node is refused as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from adapters.chain.reader import JsonRpcReader
from adapters.chain.rpc import HttpTransport
from adapters.chain.transport import AnswerTooLarge, Json, MalformedAnswer, RpcError
from adapters.chain.watched import TRANSFER_TOPIC, topic_of
from domain.application.ingest import Ingestor
from domain.application.ports import BlockRef, TooManyFacts
from domain.kernel.errors import Unavailable, WrongChain
from domain.kernel.ids import BlockNumber, ChainId, Position
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import AlteringTransport, account, elsewhere, word
from tests.support.memory import MemoryLog

Logs = list[dict[str, Any]]


def reader_over(told: Told) -> tuple[JsonRpcReader, AlteringTransport]:
    transport = AlteringTransport(told.chain)
    return JsonRpcReader(transport, told.deployment), transport


def head_of(told: Told) -> BlockNumber:
    return JsonRpcReader(told.chain, told.deployment).head().number


def read_all(ingestor: Ingestor) -> None:
    while not ingestor.step().at_head:
        pass


def changed(index: int, **fields: Json) -> Callable[[Logs], Logs]:
    def change(logs: Logs) -> Logs:
        return [*logs[:index], {**logs[index], **fields}, *logs[index + 1 :]]

    return change


LIES: dict[str, tuple[Callable[[Logs], Json], str]] = {
    "a log of a contract that is not ours": (
        changed(3, address=account(0xBAD)),
        "not asked for",
    ),
    "a log twice": (lambda logs: [*logs[:4], logs[3], *logs[4:]], "doubled or unordered"),
    "logs out of order": (lambda logs: [*logs[:3], logs[5], logs[4], *logs[6:]], "unordered"),
    "a log below the range": (changed(0, blockNumber="0x1"), "a log of block 1 for"),
    "a log above the range": (changed(-1, blockNumber="0xffffff"), "a log of block 16777215 for"),
    "a log of another block than the header": (changed(5, blockHash=word(9)), "block"),
    "every log of another block": (
        lambda logs: [{**each, "blockHash": word(9)} for each in logs],
        "another block|two hashes",
    ),
    "a removed log": (changed(2, removed=True), "removed"),
    "a number that is none": (changed(2, blockNumber="five"), "log.blockNumber"),
    "a number that is not quoted": (changed(2, blockNumber=5), "log.blockNumber"),
    "a number beyond 256 bits": (changed(2, logIndex="0x1" + "0" * 64), "log.logIndex"),
    "a number that no chain reaches": (changed(2, logIndex="0x1" + "0" * 16), "log.logIndex"),
    "a hash that is too short": (changed(2, transactionHash="0xab"), "log.transactionHash"),
    "topics that are none": (changed(2, topics=["0xab"]), "log.topics"),
    "five topics": (changed(2, topics=[word(1)] * 5), "topics"),
    "half a byte of data": (changed(2, data="0xabc"), "log.data"),
    "a missing field": (
        lambda logs: [{key: value for key, value in logs[0].items() if key != "data"}],
        "log.data",
    ),
    "something that is no list": (lambda logs: {"logs": logs}, "a list"),
    "something that is no log": (lambda logs: [*logs, "log"], "an object"),
    "nothing": (lambda logs: None, "a list"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_logs_is_refused(told: Told, lie: str) -> None:
    alter, says = LIES[lie]
    reader, transport = reader_over(told)
    transport.alter = lambda method, params, answer: (
        alter(answer) if method == "eth_getLogs" else answer  # type: ignore[arg-type]
    )
    with pytest.raises(MalformedAnswer, match=says):
        reader.facts(BlockNumber(2), head_of(told))


@pytest.mark.parametrize("lie", LIES)
def test_after_a_lie_nothing_is_written_and_the_truth_is_taken(told: Told, lie: str) -> None:
    alter, _ = LIES[lie]
    reader, transport = reader_over(told)
    log = MemoryLog()
    ingestor = Ingestor(log, reader, told.deployment)
    ingestor.adopt()
    transport.alter = lambda method, params, answer: (
        alter(answer) if method == "eth_getLogs" and answer else answer  # type: ignore[arg-type]
    )
    with pytest.raises(Unavailable):
        read_all(ingestor)
    before = log.head()
    with pytest.raises(Unavailable):
        ingestor.step()
    assert log.head() == before
    transport.alter = lambda method, params, answer: answer
    read_all(ingestor)
    facts = [each for each in log.read(Position(0), 10**6) if each.provenance is not None]
    wanted = [each for each in told.log.read(Position(0), 10**6) if each.provenance is not None]
    assert [each.event for each in facts] == [each.event for each in wanted]


HEADER_LIES: dict[str, tuple[dict[str, Json] | None, str]] = {
    "another number": ({"number": "0x7777"}, "when asked for block"),
    "another hash": ({"hash": word(4)}, "another block|does not follow"),
    "no time": ({"timestamp": None}, "block.timestamp"),
    "a time that no store holds": ({"timestamp": "0x1" + "0" * 16}, "block.timestamp"),
    "no parent": ({"parentHash": "0x"}, "block.parentHash"),
    "another parent": ({"parentHash": word(4)}, "does not follow"),
    "nothing": (None, "has no block"),
}


@pytest.mark.parametrize("lie", HEADER_LIES)
def test_a_lie_about_headers_is_refused(told: Told, lie: str) -> None:
    fields, says = HEADER_LIES[lie]
    reader, transport = reader_over(told)

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method != "eth_getBlockByNumber" or params[0] == "0x4":
            return answer
        return {**answer, **fields} if fields is not None and isinstance(answer, dict) else None

    transport.alter = alter
    with pytest.raises(Unavailable, match=says):
        reader.facts(BlockNumber(3), BlockNumber(8))


def test_a_chain_whose_time_runs_backwards_is_refused(told: Told) -> None:
    reader, transport = reader_over(told)
    transport.alter = lambda method, params, answer: (
        {**answer, "timestamp": hex(10**6 - int(str(params[0]), 16))}
        if method == "eth_getBlockByNumber" and isinstance(answer, dict)
        else answer
    )
    with pytest.raises(MalformedAnswer, match="older than"):
        reader.facts(BlockNumber(3), BlockNumber(8))


@pytest.mark.parametrize(
    "refusal",
    [
        RpcError("query returned more than 10000 results", rpc_code=-32005),
        RpcError("Log response size exceeded. block range should work", rpc_code=-32602),
        RpcError("exceed maximum block range: 5000", rpc_code=-32000),
        AnswerTooLarge("the answer is larger than 24 MiB"),
    ],
)
def test_a_range_that_is_too_much_is_halved_until_it_is_not(told: Told, refusal: Exception) -> None:
    reader, transport = reader_over(told)
    whole = reader.facts(BlockNumber(0), head_of(told))
    transport.calls.clear()

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_getLogs" and isinstance(answer, list) and len(answer) > 20:
            raise refusal
        return answer

    transport.alter = alter
    assert reader.facts(BlockNumber(0), head_of(told)) == whole
    asked = [params for method, params in transport.calls if method == "eth_getLogs"]
    assert len(asked) > 10


def test_an_error_that_is_no_complaint_about_size_is_passed_on(told: Told) -> None:
    reader, transport = reader_over(told)

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        raise RpcError("unauthorized", rpc_code=-32001)

    transport.alter = alter
    with pytest.raises(RpcError, match="unauthorized"):
        reader.facts(BlockNumber(0), BlockNumber(9))
    assert len(transport.calls) == 1


def test_one_block_that_is_too_much_is_passed_on(told: Told) -> None:
    reader, transport = reader_over(told)

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        raise AnswerTooLarge("too large")

    transport.alter = alter
    with pytest.raises(AnswerTooLarge):
        reader.facts(BlockNumber(0), BlockNumber(9))


def test_more_logs_than_fit_in_memory_are_asked_for_in_parts(told: Told) -> None:
    reader = JsonRpcReader(told.chain, told.deployment, logs_limit=50)
    with pytest.raises(TooManyFacts):
        reader.facts(BlockNumber(0), head_of(told))
    log = MemoryLog()
    ingestor = Ingestor(log, reader, told.deployment)
    read_all(ingestor)
    facts = [each for each in log.read(Position(0), 10**6) if each.provenance is not None]
    wanted = [each for each in told.log.read(Position(0), 10**6) if each.provenance is not None]
    assert [each.event for each in facts] == [each.event for each in wanted]


def test_all_contracts_are_asked_for_in_one_call_and_the_token_only_about_them(told: Told) -> None:
    reader, transport = reader_over(told)
    reader.facts(BlockNumber(0), BlockNumber(20))
    filters: list[Any] = [
        params[0] for method, params in transport.calls if method == "eth_getLogs"
    ]
    place = told.deployment
    assert [set(each["address"]) for each in filters] == [
        {place.arbiter, place.registry, place.verifier},
        {place.token},
        {place.token},
    ]
    assert "topics" not in filters[0]
    for each in filters[1:]:
        assert each["topics"][0] == TRANSFER_TOPIC
        assert topic_of(place.arbiter) in each["topics"][-1]


def test_facts_carry_where_and_when_they_happened(told: Told) -> None:
    reader = JsonRpcReader(told.chain, told.deployment)
    facts = reader.facts(BlockNumber(0), head_of(told))
    for fact in facts[::25]:
        block: BlockRef = reader.block(fact.provenance.block_number)
        assert fact.provenance.block_hash == block.hash
        assert fact.provenance.block_time == block.time
        assert fact.provenance.chain_id == told.deployment.chain_id


def test_a_node_of_another_chain_is_refused(told: Told) -> None:
    other = elsewhere(told.deployment, chain_id=ChainId(1))
    with pytest.raises(WrongChain, match="is chain 1337, the deployment is on 1"):
        JsonRpcReader(told.chain, other).check_chain()


def test_a_development_chain_that_was_started_anew_is_refused(told: Told) -> None:
    other = elsewhere(told.deployment, genesis_hash=word(1))
    with pytest.raises(WrongChain, match="another genesis"):
        JsonRpcReader(told.chain, other).check_chain()


def test_a_block_that_is_not_there_yet_is_unavailable(told: Told) -> None:
    with pytest.raises(Unavailable, match="no block 999999"):
        JsonRpcReader(told.chain, told.deployment).block(BlockNumber(999_999))


def test_a_node_that_cannot_be_reached_is_unavailable(told: Told) -> None:
    transport = HttpTransport("http://127.0.0.1:9", pause=lambda seconds: None)
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:9 does not answer"):
        JsonRpcReader(transport, told.deployment).head()
    transport.close()
