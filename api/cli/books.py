"""`agentgpt books`: the books as files for auditors and other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, console, line, print_json

app = App(name="books", help="The books as files: CSV, Parquet, or a journal for hledger.")


@app.command(name="export")
def export(
    *,
    out: Annotated[Path, Parameter(help="The folder to make.")],
    format: Annotated[  # noqa: A002 - the option's name
        Literal["csv", "parquet", "hledger"], Parameter(help="What the files are.")
    ] = "csv",
    from_position: Annotated[
        int,
        Parameter(
            name="--from", help="Begin after this position; what was before is the opening balance."
        ),
    ] = 0,
    to_position: Annotated[
        int | None, Parameter(name="--to", help="End with this position. Default: the log's head.")
    ] = None,
    reading: Reading = READING,
) -> None:
    """Export general ledger, trial balance and roll-forward, or a journal that hledger reads.

    Amounts are whole wei as text; a column says how many decimals the token has. The log alone is read, not the read
    models. The same log gives the same files, and a manifest with their hashes and the log's Merkle root.
    """
    from rich.progress import Progress

    from api.bootstrap_transfer import export_books

    with Progress(
        console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("booking", total=None)
        exported = export_books(
            reading.db,
            out,
            format,
            opened_at=from_position,
            until=to_position,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if reading.json:
        print_json({"folder": str(exported.folder), **exported.document()})
        return
    line(
        f"{exported.postings} postings from position {exported.from_position} to {exported.to_position} "
        f"in {exported.folder}"
    )
    for name, digest in exported.files:
        line(f"{digest}  {name}")
