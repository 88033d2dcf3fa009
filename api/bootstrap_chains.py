"""The composition root's part for `run`: a ledger, the chains that it follows, and the nodes behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from adapters.chain.best_node import BestNode
from adapters.chain.completeness import Verify
from adapters.chain.connection import ChainConnection, ReadingTerms, connected
from adapters.chain.deployment import read_deployment
from adapters.chain.proof_audit import ProofAuditResult, audit_proofs
from adapters.chain.proof_store import SUFFIX, ProofStore
from adapters.chain.transport import Transport
from adapters.eventstore.database import parse_db_name
from adapters.eventstore.postgres_settings import is_postgres
from api.bootstrap import reading_ledger, writing_ledger
from api.bootstrap_finality import policies_of
from api.ledger import EndpointHealth, Ledger
from api.settings import FollowSettings, db_setting
from domain.application.chain_audit import ChainAuditResult, adopted_deployments, audit_chain
from domain.application.ingest import Ingestor, IngestProgress
from domain.chain.finality import FinalityPolicy
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import ChainId, parse_hash
from domain.kernel.streams import Network


@dataclass(frozen=True, slots=True)
class FollowedChain:
    """A deployment that a ledger follows. `pull` reads on once; `check` raises WrongChain.

    `listen` calls its argument for each new block that a node announces until its block ends, and gives what tells
    whether announcements are to be expected. `open_nodes` gives a way to the chain's nodes for another thread.
    """

    network: str
    chain_id: ChainId
    pull: Callable[[], IngestProgress]
    check: Callable[[], None]
    endpoints: Callable[[], Sequence[EndpointHealth]]
    listen: Callable[[Callable[[], None]], AbstractContextManager[Callable[[], bool]]]
    open_nodes: Callable[[], Transport]
    policy: FinalityPolicy


@dataclass(frozen=True, slots=True)
class Followed:
    """A ledger and the chains that it follows."""

    ledger: Ledger
    chains: Sequence[FollowedChain]


@contextmanager
def follow(
    db: str | None,
    *,
    rpc: Sequence[str],
    deployments: Sequence[Path],
    settings: FollowSettings,
    finality_policies: Sequence[str] = (),
    say: Callable[[str], None],
    sentinel: bool = False,
) -> Iterator[Followed]:
    """Open a ledger, made when it is not there, that follows deployments; with `sentinel` as `writing_ledger` does.

    `finality_policies` are names or files, used in place of the shipped policies of their chains; a single one is used
    for every chain. Raises InvalidInput, WrongChain, RuleRejected and Unavailable before anything is written: the files
    are read, the nodes answer, they follow the deployments' chains, our contracts stand where the files say, and the
    policies fit the chains.
    """
    name = db_setting(db)
    places = [read_deployment(path) for path in deployments]
    policies = policies_of(places, finality_policies)
    with ExitStack() as opened:
        terms = ReadingTerms(verify=Verify(settings.verify), quorum=settings.quorum, ws=settings.ws)
        if settings.prove:
            # Only once the nodes are known to be right: until then nothing is made.
            with connected(places, rpc, terms, say):
                pass
            store = opened.enter_context(closing(ProofStore(proofs_path(name, settings.proofs))))
            terms = replace(terms, keeper=store)
        connections = opened.enter_context(connected(places, rpc, terms, say))
        ledger = opened.enter_context(writing_ledger(name, create=True, sentinel=sentinel))
        chains: list[FollowedChain] = []
        for connection in connections:
            place = connection.deployment
            policy = policies[place.chain_id]
            ingestor = Ingestor(ledger.log, connection.reader, place, policy)
            ingestor.adopt()
            chains.append(_followed(connection, ingestor, policy, say))
        yield Followed(ledger, chains)


def _followed(
    connection: ChainConnection,
    ingestor: Ingestor,
    policy: FinalityPolicy,
    say: Callable[[str], None],
) -> FollowedChain:
    @contextmanager
    def listen(wake: Callable[[], None]) -> Iterator[Callable[[], bool]]:
        signal = connection.signal(wake, say)
        if signal is None:
            yield lambda: False
            return
        with signal:
            yield lambda: signal.is_connected

    place = connection.deployment
    return FollowedChain(
        network=str(Network(place.chain_id, place.arbiter)),
        chain_id=place.chain_id,
        pull=ingestor.step,
        check=connection.check,
        endpoints=lambda: [
            EndpointHealth(**asdict(endpoint.status())) for endpoint in connection.endpoints
        ],
        listen=listen,
        open_nodes=lambda: BestNode(connection.endpoints),
        policy=policy,
    )


def audit_chains(
    db: str | None,
    *,
    rpc: Sequence[str],
    deployments: Sequence[Path],
    settings: FollowSettings,
    with_balance: bool,
    limit: int,
    say: Callable[[str], None],
    on_progress: Callable[[int, int], None],
) -> Sequence[ChainAuditResult]:
    """Hold a ledger's facts against their chains; without `deployments` for all that it follows.

    Raises InvalidInput, NotFound, WrongChain, Unavailable and what opening a ledger raises. Writes nothing.
    """
    terms = ReadingTerms(verify=Verify(settings.verify), quorum=settings.quorum, ws="off")
    with reading_ledger(db) as ledger:
        places = [read_deployment(path) for path in deployments] or adopted_deployments(ledger.log)
        if not places:
            raise NotFound(
                "this ledger follows no chain", hint="`agentgpt run` makes it follow one"
            )
        results: list[ChainAuditResult] = []
        with connected(places, rpc, terms, say) as connections:
            for connection in connections:
                with connection.state() as state:
                    results.append(
                        audit_chain(
                            ledger.log,
                            connection.reader,
                            connection.deployment,
                            state=state if with_balance else None,
                            limit=limit,
                            on_progress=on_progress,
                        )
                    )
        return results


def proofs_path(db: str, given: Path | None) -> Path:
    """Return where the proofs of a ledger are kept: beside its file, unless one is given. Raises InvalidInput."""
    if given is not None:
        return given
    if is_postgres(db):
        raise InvalidInput(
            "a ledger in PostgreSQL has no file to keep proofs beside",
            hint="name a file with --proofs",
        )
    path = parse_db_name(db)
    return path.with_name(path.name + SUFFIX)


def audit_kept_proofs(
    db: str | None,
    *,
    proofs: Path | None,
    anchor: str | None,
    limit: int,
    on_progress: Callable[[int, int], None],
) -> ProofAuditResult:
    """Check a ledger's facts by the proofs kept beside it; `anchor` is the hash of a block that is trusted.

    Raises InvalidInput, NotFound when no proofs are kept, Unavailable and what opening a ledger raises. Writes nothing.
    """
    trusted = None if anchor is None else parse_hash(anchor)
    name = db_setting(db)
    with (
        reading_ledger(name) as ledger,
        closing(ProofStore(proofs_path(name, proofs), readonly=True)) as store,
    ):
        return audit_proofs(
            ledger.log,
            store,
            adopted_deployments(ledger.log),
            anchor=trusted,
            limit=limit,
            on_progress=on_progress,
        )
