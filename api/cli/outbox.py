"""`agentgpt outbox`: transactions that shall be sent once, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, note_lag, rows_of
from api.cli.output import (
    READING,
    Reading,
    agpt,
    fields,
    line,
    print_json,
    short,
    state,
    table,
    talk,
)

app = App(name="outbox", help="Transactions that shall be sent once, and what became of them.")

PROJECTION = "outbox"
ACTOR = "cli"

RpcParameter = Annotated[str, Parameter(help="URL of a node. Keys in it never appear in messages.")]
FromParameter = Annotated[str, Parameter(name="--from", help="The sender's address.")]


@app.command(name="list")
def list_intents(
    *,
    status: Annotated[
        Literal["requested", "signed", "mined", "final", "failed", "withdrawn"] | None,
        Parameter(help="Only intents of this status."),
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List intents by id."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit, scope=status)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("no intent matches; `agentgpt outbox send` asks for one")
        return
    table(
        "Intents",
        ("intent", "status", "what", "nonce #", "attempts #", "block #", "key"),
        [
            (
                short(body["intent_id"]),
                state(body["status"]),
                str(body["label"]),
                _number(body["nonce"]),
                str(body["attempts"]),
                _number(body["block_number"]),
                str(body["key"]),
            )
            for body in (row.body for row in page.rows)
        ],
    )
    more(page.next)


def _number(value: object) -> str:
    return "" if value is None else str(value)


@app.command(name="show")
def show_intent(intent: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one intent.

    Parameters
    ----------
    intent
        The intent's key, its id, or the id's first digits.
    """
    from api.bootstrap import reading_ledger
    from api.outbox import intent_named

    with reading_ledger(reading.db) as ledger:
        body = intent_named(rows_of(ledger, moment), intent).body
    if reading.json:
        print_json(body)
        return
    fields(
        [
            ("intent", str(body["intent_id"])),
            ("key", str(body["key"])),
            ("what", str(body["label"])),
            ("status", state(body["status"])),
            ("from", f"{body['sender']} on chain {body['chain_id']}"),
            ("to", str(body["to"])),
            ("ether", agpt(body["value_wei"])),
            ("AGPT by allowance", agpt(body["token_wei"])),
            ("gas", f"{body['gas']}, at most {body['fee_cap_wei']} wei each"),
            ("nonce", _number(body["nonce"])),
            ("attempts", str(body["attempts"])),
            ("transaction", str(body["transaction_hash"] or "")),
            ("block", _number(body["block_number"])),
            ("refused because", str(body["reason"] or "")),
        ]
    )


@app.command(name="status")
def show_status(*, reading: Reading = READING) -> None:
    """Show how each sender's outbox stands."""
    from api.bootstrap import reading_ledger
    from api.outbox import senders, standing

    with reading_ledger(reading.db) as ledger:
        note_lag(ledger)
        items = [standing(ledger, chain_id, sender) for chain_id, sender in senders(ledger)]
    if reading.json:
        print_json({"senders": items})
        return
    if not items:
        talk("no sender has an intent; `agentgpt outbox send` asks for one")
        return
    table(
        "Senders",
        ("sender", "chain", "waiting #", "signed #", "mined #", "final #", "failed #", "promised"),
        [
            (
                str(item["sender"]),
                str(item["chain_id"]),
                *(
                    _count(item, each)
                    for each in ("requested", "signed", "mined", "final", "failed")
                ),
                f"{agpt(item['promised_ether_wei'])} ether",
            )
            for item in items
        ],
    )


def _count(item: Mapping[str, object], status: str) -> str:
    intents = item["intents"]
    assert isinstance(intents, Mapping)
    return str(intents[status])


