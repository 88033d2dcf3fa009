"""The `agentgpt` command line. A command's module is imported only when that command runs."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from api.problems import ExitCode
from domain.kernel.errors import InvalidInput, LedgerError

TRACEBACK_VARIABLE = "AGENTGPT_TRACEBACK"

EPILOGUE = (
    "Exit codes: 0 done, 1 unexpected, 2 usage, 3 refused by a rule, 4 not found, 5 conflict, "
    "6 difference found, 7 books do not balance, 75 try again later, 130 interrupted. "
    "`agentgpt help exit-codes` explains them."
)

COMMANDS = (
    (
        "demo",
        "api.cli.demo:demo",
        "Play a network's story on an embedded chain and watch the ledger.",
    ),
    ("run", "api.cli.run:run", "Follow a deployment: ingest, project and serve until stopped."),
    ("serve", "api.cli.run:serve", "Serve an existing ledger without a chain."),
    ("node", "api.cli.node:app", "Compute nodes and their states."),
    ("stake", "api.cli.stake:app", "Stakes and credits of accounts."),
    ("account", "api.cli.account:app", "The books: accounts in double entry."),
    (
        "explain",
        "api.cli.explain:app",
        "Why a number is what it is, down to transactions and logs.",
    ),
    ("books", "api.cli.books:app", "The books as files: CSV, Parquet, or a journal for hledger."),
    ("slash", "api.cli.slash:app", "Slashes: who lost what, why, and by which policy."),
    ("network", "api.cli.network:app", "What happened on a network, by day and by block."),
    ("performance", "api.cli.performance:app", "How long tasks took, and what they cost."),
    ("task", "api.cli.task:app", "Tasks and the attempts at them."),
    ("workflow", "api.cli.workflow:app", "Workflows and their versions."),
    ("outbox", "api.cli.outbox:app", "Transactions that shall be sent once, and their fate."),
    ("events", "api.cli.events:app", "The log itself."),
    ("chain", "api.cli.chain:app", "Followed chains: finality, reorganisations, halts."),
    ("log", "api.cli.log:app", "Prove what the log holds: roots, proofs, signed checkpoints."),
    ("db", "api.cli.db:app", "The database itself: its layout, and bringing it up to date."),
    ("erase", "api.cli.erase:app", "Make the personal texts about somebody unreadable for ever."),
    (
        "projections",
        "api.cli.projections:app",
        "The read models: how far they are, and rebuilding them.",
    ),
    ("audit", "api.cli.audit:app", "Prove that the read models follow from the log."),
    ("contracts", "api.cli.contracts:app", "Deploy the contracts to a chain."),
    (
        "play",
        "api.cli.play:play",
        "Play a seeded network story of real transactions on a deployment.",
    ),
    ("help", "api.cli.help:help_topic", "Explain a topic: exit-codes, environment, finality."),
)


def version() -> str:
    """Return the version: of the checkout that runs, else of the installed program."""
    import tomllib
    from importlib.metadata import version as installed_version
    from pathlib import Path

    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return installed_version("agentgpt-ledger")


def create_cli() -> App:
    """Return the command tree."""
    app = App(
        name="agentgpt",
        help="The event-sourced ledger of the AgentGPT compute network.",
        help_epilogue=EPILOGUE,
        version=version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name, target, help_text in COMMANDS:
        app.command(target, name=name, help=help_text)
    return app


def run_cli(tokens: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error ends here."""
    as_json = wants_json(tokens)
    try:
        result = create_cli()(list(tokens), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _fail(_usage_error(error), as_json)
    except LedgerError as error:
        return _fail(error, as_json)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe left early, as `head` does; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence instead of a trace
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exc()
        hint = f"set {TRACEBACK_VARIABLE}=1 to see where, and report it"
        return _fail(
            LedgerError(f"unexpected: {type(error).__name__}: {error}", hint=hint), as_json
        )
    return result if isinstance(result, int) else ExitCode.OK


def wants_json(tokens: Sequence[str]) -> bool:
    """Tell whether errors should also be printed as a document."""
    options = list(tokens)
    if "--" in options:
        options = options[: options.index("--")]
    return "--json" in options


def _usage_error(error: CycloptsError) -> InvalidInput:
    error.verbose = False
    message = " ".join(str(error).split())
    chain = " ".join(("agentgpt", *(error.command_chain or ())))
    return InvalidInput(message[:1].lower() + message[1:], hint=f"see `{chain} --help`")


def _fail(error: LedgerError, as_json: bool) -> int:
    from api.cli.exit_codes import exit_code_of
    from api.cli.output import print_error

    print_error(error, as_json=as_json)
    return exit_code_of(error)
