"""A chain that contradicts what is final: the evidence that is kept, and what it takes to go on.

One node alone proves nothing about a final block: it may be broken, or lie. So reading halts, and goes on only with
blocks that several endpoints show.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.application.chain_history import Mark
from domain.application.chain_reading import ChainReader
from domain.application.chain_tail import ChainTail
from domain.application.ports import BlockRef, Deployment
from domain.chain.events import ChainHalted, ChainHealed
from domain.kernel.errors import RuleRejected, Unavailable
from domain.kernel.ids import ZERO_HASH, BlockNumber, Hash32


class IngestionHalted(Unavailable):
    """The chain contradicts a block that this ledger holds as final: nothing is read until it is healed."""


def evidence(
    tail: ChainTail, reader: ChainReader, head: BlockRef, common: Mark, deployment: Deployment
) -> ChainHalted:
    """Return the event that keeps how a node contradicts the final block; `common` is what they agree on.

    Raises Unavailable when the node changed its mind since it was found to contradict.
    """
    floor = tail.window.floor
    found = _found(reader, floor.number)
    if found in (floor.hash, ZERO_HASH) or floor.hash is None:
        raise Unavailable(
            f"the node changed its mind about block {floor.number} while it was asked",
            hint="nothing was recorded; several nodes may answer under one address",
        )
    return ChainHalted(
        fork_block=BlockNumber(max(0, common.number)),
        fork_block_hash=common.hash or deployment.genesis_hash,
        final_block=BlockNumber(floor.number),
        expected_hash=floor.hash,
        found_hash=found,
        head_block=head.number,
        head_block_hash=head.hash,
        endpoint=reader.label,
    )


def agreed_block(reader: ChainReader, witnesses: Sequence[ChainReader]) -> BlockRef:
    """Return the newest block that reader and witnesses can all have, which is the same at all of them.

    Raises RuleRejected without a witness or when one disagrees, and Unavailable.
    """
    if not witnesses:
        raise RuleRejected(
            "one endpoint alone cannot heal a chain",
            hint="name a second one, of somebody else, with another --rpc",
        )
    height = min(each.head().number for each in (reader, *witnesses))
    agreed = reader.block(height)
    for witness in witnesses:
        found = witness.block(height)
        if found.hash != agreed.hash:
            raise RuleRejected(
                f"the endpoints disagree: block {height} is {agreed.hash} at {reader.label} and "
                f"{found.hash} at {witness.label}",
                hint="nothing was written; name endpoints that follow the same chain, or try again",
            )
    return agreed


def healed(
    fork_number: int, fork_hash: Hash32, head: BlockRef, endpoints: Sequence[ChainReader]
) -> ChainHealed:
    """Return the event that lets reading go on."""
    return ChainHealed(
        fork_block=BlockNumber(max(0, fork_number)),
        fork_block_hash=fork_hash,
        head_block=head.number,
        head_block_hash=head.hash,
        endpoints=tuple(each.label for each in endpoints),
    )


def halt_error(deployment: Deployment, halted: ChainHalted) -> IngestionHalted:
    """Return what to raise while a chain is halted."""
    return IngestionHalted(
        f"chain {deployment.chain_id} is halted: block {halted.final_block} was final as "
        f"{halted.expected_hash}, and {halted.endpoint} shows {halted.found_hash} there",
        hint="once two endpoints agree, `agentgpt chain heal` goes on with what they show",
    )


def _found(reader: ChainReader, number: int) -> Hash32:
    """Return the hash that the node has at a height now, the zero hash for no block."""
    if reader.head().number < number:
        return ZERO_HASH
    return reader.block(BlockNumber(number)).hash
