"""Holds the facts of a ledger against the chain that they came from: every log, and what the token says is held.

Nothing is written. What stands of the log up to the chain's cursor is compared with what the chain has there, a
bounded number of facts at a time, whatever the size of either.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from itertools import islice, pairwise
from typing import Final, Protocol, cast

from domain.accounting.books import Books
from domain.accounting.chart import AccountKind, account
from domain.application.catalogue import LedgerEvent
from domain.application.chain_reading import ChainReader
from domain.application.ports import BlockRef, Deployment, EventLog, TooManyFacts, TranslatedLog
from domain.application.standing_pages import standing_pages
from domain.chain.events import ChainAdopted, ChainAdvanced
from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.errors import NotFound
from domain.kernel.ids import BlockNumber, Hash32, Position
from domain.kernel.money import NO_WEI, Wei
from domain.kernel.streams import Network, chain_stream

_BLOCKS_AT_ONCE: Final = 2_000
_FACTS_AT_ONCE: Final = 5_000
_READ_EVENTS: Final = 5_000


class DifferenceKind(StrEnum):
    """How ledger and chain differ about one log, or about what is held."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainDifference:
    """One difference, in a sentence. `position` is the ledger's event, None where it has none."""

    kind: DifferenceKind
    block_number: int
    log_index: int | None
    transaction_hash: Hash32 | None
    position: Position | None
    sentence: str


@dataclass(slots=True)
class ChainAuditResult:
    """What an audit found up to a block. `held_wei` is the token's own word, None when it was not asked."""

    network: str
    last_block: int
    facts: int = 0
    logs: int = 0
    held_wei: Wei | None = None
    booked_wei: Wei = NO_WEI
    differences: list[ChainDifference] = field(default_factory=list)


class ProvenState(Protocol):
    """Tells what a chain's state was at a block, with proofs that were checked against the block's hash."""

    def held_wei(self, at: BlockRef) -> Wei:
        """Return the token's balance of the arbiter. Raises Unavailable, also for a node that gives no proof."""
        ...


def adopted_deployments(log: EventLog) -> Sequence[Deployment]:
    """Return the deployments that a ledger follows, as it recorded them."""
    found: list[Deployment] = []
    position = Position(0)
    while page := log.read(position, _READ_EVENTS, names=[ChainAdopted.NAME]):
        for recorded in page:
            if isinstance(event := recorded.event, ChainAdopted):
                values = {each.name: getattr(event, each.name) for each in fields(Deployment)}
                found.append(Deployment(**values))
        position = page[-1].position
    return found


