"""What ingestion needs of a chain. Adapters implement it; nothing here knows how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.application.ports import BlockRef, TranslatedLog
from domain.kernel.ids import BlockNumber


@dataclass(frozen=True, slots=True)
class ChainLook:
    """What a chain looks like at one moment: its newest block, and the blocks that tags stand for already."""

    head: BlockRef
    tagged: Mapping[str, BlockRef]


class ChainReader(Protocol):
    """Reads one deployment's logs; trusts nobody: answers are checked before they are returned."""

    @property
    def label(self) -> str:
        """What records call the node: fit to be kept for ever, so without any part of its URL."""
        ...

    def look(self, tags: Sequence[str]) -> ChainLook:
        """Return the newest block and the blocks of the tags (`safe`, `finalized`); a tag without a block is left out.

        Raises Unavailable, also for a node that does not know a tag.
        """
        ...

    def head(self) -> BlockRef:
        """Return the newest block. Raises Unavailable."""
        ...

    def block(self, number: BlockNumber) -> BlockRef:
        """Return the block at a height. Raises Unavailable, also when there is none."""
        ...

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        """Return the deployment's logs in [first, last] in chain order. Raises TooManyFacts and Unavailable."""
        ...

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        """Return the deployment's logs of the very block, asked for by its hash, in order. Raises Unavailable.

        TooManyFacts when it holds more than are read at once.
        """
        ...
