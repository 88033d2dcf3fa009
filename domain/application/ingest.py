"""Takes facts from a chain into the log: in order, exactly once, and never half a batch.

Each step is one append: what a reorganisation undoes, the facts of a range of blocks, an anomaly beside each fact
that breaks a rule, the cursor, and what became final. The cursor's (stream, version) is the fence: a second writer,
or a batch tried again after a crash, meets a VersionConflict and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from domain.application.adoption import adopt, check_genesis
from domain.application.batch import (
    NOTHING_UNDONE,
    Batch,
    Contents,
    Reading,
    Undone,
    build_batch,
    finality_after,
    orphaned,
)
from domain.application.block_window import KnownBlock
from domain.application.chain_reading import ChainLook, ChainReader
from domain.application.chain_tail import ChainTail, window_since
from domain.application.fork_search import Standpoint, find_fork, newest_common_mark
from domain.application.healing import agreed_block, evidence, halt_error, healed
from domain.application.legality import Legality
from domain.application.ports import BlockRef, Deployment, EventLog
from domain.application.range_reading import RangeReading, sorted_out, without_recorded
from domain.application.standing import Standing
from domain.application.sure_append import append_surely
from domain.chain.events import BlocksOrphaned
from domain.chain.finality import (
    CAUTIOUS,
    FinalityContradicted,
    FinalityHeights,
    FinalityPolicy,
    heights_of,
)
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import RuleRejected, Unavailable, VersionConflict
from domain.kernel.ids import BlockNumber, Position
from domain.kernel.streams import Network, chain_stream

MAX_BLOCKS: Final = 2_000
"""How many blocks one step reads at most, unless the caller says otherwise."""

_IDLE_BLOCKS: Final = 1_000
"""Empty blocks are read again after a restart until so many have passed; then a cursor event is worth it."""

_GENESIS: Final = BlockNumber(0)
_NO_HEIGHTS: Final = FinalityHeights(-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    """What one step did. `last_block` is the last one read; `position` is the head of the log.

    `orphaned` counts facts that stand no more since this step, `restored` those that stand again.
    """

    facts: int
    anomalies: int
    last_block: BlockNumber
    head_block: BlockNumber
    position: Position
    at_head: bool
    orphaned: int = 0
    restored: int = 0


class Ingestor:
    """Follows one deployment into the log. One at a time is useful; several are harmless."""

    def __init__(
        self,
        log: EventLog,
        reader: ChainReader,
        deployment: Deployment,
        policy: FinalityPolicy = CAUTIOUS,
    ) -> None:
        self._log = log
        self._reader = reader
        self._deployment = deployment
        self._policy = policy
        self._stream = chain_stream(Network(deployment.chain_id, deployment.arbiter))
        self._legality = Legality(log)
        self._standing = Standing(log)
        self._ranges = RangeReading(reader)
        self._loaded: ChainTail | None = None

    def adopt(self) -> None:
        """Begin to follow the deployment, or go on where the log says we were.

        Raises WrongChain when the chain is not the deployment's or the ledger follows another one under
        this name, FinalityContradicted when the policy does not fit the chain, and writes nothing then.
        Raises Unavailable.
        """
        check_genesis(self._reader.block(_GENESIS), self._deployment)
        self._heights(self._reader.look(self._policy.tags))
        adopt(self._log, self._stream, self._deployment)
        self._load()

    def step(self, max_blocks: int = MAX_BLOCKS) -> IngestProgress:
        """Read up to `max_blocks` further blocks into the log, and undo what the chain has replaced.

        Raises Unavailable when the node does not answer or contradicts itself; nothing is written then, and
        the next call starts from the same place. Raises IngestionHalted when the chain contradicts a final block: the
        first time that is recorded.
        """
        tail = self._tail()
        look = self._reader.look(self._policy.tags)
        fork = find_fork(self._reader, tail.window, look.head)
        if fork.standpoint is Standpoint.REPLACED_BELOW_FINAL:
            raise self._halt(tail, look.head)
        try:
            heights = self._heights(look, tail)
        except FinalityContradicted as error:
            raise Unavailable(error.message, hint=error.hint) from error
        undone = NOTHING_UNDONE
        if fork.block.number < tail.cursor:
            undone = Undone(orphaned=self._orphaned(tail, fork.block))
        elif fork.standpoint is Standpoint.REPLACED:
            # Blocks without facts that no event speaks of.
            tail.window.forget_above(fork.block.number)
        return self._advance(
            tail, fork.block, look.head, heights=heights, undone=undone, max_blocks=max_blocks
        )

    def heal(self, witnesses: Sequence[ChainReader]) -> IngestProgress:
        """Go on with a halted chain once all witnesses show the same blocks as the reader does.

        What the chain has replaced is undone like in any reorganisation. Raises RuleRejected when the chain is
        not halted or a witness disagrees, and Unavailable; nothing is written then.
        """
        tail = self._tail(halted=True)
        if tail.halted is None:
            raise RuleRejected(
                f"the chain {self._deployment.chain_id} is not halted: there is nothing to heal",
                hint="see `agentgpt chain list`",
            )
        agreed = agreed_block(self._reader, witnesses)
        mark, since = newest_common_mark(self._log, self._stream, self._reader, agreed)
        if mark.number < tail.window.floor.number:
            floor = KnownBlock(mark.number, mark.hash)
            tail.window = window_since(self._log, self._deployment, floor, since, settles=False)
        fork = find_fork(self._reader, tail.window, agreed).block
        undone = Undone(
            orphaned=self._orphaned(tail, fork) if fork.number < tail.cursor else None,
            healed=healed(
                fork.number,
                fork.hash or self._deployment.genesis_hash,
                agreed,
                (self._reader, *witnesses),
            ),
        )
        progress = self._advance(
            tail, fork, agreed, heights=_NO_HEIGHTS, undone=undone, max_blocks=MAX_BLOCKS
        )
        # The window reached below what is final now.
        self._load()
        return progress

    def _tail(self, *, halted: bool = False) -> ChainTail:
        """Return where we stand. Raises IngestionHalted, unless `halted` says that this is known."""
        if self._loaded is None:
            self.adopt()
        tail = self._loaded
        if tail is None or self._log.versions([self._stream]).get(self._stream) != tail.version:
            # Another writer was here: it may have undone what we stand on, or have healed the chain.
            tail = self._load()
        if tail.halted is not None and not halted:
            raise halt_error(self._deployment, tail.halted)
        return tail

    def _load(self) -> ChainTail:
        tail = self._loaded = ChainTail(self._log, self._stream, self._deployment)
        self._legality.forget()
        return tail

    def _heights(self, look: ChainLook, tail: ChainTail | None = None) -> FinalityHeights:
        tagged = {tag: block.number for tag, block in look.tagged.items()}
        heights = heights_of(self._policy, look.head.number, tagged)
        said = None if tail is None else tail.policy
        if tail is None or said is None or not self._policy.final.tag:
            return heights
        same = (said.policy, said.policy_version) == (self._policy.name, self._policy.version)
        if same and max(0, heights.final) < tail.final.number:
            raise FinalityContradicted(
                f"the node calls block {heights.final} `{self._policy.final.tag}`, but block "
                f"{tail.final.number} was so before",
                hint="the node may be behind; what is final never goes back",
            )
        return heights

    def _orphaned(self, tail: ChainTail, fork: KnownBlock) -> BlocksOrphaned:
        block = self._reader.block(BlockNumber(max(0, fork.number)))
        if fork.hash not in (None, block.hash):
            raise Unavailable(
                f"the chain reorganised near block {fork.number} while it was looked at",
                hint="nothing was recorded; the next attempt looks again",
            )
        newest = tail.window.recorded_upto(tail.cursor) or tail.window.newest
        return orphaned(block, newest, tail.window.voiding_above(fork.number))

    def _halt(self, tail: ChainTail, head: BlockRef) -> Unavailable:
        """Record that a final block was replaced, and return what to raise."""
        common, _ = newest_common_mark(self._log, self._stream, self._reader, head)
        try:
            halted = evidence(tail, self._reader, head, common, self._deployment)
        except Unavailable as error:
            return error
        event = NewEvent(stream=self._stream, event=halted)
        # Whoever wrote in between knows more; the next step looks again.
        with suppress(VersionConflict):
            self._log.append([event], {self._stream: tail.version})
        self._load()
        return halt_error(self._deployment, halted)

    def _advance(
        self,
        tail: ChainTail,
        above: KnownBlock,
        head: BlockRef,
        *,
        heights: FinalityHeights,
        undone: Undone,
        max_blocks: int,
    ) -> IngestProgress:
        """Read on above a block that the chain has, and append what is to be recorded of it."""
        reading: Reading | None = None
        if head.number > above.number:
            ends, facts = self._ranges.read(above, head, max_blocks, heights, whole=bool(undone))
            end = ends[-1]
            if facts or undone or end.number - tail.cursor >= _IDLE_BLOCKS:
                first = above.number + 1 if undone.orphaned else tail.cursor + 1
                reading = sorted_out(BlockNumber(first), ends, facts, tail.window)
            else:
                tail.window.see(end.number, end.hash)
        finality = finality_after(tail, reading, undone, heights, self._policy)
        contents = Contents(undone, reading, finality)
        return self._record(tail, contents, head) if contents else self._progress(tail, head)

    def _record(self, tail: ChainTail, contents: Contents, head: BlockRef) -> IngestProgress:
        before = tail.version
        try:
            return self._append(tail, contents, head)
        except VersionConflict:
            tail = self._load()
            if tail.version != before or contents.reading is None:
                # Another writer recorded this range; where it stands is where we stand now.
                return self._progress(tail, head)
        gone = contents.undone.orphaned
        self._standing.refresh()
        stands = self._standing.after(gone.voided if gone else (), ())
        reading = without_recorded(contents.reading, self._log, stands)
        progress = self._append(tail, replace(contents, reading=reading), head)
        # What came back was unknown in memory.
        self._load()
        return progress

    def _append(self, tail: ChainTail, contents: Contents, head: BlockRef) -> IngestProgress:
        if contents.undone:
            self._legality.forget()
        batch = build_batch(self._stream, contents, self._legality, self._standing)
        try:
            recorded = append_surely(self._log, batch.events, {self._stream: tail.version})
        except BaseException:
            # What was judged above did not enter the log.
            self._legality.forget()
            raise
        tail.take(recorded)
        self._legality.trim()
        return self._progress(tail, head, batch)

    def _progress(
        self, tail: ChainTail, head: BlockRef, batch: Batch | None = None
    ) -> IngestProgress:
        done = batch or Batch()
        return IngestProgress(
            facts=done.facts,
            anomalies=done.anomalies,
            last_block=BlockNumber(tail.window.newest.number),
            head_block=head.number,
            position=self._log.head(),
            at_head=tail.window.newest.number >= head.number,
            orphaned=done.orphaned,
            restored=done.restored,
        )
