"""`agentgpt workflow`: workflows, their versions, and the decisions that make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
from cyclopts import App, Parameter
from rich.text import Text

from api.cli.listing import LISTING, MOMENT, Listing, Moment, more, rows_of
from api.cli.output import READING, Reading, fields, line, print_json, short, state, table, talk
from domain.kernel.errors import InvalidInput

app = App(name="workflow", help="Workflows and their versions.")

MAX_GRAPH_BYTES = 1 << 20
ACTOR = "cli"


@app.command(name="list")
def list_workflows(
    *, listing: Listing = LISTING, moment: Moment = MOMENT, reading: Reading = READING
) -> None:
    """List workflows, registered here or on a chain."""
    from api.bootstrap import reading_ledger
    from api.queries import page_of

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        page = page_of(rows, "workflows", after=listing.after, limit=listing.limit)
    if reading.json:
        print_json({"items": [row.body for row in page.rows], "next": page.next})
        return
    if not page.rows:
        talk("no workflow yet; `agentgpt workflow register` makes one")
        return
    table(
        "Workflows",
        ("workflow", "name", "head here", "versions here #", "on chain", "owner"),
        [
            (
                short(row.body["workflow_id"]),
                str(row.body["name"] or ""),
                str(row.body["head_label"] or ""),
                str(row.body["decided_count"]),
                _on_chain(row.body["registries"]),
                short(row.body["owner"] or ""),
            )
            for row in page.rows
        ],
    )
    more(page.next)


def _on_chain(registries: object) -> str:
    assert isinstance(registries, Mapping)
    return ", ".join(
        f"{standing['version_count']} versions, {standing['revoked_count']} revoked, "
        f"{standing['rollback_count']} rollbacks"
        for standing in registries.values()
    )


@app.command(name="show")
def show_workflow(workflow: str, /, *, moment: Moment = MOMENT, reading: Reading = READING) -> None:
    """Show one workflow with its versions, at most 1000 of them.

    Parameters
    ----------
    workflow
        The workflow's name, its id, or the id's first digits.
    """
    from api.bootstrap import reading_ledger
    from api.queries import MAX_LIMIT, page_of, workflow_named

    with reading_ledger(reading.db) as ledger:
        rows = rows_of(ledger, moment)
        row = workflow_named(rows, workflow)
        page = page_of(rows, "workflow_versions", scope=row.key, limit=MAX_LIMIT)
    body = row.body
    versions = sorted((version.body for version in page.rows), key=_sequence)
    if reading.json:
        print_json({**body, "versions": versions})
        return
    fields(
        [
            ("workflow", str(body["workflow_id"])),
            ("name", str(body["name"] or "")),
            ("owner", str(body["owner"] or "")),
            ("head here", str(body["head_label"] or body["head"] or "none")),
            ("on chain", _on_chain(body["registries"]) or "not registered"),
        ]
    )
    table(
        "Versions",
        ("# #", "version", "label", "on chain", "tasks #", "parent"),
        [
            (
                str(version["sequence"] or ""),
                short(version["version_hash"]),
                str(version["label"] or ""),
                _standing(version["registries"]),
                str(len(version["tasks"])) if isinstance(version["tasks"], list | tuple) else "",
                short(version["parent"] or ""),
            )
            for version in versions
        ],
    )


def _sequence(body: Mapping[str, object]) -> int:
    sequence = body["sequence"]
    return sequence if isinstance(sequence, int) else 1 << 62


def _standing(registries: object) -> Text:
    assert isinstance(registries, Mapping)
    words = [
        "revoked" if standing["revoked"] else "active" if standing["active"] else "superseded"
        for standing in registries.values()
    ]
    return state(words[0]) if len(words) == 1 else Text(", ".join(words) or "not published")


@app.command(name="register")
def register(
    *,
    owner: Annotated[str, Parameter(help="Address of the owner, who registers it on chain.")],
    name: Annotated[str, Parameter(help="Up to 64 bytes.")],
    reading: Reading = READING,
) -> None:
    """Register a workflow. Doing it again changes nothing."""
    from api.bootstrap import writing_ledger
    from api.commands import register_workflow
    from api.projecting import project

    with writing_ledger(reading.db) as ledger:
        done = register_workflow(ledger, owner=owner, name=name, actor=ACTOR)
        project(ledger)
        position = ledger.log.head()
    if reading.json:
        print_json({**asdict(done), "position": position})
        return
    verb = "registered" if done.created else "was registered before:"
    line(f"{verb} {name} as {done.workflow_id} (position {position})")


@app.command(name="publish")
def publish(
    file: Path,
    /,
    *,
    workflow: Annotated[str, Parameter(help="The workflow's name or id.")],
    label: Annotated[str, Parameter(help="What people call the version, such as production-v1.2.")],
    parent: Annotated[
        str | None,
        Parameter(
            help="Hash of the version that this one was built on. Default: the present head."
        ),
    ] = None,
    reading: Reading = READING,
) -> None:
    """Publish a version of a workflow from a graph in JSON. Doing it again changes nothing.

    Parameters
    ----------
    file
        `{"tasks": [{"id", "kind", "gpu_hours", "memory_gb", "bounty_wei", "priority", "after"}]}`
    """
    from api.bootstrap import writing_ledger
    from api.commands import publish_version
    from api.projecting import project

    graph = read_json(file)
    with writing_ledger(reading.db) as ledger:
        done = publish_version(
            ledger, workflow=workflow, graph=graph, label=label, parent=parent, actor=ACTOR
        )
        project(ledger)
        position = ledger.log.head()
    if reading.json:
        print_json({**asdict(done), "label": label, "position": position})
        return
    verb = "published" if done.created else "was published before:"
    line(f"{verb} {label} as {done.version_hash} (position {position})")


def read_json(file: Path) -> object:
    """Return what a JSON file holds. Raises InvalidInput when it cannot be read, is too large or is not JSON."""
    try:
        with file.open("rb") as source:
            content = source.read(MAX_GRAPH_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            f"cannot read {file}: {reason}", hint="name a file with a graph"
        ) from error
    if len(content) > MAX_GRAPH_BYTES:
        raise InvalidInput(f"{file} is larger than 1 MiB", hint="split the workflow")
    try:
        document: object = orjson.loads(content)
    except ValueError as error:
        raise InvalidInput(f"{file} is not JSON: {error}", hint="write one JSON object") from error
    return document
