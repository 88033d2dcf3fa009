"""`agentgpt slash`: who lost what, why, and by which policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import READING, Reading, agpt, print_json, short, table, talk

app = App(name="slash", help="Slashes: who lost what, why, and by which policy.")


@app.command(name="list")
def list_slashes(
    *,
    node: Annotated[str | None, Parameter(help="Only of this node.")] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List slashes in the order of the log."""
    from api.bootstrap import reading_ledger
    from api.view_queries import slashes_page
    from domain.kernel.ids import parse_address

    scope = None if node is None else parse_address(node)
    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = slashes_page(rows, node=scope, after=listing.after, limit=listing.limit)
    bodies: Sequence[Mapping[str, Any]] = [row.body for row in page.rows]
    if reading.json:
        print_json({"items": bodies, "next": page.next})
        return
    if not bodies:
        talk("nobody was slashed")
        return
    table(
        "Slashes",
        ("position #", "node", "task", "attempt #", "reason", "lost AGPT", "policy", "verdict by"),
        [
            (
                str(body["position"]),
                short(body["node"]),
                short(body["task_id"]),
                str(body["epoch"]),
                str(body["fault"]).replace("_", " "),
                agpt(body["amount_wei"]),
                "" if body["policy"] is None else f"{body['policy']['slash_bps']} bps",
                short(body["failure"]["attester"] or ""),
            )
            for body in bodies
        ],
    )
    more(page.next)
