"""`agentgpt task`: tasks and the attempts at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.text import Text

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import (
    READING,
    Reading,
    agpt,
    agpt_column,
    fields,
    moment,
    print_json,
    short,
    state,
    table,
    talk,
)

app = App(name="task", help="Tasks and the attempts at them.")

PROJECTION = "task_board"


@app.command(name="list")
def list_tasks(
    *,
    status: Annotated[
        Literal["idle", "assigned", "verifying", "completed", "refunded"] | None,
        Parameter(name=("--state", "--status"), help="Only tasks of this status."),
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List tasks by id."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit, scope=status)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("no task matches")
        return
    table(
        "Tasks",
        (
            "task",
            "status",
            "node",
            "attempts #",
            "faults #",
            "bounty AGPT",
            "compute AGPT",
            "escrow AGPT",
        ),
        [_line(row.body) for row in page.rows],
    )
    more(page.next)


def _line(body: Mapping[str, object]) -> list[str | Text]:
    terms = body["terms"]
    prices = (
        [agpt_column(terms["bounty_wei"]), agpt_column(terms["compute_price_wei"])]
        if isinstance(terms, Mapping)
        else ["", ""]
    )
    return [
        short(body["task_id"]),
        state(body["status"]),
        short(body["node"] or ""),
        str(body["attempt_count"]),
        str(body["fault_count"]),
        *prices,
        agpt_column(body["escrow_wei"]),
    ]


@app.command(name="show")
def show_task(task_id: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one task with all attempts at it.

    Parameters
    ----------
    task_id
        The task's id, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.queries import attempts_of, find_by_prefix

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        row = find_by_prefix(rows, PROJECTION, task_id)
        attempts = attempts_of(rows, row.key)
    body = row.body
    if reading.json:
        print_json({**body, "attempts": attempts})
        return
    fields(
        [
            ("task", str(body["task_id"])),
            ("network", str(body["network"])),
            ("status", state(body["status"])),
            ("requester", str(body["requester"])),
            ("workflow", str(body["workflow_id"] or "none")),
            ("node", str(body["node"] or "nobody")),
            ("escrow", f"{agpt(body['escrow_wei'])} AGPT"),
            ("bounty left", f"{agpt(body['bounty_left_wei'])} AGPT"),
            *_terms(body["terms"]),
            *_shares(body["shares"]),
        ]
    )
    table(
        "Attempts",
        ("epoch #", "state", "node", "bonded AGPT", "slashed AGPT", "paid AGPT", "fault"),
        [
            (
                str(attempt["epoch"]),
                state(attempt["state"]),
                short(attempt["node"] or ""),
                agpt_column(attempt["bonded_wei"]),
                agpt(attempt["slashed_wei"]),
                agpt_column(_sum(attempt["bounty_paid_wei"], attempt["compute_paid_wei"])),
                str(attempt["fault"] or "").replace("_", " "),
            )
            for attempt in attempts
        ],
    )


def _sum(*amounts: object) -> str:
    return str(sum(int(str(amount)) for amount in amounts))


def _terms(terms: object) -> list[tuple[str, str]]:
    if not isinstance(terms, Mapping):
        return []
    work = f"{terms['gpu_hours']} GPU hours, {terms['memory_gb']} GB"
    return [
        ("bounty", f"{agpt(terms['bounty_wei'])} AGPT"),
        ("compute price", f"{agpt(terms['compute_price_wei'])} AGPT"),
        ("work", work + (", priority" if terms["priority"] else "")),
        ("expires", moment(terms["expires_at"])),
        ("backups", ", ".join(short(backup) for backup in terms["backups"]) or "none"),
    ]


def _shares(shares: object) -> list[tuple[str, str]]:
    assert isinstance(shares, list | tuple)
    return [
        (
            "share",
            f"{agpt(share['amount_wei'])} AGPT for {short(share['beneficiary'])}"
            + (", credited" if share["credited"] else ", reserved"),
        )
        for share in shares
    ]


@app.command(name="flows")
def show_flows(task_id: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show who paid whom for a task, and why.

    Parameters
    ----------
    task_id
        The task's id, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.queries import find_by_prefix

    with reading_ledger(reading.db) as ledger:
        body = find_by_prefix(rows_of(ledger, moment), "bounty_flows", task_id).body
    if reading.json:
        print_json(body)
        return
    flows = body["flows"]
    assert isinstance(flows, list)
    table(
        f"Flows of {body['task_id']}",
        ("position #", "reason", "from", "to", "amount AGPT"),
        [
            (
                str(flow["position"]),
                str(flow["reason"]).replace("_", " "),
                short(flow["sender"]),
                short(flow["recipient"]),
                agpt(flow["amount_wei"]),
            )
            for flow in flows
        ],
    )
