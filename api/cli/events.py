"""`agentgpt events`: the log itself."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from api.cli.listing import note_sealed
from api.cli.output import READING, Reading, print_json, short, table, talk

app = App(name="events", help="The log itself.")


@app.command(name="list")
def list_events(
    *,
    after: Annotated[int, Parameter(help="Only events above this position.")] = 0,
    limit: Annotated[int, Parameter(help="How many, 1 to 1000.")] = 100,
    types: Annotated[
        tuple[str, ...],
        Parameter(name="--type", help="Only this event type; may be given more than once."),
    ] = (),
    stream: Annotated[str | None, Parameter(help="Only this stream.")] = None,
    reading: Reading = READING,
) -> None:
    """List recorded events in order."""
    from api.bootstrap import reading_ledger
    from api.event_finality import shown_events
    from api.log_queries import read_events

    with reading_ledger(reading.db) as ledger:
        page = read_events(ledger, after=after, limit=limit, names=types, stream=stream)
        items = shown_events(ledger, page.events)
        head = ledger.log.head()
    note_sealed(ledger.payload(event.event) for event in page.events)
    if reading.json:
        print_json({"items": items, "next": page.next})
        return
    if not items:
        talk(f"no event above position {after} matches; the head is {head}")
        return
    table(
        f"Events {items[0]['position']} to {items[-1]['position']} of {head}",
        ("#", "type", "stream", "version #", "block #", "finality", "actor"),
        [
            (
                str(event.position),
                event.name,
                stream_label(event.stream),
                str(event.version),
                str(event.provenance.block_number) if event.provenance else "",
                str(item["finality"]),
                short(event.actor),
            )
            for event, item in zip(page.events, items, strict=True)
        ],
    )
    if page.next < head:
        talk(f"more: --after {page.next}")


def stream_label(stream: str) -> str:
    """Return a stream's name with its identifiers cut short."""
    category, _, rest = stream.partition(":")
    return f"{category}:{short(rest.partition('@')[0])}"
