"""Reads ahead of whoever takes logs in order, so that nodes work while batches are committed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from domain.application.chain_reading import ChainLook, ChainReader
from domain.application.ports import BlockRef, TranslatedLog
from domain.kernel.errors import Unavailable
from domain.kernel.ids import BlockNumber

WORKERS: Final = 2

_FACTS_AHEAD: Final = 12_000
"""Facts that may wait or be on their way; a fact takes about 2 kB."""

_TIP_BLOCKS: Final = 64
"""So near to the head nothing is read ahead: it may still change, and there is nothing to wait for."""

_LONGEST_WAIT_SECONDS: Final = 600.0


class ReadAhead(ChainReader, Protocol):
    """A ChainReader that can be closed; each thread has its own."""

    def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """Facts of [first, last] as they were when block `end` stood at `last`."""

    first: int
    last: int
    end: BlockRef
    facts: Sequence[TranslatedLog]


class PrefetchingReader:
    """The ChainReader port, with the next ranges read by other threads while the caller is busy with one.

    What was read ahead is only given out while the block at its end still stands: its hash fixes all blocks
    before it. Otherwise, and after any error, the range is read again in the caller's thread.
    """

    def __init__(self, make_reader: Callable[[], ReadAhead], *, workers: int = WORKERS) -> None:
        self._make_reader = make_reader
        self._front = make_reader()
        self._workers = workers
        self._local = threading.local()
        self._opened = [self._front]
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self._ahead: deque[tuple[int, int, Future[_Piece]]] = deque()
        self._head = -1
        self._facts_per_block = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading ahead and release connections."""
        self._forget()
        self._executor.shutdown(wait=True, cancel_futures=True)
        for reader in self._opened:
            reader.close()

    @property
    def label(self) -> str:
        """What records call the node."""
        return self._front.label

    def look(self, tags: Sequence[str]) -> ChainLook:
        """Return the newest block and those of the tags. Raises Unavailable."""
        look = self._front.look(tags)
        self._head = look.head.number
        return look

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        """Return the deployment's logs of the very block, in order. Raises TooManyFacts and Unavailable."""
        return self._front.facts_of(block)

    def head(self) -> BlockRef:
        """Return the newest block. Raises Unavailable."""
        head = self._front.head()
        self._head = head.number
        return head

    def block(self, number: BlockNumber) -> BlockRef:
        """Return the block at a height. Raises Unavailable."""
        return self._front.block(number)

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        """Return the deployment's logs in [first, last] in chain order. Raises TooManyFacts and Unavailable."""
        facts = self._taken(first, last)
        if facts is None:
            self._forget()
            facts = self._front.facts(first, last)
        self._read_ahead(last, last - first + 1, len(facts))
        return facts

    def _taken(self, first: int, last: int) -> Sequence[TranslatedLog] | None:
        """Return what was read ahead of a range, None when not all of it stands."""
        found: list[TranslatedLog] = []
        place = first
        while place <= last:
            if not self._ahead or self._ahead[0][0] != place:
                return None
            _, high, future = self._ahead.popleft()
            try:
                piece = future.result(_LONGEST_WAIT_SECONDS)
                if self._front.block(piece.end.number) != piece.end:
                    return None
            except (Unavailable, TimeoutError):
                return None
            if high <= last:
                found.extend(piece.facts)
            else:
                cut = next(
                    (
                        index
                        for index, fact in enumerate(piece.facts)
                        if fact.provenance.block_number > last
                    ),
                    len(piece.facts),
                )
                found.extend(piece.facts[:cut])
                rest: Future[_Piece] = Future()
                rest.set_result(_Piece(last + 1, high, piece.end, piece.facts[cut:]))
                self._ahead.appendleft((last + 1, high, rest))
            place = high + 1
        return found

    def _read_ahead(self, last: int, blocks: int, facts: int) -> None:
        self._facts_per_block += 0.5 * (facts / blocks - self._facts_per_block)
        until = self._head - _TIP_BLOCKS
        start = self._ahead[-1][1] + 1 if self._ahead else last + 1
        while len(self._ahead) <= self._workers and start + blocks - 1 <= until:
            if (start + blocks - last) * self._facts_per_block > _FACTS_AHEAD:
                break
            end = start + blocks - 1
            self._ahead.append((start, end, self._executor.submit(self._read, start, end)))
            start = end + 1

    def _read(self, first: int, last: int) -> _Piece:
        reader: ReadAhead | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = self._make_reader()
            self._opened.append(reader)
        # First the end: what is read after it is on its branch, or does not fit and is refused.
        end = reader.block(BlockNumber(last))
        return _Piece(first, last, end, reader.facts(BlockNumber(first), BlockNumber(last)))

    def _forget(self) -> None:
        for _, _, future in self._ahead:
            future.cancel()
        self._ahead.clear()
