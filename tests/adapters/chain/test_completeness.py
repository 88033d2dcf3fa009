"""A lying proxy between ledger and node: the table in docs/decisions says which mode catches which lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from adapters.chain.completeness import Verify
from adapters.chain.headers import read_header
from adapters.chain.reader import JsonRpcReader
from adapters.chain.rpc import HttpLimits, HttpTransport
from adapters.chain.transport import Json, MalformedAnswer, RpcError
from domain.application.ingest import Ingestor
from domain.application.ports import TranslatedLog
from domain.kernel.errors import LedgerError
from domain.kernel.ids import BlockNumber, Position
from tests.adapters.chain.conftest import Told
from tests.support.chain_fakes import AlteringTransport, account, word
from tests.support.lying_proxy import Alter, LyingProxy, honest, lying_proxy
from tests.support.memory import MemoryLog

TABLE = (
    Path(__file__).resolve().parents[3] / "docs/decisions/0010-completeness-against-the-header.md"
)
LAST = 60
"""Enough of the story to lie about."""

MODES = (Verify.OFF, Verify.BLOOM, Verify.SAMPLE, Verify.ALL)
QUICK = HttpLimits(read_seconds=0.3, total_seconds=1.0, attempts=2, first_pause_seconds=0.01)


@pytest.fixture(scope="module")
def proxy(told: Told) -> Iterator[LyingProxy]:
    with lying_proxy(told.chain) as running:
        yield running


def read_all(
    told: Told, proxy: LyingProxy, mode: Verify, *, chance: float = 0.0, last: int = LAST
) -> Sequence[TranslatedLog]:
    transport = HttpTransport(proxy.url, limits=QUICK)
    try:
        reader = JsonRpcReader(
            transport, told.deployment, verify=mode, chance=cycle([chance]).__next__
        )
        reader.check_chain()
        return reader.facts(BlockNumber(0), BlockNumber(last))
    finally:
        transport.close()


def on_logs(change: Callable[[list[dict[str, Any]]], Json]) -> Alter:
    """Alter what is said about logs, and nothing else."""

    def alter(method: str, params: Sequence[Json], answer: Any) -> Any:
        del params
        return change(answer) if method == "eth_getLogs" and answer else answer

    return alter


def victim(told: Told, *, alone: bool) -> dict[str, Any]:
    """Return a log that is the only one of its contract in its block, or one of several."""
    logs = all_logs(told)
    for log in logs:
        beside = [
            each
            for each in logs
            if each["blockNumber"] == log["blockNumber"] and each["address"] == log["address"]
        ]
        if (len(beside) == 1) is alone:
            return log
    raise AssertionError("the story has no such log")


def all_logs(told: Told) -> list[dict[str, Any]]:
    wanted = {
        "fromBlock": "0x0",
        "toBlock": hex(LAST),
        "address": [told.deployment.arbiter, told.deployment.registry, told.deployment.verifier],
    }
    answer: Any = told.chain.request("eth_getLogs", [wanted])
    return list(answer)


def lies(told: Told) -> dict[str, Alter]:
    lone, accompanied = victim(told, alone=True), victim(told, alone=False)
    first_log = all_logs(told)[0]

    def without(log: dict[str, Any]) -> Alter:
        return on_logs(lambda logs: [each for each in logs if each != log])

    def with_receipts(method: str, params: Sequence[Json], answer: Any) -> Any:
        if method == "eth_getBlockReceipts" and answer:
            return [
                {**each, "logs": [log for log in each["logs"] if log != accompanied]}
                for each in answer
            ]
        return without(accompanied)(method, params, answer)

    def with_bloom(method: str, params: Sequence[Json], answer: Any) -> Any:
        if method.startswith("eth_getBlockBy") and answer["number"] == lone["blockNumber"]:
            return {**answer, "logsBloom": "0x" + "00" * 256}
        return without(lone)(method, params, answer)

    def with_foreign_field(method: str, params: Sequence[Json], answer: Any) -> Any:
        told_so = with_bloom(method, params, answer)
        return {**told_so, "extra": "0x1"} if method.startswith("eth_getBlockBy") else told_so

    def only_in_ranges(method: str, params: Sequence[Json], answer: Any) -> Any:
        by_hash = method == "eth_getLogs" and "blockHash" in params[0]  # type: ignore[operator]
        return answer if by_hash else without(lone)(method, params, answer)

    def other_chain(method: str, params: Sequence[Json], answer: Any) -> Any:
        del params
        return "0x1" if method == "eth_chainId" else answer

    def other_genesis(method: str, params: Sequence[Json], answer: Any) -> Any:
        is_genesis = method == "eth_getBlockByNumber" and params[0] == "0x0"
        return {**answer, "hash": word(9)} if is_genesis else answer

    def changed(**fields: Json) -> Alter:
        return on_logs(
            lambda logs: [{**each, **fields} if each == accompanied else each for each in logs]
        )

    def invented(logs: list[dict[str, Any]]) -> Json:
        # A copy of a log that belongs to another of our contracts, whose bloom bits are not set there.
        other = next(
            address
            for address in (told.deployment.registry, told.deployment.verifier)
            if address != first_log["address"]
        )
        place = 1 + max(
            index
            for index, log in enumerate(logs)
            if log["blockNumber"] == first_log["blockNumber"]
        )
        return [*logs[:place], {**first_log, "address": other, "logIndex": "0xff"}, *logs[place:]]

    return {
        "drops one log of several": without(accompanied),
        "drops the only log of a block": without(lone),
        "drops it from ranges only": only_in_ranges,
        "drops one log, also from the receipts": with_receipts,
        "drops the only log and its bloom": with_bloom,
        "the same under a header field that no fork has": with_foreign_field,
        "doubles a log": on_logs(lambda logs: [*logs[:4], logs[3], *logs[4:]]),
        "reorders two logs": on_logs(lambda logs: [*logs[:3], logs[4], logs[3], *logs[5:]]),
        "renumbers two logs": on_logs(_renumbered),
        "changes the data of a log": changed(data="0x" + "00" * 32),
        "changes the transaction of a log": changed(transactionHash=word(7)),
        "invents a log of a contract that was silent": on_logs(invented),
        "gives a log of a foreign contract": changed(address=account(0xBAD)),
        "swaps the chain": other_chain,
        "swaps the genesis block": other_genesis,
        "answers with half a document": honest,
        "answers too late": honest,
    }


def _renumbered(logs: list[dict[str, Any]]) -> Json:
    """Swap two logs of one block and give each the other's number, so that they look in order."""
    for place in range(len(logs) - 1):
        one, two = logs[place], logs[place + 1]
        if one["blockNumber"] == two["blockNumber"]:
            swapped = [
                {**two, "logIndex": one["logIndex"]},
                {**one, "logIndex": two["logIndex"]},
            ]
            return [*logs[:place], *swapped, *logs[place + 2 :]]
    return logs


