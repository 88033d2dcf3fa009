"""`agentgpt audit`: prove that the read models follow from the log."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, console, line, print_error, print_json
from api.problems import ExitCode
from domain.kernel.errors import CorruptRecord

app = App(
    name="audit", help="Prove that the read models follow from the log, and that no token was lost."
)


@app.command(name="replay")
def replay(
    *,
    limit: Annotated[int, Parameter(help="How many differences to name at most, 1 to 1000.")] = 100,
    reading: Reading = READING,
) -> int:
    """Rebuild every read model in memory from position 1 and compare it with what is stored.

    Each difference is named; the exit code is 6 when there is any.
    """
    from rich.progress import Progress

    from api.bootstrap import reading_ledger
    from api.checking import replay_ledger
    from api.queries import check_limit

    check_limit(limit)
    try:
        with (
            reading_ledger(reading.db) as ledger,
            Progress(
                console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
            ) as progress,
        ):
            task = progress.add_task("replaying", total=None)
            result = replay_ledger(
                ledger,
                limit=limit,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except CorruptRecord as error:
        # To an audit a damaged record is a finding, not a failure.
        print_error(error, as_json=reading.json)
        return ExitCode.DIFFERENCE
    if reading.json:
        print_json(result.document())
    else:
        for difference in result.differences:
            line(str(difference))
        verdict = "differ from" if result.differences else "equal"
        more = " or more" if len(result.differences) == limit else ""
        line(
            f"{result.rows} rows from {result.position} events {verdict} the stored read models"
            + (f": {len(result.differences)}{more} differences" if result.differences else "")
        )
    return ExitCode.DIFFERENCE if result.differences else ExitCode.OK


@app.command(name="books")
def books(
    *,
    limit: Annotated[int, Parameter(help="How many breaks to name at most, 1 to 1000.")] = 100,
    reading: Reading = READING,
) -> int:
    """Book every event again from position 1 and check each rule of conservation after each one.

    Debits equal credits, what is held is owed, nothing falls below zero, what is on hold is settled once, every balance
    is what the contract stated, and the stored accounts are what was booked. The exit code is 7 when one is broken.
    """
    from rich.progress import Progress

    from api.books_checking import check_ledger_books
    from api.bootstrap import reading_ledger
    from api.queries import check_limit

    check_limit(limit)
    try:
        with (
            reading_ledger(reading.db) as ledger,
            Progress(
                console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
            ) as progress,
        ):
            task = progress.add_task("booking", total=None)
            result = check_ledger_books(
                ledger,
                limit=limit,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except CorruptRecord as error:
        print_error(error, as_json=reading.json)
        return ExitCode.DIFFERENCE
    if reading.json:
        print_json(result.document())
    else:
        for each in result.breaks:
            line(str(each))
        verdict = "are NOT in order" if result.breaks else "are in order"
        line(
            f"the books {verdict}: {result.accounts} accounts, {result.moves} moves of {result.entries} events "
            f"up to position {result.position}"
        )
    return ExitCode.UNBALANCED if result.breaks else ExitCode.OK
