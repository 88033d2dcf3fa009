"""`agentgpt performance`: how tasks went, one by one and in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import READING, Reading, agpt_column, print_json, short, state, table, talk
from api.performance_queries import PROJECTION, GroupBy

app = App(name="performance", help="How tasks went: how long they took, and what they cost.")


@app.command(name="list")
def list_performance(
    *,
    workflow: Annotated[
        str | None, Parameter(help="Only tasks of this workflow, by its id.")
    ] = None,
    listing: Listing = LISTING,
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """List tasks by id, with the times of their steps."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of
    from domain.kernel.ids import parse_hash

    scope = None if workflow is None else parse_hash(workflow)
    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, PROJECTION, after=listing.after, limit=listing.limit, scope=scope)
    bodies: Sequence[Mapping[str, Any]] = [row.body for row in page.rows]
    if reading.json:
        print_json({"items": bodies, "next": page.next})
        return
    if not bodies:
        talk("no task matches")
        return
    table(
        "Performance",
        ("task", "outcome", "node", "attempts #", "wait s #", "work s #", "total s #", "paid AGPT"),
        [
            (
                short(body["task_id"]),
                state(body["outcome"]),
                short(body["node"] or ""),
                str(body["attempt_count"]),
                *(_seconds(body[f"{name}_seconds"]) for name in ("wait", "work", "total")),
                agpt_column(body["paid_wei"]),
            )
            for body in bodies
        ],
    )
    more(page.next)


@app.command(name="summary")
def summary(
    *,
    by: Annotated[GroupBy, Parameter(help="What tasks are grouped by.")] = "node",
    moment: Moment = MOMENT,
    reading: Reading = READING,
) -> None:
    """Group tasks by node, workflow, version or spec: how long they took, and what they cost."""
    from api.bootstrap import reading_ledger
    from api.performance_queries import performance_summary

    with reading_ledger(reading.db) as ledger:
        groups: Sequence[Mapping[str, Any]] = performance_summary(rows_of(ledger, moment), by)
    if reading.json:
        print_json({"by": by, "groups": groups})
        return
    table(
        f"Performance by {by}",
        (
            *(by, "tasks #", "completed #", "faults #", "median s #", "p90 s #"),
            *("paid AGPT", "a task AGPT"),
        ),
        [
            (
                short(group["name"] or "none"),
                *(str(group[name]) for name in ("tasks", "completed", "faults")),
                *(
                    _seconds(group["total_seconds"] and group["total_seconds"][name])
                    for name in ("median", "p90")
                ),
                agpt_column(group["paid_wei"]),
                agpt_column(group["paid_wei_per_task"] or "0"),
            )
            for group in groups
        ],
    )


def _seconds(seconds: int | None) -> str:
    return "" if seconds is None else str(seconds)
