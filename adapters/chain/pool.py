"""One chain read through several nodes: the best one is asked, another when it fails, or several that must agree."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.chain.endpoints import Endpoint
from adapters.chain.reader import JsonRpcReader
from domain.application.chain_reading import ChainLook
from domain.application.ports import BlockRef, TooManyFacts, TranslatedLog
from domain.kernel.errors import Unavailable, WrongChain
from domain.kernel.ids import BlockNumber

_Answer = TypeVar("_Answer")

_COMPARE_SECONDS: Final = 10.0
"""How often all nodes are asked for their newest block, so that one that stands still is noticed."""


class EndpointsDisagree(Unavailable):
    """Nodes that must agree gave different answers. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Member:
    """A node and the reader over it."""

    endpoint: Endpoint
    reader: JsonRpcReader


class ReaderPool:
    """The ChainReader port over several nodes of one chain. For use by one thread; endpoints may be shared.

    With `quorum` above 1 so many nodes must give the same heads, hashes and logs. It never shrinks: when too few
    answer, nothing is read.
    """

    def __init__(
        self,
        members: Sequence[Member],
        *,
        quorum: int = 1,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._members = members
        self._quorum = quorum
        self._say = say
        self._clock = clock
        self._compare_at = 0.0

    def close(self) -> None:
        """Release the connections of all readers."""
        for member in self._members:
            member.reader.close()

    def check_chain(self) -> None:
        """Raise WrongChain when a node that answers follows another chain, Unavailable when too few answer."""
        answers, errors = 0, list[str]()
        for member in self._members:
            try:
                self._timed(member, lambda reader: reader.check_chain())
            except Unavailable as error:
                if len(self._members) == 1:
                    raise
                errors.append(f"{member.endpoint.label}: {error.message}")
            else:
                answers += 1
        self._check_enough(answers, errors)

    @property
    def label(self) -> str:
        """The label of the node that is asked first; of a quorum those of all that must agree."""
        return ", ".join(member.endpoint.label for member in self._ranked()[: self._quorum])

    def look(self, tags: Sequence[str]) -> ChainLook:
        """Return the newest block and those of the tags, of a quorum the highest that all of it has.

        Raises Unavailable.
        """
        if self._quorum == 1:
            # Now and then the nodes are compared, so that the one asked is not one that stands still.
            if len(self._members) > 1 and self._clock() >= self._compare_at:
                self.head()
            return self._agreed("the newest block", lambda reader: reader.look(tags))
        looks = self._looks(tags)
        head = self.head()
        tagged: dict[str, BlockRef] = {}
        for tag in tags:
            heights = sorted(look.tagged[tag].number for look in looks if tag in look.tagged)
            if len(heights) >= self._quorum:
                tagged[tag] = self.block(min(heights[-self._quorum], head.number))
        return ChainLook(head, tagged)

    def head(self) -> BlockRef:
        """Return the newest block, of a quorum the newest one that all of it has. Raises Unavailable."""
        if len(self._members) == 1:
            return self._agreed("the newest block", lambda reader: reader.head())
        if self._quorum == 1 and self._clock() < self._compare_at:
            return self._agreed("the newest block", lambda reader: reader.head())
        self._compare_at = self._clock() + _COMPARE_SECONDS
        heads = self._heads()
        if self._quorum == 1:
            return heads[0]
        # The newest block that as many nodes as needed have reached.
        number = heads[self._quorum - 1].number
        return self.block(number)

    def block(self, number: BlockNumber) -> BlockRef:
        """Return the block at a height. Raises Unavailable."""
        return self._agreed(f"block {number}", lambda reader: reader.block(number))

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        """Return the deployment's logs in [first, last] in chain order. Raises TooManyFacts and Unavailable."""
        return self._agreed(
            f"the logs of blocks {first} to {last}", lambda reader: list(reader.facts(first, last))
        )

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        """Return the deployment's logs of the very block, in order. Raises TooManyFacts and Unavailable."""
        return self._agreed(
            f"the logs of block {block.number}", lambda reader: list(reader.facts_of(block))
        )

    def _looks(self, tags: Sequence[str]) -> list[ChainLook]:
        looks: list[ChainLook] = []
        errors: list[str] = []
        for member in self._ranked():
            try:
                looks.append(self._timed(member, lambda reader: reader.look(tags)))
            except Unavailable as error:
                errors.append(f"{member.endpoint.label}: {error.message}")
        self._check_enough(len(looks), errors)
        return looks

    def _heads(self) -> list[BlockRef]:
        """Return the newest blocks of the nodes that answer, the highest first; note who stands still."""
        found: list[tuple[Member, BlockRef]] = []
        errors: list[str] = []
        for member in self._ranked():
            try:
                found.append((member, self._timed(member, lambda reader: reader.head())))
            except Unavailable as error:
                errors.append(f"{member.endpoint.label}: {error.message}")
                self._say(f"{member.endpoint.label} fails: {error.message}")
        self._check_enough(len(found), errors)
        best = max(head.number for _, head in found)
        for member, head in found:
            if odd := member.endpoint.saw_head(head.number, best):
                self._say(odd)
        return sorted((head for _, head in found), key=lambda head: head.number, reverse=True)

    def _agreed(self, what: str, ask: Callable[[JsonRpcReader], _Answer]) -> _Answer:
        answers: list[tuple[str, _Answer]] = []
        errors: list[str] = []
        for member in self._ranked():
            label = member.endpoint.label
            try:
                answers.append((label, self._timed(member, ask)))
            except TooManyFacts:
                raise
            except Unavailable as error:
                if len(self._members) == 1:
                    raise
                errors.append(f"{label}: {error.message}")
                self._say(f"{label} fails: {error.message}")
            if len(answers) == self._quorum:
                break
        self._check_enough(len(answers), errors)
        label, answer = answers[0]
        for other_label, other in answers[1:]:
            if other != answer:
                raise EndpointsDisagree(
                    f"{label} and {other_label} disagree about {what}: {_difference(answer, other)}",
                    hint="nothing was recorded; ask a third node whom to believe, and drop the other --rpc",
                )
        return answer

    def _timed(self, member: Member, ask: Callable[[JsonRpcReader], _Answer]) -> _Answer:
        began = self._clock()
        try:
            answer = ask(member.reader)
        except TooManyFacts:
            raise
        except Unavailable as error:
            member.endpoint.failed(error.message)
            raise
        except WrongChain as error:
            member.endpoint.failed(error.message)
            raise
        member.endpoint.answered(self._clock() - began)
        return answer

    def _ranked(self) -> list[Member]:
        return sorted(self._members, key=lambda member: member.endpoint.rank())

    def _check_enough(self, answers: int, errors: Sequence[str]) -> None:
        if answers >= self._quorum:
            return
        wanted = (
            "no node answers"
            if self._quorum == 1
            else f"{self._quorum} nodes must agree, {answers} answer"
        )
        raise Unavailable(
            f"{wanted}: {'; '.join(errors)[:600]}",
            hint="check that the nodes run and that their URLs are right",
        )


def _difference(one: object, other: object) -> str:
    """Say in a few words how two answers differ."""
    match one, other:
        case BlockRef(), BlockRef():
            return f"{one.hash} and {other.hash}"
        case list(), list():
            for left, right in zip(one, other, strict=False):
                if left != right:
                    return f"{_named(left)} and {_named(right)}"
            longer = one if len(one) > len(other) else other
            return f"{len(one)} and {len(other)} logs, the first beyond is {_named(longer[min(len(one), len(other))])}"
        case _:
            return "different answers"


def _named(log: object) -> str:
    if not isinstance(log, TranslatedLog):
        return "something"
    place = log.provenance
    return f"log {place.log_index} of block {place.block_number} ({log.event.NAME})"
