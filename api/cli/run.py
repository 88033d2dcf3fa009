"""`agentgpt run` and `agentgpt serve`: until SIGINT or SIGTERM."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from api.cli.output import READING, Reading, talk
from api.cli.serving import SERVING, Serving, announce


def run(
    *,
    rpc: Annotated[str, Parameter(help="URL of the node. Keys in it never appear in messages.")],
    deployment: Annotated[Path, Parameter(help="What `agentgpt contracts deploy` wrote.")],
    verify: Annotated[
        Literal["off", "bloom", "sample", "all"],
        Parameter(
            help="How to prove that the node leaves no log out: each block's bloom; that and the receipts of one "
            "block in sixteen; the receipts of every block that may hold a log of ours."
        ),
    ] = "bloom",
    serving: Serving = SERVING,
    reading: Reading = READING,
) -> None:
    """Follow a deployment: take its logs into the ledger, project, and serve, until stopped.

    The ledger is made when it is not there; started again, everything goes on where it was.
    """
    from api.bootstrap import follow
    from api.bootstrap import serving as http
    from api.http.server import bind
    from api.service import Following, Projecting, stopped_by_signals

    stop = threading.Event()
    with ExitStack() as parts:
        settings = serving.settings()
        listener = parts.enter_context(bind(settings))
        parts.enter_context(stopped_by_signals(stop, talk))
        chain = parts.enter_context(
            follow(reading.db, rpc=rpc, deployment=deployment, verify=verify)
        )
        ledger = chain.ledger
        following = Following(chain.pull, chain.check, stop, talk)
        server = parts.enter_context(
            http(ledger, settings, listener=listener, follower=following.status)
        )
        projecting = parts.enter_context(Projecting(ledger.log, ledger.engine, stop, talk))
        announce(server.url, ledger.db, ledger.log.head(), as_json=reading.json)
        following.run()
    projecting.raise_error()


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
        ledger = parts.enter_context(writing_ledger(reading.db))
        server = parts.enter_context(http(ledger, settings, listener=listener))
        projecting = parts.enter_context(Projecting(ledger.log, ledger.engine, stop, talk))
        announce(server.url, ledger.db, ledger.log.head(), as_json=reading.json)
        stop.wait()
    projecting.raise_error()
