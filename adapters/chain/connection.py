"""From URLs and deployments to readers: which node serves which chain is asked, not told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from adapters.chain.completeness import Keeper, Verify
from adapters.chain.deploy import verify as verify_contracts
from adapters.chain.endpoints import Endpoint, endpoints_of
from adapters.chain.head_signal import HeadSignal, ws_label, ws_url_of
from adapters.chain.pool import Member, ReaderPool
from adapters.chain.prefetch import PrefetchingReader
from adapters.chain.reader import JsonRpcReader
from adapters.chain.rpc import HttpTransport
from adapters.chain.state_proof import ProvenBalances
from adapters.chain.values import read_quantity
from domain.application.ports import Deployment
from domain.kernel.errors import InvalidInput, Unavailable, WrongChain

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTerms:
    """How chains are read. `ws` is a WebSocket URL, `auto` for the same place as the node's, or `off`.

    `keeper` keeps the proofs of where logs came from.
    """

    verify: Verify = Verify.BLOOM
    quorum: int = 1
    ws: str = "auto"
    keeper: Keeper | None = None


@dataclass(frozen=True, slots=True)
class ChainConnection:
    """One deployment's chain, the nodes that it is read through, and the reader over them."""

    deployment: Deployment
    endpoints: Sequence[Endpoint]
    reader: PrefetchingReader
    check: Callable[[], None]
    ws_url: str

    @contextmanager
    def state(self) -> Iterator[ProvenBalances]:
        """Give what proves balances, through the node that does best, until the end of the block."""
        best = min(self.endpoints, key=Endpoint.rank)
        with closing(HttpTransport(best.url)) as transport:
            yield ProvenBalances(transport, self.deployment)

    def signal(self, wake: Callable[[], None], say: Say) -> HeadSignal | None:
        """Return what calls `wake` for each new block once it is entered, None when that is not wanted."""
        return HeadSignal(self.ws_url, wake, say=say) if self.ws_url else None


@contextmanager
def connected(
    deployments: Sequence[Deployment], urls: Sequence[str], terms: ReadingTerms, say: Say
) -> Iterator[Sequence[ChainConnection]]:
    """Open readers for deployments over nodes until the end of the block.

    Raises InvalidInput, WrongChain for a node of none of the chains or with other contracts, and Unavailable when
    not enough nodes answer.
    """
    _check(deployments, terms)
    endpoints = endpoints_of(urls)
    with ExitStack() as opened:
        connections: list[ChainConnection] = []
        for deployment, own in _assigned(deployments, endpoints):
            if len(own) < terms.quorum:
                raise InvalidInput(
                    f"{terms.quorum} nodes must agree, but only {len(own)} are given for chain "
                    f"{deployment.chain_id}",
                    hint="give more --rpc, or a smaller --quorum",
                )
            _verify(deployment, own, terms.quorum, say)
            pools = _Pools(deployment, own, terms, say)
            reader = opened.enter_context(PrefetchingReader(pools.make))
            checking = opened.enter_context(closing(pools.make()))
            connections.append(
                ChainConnection(deployment, own, reader, checking.check_chain, _ws(terms, own[0]))
            )
        yield connections


@dataclass(frozen=True, slots=True)
class _Pools:
    """Makes a pool of readers with connections of its own for each thread."""

    deployment: Deployment
    endpoints: Sequence[Endpoint]
    terms: ReadingTerms
    say: Say

    def make(self) -> ReaderPool:
        members = [
            Member(
                endpoint,
                JsonRpcReader(
                    HttpTransport(endpoint.url),
                    self.deployment,
                    verify=self.terms.verify,
                    keeper=self.terms.keeper,
                ),
            )
            for endpoint in self.endpoints
        ]
        return ReaderPool(members, quorum=self.terms.quorum, say=self.say)


def _check(deployments: Sequence[Deployment], terms: ReadingTerms) -> None:
    if terms.quorum < 1:
        raise InvalidInput("a quorum has at least one node", hint="leave --quorum out for one")
    if terms.ws not in {"auto", "off"}:
        ws_label(terms.ws)
        if len(deployments) > 1:
            raise InvalidInput(
                "one WebSocket URL cannot serve several deployments", hint="use --ws auto or off"
            )
    networks = [(each.chain_id, each.arbiter) for each in deployments]
    if len(set(networks)) < len(networks):
        raise InvalidInput("one deployment is given twice", hint="give each --deployment once")


def _assigned(
    deployments: Sequence[Deployment], endpoints: Sequence[Endpoint]
) -> Iterator[tuple[Deployment, Sequence[Endpoint]]]:
    """Yield each deployment with the nodes of its chain."""
    if len(deployments) == 1:
        # A node that does not answer now may do so later: only one chain can be meant.
        yield deployments[0], endpoints
        return
    chains = {endpoint.label: _chain_of(endpoint) for endpoint in endpoints}
    wanted = {deployment.chain_id for deployment in deployments}
    for label, chain_id in chains.items():
        if chain_id not in wanted:
            raise WrongChain(
                f"{label} is chain {chain_id}, no deployment is on that one",
                hint="leave that --rpc out, or give the deployment of its chain",
            )
    for deployment in deployments:
        own = [each for each in endpoints if chains[each.label] == deployment.chain_id]
        if not own:
            raise WrongChain(
                f"no node is on chain {deployment.chain_id}, where a deployment is",
                hint="give the --rpc of a node of that chain",
            )
        yield deployment, own


def _chain_of(endpoint: Endpoint) -> int:
    with closing(HttpTransport(endpoint.url)) as transport:
        return read_quantity(transport.request("eth_chainId", []), "chain id")


def _verify(deployment: Deployment, endpoints: Sequence[Endpoint], quorum: int, say: Say) -> None:
    """Check at every node that answers that our contracts stand there; so many must."""
    answers, errors = 0, list[str]()
    for endpoint in endpoints:
        with closing(HttpTransport(endpoint.url)) as transport:
            try:
                verify_contracts(transport, deployment)
            except Unavailable as error:
                if len(endpoints) == 1:
                    raise
                endpoint.failed(error.message)
                errors.append(error.message)
                say(error.message)
            else:
                answers += 1
    if answers < quorum:
        raise Unavailable(
            f"{answers} of {len(endpoints)} nodes answer, {quorum} must: {'; '.join(errors)[:600]}",
            hint="check that the nodes run and that their URLs are right",
        )


def _ws(terms: ReadingTerms, endpoint: Endpoint) -> str:
    match terms.ws:
        case "off":
            return ""
        case "auto":
            return ws_url_of(endpoint.url)
        case url:
            return url
