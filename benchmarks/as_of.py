"""What it costs to ask what a row was, beside what it is: run with `python -m benchmarks.as_of`.

For logs of growing length: single rows and whole pages as of random earlier positions, beside the same question to the
newest rows of the same store in the same run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

import requests

from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from adapters.readmodels.sqlite import SqliteReadModels
from api.bootstrap import reading_ledger, serving
from api.settings import ServeSettings
from benchmarks.rebuild import write
from domain.application.ports import EventLog
from domain.application.read_models import RowReader
from domain.kernel.ids import Position
from projections.as_of import RowsAsOf
from projections.catalogue import ALL
from projections.engine import ProjectionEngine

QUESTIONS = 400
PAGE_ROWS = 100
PAGES = 40
SINGLE = ("node_states", "stake_balances", "task_board", "assignments", "network_totals")

Question = Callable[[], object]


def timed(questions: Sequence[Question]) -> list[float]:
    """Return the microseconds of this process's processor that each question takes."""
    spent = []
    for ask in questions:
        begun = time.process_time()
        ask()
        spent.append(1e6 * (time.process_time() - begun))
    return spent


def ask_rows(log: EventLog, store: SqliteReadModels, head: Position, chance: Random) -> None:
    """Print the medians for single rows of each projection, and their ratio."""
    for name in SINGLE:
        picked = chance.choices([row.key for row in store.rows(name)], k=QUESTIONS)
        newest = [partial(store.get, name, key) for key in picked]
        past = [
            partial(past_row, log, store, Position(chance.randint(1, head)), name, key)
            for key in picked
        ]
        report(f"one row of {name}", timed(newest), timed(past))


def past_row(log: EventLog, store: SqliteReadModels, at: Position, name: str, key: str) -> object:
    """Ask for a row as of a position, with nothing at hand."""
    return RowsAsOf(log, store, ALL, at).get(name, key)


def ask_pages(log: EventLog, store: SqliteReadModels, head: Position, chance: Random) -> None:
    """Print the medians for pages of a list, all of it and of one scope, early and late in the log."""
    for label, last in (("early", head // 100), ("any time", head)):
        at = [Position(chance.randint(1, last)) for _ in range(PAGES)]
        for scope in (None, "idle"):
            newest = [partial(page, store, scope)] * PAGES
            past = [partial(page, RowsAsOf(log, store, ALL, p), scope) for p in at]
            what = "tasks" if scope is None else f"{scope} tasks"
            report(f"page of {PAGE_ROWS} {what}, {label}", timed(newest), timed(past))


def page(rows: RowReader, scope: str | None) -> object:
    """Ask for the first page of the tasks."""
    return rows.page("task_board", after="", limit=PAGE_ROWS, scope=scope)


def ask_over_http(path: str, head: Position, keys: Sequence[str], chance: Random) -> None:
    """Print the medians for one account and one network over HTTP, on one connection to this process."""
    with (
        reading_ledger(path) as ledger,
        serving(ledger, ServeSettings(port=0)) as server,
        requests.Session() as session,
    ):
        for what, places in (
            ("/v1/stakes", [f"/v1/stakes/{key.partition('@')[0]}" for key in keys]),
            ("/v1/networks", ["/v1/networks"]),
        ):
            urls = [server.url + place for place in chance.choices(places, k=QUESTIONS)]
            newest = [partial(session.get, url) for url in urls]
            past = [partial(session.get, f"{url}?at={chance.randint(1, head)}") for url in urls]
            report(f"{what} over HTTP", timed(newest), timed(past))


def report(what: str, now: Sequence[float], then: Sequence[float]) -> None:
    """Print one line."""
    ratio = median(then) / median(now)
    p90 = sorted(then)[int(len(then) * 0.9)]
    print(f"  {what:<40}{median(now):10.0f}{median(then):10.0f}{p90:10.0f}{ratio:8.2f}")


def main() -> None:
    """Print microseconds: at head, as of a position (median and nine of ten), and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also with a million events")
    given = parser.parse_args()
    for size in [10_000, 100_000] + [1_000_000] * given.million:
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "log.db")
            with open_log(path, SystemClock()) as log, SqliteReadModels(path) as store:
                write(log, size)
                head = ProjectionEngine(log, store, ALL).catch_up()
                print(
                    f"{size:,} events: microseconds of processor at head, as of a position, its p90, ratio"
                )
                ask_rows(log, store, head, Random(1))
                ask_pages(log, store, head, Random(2))
                keys = [row.key for row in store.rows("stake_balances")]
                ask_over_http(path, head, keys, Random(3))


if __name__ == "__main__":
    main()
