"""`agentgpt explain`: why a number is what it is, down to transactions and logs."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.text import Text

from api.cli.account import agpt_signed
from api.cli.listing import MOMENT, Moment, rows_of
from api.cli.output import READING, Reading, line, print_json, short, table, talk
from api.explaining import Subject
from api.problems import ExitCode

app = App(name="explain", help="Why a number is what it is: the events behind it, in order.")

After = Annotated[int, Parameter(help="Begin after this position: the `next` of the page before.")]
Limit = Annotated[int, Parameter(help="How many events, 1 to 1000.")]


@app.command(name="stake")
def explain_stake(
    address: str,
    /,
    *,
    after: After = 0,
    limit: Limit = 1_000,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """Explain a stake: each event that moved it, with what was left.

    Parameters
    ----------
    address
        The account's address, in any case, or its first digits.
    """
    return _explain("stake", address, reading, moment, after=after, limit=limit)


@app.command(name="account")
def explain_account(
    name: str,
    /,
    *,
    after: After = 0,
    limit: Limit = 1_000,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """Explain an account, or all accounts of an owner.

    Parameters
    ----------
    name
        An account (stake:locked:0x...), an owner (party:0x..., task:0x..., contract:0x..., treasury), the address of
        a party, or the id of a task.
    """
    return _explain("account", name, reading, moment, after=after, limit=limit)


@app.command(name="node")
def explain_node(
    address: str,
    /,
    *,
    after: After = 0,
    limit: Limit = 1_000,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """Tell a node's whole story: membership, attempts, money.

    Parameters
    ----------
    address
        The node's address, in any case, or its first digits.
    """
    return _explain("node", address, reading, moment, after=after, limit=limit)


@app.command(name="task")
def explain_task(
    task_id: str,
    /,
    *,
    after: After = 0,
    limit: Limit = 1_000,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> int:
    """Tell a task's whole story, from its posting to its last payment.

    Parameters
    ----------
    task_id
        The task's id, or its first digits.
    """
    return _explain("task", task_id, reading, moment, after=after, limit=limit)


def _explain(
    subject: Subject, name: str, reading: Reading, moment: Moment, *, after: int, limit: int
) -> int:
    from api.bootstrap import reading_ledger
    from api.explaining import explain

    with reading_ledger(reading.db) as ledger:
        explanation = explain(
            ledger,
            rows_of(ledger, moment),
            subject,
            name,
            network=moment.network,
            after=after,
            limit=limit,
        )
    document: dict[str, Any] = explanation.document()
    if reading.json:
        print_json(document)
    else:
        print_lines(f"{document['owner']} on {document['network']}", document["lines"])
        for each in document["result"]:
            line(f"{each['account']}: {agpt_signed(each['balance_wei'])} AGPT")
        if document["next"] is not None:
            talk(f"more: --after {document['next']}")
        elif document["agrees"]:
            line("the read models say the same")
        else:
            line("the read models say something ELSE: run `agentgpt audit books`")
    return ExitCode.DIFFERENCE if explanation.agrees is False else ExitCode.OK


def print_lines(title: str, lines: list[dict[str, Any]]) -> None:
    """Print the lines of a statement: a row for each entry, and one for an event without any."""
    rows: list[tuple[str | Text, ...]] = []
    for each in lines:
        log = "" if each["log_index"] is None else str(each["log_index"])
        place = (
            str(each["position"]),
            "" if each["block"] is None else str(each["block"]),
            short(each["transaction_hash"] or ""),
            log,
        )
        if not each["entries"]:
            rows.append((*place, "", "", "", each["what"]))
        for number, entry in enumerate(each["entries"]):
            kind = str(entry["account"]).rpartition(":0x")[0] or entry["account"]
            amount = int(entry["credit_wei"]) - int(entry["debit_wei"])
            if kind == "held":
                amount = -amount
            signed = f"{'+' if amount > 0 else ''}{agpt_signed(str(amount))}"
            what = each["what"] if number == 0 else ""
            rows.append((*place, kind, signed, agpt_signed(entry["balance_wei"]), what))
    table(
        title,
        (
            "position #",
            "block #",
            "transaction",
            "log #",
            "account",
            "moved AGPT",
            "left AGPT",
            "what",
        ),
        rows,
    )
