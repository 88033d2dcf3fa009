"""`agentgpt projections`: the read models, how far they are, and rebuilding them beside those that are served."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, console, line, print_json, table, talk
from api.ledger import Ledger
from api.problems import ExitCode
from domain.application.ports import Progress
from domain.kernel.errors import InvalidInput
from projections.rebuilding import OnProgress

app = App(name="projections", help="The read models: how far they are, and rebuilding them.")

Fresh = Annotated[
    bool, Parameter(help="Begin at position 1, also where an earlier rebuild was interrupted.")
]


@app.command(name="status")
def show_status(*, reading: Reading = READING) -> None:
    """Say how far each read model is, what is built beside it, and what it parked."""
    from api.bootstrap import reading_ledger
    from api.projection_status import statuses

    with reading_ledger(reading.db) as ledger:
        found = statuses(ledger)
    if reading.json:
        print_json({"items": [asdict(each) for each in found]})
        return
    table(
        "Read models",
        ("read model", "fold #", "served", "behind #", "rows #", "parked #", "built beside"),
        [
            (
                each.name,
                str(each.fold),
                _place(each.served),
                str(each.lag),
                str(each.rows),
                str(each.parked),
                _place(each.building),
            )
            for each in found
        ],
    )


def _place(progress: Progress | None) -> str:
    return "" if progress is None else f"version {progress.version} at {progress.position}"


@app.command(name="digest")
def show_digest(*names: str, reading: Reading = READING) -> None:
    """Print a SHA-256 over everything that is stored of read models: the same events give the same digest.

    Parameters
    ----------
    names
        Read models; all when none is named.
    """
    from api.bootstrap import reading_ledger

    with reading_ledger(reading.db) as ledger:
        digests = _digests(ledger, names)
    _print_digests(reading, {"digests": digests})


def _digests(ledger: Ledger, names: Sequence[str]) -> dict[str, str]:
    return {
        projection.name: ledger.read_models.digest(projection.name)
        for projection in ledger.rebuilder.named(names)
    }


def _print_digests(reading: Reading, document: dict[str, object]) -> None:
    if reading.json:
        print_json(document)
        return
    digests = document["digests"]
    assert isinstance(digests, dict)
    for name, digest in digests.items():
        line(f"{digest}  {name}")


@app.command(name="rebuild")
def rebuild(
    *names: str,
    fresh: Fresh = False,
    switch: Annotated[
        bool, Parameter(help="Serve the new rows as soon as they are built; else see `switch`.")
    ] = True,
    reading: Reading = READING,
) -> None:
    """Build read models from the log, beside those that are served, then serve the new ones at once.

    Nobody sees half of it. When it is interrupted, the next rebuild goes on where it was. Prints the digests.

    Parameters
    ----------
    names
        Read models; all when none is named.
    """
    from api.bootstrap import writing_ledger

    with writing_ledger(reading.db) as ledger, _progress_bar("rebuilding") as told:
        how = ledger.rebuilder.replace if switch else ledger.rebuilder.build
        position = how(names, fresh=fresh, on_progress=told)
        models = ledger.read_models if switch else ledger.read_models.beside()
        digests = {each.name: models.digest(each.name) for each in ledger.rebuilder.named(names)}
    _print_digests(reading, {"position": position, "switched": switch, "digests": digests})
    if not switch:
        talk(f"built up to position {position}; `agentgpt projections switch` serves it")


@contextmanager
def _progress_bar(what: str) -> Iterator[OnProgress]:
    from rich.progress import Progress as Bar

    with Bar(console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=None)
        yield lambda reached, target: bar.update(task, completed=reached, total=target)


@app.command(name="switch")
def switch_to(*names: str, reading: Reading = READING) -> None:
    """Serve what `rebuild --no-switch` built.

    Parameters
    ----------
    names
        Read models; all when none is named.
    """
    from api.bootstrap import writing_ledger

    with writing_ledger(reading.db) as ledger:
        ledger.rebuilder.switch(names)
        digests = _digests(ledger, names)
    _print_digests(reading, {"digests": digests})


@app.command(name="drop")
def drop(*names: str, reading: Reading = READING) -> None:
    """Delete what was built beside the served read models; these stay.

    Parameters
    ----------
    names
        Read models; all when none is named.
    """
    from api.bootstrap import writing_ledger

    with writing_ledger(reading.db) as ledger:
        dropped = ledger.rebuilder.drop(names)
    if reading.json:
        print_json({"dropped": dropped})
    elif dropped:
        line(f"dropped: {', '.join(dropped)}")
    else:
        talk("nothing was built beside the read models")


@app.command(name="parked")
def list_parked(
    *,
    limit: Annotated[int, Parameter(help="How many, 1 to 10000.")] = 100,
    reading: Reading = READING,
) -> None:
    """List events that a read model could not take in: they are skipped there, and everything else goes on."""
    from api.bootstrap import reading_ledger
    from api.projection_status import parked_events

    with reading_ledger(reading.db) as ledger:
        found = parked_events(ledger, limit)
    if reading.json:
        print_json({"items": [asdict(event) for event in found]})
        return
    if not found:
        talk("no event is parked")
        return
    table(
        "Parked events",
        ("position #", "read model", "row", "error"),
        [(str(e.position), e.projection, e.key or "unknown", e.error) for e in found],
    )


@app.command(name="retry")
def retry(*names: str, reading: Reading = READING) -> int:
    """Try parked events again: rebuild the read models that parked any, as what came after depends on them.

    The exit code is 6 when some are still parked.

    Parameters
    ----------
    names
        Read models; all that parked something when none is named.
    """
    from api.bootstrap import writing_ledger
    from api.projection_status import parked_counts

    with writing_ledger(reading.db) as ledger, _progress_bar("trying again") as told:
        before = parked_counts(ledger)
        chosen = [each.name for each in ledger.rebuilder.named(names) if before.get(each.name)]
        if names and not chosen:
            raise InvalidInput(
                f"nothing is parked by {', '.join(names)}", hint="see `agentgpt projections parked`"
            )
        if chosen:
            ledger.rebuilder.replace(chosen, fresh=True, on_progress=told)
        after = parked_counts(ledger)
    left = {name: after.get(name, 0) for name in chosen}
    if reading.json:
        print_json({"tried": {name: before[name] for name in chosen}, "parked": left})
    elif not chosen:
        talk("no event is parked")
    else:
        for name in chosen:
            line(f"{name}: {before[name]} tried again, {left[name]} still parked")
    return ExitCode.DIFFERENCE if any(left.values()) else ExitCode.OK
