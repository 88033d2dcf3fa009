"""`agentgpt run` and `agentgpt serve`: until SIGINT or SIGTERM."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from api.cli.backfill import Backfill
from api.cli.chain_options import PROVING, TRUST, Proving, Trust
from api.cli.output import READING, Reading, talk
from api.cli.serving import SERVING, Serving, announce
from api.cli.signing import SIGNING, Signing

if TYPE_CHECKING:
    from api.bootstrap_chains import Followed, FollowedChain
    from api.service import Watched
    from domain.application.outbox import TransactionSigner


FinalityPolicies = Annotated[
    tuple[str, ...],
    Parameter(
        negative=(),
        help="When blocks are safe and final: a file, or a name from `agentgpt chain policies`. "
        "Default: by chain id.",
    ),
]


def run(
    *,
    rpc: Annotated[
        list[str],
        Parameter(
            negative=(),
            env_var="AGENTGPT_RPC",
            help="URL of a node; several may be given, also of several chains. Keys in it never appear in messages.",
        ),
    ],
    deployment: Annotated[
        list[Path],
        Parameter(
            negative=(), help="What `agentgpt contracts deploy` wrote; several may be given."
        ),
    ],
    ws: Annotated[
        str,
        Parameter(
            help="WebSocket URL where new blocks are announced; `auto`: the same place as the node's; `off`: poll."
        ),
    ] = "auto",
    finality_policy: FinalityPolicies = (),
    trust: Trust = TRUST,
    proving: Proving = PROVING,
    signing: Signing = SIGNING,
    serving: Serving = SERVING,
    reading: Reading = READING,
) -> None:
    """Follow deployments: take their logs into the ledger, project, and serve, until stopped.

    The ledger is made when it is not there; started again, everything goes on where it was. A node that fails, lags
    or contradicts itself is left for another one of its chain.
    """
    from api.bootstrap import serving as http
    from api.bootstrap_chains import follow
    from api.http.server import bind
    from api.service import FollowingAll, Projecting, stopped_by_signals

    stop = threading.Event()
    with ExitStack() as parts:
        settings = serving.settings()
        terms = trust.settings(ws=ws, prove=proving.prove, proofs=proving.proofs)
        listener = parts.enter_context(bind(settings))
        parts.enter_context(stopped_by_signals(stop, talk))
        backfill = Backfill(as_json=reading.json)
        signer = parts.enter_context(_key(signing))
        followed = parts.enter_context(
            follow(
                reading.db,
                rpc=rpc,
                deployments=deployment,
                settings=terms,
                finality_policies=finality_policy,
                say=backfill.say,
                sentinel=serving.sentinel,
            )
        )
        ledger = followed.ledger
        watched = [_watched(chain, stop, backfill, parts) for chain in followed.chains]
        following = FollowingAll(watched, stop)
        server = parts.enter_context(
            http(ledger, settings, listener=listener, follower=following.status)
        )
        projecting = parts.enter_context(Projecting(ledger.log, ledger.engine, stop, backfill.say))
        parts.enter_context(_sending(followed, signer, stop, backfill.say))
        announce(server.url, ledger.db, ledger.log.head(), as_json=reading.json)
        parts.enter_context(backfill)
        following.run()
    projecting.raise_error()


@contextmanager
def _key(signing: Signing) -> Iterator[TransactionSigner | None]:
    if not signing.is_given:
        yield None
        return
    from api.bootstrap_outbox import signer_at

    with signer_at(signing) as signer:
        yield signer


@contextmanager
def _sending(
    followed: Followed,
    signer: TransactionSigner | None,
    stop: threading.Event,
    say: Callable[[str], None],
) -> Iterator[None]:
    """Work off the outbox until the end of the block, if there is a key; raise what ended that early."""
    if signer is None:
        yield
        return
    from api.bootstrap_outbox import sender_on
    from api.service import Sending

    log = followed.ledger.log
    with (
        sender_on(log, signer, followed.chains) as step,
        Sending(log, step, stop, say) as sending,
    ):
        yield
    sending.raise_error()


def _watched(
    chain: FollowedChain, stop: threading.Event, backfill: Backfill, parts: ExitStack
) -> Watched:
    from api.service import Following, Wake, Watched

    wake = Wake()
    wake.announced = parts.enter_context(chain.listen(wake.set))

    def pull() -> bool:
        step = chain.pull()
        backfill.advance(chain.network, step)
        return not step.at_head

    following = Following(pull, chain.check, stop, backfill.say, wake=wake)
    return Watched(chain.network, following, chain.endpoints)


def serve(*, serving: Serving = SERVING, reading: Reading = READING) -> None:
    """Serve an existing ledger without a chain, until stopped."""
    from api.bootstrap import serving as http
    from api.bootstrap import writing_ledger
    from api.http.server import bind
    from api.service import Projecting, stopped_by_signals

    stop = threading.Event()
    with ExitStack() as parts:
        settings = serving.settings()
        listener = parts.enter_context(bind(settings))
        parts.enter_context(stopped_by_signals(stop, talk))
        ledger = parts.enter_context(writing_ledger(reading.db, sentinel=serving.sentinel))
        server = parts.enter_context(http(ledger, settings, listener=listener))
        projecting = parts.enter_context(Projecting(ledger.log, ledger.engine, stop, talk))
        announce(server.url, ledger.db, ledger.log.head(), as_json=reading.json)
        stop.wait()
    projecting.raise_error()
