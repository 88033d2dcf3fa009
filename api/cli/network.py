"""`agentgpt network`: what happened on a network, by day and by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cyclopts import App

from api.cli.account import agpt_signed
from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import READING, Reading, print_json, table

app = App(name="network", help="What happened on a network, by day and by block.")


@app.command(name="days")
def list_days(
    *, listing: Listing = LISTING, moment: Moment = MOMENT, reading: Reading = READING
) -> None:
    """List the days in which something happened, with the totals at their end."""
    _list("day", listing, moment, reading)


@app.command(name="blocks")
def list_blocks(
    *, listing: Listing = LISTING, moment: Moment = MOMENT, reading: Reading = READING
) -> None:
    """List the blocks in which something happened, with the totals at their end."""
    _list("block", listing, moment, reading)


def _list(
    period: Literal["day", "block"], listing: Listing, moment: Moment, reading: Reading
) -> None:
    from api.bootstrap import reading_ledger
    from api.view_queries import network_named, periods_page

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        network = network_named(rows, moment.network)
        page = periods_page(rows, period, network, after=listing.after, limit=listing.limit)
    bodies: Sequence[Mapping[str, Any]] = [row.body for row in page.rows]
    if reading.json:
        print_json({"items": bodies, "next": page.next})
        return
    amounts = ("deposited_wei", "paid_wei", "returned_wei", "slashed_wei", "stake_wei", "held_wei")
    table(
        f"{period.capitalize()}s of {network}",
        (
            "day" if period == "day" else "block #",
            *("posted #", "completed #", "slashes #"),
            *("deposited AGPT", "paid AGPT", "returned AGPT", "slashed AGPT"),
            *("stake AGPT", "held AGPT"),
        ),
        [
            (
                str(body["day"] if period == "day" else body["number"]),
                *(str(body[name]) for name in ("tasks_posted", "tasks_completed", "slashes")),
                *(agpt_signed(body[name]) for name in amounts),
            )
            for body in bodies
        ],
    )
    more(page.next)
