"""Reads a deployment's logs from a node, and believes nothing that it can check.

A log is taken when its address is ours, its block lies in the range asked for and has the hash of the
header fetched for it, it is not marked as removed, and it stands in strict chain order. Anything else is
refused as a whole: a range that is half right is not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.chain.translate import RawLog, Translator
from adapters.chain.transport import (
    AnswerTooLarge,
    Call,
    Json,
    MalformedAnswer,
    RpcError,
    Transport,
)
from adapters.chain.values import (
    read_address,
    read_count,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)
from domain.application.ports import BlockRef, Deployment, TooManyFacts, TranslatedLog
from domain.kernel.envelope import Provenance
from domain.kernel.errors import Unavailable, WrongChain
from domain.kernel.ids import BlockNumber, Hash32, Timestamp

_MAX_TOPICS: Final = 4

_TOO_MUCH: Final = (
    "too many",
    "too large",
    "too big",
    "more than",
    "limit exceeded",
    "exceeds",
    "block range",
    "range is too",
    "range limit",
    "query timeout",
    "timed out",
    "response size",
)
"""What nodes and providers say when a range of logs is more than they give at once (Geth, Erigon, Infura,
Alchemy, QuickNode, Ankr): there is no common error code, execution-apis leaves it open."""


class JsonRpcReader:
    """The ChainReader port over a node. `logs_limit` bounds what one call of `facts` returns."""

    def __init__(
        self, transport: Transport, deployment: Deployment, *, logs_limit: int = 50_000
    ) -> None:
        self._transport = transport
        self._deployment = deployment
        self._translator = Translator(deployment)
        self._addresses = tuple(self._translator.addresses)
        self._logs_limit = logs_limit

    def check_chain(self) -> None:
        """Raise WrongChain unless the node follows the chain that the deployment names."""
        check_chain(self._transport, self._deployment)

    def head(self) -> BlockRef:
        """Return the newest block. Raises Unavailable."""
        block = self._transport.request("eth_getBlockByNumber", ["latest", False])
        return _block_of(block, None)

    def block(self, number: BlockNumber) -> BlockRef:
        """Return the block at a height. Raises Unavailable, also when there is none."""
        block = self._transport.request("eth_getBlockByNumber", [hex(number), False])
        return _block_of(block, number)

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        """Return the deployment's logs in [first, last] in chain order.

        Raises Unavailable; of its kinds, MalformedAnswer when the node's answers do not fit together and
        TooManyFacts when the range holds more than `logs_limit` logs.
        """
        logs: list[RawLog] = []
        # Ranges still to be read, the next one last. Each refusal halves one, so this ends.
        ranges = [(int(first), int(last))]
        while ranges:
            low, high = ranges.pop()
            try:
                logs.extend(self._logs(low, high))
            except (RpcError, AnswerTooLarge) as error:
                if low == high or not _asks_for_less(error):
                    raise
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]
            if len(logs) > self._logs_limit:
                raise TooManyFacts(
                    f"blocks {first} to {last} hold more than {self._logs_limit} logs",
                    hint="read fewer blocks at a time",
                )
        times = self._block_times(logs)
        return [self._translated(log, times[log.block_number]) for log in logs]

    def _logs(self, low: int, high: int) -> list[RawLog]:
        wanted: Mapping[str, Json] = {
            "fromBlock": hex(low),
            "toBlock": hex(high),
            "address": list(self._addresses),
        }
        answer = read_list(self._transport.request("eth_getLogs", [wanted]), "logs")
        logs: list[RawLog] = []
        before = (-1, -1)
        for entry in answer:
            log = _log_of(entry)
            if log.address not in self._addresses:
                raise _contradiction(f"a log of {log.address}, which was not asked for")
            if not low <= log.block_number <= high:
                raise _contradiction(f"a log of block {log.block_number} for {low} to {high}")
            place = (log.block_number, log.log_index)
            if place <= before:
                raise _contradiction(f"the logs of block {log.block_number} doubled or unordered")
            before = place
            logs.append(log)
        return logs

    def _block_times(self, logs: Sequence[RawLog]) -> Mapping[int, Timestamp]:
        """Return the time of each block with a log, from headers whose hash the logs must carry."""
        hashes: dict[int, Hash32] = {}
        for log in logs:
            if hashes.setdefault(log.block_number, log.block_hash) != log.block_hash:
                raise _contradiction(f"two hashes for block {log.block_number}")
        calls: list[Call] = [("eth_getBlockByNumber", [hex(number), False]) for number in hashes]
        times: dict[int, Timestamp] = {}
        before: BlockRef | None = None
        for number, answer in zip(hashes, self._transport.batch(calls), strict=True):
            header = _block_of(answer, number)
            if header.hash != hashes[number]:
                raise _contradiction(f"logs of another block {number} than the header's")
            if before is not None:
                _check_order(before, header)
            before = header
            times[number] = header.time
        return times

    def _translated(self, log: RawLog, block_time: Timestamp) -> TranslatedLog:
        stream, event = self._translator.translate(log)
        provenance = Provenance(
            chain_id=self._deployment.chain_id,
            block_number=BlockNumber(log.block_number),
            block_hash=log.block_hash,
            block_time=block_time,
            transaction_hash=log.transaction_hash,
            log_index=log.log_index,
            contract=log.address,
        )
        return TranslatedLog(stream=stream, event=event, provenance=provenance)


def check_chain(transport: Transport, deployment: Deployment) -> None:
    """Raise WrongChain unless the node's chain id and genesis are those of the deployment."""
    answers = transport.batch([("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])])
    chain_id = read_quantity(answers[0], "chain id")
    if chain_id != deployment.chain_id:
        raise WrongChain(
            f"{transport.endpoint} is chain {chain_id}, the deployment is on {deployment.chain_id}",
            hint="give the URL of a node of the deployment's chain, or the deployment of this chain",
        )
    genesis = _block_of(answers[1], 0)
    if genesis.hash != deployment.genesis_hash:
        raise WrongChain(
            f"{transport.endpoint} has chain id {chain_id} like the deployment, but another genesis "
            f"block: {genesis.hash} instead of {deployment.genesis_hash}",
            hint="a development chain that was started anew needs a new deployment and a new ledger",
        )


def _contradiction(what: str) -> MalformedAnswer:
    return MalformedAnswer(
        f"the node contradicts itself: {what}",
        hint="nothing was recorded; try again, and use another node if it happens again",
    )


def _asks_for_less(error: RpcError | AnswerTooLarge) -> bool:
    if isinstance(error, AnswerTooLarge):
        return True
    text = error.message.lower()
    return any(phrase in text for phrase in _TOO_MUCH)


def _block_of(answer: Json, wanted: int | None) -> BlockRef:
    if answer is None:
        raise Unavailable(
            f"the node has no block {wanted}",
            hint="it may still be catching up; try again later",
        )
    fields = read_object(answer, "block")
    number = read_count(fields.get("number"), "block.number")
    if wanted is not None and number != wanted:
        raise _contradiction(f"block {number} when asked for block {wanted}")
    return BlockRef(
        number=BlockNumber(number),
        hash=read_hash(fields.get("hash"), "block.hash"),
        parent_hash=read_hash(fields.get("parentHash"), "block.parentHash"),
        time=Timestamp(read_count(fields.get("timestamp"), "block.timestamp")),
    )


def _check_order(before: BlockRef, after: BlockRef) -> None:
    if after.time < before.time:
        raise _contradiction(f"block {after.number} is older than block {before.number}")
    if after.number == before.number + 1 and after.parent_hash != before.hash:
        raise _contradiction(f"block {after.number} does not follow block {before.number}")


def _log_of(entry: Json) -> RawLog:
    fields = read_object(entry, "log")
    if fields.get("removed", False) is not False:
        raise _contradiction("a log that it calls removed")
    topics = read_list(fields.get("topics"), "log.topics")
    if len(topics) > _MAX_TOPICS:
        raise MalformedAnswer(f"a log with {len(topics)} topics: the EVM knows at most four")
    return RawLog(
        address=read_address(fields.get("address"), "log.address"),
        topics=tuple([read_hash(topic, "log.topics") for topic in topics]),
        data=read_data(fields.get("data"), "log.data"),
        block_number=read_count(fields.get("blockNumber"), "log.blockNumber"),
        block_hash=read_hash(fields.get("blockHash"), "log.blockHash"),
        transaction_hash=read_hash(fields.get("transactionHash"), "log.transactionHash"),
        log_index=read_count(fields.get("logIndex"), "log.logIndex"),
    )
