"""`agentgpt audit`: prove that the read models follow from the log, and the log from the chain."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.chain_options import TRUST, Trust
from api.cli.listing import MOMENT, Moment, asked_at
from api.cli.output import READING, Reading, as_typed, console, line, print_error, print_json, talk
from api.moments import Asked
from api.problems import ExitCode
from domain.kernel.errors import CorruptRecord

app = App(
    name="audit", help="Prove that the read models follow from the log, and that no token was lost."
)


@app.command(name="replay")
def replay(
    *,
    limit: Annotated[int, Parameter(help="How many differences to name at most, 1 to 1000.")] = 100,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """Rebuild every read model in memory from position 1 and compare it with what is stored.

    With --at, up to that moment, and with the rows as of then: so it checks what is kept of the past.
    Each difference is named; the exit code is 6 when there is any.
    """
    from rich.progress import Progress

    from api.bootstrap import reading_ledger
    from api.checking import replayed_at
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
            result = replayed_at(
                ledger,
                asked_at(moment),
                limit=limit,
                on_progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
            head = ledger.log.head()
    except CorruptRecord as error:
        # To an audit a damaged record is a finding, not a failure.
        print_error(error, as_json=reading.json)
        return ExitCode.DIFFERENCE
    if reading.json:
        print_json({**result.document(), "head": head})
    else:
        for difference in result.differences:
            line(str(difference))
        verdict = "differ from" if result.differences else "equal"
        more = " or more" if len(result.differences) == limit else ""
        line(
            f"{result.rows} rows from {result.position} events {verdict} the stored read models"
            + (f": {len(result.differences)}{more} differences" if result.differences else "")
        )
        if asked_at(moment) == Asked() and result.position < head:
            line(
                f"the log goes on to position {head}, which no read model holds yet; "
                f"`{as_typed()} serve` or `{as_typed()} projections rebuild` brings them there"
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


@app.command(name="chain")
def chain(
    *,
    rpc: Annotated[
        list[str],
        Parameter(negative=(), env_var="AGENTGPT_RPC", help="URL of a node; several may be given."),
    ],
    deployment: Annotated[
        list[Path] | None,
        Parameter(negative=(), help="Deployment files; without any, all that the ledger follows."),
    ] = None,
    balance: Annotated[
        bool, Parameter(help="Also prove what the token says is held, at the ledger's last block.")
    ] = True,
    trust: Trust = TRUST,
    limit: Annotated[int, Parameter(help="How many differences to name at most, 1 to 1000.")] = 100,
    reading: Reading = READING,
) -> int:
    """Hold every fact against the chain that it came from, and what is booked against the token's balance.

    Missing, extra and different logs are named; the exit code is 6 when there is any.
    """
    from rich.progress import Progress

    from api.bootstrap_chains import audit_chains
    from api.chain_audit_view import audit_document, audit_verdict
    from api.queries import check_limit

    check_limit(limit)
    settings = trust.settings()
    with Progress(
        console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("comparing", total=None)
        results = audit_chains(
            reading.db,
            rpc=rpc,
            deployments=deployment or [],
            settings=settings,
            with_balance=balance,
            limit=limit,
            say=talk,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if reading.json:
        print_json(audit_document(results))
    else:
        for result in results:
            for difference in result.differences:
                line(difference.sentence)
            line(audit_verdict(result))
    differs = any(result.differences for result in results)
    return ExitCode.DIFFERENCE if differs else ExitCode.OK


@app.command(name="proofs")
def kept_proofs(
    *,
    anchor: Annotated[
        str | None,
        Parameter(
            help="Hash of a block that you trust, from another source; without it, the last block that was read."
        ),
    ] = None,
    proofs: Annotated[
        Path | None, Parameter(help="Where they are kept. Default: beside the ledger's file.")
    ] = None,
    limit: Annotated[int, Parameter(help="How many facts to name at most, 1 to 1000.")] = 100,
    reading: Reading = READING,
) -> int:
    """Prove without a chain that every fact came from the block that it names, by what `run --prove` kept.

    Each header hashes to its block, each receipt to the root in the header, the log in the receipt is the recorded
    event, and the blocks are linked to the anchor. The exit code is 6 when a fact is not proven.
    """
    from rich.progress import Progress

    from api.bootstrap_chains import audit_kept_proofs
    from api.queries import check_limit

    check_limit(limit)
    with Progress(
        console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("proving", total=None)
        result = audit_kept_proofs(
            reading.db,
            proofs=proofs,
            anchor=anchor,
            limit=limit,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if reading.json:
        print_json(
            {
                "ok": not result.unproven,
                "facts": result.facts,
                "proven": result.proven,
                "anchors": list(result.anchors.values()),
                "unproven": [asdict(each) for each in result.unproven],
            }
        )
    else:
        for each in result.unproven:
            line(f"position {each.position}: {each.reason}")
        line(f"{result.proven} of {result.facts} facts are proven by their receipts")
    return ExitCode.DIFFERENCE if result.unproven else ExitCode.OK
