"""How a ledger begins to follow a deployment, and makes sure that it goes on with the same one."""

from __future__ import annotations

from contextlib import suppress

from domain.application.ports import BlockRef, Deployment, EventLog
from domain.chain.events import ChainAdopted
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import CorruptRecord, VersionConflict, WrongChain
from domain.kernel.ids import Position, StreamName, Version


def check_genesis(genesis: BlockRef, deployment: Deployment) -> None:
    """Raise WrongChain unless the chain begins with the block that the deployment names."""
    if genesis.hash != deployment.genesis_hash:
        raise WrongChain(
            f"the chain's first block is {genesis.hash}, the deployment was made on one that "
            f"begins with {deployment.genesis_hash}",
            hint="give the deployment file of this chain, or the node of the deployment's chain",
        )


def adopt(log: EventLog, stream: StreamName, deployment: Deployment) -> None:
    """Record that the ledger follows the deployment, unless it does so already.

    Raises WrongChain when it follows another one under this name.
    """
    if log.last_of_stream(stream) is None:
        event = NewEvent(stream=stream, event=_adoption(deployment))
        # Somebody else may adopt it just now; whether it was the same one is checked below.
        with suppress(VersionConflict):
            log.append([event], {stream: Version(0)})
    oldest = log.read(Position(0), 1, stream=stream)
    if not oldest:
        raise CorruptRecord(f"the stream `{stream}` lost its events")
    if oldest[0].event != _adoption(deployment):
        raise WrongChain(
            f"this ledger follows another deployment that has the same arbiter {deployment.arbiter} on "
            f"chain {deployment.chain_id}",
            hint="give the deployment file that this ledger was started with, or a new database",
        )


def _adoption(deployment: Deployment) -> ChainAdopted:
    return ChainAdopted(
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        start_block=deployment.start_block,
        token=deployment.token,
        arbiter=deployment.arbiter,
        registry=deployment.registry,
        verifier=deployment.verifier,
        timelock=deployment.timelock,
    )
