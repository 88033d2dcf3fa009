"""`agentgpt node`: compute nodes and their states."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import (
    READING,
    Reading,
    agpt,
    agpt_column,
    fields,
    print_json,
    short,
    state,
    table,
    talk,
)

app = App(name="node", help="Compute nodes and their states.")

PROJECTION = "node_states"


@app.command(name="list")
def list_nodes(
    *,
    status: Annotated[
        Literal["active", "jailed", "exited", "unknown"] | None,
        Parameter(help="Only nodes of this status."),
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List nodes by address."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit, scope=status)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("no node matches; `agentgpt demo` plays a whole network")
        return
    table(
        "Nodes",
        (
            "node",
            "status",
            "works on",
            "attempts #",
            "completed #",
            "slashed #",
            "paid AGPT",
            "lost AGPT",
        ),
        [
            (
                short(body["node"]),
                state(body["status"]),
                f"{short(body['task_id'])} ({body['assignment_state']})" if body["task_id"] else "",
                str(body["assigned_count"]),
                str(body["completed_count"]),
                str(body["slashed_count"]),
                agpt_column(body["paid_wei"]),
                agpt_column(body["slashed_wei"]),
            )
            for body in (row.body for row in page.rows)
        ],
    )
    more(page.next)


@app.command(name="show")
def show_node(address: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one node with its stake.

    Parameters
    ----------
    address
        The node's address, in any case, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.queries import find_by_prefix

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        row = find_by_prefix(rows, PROJECTION, address)
        stake = rows.get("stake_balances", row.key)
    body = row.body
    if reading.json:
        print_json({**body, "stake": None if stake is None else stake.body})
        return
    running = f"{body['task_id']}, attempt {body['epoch']}" if body["task_id"] else "nothing"
    fields(
        [
            ("node", str(body["node"])),
            ("network", str(body["network"])),
            ("status", state(body["status"])),
            ("works on", running),
            ("latest attempt", state(body["assignment_state"])),
            ("attempts", attempts_line(body)),
            ("paid", f"{agpt(body['paid_wei'])} AGPT"),
            ("lost by slashing", f"{agpt(body['slashed_wei'])} AGPT"),
            *([("stake", f"{agpt(stake.body['stake_wei'])} AGPT")] if stake else []),
            *([("claimable", f"{agpt(stake.body['credit_wei'])} AGPT")] if stake else []),
            ("metadata", str(body["metadata_uri"])),
            ("last event", f"position {body['last_position']}, block {body['last_block']}"),
        ]
    )


@app.command(name="timeline")
def show_timeline(
    address: str,
    /,
    *,
    after: Annotated[int, Parameter(help="Begin after this position.")] = 0,
    limit: Annotated[int, Parameter(help="How many events, 1 to 1000.")] = 100,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """Show everything that happened to a node and by it, oldest first.

    Parameters
    ----------
    address
        The node's address, in any case, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.cli.explain import print_lines
    from api.explaining import explain

    with reading_ledger(reading.db) as ledger:
        story = explain(ledger, rows_of(ledger, moment), "node", address, after=after, limit=limit)
        lines = [line.document(ledger.payload) for line in story.lines]
    following = story.statement.next
    if reading.json:
        print_json({"items": lines, "next": following})
        return
    print_lines(f"Timeline of {address}", lines)
    more(None if following is None else str(following))


@app.command(name="reliability")
def show_reliability(
    address: str,
    /,
    *,
    days: Annotated[int, Parameter(help="How many days that are over, 1 to 366.")] = 30,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """Show how a node's attempts ended in the last days that are over.

    Parameters
    ----------
    address
        The node's address, in any case, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.view_queries import reliability_of

    with reading_ledger(reading.db) as ledger:
        found = reliability_of(rows_of(ledger, moment), address, days).document()
    if reading.json:
        print_json(found)
        return
    bps = found["reliability_bps"]
    assert bps is None or isinstance(bps, int)
    fields(
        [
            ("node", str(found["node"])),
            ("days", f"{found['first_day']} to {found['last_day']}"),
            (
                "reliability",
                "nothing was judged" if bps is None else f"{bps // 100}.{bps % 100:02d} %",
            ),
            ("completed", f"{found['completed']} of {found['judged']} judged"),
            ("invalid proofs", str(found["invalid_proofs"])),
            ("missed deadlines", str(found["missed_deadlines"])),
            ("lapsed", str(found["lapsed"])),
            ("earned", f"{agpt(found['earned_wei'])} AGPT"),
            ("lost by slashing", f"{agpt(found['slashed_wei'])} AGPT"),
        ]
    )


def attempts_line(body: object) -> str:
    """Return how the node's attempts ended in one line."""
    assert isinstance(body, dict)
    return (
        f"{body['assigned_count']} assigned, {body['completed_count']} completed, "
        f"{body['slashed_count']} slashed, {body['released_count']} released"
    )