def audit_chain(
    log: EventLog,
    reader: ChainReader,
    deployment: Deployment,
    *,
    state: ProvenState | None,
    limit: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> ChainAuditResult:
    """Compare ledger and chain up to the ledger's cursor; name up to `limit` differences.

    Raises NotFound when the ledger does not follow the deployment, and Unavailable.
    """
    survey = _surveyed(log, deployment)
    cursor = survey.cursor
    result = ChainAuditResult(
        str(Network(deployment.chain_id, deployment.arbiter)),
        cursor.last_block,
        booked_wei=survey.booked_wei,
    )
    end = reader.block(cursor.last_block)
    if end.hash != cursor.last_block_hash:
        result.differences.append(_other_block(cursor, end))
    first = deployment.start_block
    while first <= cursor.last_block:
        last, theirs = _read(reader, first, survey.reach(first))
        ours = survey.taken(log, last)
        result.facts += len(ours)
        result.logs += len(theirs)
        room = limit - len(result.differences)
        result.differences += islice(_compared(ours, theirs), room)
        if on_progress is not None:
            on_progress(last, cursor.last_block)
        first = BlockNumber(last + 1)
    if state is not None:
        result.held_wei = state.held_wei(end)
        if result.held_wei != result.booked_wei and len(result.differences) < limit:
            result.differences.append(_other_balance(result))
    return result


class _Survey:
    """Where the facts of a deployment stand in the log, by block, and what they add up to."""

    def __init__(
        self, cursor: ChainAdvanced, blocks: array[int], positions: array[int], booked_wei: Wei
    ) -> None:
        self.cursor = cursor
        self.booked_wei = booked_wei
        self._blocks = blocks
        self._positions = positions
        self._taken = 0

    def reach(self, first: BlockNumber) -> BlockNumber:
        """Return up to which block to read at once from `first` on."""
        last = min(first + _BLOCKS_AT_ONCE - 1, self.cursor.last_block)
        beyond = self._taken + _FACTS_AT_ONCE
        if beyond < len(self._blocks):
            last = min(last, max(first, self._blocks[beyond] - 1))
        return BlockNumber(last)

    def taken(self, log: EventLog, last: int) -> Sequence[RecordedEvent]:
        """Return the facts up to a block that were not taken yet."""
        until = bisect_right(self._blocks, last)
        wanted = sorted(self._positions[self._taken : until])
        self._taken = until
        found: list[RecordedEvent] = []
        position = Position(wanted[0] - 1) if wanted else Position(0)
        while len(found) < len(wanted):
            page = log.read(position, min(_READ_EVENTS, wanted[-1] - position))
            kept = set(wanted[len(found) :])
            found += [recorded for recorded in page if recorded.position in kept]
            position = page[-1].position
        return found


def _surveyed(log: EventLog, deployment: Deployment) -> _Survey:
    stream = chain_stream(Network(deployment.chain_id, deployment.arbiter))
    contracts = {
        deployment.token,
        deployment.arbiter,
        deployment.registry,
        deployment.verifier,
        deployment.timelock,
    }
    books = Books(deployment.arbiter)
    places: list[array[int]] = [array("q"), array("q")]
    blocks, positions = places
    cursor: ChainAdvanced | None = None
    for _, page in standing_pages(log, log.head()):
        for recorded in page:
            source = recorded.provenance
            if source is None:
                if recorded.stream == stream and isinstance(recorded.event, ChainAdvanced):
                    cursor = recorded.event
            elif source.chain_id == deployment.chain_id and source.contract in contracts:
                blocks.append(source.block_number)
                positions.append(recorded.position)
                books.post(cast(LedgerEvent, recorded.event))
    if cursor is None:
        raise NotFound(
            f"this ledger has read nothing of the arbiter {deployment.arbiter} on chain "
            f"{deployment.chain_id}",
            hint="leave --deployment out to audit what the ledger follows",
        )
    if any(before > after for before, after in pairwise(blocks)):
        # Blocks that came back after a reorganisation stand where they were first recorded.
        order = sorted(range(len(blocks)), key=blocks.__getitem__)
        blocks, positions = (array("q", [each[place] for place in order]) for each in places)
    held = account(AccountKind.HELD, deployment.arbiter)
    return _Survey(cursor, blocks, positions, Wei(books.posted_wei(held)))


def _read(
    reader: ChainReader, first: BlockNumber, last: BlockNumber
) -> tuple[BlockNumber, Sequence[TranslatedLog]]:
    """Return the chain's facts from a block on, and the last block that they were read of."""
    while True:
        try:
            return last, reader.facts(first, last)
        except TooManyFacts:
            if first == last:
                raise
            last = BlockNumber((first + last) // 2)


def _compared(
    ours: Sequence[RecordedEvent], theirs: Sequence[TranslatedLog]
) -> Iterator[ChainDifference]:
    recorded: dict[tuple[int, int], RecordedEvent] = {}
    for each in ours:
        assert each.provenance is not None
        place = (each.provenance.block_number, each.provenance.log_index)
        if place in recorded:
            yield _about(each.provenance, each, DifferenceKind.EXTRA, "is in the ledger twice")
        recorded[place] = each
    for log in theirs:
        source = log.provenance
        known = recorded.pop((source.block_number, source.log_index), None)
        if known is None:
            yield _about(
                source,
                None,
                DifferenceKind.MISSING,
                f"({log.event.NAME}) is on the chain and not in the ledger",
            )
        elif why := _why_different(known, log):
            yield _about(source, known, DifferenceKind.DIFFERENT, why)
    for each in recorded.values():
        assert each.provenance is not None
        yield _about(
            each.provenance,
            each,
            DifferenceKind.EXTRA,
            f"({each.name}) is in the ledger and not on the chain",
        )


def _why_different(known: RecordedEvent, log: TranslatedLog) -> str:
    """Say how a recorded fact differs from the chain's, nothing when it does not."""
    assert known.provenance is not None
    ours: Mapping[str, object] = asdict(known.provenance)
    for name, theirs in asdict(log.provenance).items():
        if ours[name] != theirs:
            return f"has {name} {ours[name]} in the ledger and {theirs} on the chain"
    if type(known.event) is not type(log.event):
        return f"is {known.name} in the ledger and {log.event.NAME} on the chain"
    for each in fields(log.event):
        one, other = getattr(known.event, each.name), getattr(log.event, each.name)
        if one != other:
            return f"({known.name}) has {each.name} {one} in the ledger and {other} on the chain"
    if known.stream != log.stream:
        return f"stands in the stream {known.stream} instead of {log.stream}"
    return ""


def _about(
    source: Provenance, known: RecordedEvent | None, kind: DifferenceKind, what: str
) -> ChainDifference:
    at = "" if known is None else f"position {known.position}: "
    return ChainDifference(
        kind=kind,
        block_number=source.block_number,
        log_index=source.log_index,
        transaction_hash=source.transaction_hash,
        position=None if known is None else known.position,
        sentence=f"{at}log {source.log_index} of block {source.block_number} {what}",
    )


def _other_block(cursor: ChainAdvanced, end: BlockRef) -> ChainDifference:
    return ChainDifference(
        kind=DifferenceKind.DIFFERENT,
        block_number=cursor.last_block,
        log_index=None,
        transaction_hash=None,
        position=None,
        sentence=f"the ledger read up to block {cursor.last_block} {cursor.last_block_hash}, the chain has "
        f"{end.hash} there: it reorganised since, or another chain was read",
    )


def _other_balance(result: ChainAuditResult) -> ChainDifference:
    return ChainDifference(
        kind=DifferenceKind.BALANCE,
        block_number=result.last_block,
        log_index=None,
        transaction_hash=None,
        position=None,
        sentence=f"at block {result.last_block} the token says that the arbiter holds {result.held_wei} wei, the "
        f"ledger's books say {result.booked_wei}",
    )
