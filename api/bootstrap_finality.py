"""The composition root's part for finality: which policy a chain gets, and how a halted chain is healed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from adapters.chain.completeness import Verify
from adapters.chain.deploy import verify as verify_contracts
from adapters.chain.deployment import read_deployment
from adapters.chain.endpoints import endpoints_of
from adapters.chain.reader import JsonRpcReader
from adapters.chain.rpc import HttpTransport
from adapters.finality.policies import policy_for, policy_named, shipped_policies
from api.bootstrap import writing_ledger
from api.projecting import project
from domain.application.ingest import Ingestor
from domain.application.ports import Deployment
from domain.chain.finality import CAUTIOUS, FinalityPolicy
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import ChainId
from domain.kernel.streams import Network


def finality_policies() -> Sequence[FinalityPolicy]:
    """Return the policies that come with the program, the one for other chains last."""
    return (*shipped_policies(), CAUTIOUS)


def policies_of(
    places: Sequence[Deployment], given: Sequence[str]
) -> Mapping[ChainId, FinalityPolicy]:
    """Return the policy of each chain. Raises InvalidInput."""
    chains = {place.chain_id for place in places}
    named = [policy_named(text) for text in given]
    if len(named) == 1:
        return dict.fromkeys(chains, named[0])
    policies = {chain_id: policy_for(chain_id) for chain_id in chains}
    for policy in named:
        meant = chains & set(policy.chain_ids)
        if not meant:
            raise InvalidInput(
                f"the finality policy `{policy.name}` is for none of the chains that are followed",
                hint="its chain_ids say which chains it is for; a single policy may do without",
            )
        policies.update(dict.fromkeys(meant, policy))
    return policies


@dataclass(frozen=True, slots=True)
class Healed:
    """What healing a chain did: `orphaned` facts stand no more; reading goes on above `last_block`."""

    network: str
    orphaned: int
    restored: int
    facts: int
    last_block: int
    position: int


def heal_chain(
    db: str | None, *, rpc: Sequence[str], deployment: Path, finality_policies: Sequence[str] = ()
) -> Healed:
    """Go on with a halted chain, once all the endpoints agree.

    Raises InvalidInput, WrongChain, RuleRejected when the chain is not halted or endpoints disagree, and Unavailable;
    nothing is written then.
    """
    place = read_deployment(deployment)
    policy = policies_of([place], finality_policies)[place.chain_id]
    if len(set(rpc)) < 2:
        raise InvalidInput(
            "healing takes two endpoints, of different operators if possible",
            hint="give --rpc twice, with different URLs",
        )
    with ExitStack() as opened:
        readers: list[JsonRpcReader] = []
        for endpoint in endpoints_of(rpc):
            transport = opened.enter_context(closing(HttpTransport(endpoint.url)))
            verify_contracts(transport, place)
            readers.append(
                JsonRpcReader(transport, place, verify=Verify.BLOOM, label=endpoint.label)
            )
        ledger = opened.enter_context(writing_ledger(db))
        progress = Ingestor(ledger.log, readers[0], place, policy).heal(readers[1:])
        project(ledger)
    return Healed(
        network=str(Network(place.chain_id, place.arbiter)),
        orphaned=progress.orphaned,
        restored=progress.restored,
        facts=progress.facts,
        last_block=progress.last_block,
        position=progress.position,
    )
