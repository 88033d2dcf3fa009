"""Reads a deployment's logs from a node, and believes nothing that it can check.

A log is taken when its address is ours, its block lies in the range asked for and has the hash of the
header fetched for it, it is not marked as removed, and it stands in strict chain order. Whether logs are missing
is held against the headers (`completeness`). Anything else is refused as a whole: a range that is half right is not
recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from adapters.chain.completeness import Completeness, Keeper, Verify, unforeseen
from adapters.chain.headers import Header, check_follows, contradiction, read_block, read_header
from adapters.chain.log_ranges import LogRanges, asks_for_less
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
from adapters.chain.watched import Watched
from domain.application.chain_reading import ChainLook
from domain.application.ports import BlockRef, Deployment, TooManyFacts, TranslatedLog
from domain.kernel.envelope import Provenance
from domain.kernel.errors import WrongChain
from domain.kernel.ids import BlockNumber, Hash32, Timestamp

_MAX_TOPICS: Final = 4
_HEADERS_AT_ONCE: Final = 200


class JsonRpcReader:
    """The ChainReader port over a node. `logs_limit` bounds what one call of `facts` returns.

    `verify` says how logs are held against the headers, `chance` which blocks `sample` draws; `keeper` keeps what
    was proven.
    """

    def __init__(
        self,
        transport: Transport,
        deployment: Deployment,
        *,
        logs_limit: int = 50_000,
        verify: Verify = Verify.BLOOM,
        chance: Callable[[], float] = unforeseen,
        label: str = "the node",
        keeper: Keeper | None = None,
    ) -> None:
        self._transport = transport
        self._deployment = deployment
        self._translator = Translator(deployment)
        self._watched = Watched(deployment)
        self._logs_limit = logs_limit
        self._verify = verify
        self._ranges = LogRanges()
        self._completeness = Completeness(
            transport, self._watched, verify, chance=chance, keeper=keeper
        )
        self._label = label

    @property
    def label(self) -> str:
        """What records call the node, without any part of its URL."""
        return self._label

    def close(self) -> None:
        """Release connections."""
        self._transport.close()

    def check_chain(self) -> None:
        """Raise WrongChain unless the node follows the chain that the deployment names."""
        check_chain(self._transport, self._deployment)

    def look(self, tags: Sequence[str]) -> ChainLook:
        """Return the newest block and the blocks of the tags; a tag without a block yet is left out.

        Raises Unavailable, also for a node that does not know a tag.
        """
        # The newest block is asked for last: so no tag can stand above it, however fast blocks come.
        wanted = [tag for tag in tags if tag != "latest"]
        calls: list[Call] = [("eth_getBlockByNumber", [tag, False]) for tag in [*wanted, "latest"]]
        try:
            *answers, newest = self._transport.batch(calls)
        except RpcError:
            *answers, newest = [self._tagged(call) for call in calls]
        head = read_block(newest, None)
        tagged = {
            tag: read_block(answer, None)
            for tag, answer in zip(wanted, answers, strict=True)
            if answer is not None
        }
        return ChainLook(head, {**tagged, **({"latest": head} if "latest" in tags else {})})

    def _tagged(self, call: Call) -> Json:
        """Return the block of a tag; Geth calls one without a block yet an error instead of null."""
        try:
            return self._transport.request(*call)
        except RpcError as error:
            if "not found" in error.message.lower():
                return None
            raise

    def head(self) -> BlockRef:
        """Return the newest block. Raises Unavailable."""
        block = self._transport.request("eth_getBlockByNumber", ["latest", False])
        return read_block(block, None)

    def block(self, number: BlockNumber) -> BlockRef:
        """Return the block at a height. Raises Unavailable, also when there is none."""
        block = self._transport.request("eth_getBlockByNumber", [hex(number), False])
        return read_block(block, number)

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        """Return the deployment's logs in [first, last] in chain order.

        Raises Unavailable; of its kinds, MalformedAnswer when the node's answers do not fit together and
        TooManyFacts when the range holds more than `logs_limit` logs.
        """
        logs: list[RawLog] = []
        # Ranges still to be read, the next one last. Each refusal makes one shorter, so this ends.
        ranges = self._ranges.parts(int(first), int(last))
        while ranges:
            low, high = ranges.pop()
            try:
                logs.extend(self._logs(low, high))
            except (RpcError, AnswerTooLarge) as error:
                if low == high or not asks_for_less(error):
                    raise
                self._ranges.refused(low, high, error)
                ranges += self._ranges.parts(low, high)
            else:
                self._ranges.succeeded(low, high)
            if len(logs) > self._logs_limit:
                raise TooManyFacts(
                    f"blocks {first} to {last} hold more than {self._logs_limit} logs",
                    hint="read fewer blocks at a time",
                )
        times = self._checked_times(int(first), int(last), logs)
        return [self._translated(log, times[log.block_number]) for log in logs]

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        """Return the deployment's logs of the very block, asked for by its hash, in order. Raises Unavailable.

        TooManyFacts when it holds more than `logs_limit` logs.
        """
        logs = self._logs(block.number, block.number, {"blockHash": block.hash})
        if len(logs) > self._logs_limit:
            raise TooManyFacts(f"block {block.number} holds more than {self._logs_limit} logs")
        if any(log.block_hash != block.hash for log in logs):
            raise contradiction(f"logs of another block {block.number} than the one asked for")
        if self._verify is not Verify.OFF:
            answer = self._transport.request("eth_getBlockByHash", [block.hash, False])
            header = read_header(answer, block.number)
            if header.ref != block:
                raise contradiction(f"another block {block.number} than the one asked for")
            self._completeness.check([header], logs)
        return [self._translated(log, block.time) for log in logs]

    def _logs(self, low: int, high: int, block: Mapping[str, Json] | None = None) -> list[RawLog]:
        by_height: Mapping[str, Json] = {"fromBlock": hex(low), "toBlock": hex(high)}
        filters = self._watched.filters(block or by_height)
        answers = self._transport.batch([("eth_getLogs", [wanted]) for wanted in filters])
        found: dict[tuple[int, int], RawLog] = {}
        for answer in answers:
            before = (-1, -1)
            for entry in read_list(answer, "logs"):
                log = _log_of(entry)
                if not self._watched.covers(log.address, log.topics):
                    raise contradiction(f"a log of {log.address}, which was not asked for")
                if not low <= log.block_number <= high:
                    raise contradiction(f"a log of block {log.block_number} for {low} to {high}")
                place = (log.block_number, log.log_index)
                if place <= before:
                    raise contradiction(
                        f"the logs of block {log.block_number} doubled or unordered"
                    )
                before = place
                if found.setdefault(place, log) != log:
                    raise contradiction(f"two logs {place[1]} in block {place[0]}")
        return [found[place] for place in sorted(found)]

    def _checked_times(
        self, first: int, last: int, logs: Sequence[RawLog]
    ) -> Mapping[int, Timestamp]:
        """Return the time of each block with a log, from linked headers whose hash the logs must carry.

        Without verification only these headers are asked for; with it all of the range, which the logs are held
        against.
        """
        hashes: dict[int, Hash32] = {}
        for log in logs:
            if hashes.setdefault(log.block_number, log.block_hash) != log.block_hash:
                raise contradiction(f"two hashes for block {log.block_number}")
        headers: list[Header] = []
        if self._verify is Verify.OFF:
            blocks = [read_block(answer, number) for number, answer in self._answers(list(hashes))]
        else:
            numbers = range(first, last + 1)
            headers = [read_header(answer, number) for number, answer in self._answers(numbers)]
            blocks = [header.ref for header in headers]
        for block in blocks:
            if hashes.get(block.number, block.hash) != block.hash:
                raise contradiction(f"logs of another block {block.number} than the header's")
        for before, after in pairwise(blocks):
            check_follows(before, after)
        if self._verify is not Verify.OFF:
            self._completeness.check(headers, logs)
        return {int(block.number): block.time for block in blocks}

    def _answers(self, numbers: Sequence[int]) -> Iterator[tuple[int, Json]]:
        """Yield the node's answer for each height: a few at a time, for they are large."""
        for start in range(0, len(numbers), _HEADERS_AT_ONCE):
            part = numbers[start : start + _HEADERS_AT_ONCE]
            calls: list[Call] = [("eth_getBlockByNumber", [hex(number), False]) for number in part]
            yield from zip(part, self._transport.batch(calls), strict=True)

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
    genesis = read_block(answers[1], 0)
    if genesis.hash != deployment.genesis_hash:
        raise WrongChain(
            f"{transport.endpoint} has chain id {chain_id} like the deployment, but another genesis "
            f"block: {genesis.hash} instead of {deployment.genesis_hash}",
            hint="a development chain that was started anew needs a new deployment and a new ledger",
        )


def _log_of(entry: Json) -> RawLog:
    fields = read_object(entry, "log")
    if fields.get("removed", False) is not False:
        raise contradiction("a log that it calls removed")
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