@app.command(name="send")
def send(
    *,
    rpc: RpcParameter,
    sender: FromParameter,
    to: Annotated[str, Parameter(help="The contract or account to call.")],
    key: Annotated[
        str,
        Parameter(
            help="Your own name for it, 1 to 100 characters: the same key is sent once only."
        ),
    ],
    data: Annotated[str, Parameter(help="The call, 0x and hexadecimal.")] = "0x",
    value_wei: Annotated[str, Parameter(help="Ether to send with it, in wei.")] = "0",
    agpt_wei: Annotated[
        str, Parameter(help="AGPT that the call takes by allowance, in wei; needs --deployment.")
    ] = "0",
    label: Annotated[str | None, Parameter(help="What people shall read.")] = None,
    gas: Annotated[
        int | None, Parameter(help="Default: what the node estimates, and a quarter.")
    ] = None,
    max_fee_wei: Annotated[
        str | None,
        Parameter(help="The most for a unit of gas. Default: four times the present offer."),
    ] = None,
    deployment: Annotated[Path | None, Parameter(help="The deployment file of the token.")] = None,
    reading: Reading = READING,
) -> None:
    """Ask for a transaction. It is sent by `agentgpt run --keystore FILE`, exactly once.

    Refused, with nothing written, when the sender cannot pay it beside what it promised, or the call would fail.
    """
    from api.bootstrap_outbox import Asked, request_intent
    from domain.kernel.ids import parse_address
    from domain.kernel.money import parse_wei

    asked = Asked(
        sender=parse_address(sender),
        to=parse_address(to),
        key=key,
        data=data,
        value_wei=parse_wei(value_wei),
        agpt_wei=parse_wei(agpt_wei),
        label=label,
        gas=gas,
        fee_cap_wei=None if max_fee_wei is None else parse_wei(max_fee_wei),
        deployment=deployment,
    )
    answer = request_intent(reading.db, rpc, asked, actor=ACTOR)
    if reading.json:
        print_json({**asdict(answer), "created": answer.position is not None})
    elif answer.position is None:
        line(f"{key} was asked for before: {answer.intent_id}")
    else:
        line(f"asked for {key} as {answer.intent_id} (position {answer.position})")


@app.command(name="withdraw")
def withdraw(intent: str, /, *, reading: Reading = READING) -> None:
    """Take back an intent that nothing was signed for.

    Parameters
    ----------
    intent
        The intent's key, its id, or the id's first digits.
    """
    from api.bootstrap import reading_ledger
    from api.bootstrap_outbox import withdraw_intent
    from api.outbox import intent_named
    from domain.kernel.ids import Address, ChainId, Hash32

    with reading_ledger(reading.db) as ledger:
        body = intent_named(ledger.read_models, intent).body
    answer = withdraw_intent(
        reading.db,
        ChainId(int(str(body["chain_id"]))),
        Address(str(body["sender"])),
        Hash32(str(body["intent_id"])),
        actor=ACTOR,
    )
    if reading.json:
        print_json(asdict(answer))
    else:
        again = " before" if answer.position is None else ""
        line(f"{answer.intent_id} was withdrawn{again}")


@app.command(name="limit")
def limit(
    *,
    sender: FromParameter,
    chain_id: Annotated[int, Parameter(help="The chain.")],
    ether_wei: Annotated[str, Parameter(help="Ether, gas included, in wei.")],
    agpt_wei: Annotated[str, Parameter(help="AGPT, in wei.")],
    reading: Reading = READING,
) -> None:
    """Bound what intents of a sender that are not done may ask for in sum."""
    from api.bootstrap_outbox import change_outbox
    from domain.kernel.ids import ChainId, parse_address
    from domain.kernel.money import parse_wei

    address = parse_address(sender)
    ether, tokens = parse_wei(ether_wei), parse_wei(agpt_wei)
    answer = change_outbox(
        reading.db,
        lambda desk: desk.limit(
            ChainId(chain_id), address, ether_wei=ether, token_wei=tokens, actor=ACTOR
        ),
    )
    if reading.json:
        print_json(asdict(answer))
    else:
        line(f"{address} may promise {agpt(ether_wei)} ether and {agpt(agpt_wei)} AGPT")
