"""`agentgpt db`: the database under the ledger, and how it is brought up to date."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, as_typed, console, fields, line, print_json
from api.problems import ExitCode
from domain.application.upkeep import Access, DatabaseStatus

app = App(name="db", help="The database itself: its layout, and bringing it up to date.")

KINDS = {
    "sqlite": "a ledger in an SQLite file (application id AGPT)",
    "postgresql": "a ledger in a schema of PostgreSQL",
}


@app.command
def status(*, reading: Reading = READING) -> int:
    """Say what the database is: layout, size, events, whether it can be opened, what migrating would do.

    Nothing is written. The exit code is 3 when only a later version of the program could open it.
    """
    from api.bootstrap_database import database_status

    found = database_status(reading.db)
    if reading.json:
        print_json(_document(found))
    else:
        fields(
            [
                ("database", found.name),
                ("kind", KINDS[found.kind]),
                ("layout", f"{found.layout}; this program writes {found.newest_layout}"),
                ("size", _size(found.bytes)),
                ("events", "unknown" if found.events is None else f"{found.events:,}"),
                ("opens", _opens(found)),
                ("migrating", "; ".join(found.steps) or "has nothing to do"),
            ]
        )
    return ExitCode.OK if found.can_be_written else ExitCode.REJECTED


@app.command
def migrate(*, reading: Reading = READING) -> None:
    """Bring the database to the present layout; one that has it already is left alone.

    All of it happens in one transaction: when it is interrupted, the database is as it was, and the command can be
    given again. Stop other programs that use the database first, and keep as much free space as it takes now.
    """
    from rich.progress import Progress

    from api.bootstrap_database import migrate_database

    with Progress(
        console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("migrating", total=None)
        done = migrate_database(
            reading.db, lambda at, total: progress.update(task, completed=at, total=total)
        )
    if reading.json:
        print_json({"before": done.before, "after": done.after, "events": done.events})
    elif done.before == done.after:
        line(f"the database has layout {done.after} already")
    else:
        line(f"layout {done.before} became {done.after}, with {done.events:,} events")


@app.command
def grant(
    role: Annotated[str, Parameter(help="An existing role of PostgreSQL.")],
    /,
    *,
    access: Annotated[Access, Parameter(help="What it may do.")] = "reader",
    reading: Reading = READING,
) -> None:
    """Print the statements that let a role use the ledger, for the owner of the schema to run, for example with psql.

    A writer can append, but neither change nor remove an event; a reader can only read. Nothing is changed here.
    """
    from api.bootstrap_database import grant_statements

    statements = grant_statements(reading.db, role, access=access)
    if reading.json:
        print_json({"role": role, "access": access, "statements": list(statements)})
        return
    for statement in statements:
        line(f"{statement};")


def _document(found: DatabaseStatus) -> dict[str, object]:
    return {
        "database": found.name,
        "kind": found.kind,
        "layout": found.layout,
        "newest_layout": found.newest_layout,
        "bytes": found.bytes,
        "events": found.events,
        "can_be_read": found.can_be_read,
        "can_be_written": found.can_be_written,
        "migration": list(found.steps),
    }


def _opens(found: DatabaseStatus) -> str:
    if found.can_be_read:
        return "yes"
    if found.can_be_written:
        return f"for writing, which migrates it; for reading after `{as_typed()} db migrate`"
    return "no: a later version of the program wrote it; update the program"


def _size(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,} {unit}"
        count //= 1024
    return f"{count:,} GiB"
