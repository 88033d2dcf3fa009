"""`agentgpt demo`: a whole network in a few seconds, with nothing to set up."""

from __future__ import annotations

import shlex
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.text import Text

from api.cli.output import as_typed, console, line, print_json, talk
from api.problems import ExitCode
from domain.kernel.errors import RuleRejected

if TYPE_CHECKING:
    from rich.console import Console

    from api.demo.panel import Show
    from api.demo.run import Outcome

DEFAULT_TASKS = 60


def demo(
    *,
    once: Annotated[
        bool, Parameter(negative=(), help="Play and check, then leave instead of serving.")
    ] = False,
    json: Annotated[
        bool, Parameter(negative=(), help="Print one JSON document about what came of it.")
    ] = False,
    db: Annotated[
        str | None,
        Parameter(
            help="A new ledger: a file or a URL of PostgreSQL. Default: a file in a new temporary folder."
        ),
    ] = None,
    seed: Annotated[int, Parameter(help="The same seed gives the same events.")] = 1,
    tasks: Annotated[int, Parameter(help="How many tasks the story has.")] = DEFAULT_TASKS,
    port: Annotated[int, Parameter(help="Where to serve; 0 picks a free port.")] = 8000,
    live: Annotated[
        bool, Parameter(negative="--no-live", help="Redraw a panel; off in a pipe.")
    ] = True,
) -> int:
    """Play a network's story on an embedded chain, follow it into a ledger, check everything, and serve it.

    The exit code is 6 when a check fails.
    """
    from api.bootstrap import embedded_stage, serving
    from api.bootstrap_database import ledger_name
    from api.demo.run import play_demo
    from api.http.server import bind
    from api.ledger import Follower
    from api.service import Projecting, stopped_by_signals
    from api.settings import serve_settings

    stop = threading.Event()
    with ExitStack() as open_parts:
        # Everything that can be refused is refused before anything is written.
        settings = serve_settings("127.0.0.1", port, allow_public=False)
        listener = None if once else open_parts.enter_context(bind(settings))
        place = _place(db)
        open_parts.enter_context(stopped_by_signals(stop, talk))
        talk(f"ledger {ledger_name(place)}, seed {seed}; the chain lives in this process")
        stage = open_parts.enter_context(embedded_stage(place, seed=seed, tasks=tasks))
        server = (
            open_parts.enter_context(
                serving(
                    stage.ledger,
                    settings,
                    listener=listener,
                    follower=lambda: Follower("following", "the chain lives in this process"),
                )
            )
            if listener
            else None
        )
        if server:
            talk(f"watch it at {server.url}")
        outcome = play_demo(
            stage, _show(console(sys.stderr), live=live, seed=seed), stop, seed=seed, tasks=tasks
        )
        if json:
            print_json(outcome.document())
        else:
            _tell(outcome)
        if server:
            with Projecting(stage.ledger.log, stage.ledger.engine, stop, talk) as projecting:
                _invite(server.url, outcome.db)
                stop.wait()
            projecting.raise_error()
    return ExitCode.OK if outcome.ok else ExitCode.DIFFERENCE


def _place(db: str | None) -> str:
    """Return the database to write to. Raises RuleRejected when it holds events: a demo needs a ledger of its own."""
    from api.bootstrap import reading_ledger
    from api.bootstrap_database import ledger_exists, ledger_name

    if db is None:
        return str(Path(tempfile.mkdtemp(prefix="agentgpt-demo-")) / "ledger.db")
    if ledger_exists(db):
        with reading_ledger(db) as ledger:
            head = ledger.log.head()
        if head:
            name = ledger_name(db)
            raise RuleRejected(
                f"`{name}` is a ledger with {head} events already",
                hint=f"give another --db, or look at it: `agentgpt serve --db {shlex.quote(name)}`",
            )
    return db


def _show(where: Console, *, live: bool, seed: int) -> Show:
    from api.demo.panel import LivePanel, PlainLines

    if live and where.is_terminal and not where.is_dumb_terminal:
        return LivePanel(where, f"agentgpt demo, seed {seed}")
    return PlainLines(where)


def _tell(outcome: Outcome) -> None:
    from api.cli.output import agpt

    line(
        f"{outcome.position} events to block {outcome.block}: {sum(outcome.nodes.values())} nodes, "
        f"{sum(outcome.tasks.values())} tasks ({_counts(outcome)}), "
        f"{agpt(str(outcome.stake_total_wei))} AGPT staked"
    )
    out = console()
    for check in outcome.checks:
        mark = ("ok    ", "green") if check.ok else ("FAILED", "bold red")
        out.print(Text.assemble(mark, f" {check.name}: ", (check.detail, "dim")), soft_wrap=True)


def _counts(outcome: Outcome) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(outcome.tasks.items()))


def _invite(url: str, db: str) -> None:
    place = shlex.quote(db)
    program = as_typed()
    talk("")
    talk(f"  page    {url}/")
    talk(f"  API     {url}/v1/health   (all routes: {url}/v1/openapi.json)")
    talk(f"  ledger  {db}")
    talk("")
    talk("  try in another terminal:")
    talk(f"    {program} node list --db {place}")
    talk(f"    {program} events list --type task.node_slashed --db {place}")
    talk(f"    {program} account trial-balance --db {place}")
    talk(f"    {program} audit replay --db {place}")
    talk("")
    talk("  Ctrl-C stops")