def table() -> dict[str, tuple[str, ...]]:
    rows = re.findall(
        r"^\| ([^|]+?) \|((?: (?:yes|no|sampled) \|){4})$", TABLE.read_text(), re.MULTILINE
    )
    return {lie: tuple(cells.replace("|", " ").split()) for lie, cells in rows}


def test_the_table_names_every_lie_that_is_tried(told: Told) -> None:
    assert table().keys() == lies(told).keys()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lie", table())
def test_a_lie_is_caught_in_the_modes_that_the_table_says(
    told: Told, proxy: LyingProxy, lie: str, mode: Verify
) -> None:
    proxy.alter = lies(told)[lie]
    proxy.spoil = (lambda body: body[: len(body) // 2]) if "half" in lie else bytes
    proxy.delay_seconds = 0.5 if "late" in lie else 0.0
    says = table()[lie][MODES.index(mode)]
    if says == "no":
        read_all(told, proxy, mode)
        return
    if says == "sampled":
        # Caught when the block is drawn, and only then.
        read_all(told, proxy, mode, chance=0.999)
    with pytest.raises(LedgerError):
        read_all(told, proxy, mode)


@pytest.mark.parametrize("mode", MODES)
def test_an_honest_node_is_believed_in_every_mode(
    told: Told, proxy: LyingProxy, mode: Verify
) -> None:
    proxy.alter, proxy.spoil, proxy.delay_seconds = honest, bytes, 0.0
    head = JsonRpcReader(told.chain, told.deployment).head().number
    facts = read_all(told, proxy, mode, last=head)
    wanted = [each for each in told.log.read(Position(0), 10**6) if each.provenance is not None]
    assert [each.event for each in facts] == [each.event for each in wanted]


def reader_in(mode: Verify, told: Told) -> tuple[JsonRpcReader, AlteringTransport]:
    transport = AlteringTransport(told.chain)
    return JsonRpcReader(transport, told.deployment, verify=mode), transport


def to_the_head(ingestor: Ingestor) -> None:
    while not ingestor.step().at_head:
        pass


def test_the_log_that_is_missing_is_named_and_nothing_is_written(told: Told) -> None:
    log = victim(told, alone=False)
    reader, transport = reader_in(Verify.ALL, told)
    transport.alter = lambda method, params, answer: (
        [each for each in answer if each != log]  # type: ignore[attr-defined]
        if method == "eth_getLogs"
        else answer
    )
    ledger = MemoryLog()
    ingestor = Ingestor(ledger, reader, told.deployment)
    number, index = int(log["blockNumber"], 16), int(log["logIndex"], 16)
    with pytest.raises(
        MalformedAnswer,
        match=f"log {index} of block {number} is in the block's receipts and missing.*"
        f"{log['transactionHash']}",
    ):
        to_the_head(ingestor)
    recorded = [each for each in ledger.read(Position(0), 10**6) if each.provenance]
    assert all(each.provenance.block_number < number for each in recorded if each.provenance)


def test_headers_that_cannot_be_hashed_are_refused_when_everything_must_be_proven(
    told: Told,
) -> None:
    reader, transport = reader_in(Verify.ALL, told)
    transport.alter = lambda method, params, answer: (
        {**answer, "extDataHash": word(1), "stateRoot": word(2)}  # type: ignore[dict-item]
        if method.startswith("eth_getBlockBy")
        else answer
    )
    with pytest.raises(MalformedAnswer, match="fields that this version does not know") as caught:
        reader.facts(BlockNumber(7), BlockNumber(7))
    assert "--verify" in caught.value.hint


def test_a_header_that_does_not_hash_to_its_block_is_refused(told: Told) -> None:
    reader, transport = reader_in(Verify.BLOOM, told)
    transport.alter = lambda method, params, answer: (
        {**answer, "stateRoot": word(1)}  # type: ignore[dict-item]
        if method.startswith("eth_getBlockBy")
        else answer
    )
    with pytest.raises(MalformedAnswer, match="does not hash to"):
        reader.facts(BlockNumber(0), BlockNumber(20))


def test_a_node_without_receipts_of_blocks_is_asked_for_them_one_by_one(told: Told) -> None:
    reader, transport = reader_in(Verify.ALL, told)
    whole = reader.facts(BlockNumber(0), BlockNumber(60))
    assert "eth_getTransactionReceipt" not in {method for method, _ in transport.calls}

    def alter(method: str, params: Sequence[Json], answer: Json) -> Json:
        if method == "eth_getBlockReceipts":
            raise RpcError("the method eth_getBlockReceipts does not exist", rpc_code=-32601)
        return answer

    transport.alter = alter
    assert reader.facts(BlockNumber(0), BlockNumber(60)) == whole
    assert "eth_getTransactionReceipt" in {method for method, _ in transport.calls}


def test_a_full_bloom_is_no_reason_to_fetch_receipts_but_to_ask_again(told: Told) -> None:
    log = victim(told, alone=True)
    full = "0x" + "ff" * 256
    reader, transport = reader_in(Verify.BLOOM, told)

    def alter(method: str, params: Sequence[Json], answer: Any) -> Json:
        if method.startswith("eth_getBlockBy"):
            return {**answer, "logsBloom": full, "foreign": "0x"}
        by_hash = method == "eth_getLogs" and "blockHash" in params[0]  # type: ignore[operator]
        if method == "eth_getLogs" and not by_hash:
            return [each for each in answer if each != log]
        return answer

    transport.alter = alter
    number = BlockNumber(int(log["blockNumber"], 16))
    with pytest.raises(MalformedAnswer, match=f"1 logs of block {number} were missing"):
        reader.facts(number, number)
    assert "eth_getBlockReceipts" not in {method for method, _ in transport.calls}


def test_every_header_of_the_embedded_chain_hashes_to_its_block(told: Told) -> None:
    for number in range(0, 40, 3):
        block = told.chain.request("eth_getBlockByNumber", [hex(number), False])
        assert read_header(block, number).hashes
