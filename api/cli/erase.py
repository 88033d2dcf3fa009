"""`agentgpt erase`: make the personal texts about somebody unreadable for ever."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, console, line, print_json, short, table, talk
from domain.kernel.errors import InvalidInput

app = App(name="erase", help="Make the personal texts about somebody unreadable for ever.")

ACTOR = "cli"


@app.command(name="subject")
def erase_subject(
    address: str,
    /,
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Do not ask.")] = False,
    reading: Reading = READING,
) -> None:
    """Destroy the keys of the texts about an address, and show `[erased]` in their place.

    The log keeps every byte, so proofs and checkpoints still hold. What others have read already, and copies of the
    keyring, are not reached. Doing it again finishes what was interrupted.

    Parameters
    ----------
    address
        The node, owner or publisher, in full.
    """
    from api.bootstrap import writing_ledger
    from api.erasing import erase_subject as erase
    from domain.kernel.ids import parse_address

    subject = parse_address(address)
    with writing_ledger(reading.db) as ledger:
        if not yes:
            _ask(subject)
        done = erase(ledger, subject, actor=ACTOR)
    if reading.json:
        print_json(asdict(done))
    elif done.position is None:
        line(f"{subject} was erased before; the read models were made again")
    else:
        keys = len(done.key_ids)
        line(
            f"erased {subject}: {keys} {'key' if keys == 1 else 'keys'} destroyed (position {done.position})"
        )
    if done.open_events:
        talk(
            f"note: {done.open_events} of {done.events} events were stored before texts were sealed; "
            "they read as [erased], but their stored bytes stay as they are"
        )
    if done.unfinished:
        talk(f"note: {done.unfinished}; run the same command again")


def _ask(subject: str) -> None:
    if not sys.stdin.isatty():
        raise InvalidInput("erasing cannot be undone", hint="add --yes to do it")
    answer = console(sys.stderr).input(f"erase the texts about {subject} for ever? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise InvalidInput("nothing was erased", hint="answer y, or add --yes")


@app.command(name="list")
def list_erasures(*, reading: Reading = READING) -> None:
    """List what was erased: who asked, when, and for which address; at most 1000."""
    from api.bootstrap import reading_ledger
    from api.erasing import erasure_list

    with reading_ledger(reading.db) as ledger:
        items = erasure_list(ledger.log)
    if reading.json:
        print_json({"items": items})
        return
    if not items:
        talk("nothing was erased yet")
        return
    table(
        "Erasures",
        ("#", "subject", "erased at", "by", "keys"),
        [
            (
                str(item["position"]),
                str(item["subject"]),
                str(item["erased_at"]),
                str(item["actor"]),
                ", ".join(short(each) for each in _ids(item["key_ids"])),
            )
            for item in items
        ],
    )


def _ids(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
