"""A chain that forks: blocks are a tree, any leaf may become the head, and a block that comes back is the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from domain.application.chain_reading import ChainLook
from domain.application.ports import BlockRef, TranslatedLog
from domain.kernel.envelope import Provenance
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import BlockNumber, Hash32, StreamName, Timestamp
from domain.kernel.money import Wei
from domain.kernel.streams import Network, node_stream, stake_stream
from domain.node.events import NodeDeregistered, NodeJailed, NodeRegistered
from domain.stake.events import CreditClaimed
from tests.support.chain_fakes import DEPLOYMENT, account, word

NETWORK = Network(DEPLOYMENT.chain_id, DEPLOYMENT.arbiter)

Placed = tuple[StreamName, Event]


@dataclass(slots=True)
class ForkingChain:
    """A ChainReader over a tree of blocks. `tags` maps a tag to how many blocks below the head it stands."""

    label: str = "the forking node"
    tags: dict[str, int] = field(default_factory=dict)
    blocks: list[BlockRef] = field(default_factory=list)
    logs: dict[Hash32, list[TranslatedLog]] = field(default_factory=dict)
    leaves: list[list[BlockRef]] = field(default_factory=list)
    on_call: Callable[[], None] | None = None
    made: int = 10_000
    highest: int = 0

    def __post_init__(self) -> None:
        self.mine()

    def mine(self, *facts: Placed) -> BlockRef:
        """Add a block with facts to the branch at hand."""
        number = len(self.blocks)
        block = BlockRef(
            number=BlockNumber(number),
            hash=word(self.made),
            parent_hash=self.blocks[-1].hash if self.blocks else word(0),
            time=Timestamp(1_000 + number),
        )
        self.made += 1
        self.blocks.append(block)
        self.highest = max(self.highest, number)
        self.logs[block.hash] = [_placed(block, at, fact) for at, fact in enumerate(facts)]
        return block

    def fork_at(self, height: int) -> None:
        """Leave the branch at hand above a height; what is mined from here on is another one."""
        self.leaves = [*self.leaves[-7:], list(self.blocks)]
        del self.blocks[height + 1 :]

    def return_to(self, leaf: int) -> None:
        """Make a branch that was left the one at hand again."""
        back = self.leaves.pop(leaf)
        self.leaves.append(list(self.blocks))
        self.blocks = back

    def facts_on_chain(self) -> list[TranslatedLog]:
        """Return the facts of the branch at hand, in order."""
        return [log for block in self.blocks for log in self.logs[block.hash]]

    # The port

    def look(self, tags: Sequence[str]) -> ChainLook:
        self._called()
        head = self.blocks[-1]
        tagged = {tag: self.blocks[max(0, len(self.blocks) - 1 - self.tags[tag])] for tag in tags}
        return ChainLook(head, tagged)

    def head(self) -> BlockRef:
        self._called()
        return self.blocks[-1]

    def block(self, number: BlockNumber) -> BlockRef:
        self._called()
        if number >= len(self.blocks):
            raise Unavailable(f"no block {number}")
        return self.blocks[number]

    def facts(self, first: BlockNumber, last: BlockNumber) -> Sequence[TranslatedLog]:
        self._called()
        found = [log for block in self.blocks[first : last + 1] for log in self.logs[block.hash]]
        self._called()
        return found

    def facts_of(self, block: BlockRef) -> Sequence[TranslatedLog]:
        self._called()
        if block not in self.blocks[block.number : block.number + 1]:
            raise Unavailable(f"no block {block.hash}")
        return self.logs[block.hash]

    def _called(self) -> None:
        if self.on_call is not None:
            self.on_call()


def joined(number: int) -> Placed:
    """Return the fact that a node joins; each number is another one."""
    node = account(number)
    return node_stream(NETWORK, node), NodeRegistered(node=node, metadata_uri="u")


def some_facts(chance: Random, most: int = 3, nodes: int = 6) -> list[Placed]:
    """Return a block's facts: legal ones and illegal ones about a few nodes and accounts."""
    facts: list[Placed] = []
    for _ in range(chance.choice([0, 0, 1, most])):
        node = account(chance.randrange(1, nodes))
        kind = chance.randrange(4)
        if kind == 0:
            facts.append((node_stream(NETWORK, node), NodeRegistered(node=node, metadata_uri="u")))
        elif kind == 1:
            facts.append((node_stream(NETWORK, node), NodeDeregistered(node=node)))
        elif kind == 2:
            jailed = NodeJailed(node=node, stake_wei=Wei(0), min_stake_wei=Wei(9))
            facts.append((node_stream(NETWORK, node), jailed))
        else:
            amount = Wei(chance.randrange(1, 10**20))
            claimed = CreditClaimed(account=node, amount_wei=amount, credit_wei=Wei(0))
            facts.append((stake_stream(NETWORK, node), claimed))
    return facts


def _placed(block: BlockRef, index: int, fact: Placed) -> TranslatedLog:
    stream, event = fact
    provenance = Provenance(
        chain_id=DEPLOYMENT.chain_id,
        block_number=block.number,
        block_hash=block.hash,
        block_time=block.time,
        transaction_hash=word(int(block.hash, 16) * 100 + index),
        log_index=index,
        contract=DEPLOYMENT.arbiter,
    )
    return TranslatedLog(stream=stream, event=event, provenance=provenance)
