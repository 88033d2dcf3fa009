"""`agentgpt stake`: stakes and credits of accounts."""

from __future__ import annotations

from collections.abc import Mapping

from cyclopts import App

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
    table,
    talk,
)

app = App(name="stake", help="Stakes and credits of accounts.")

PROJECTION = "stake_balances"

AMOUNTS = (
    "stake_wei",
    "available_wei",
    "locked_wei",
    "unbonding_wei",
    "credit_wei",
    "deposited_wei",
    "withdrawn_wei",
    "slashed_wei",
    "earned_wei",
    "returned_wei",
    "claimed_wei",
)
"""What is there now, then what was over all time."""


@app.command(name="list")
def list_stakes(
    *, listing: Listing = LISTING, moment: Moment = MOMENT, reading: Reading = READING
) -> None:
    """List accounts that hold or held a stake or a credit."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("nobody holds a stake yet")
        return
    members = (
        "stake_wei",
        "available_wei",
        "locked_wei",
        "unbonding_wei",
        "credit_wei",
        "slashed_wei",
    )
    table(
        "Stakes",
        (
            "account",
            "stake AGPT",
            "available AGPT",
            "locked AGPT",
            "leaving AGPT",
            "credit AGPT",
            "slashed AGPT",
        ),
        [
            (short(row.body["account"]), *(agpt_column(row.body[member]) for member in members))
            for row in page.rows
        ],
    )
    more(page.next)


@app.command(name="show")
def show_stake(address: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one account.

    Parameters
    ----------
    address
        The account's address, in any case, or its first digits.
    """
    from api.bootstrap import reading_ledger
    from api.queries import find_by_prefix

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        body = find_by_prefix(rows, PROJECTION, address).body
    if reading.json:
        print_json(body)
        return
    fields(
        [
            ("account", str(body["account"])),
            ("network", str(body["network"])),
            *((name.removesuffix("_wei"), f"{agpt(body[name])} AGPT") for name in AMOUNTS),
            *withdrawal_lines(body),
            ("last event", f"position {body['last_position']}, block {body['last_block']}"),
        ]
    )


def withdrawal_lines(body: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return one line for each queued withdrawal."""
    queued = body["withdrawals"]
    assert isinstance(queued, list | tuple)
    return [
        (
            f"withdrawal {entry['withdrawal_id']}",
            f"{agpt(entry['amount_wei'])} AGPT from {moment(entry['unlock_at'])}",
        )
        for entry in queued
    ]
