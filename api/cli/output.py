"""Two audiences: people get tables and AGPT, programs get one JSON document. Talk goes to stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.problems import problem_document
from domain.kernel.errors import LedgerError
from domain.kernel.money import WEI_PER_AGPT, format_agpt, parse_wei

SHORT_HASH_CHARS = 12

STATE_STYLES = {
    "active": "green",
    "completed": "green",
    "jailed": "yellow",
    "slashed": "red",
    "revoked": "red",
    "anomaly": "red",
    "exited": "dim",
    "refunded": "dim",
    "assigned": "cyan",
    "verifying": "blue",
}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Options of every command that reads a ledger."""

    db: Annotated[
        str | None,
        Parameter(
            help="The ledger: a path, sqlite:///path or postgresql://user:password@host/database?schema=name. "
            "Default: $AGENTGPT_DB."
        ),
    ] = None
    json: Annotated[
        bool, Parameter(negative=(), help="Print one JSON document instead of a table.")
    ] = False


READING = Reading()


def as_typed() -> str:
    """Return how to start the program from the same folder: its script may be where no PATH leads."""
    script = Path(sys.executable).with_name("agentgpt")
    if shutil.which("agentgpt") or not script.exists():
        return "agentgpt"
    inside = script.is_relative_to(Path.cwd())
    return shlex.quote(str(script.relative_to(Path.cwd()) if inside else script))


def line(text: str) -> None:
    """Print one line of data."""
    sys.stdout.write(text + "\n")


def print_json(document: object) -> None:
    """Print one JSON document; object keys keep their order."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def talk(message: str) -> None:
    """Say something to a person without touching what a program reads."""
    console(sys.stderr).print(Text(message), soft_wrap=True)


def console(file: IO[str] | None = None) -> Console:
    """Return a console on `file` (stdout when None); rich itself honours NO_COLOR and pipes."""
    return Console(file=file if file is not None else sys.stdout, highlight=False)


def print_error(error: LedgerError, *, as_json: bool) -> None:
    """Print the error for people on stderr and, if asked for, as a problem document on stdout."""
    where = console(sys.stderr)
    where.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.hint:
        where.print(Text.assemble(("hint: ", "bold cyan"), error.hint), soft_wrap=True)
    if as_json:
        print_json(problem_document(error))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print rows under their columns; columns whose name ends in `AGPT` or is a count are set right."""
    view = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        numeric = column.endswith(("AGPT", "#"))
        view.add_column(
            column.removesuffix(" #"), justify="right" if numeric else "left", no_wrap=True
        )
    for row in rows:
        view.add_row(*row)
    out = console()
    if out.width < 100 and not out.is_terminal:
        # A pipe has no width: never cut values there.
        out = Console(file=sys.stdout, highlight=False, width=240)
    out.print(view)


def fields(pairs: Sequence[tuple[str, str | Text]]) -> None:
    """Print names and values of one thing."""
    width = max(len(name) for name, _ in pairs)
    out = console()
    for name, value in pairs:
        out.print(Text.assemble((f"{name:<{width}}", "bold"), "  ", value), soft_wrap=True)


def agpt(amount_wei: object) -> str:
    """Return a decimal string of wei as AGPT. Raises InvalidAmount for anything else."""
    return format_agpt(parse_wei(amount_wei))


def agpt_column(amount_wei: object) -> str:
    """Return a decimal string of wei as AGPT with four digits after the point, cut, so that columns line up.

    Raises InvalidAmount for anything else.
    """
    amount = parse_wei(amount_wei)
    if amount == 0:
        return "0"
    whole, ten_thousandths = divmod(amount // (WEI_PER_AGPT // 10_000), 10_000)
    return f"{whole:,}.{ten_thousandths:04d}" if whole or ten_thousandths else "<0.0001"


def short(identifier: object) -> str:
    """Return the first digits of a hash or address; `show` accepts them."""
    text = str(identifier)
    return text if len(text) <= SHORT_HASH_CHARS else text[:SHORT_HASH_CHARS] + "…"


def state(word: object) -> Text:
    """Return a state's name in its colour; the word alone says it too."""
    text = str(word)
    return Text(text, style=STATE_STYLES.get(text.lower(), ""))


def moment(seconds: object) -> str:
    """Return seconds since 1970 as a UTC date and time."""
    assert isinstance(seconds, int)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
