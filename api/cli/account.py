"""`agentgpt account`: the books, in double entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.text import Text

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import READING, Reading, fields, line, print_json, short, table, talk
from api.problems import ExitCode
from domain.kernel.money import format_agpt

app = App(name="account", help="The books: accounts in double entry.")

AMOUNTS = ("posted_wei", "pending_wei", "available_wei", "debits_wei", "credits_wei")


@app.command(name="list")
def list_accounts(
    *,
    kind: Annotated[
        Literal["party", "task", "contract", "treasury"] | None,
        Parameter(help="Only accounts of such owners."),
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List owners with their accounts; the limit counts owners."""
    from api.account_queries import PROJECTION
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit, scope=kind)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("nothing was booked yet")
        return
    print_accounts("Accounts", [row.body for row in page.rows])
    more(page.next)


@app.command(name="show")
def show_account(name: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one account, or all accounts of an owner.

    Parameters
    ----------
    name
        An account (stake:locked:0x...), an owner (party:0x..., task:0x..., contract:0x..., treasury), the address of
        a party, or the id of a task.
    """
    from api.account_queries import books_named
    from api.bootstrap import reading_ledger

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        books: Mapping[str, Any] = books_named(rows, name, moment.network)
    if reading.json:
        print_json(books)
        return
    hold = [] if books["running"] is None else [("on hold", f"for attempt {books['running']}")]
    fields([("owner", str(books["owner"])), ("network", str(books["network"])), *hold])
    for each in books["accounts"]:
        fields(
            [
                ("account", each["account"]),
                *((f"  {member[:-4]}", f"{agpt_signed(each[member])} AGPT") for member in AMOUNTS),
            ]
        )


@app.command(name="statement")
def show_statement(
    name: str,
    /,
    *,
    after: Annotated[int, Parameter(help="Begin after this position.")] = 0,
    limit: Annotated[int, Parameter(help="How many events to look at, 1 to 1000.")] = 100,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """Show what moved an account, or all accounts of an owner, with running balances.

    Parameters
    ----------
    name
        As for `account show`.
    """
    from api.bootstrap import reading_ledger
    from api.cli.explain import print_lines
    from api.explaining import explain

    with reading_ledger(reading.db) as ledger:
        found = explain(
            ledger,
            rows_of(ledger, moment),
            "account",
            name,
            network=moment.network,
            after=after,
            limit=limit,
        )
    document: dict[str, Any] = found.document()
    if reading.json:
        print_json(
            {
                "owner": document["owner"],
                "network": document["network"],
                "items": document["lines"],
                "next": document["next"],
            }
        )
        return
    print_lines(f"Statement of {name}", document["lines"])
    if document["next"] is not None:
        talk(f"more: --after {document['next']}")


@app.command(name="trial-balance")
def show_trial_balance(*, moment: Moment = MOMENT, reading: Reading = READING) -> int:
    """Add up all accounts by kind; the exit code is 7 when debits and credits, or held and owed, differ."""
    from api.account_queries import trial_balance
    from api.bootstrap import reading_ledger

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        result: Mapping[str, Any] = trial_balance(rows)
    if reading.json:
        print_json(result)
    else:
        for network in result["networks"]:
            _print_trial(network)
        if not result["networks"]:
            talk("nothing was booked yet")
    return ExitCode.OK if result["balanced"] else ExitCode.UNBALANCED


@app.command(name="suspense")
def show_suspense(
    *,
    standing: Annotated[
        Literal["unclaimed", "missing", "settled"] | None,
        Parameter(help="Only transactions of this standing. Default: those that are not settled."),
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """List transactions whose token transfers the contracts do not explain, with their age.

    Unclaimed tokens were sent by somebody and are owed to nobody. Missing tokens are counted on by a contract and
    never came, or left without a word: the exit code is 7 when there are any.
    """
    from api.bootstrap import reading_ledger
    from api.suspense_queries import suspense_page, suspense_state

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        found = suspense_page(rows, standing=standing, after=listing.after, limit=listing.limit)
        state = suspense_state(ledger)
    if state.state == "unread":
        talk(
            "note: this ledger holds no transfers of the token; one that is read anew from the chain has them"
        )
    if reading.json:
        print_json({"state": state.state, "items": list(found.items), "next": found.next})
    elif not found.items:
        talk("every transfer is explained" if standing is None else "no transaction stands so")
    else:
        _print_suspense(found.items)
        more(found.next)
    return ExitCode.UNBALANCED if state.alarms else ExitCode.OK


def _print_suspense(items: Sequence[Mapping[str, Any]]) -> None:
    table(
        "Suspense",
        ("contract", "transaction", "standing", "unexplained AGPT", "senders", "block #", "age"),
        [
            (
                short(each["contract"]),
                short(each["transaction_hash"]),
                each["standing"],
                agpt_signed(each["unexplained_wei"]),
                ", ".join(short(sender) for sender in each["senders"]),
                str(each["since_block"]),
                f"{each['age_blocks']} blocks",
            )
            for each in items
        ],
    )


def _print_trial(network: Mapping[str, Any]) -> None:
    table(
        f"Trial balance of {network['network']}",
        ("kind", "accounts #", "debits AGPT", "credits AGPT", "balance AGPT", "pending AGPT"),
        [
            (
                each["kind"],
                str(each["accounts"]),
                *(
                    agpt_signed(each[member])
                    for member in ("debits_wei", "credits_wei", "balance_wei", "pending_wei")
                ),
            )
            for each in network["lines"]
        ],
    )
    verdict = "balanced" if network["balanced"] else "NOT BALANCED"
    line(
        f"{verdict}: debits {agpt_signed(network['debits_wei'])}, credits {agpt_signed(network['credits_wei'])}, "
        f"held {agpt_signed(network['held_wei'])}, owed {agpt_signed(network['owed_wei'])} AGPT"
    )


def print_accounts(title: str, books: Sequence[Mapping[str, Any]]) -> None:
    """Print the accounts of several owners as one table."""
    rows: list[tuple[str | Text, ...]] = []
    for one in books:
        for each in one["accounts"]:
            kind, _, owner_id = str(each["account"]).rpartition(":")
            name = f"{kind}:{short(owner_id)}" if owner_id.startswith("0x") else each["account"]
            rows.append((name, *(agpt_signed(each[member]) for member in AMOUNTS)))
    columns = ("posted AGPT", "pending AGPT", "available AGPT", "debits AGPT", "credits AGPT")
    table(title, ("account", *columns), rows)


def agpt_signed(amount_wei: object) -> str:
    """Return a decimal string of wei, which may be below zero, as exact AGPT."""
    assert isinstance(amount_wei, str)
    return format_agpt(int(amount_wei))
