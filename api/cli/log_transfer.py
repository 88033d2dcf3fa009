"""`agentgpt log export`, `verify-export` and `import`: the log as files that can be checked and moved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from api.cli.output import READING, Reading, as_typed, console, line, print_json, talk

if TYPE_CHECKING:
    from domain.application.segments import Outline
    from domain.application.upkeep import OnProgress

Folder = Annotated[Path, Parameter(help="The folder with the export.")]
VkeyParameter = Annotated[
    str | None,
    Parameter(help="The log's verifier key: the export must end in a checkpoint that it signed."),
]
JsonParameter = Annotated[
    bool, Parameter(name="--json", negative=(), help="Print one JSON document.")
]


def export(
    *,
    out: Annotated[Path, Parameter(help="The folder: a new one, or an export to go on with.")],
    key: Annotated[
        Path | None,
        Parameter(help="The key file, from `agentgpt log key`: puts a signed checkpoint beside."),
    ] = None,
    after: Annotated[
        int | None, Parameter(help="A new export begins behind this position. Default: 0.")
    ] = None,
    reading: Reading = READING,
) -> None:
    """Write the log as sealed, compressed segments with their proofs.

    Given again for the same folder it adds what is new; what is sealed stays. It can be interrupted at any time.
    """
    from api.bootstrap_transfer import export_log

    with _progress("exporting") as on_progress:
        done = export_log(reading.db, out, key=key, after=after, on_progress=on_progress)
    if reading.json:
        print_json(
            {
                **_document(done.outline),
                "new_segments": done.new_segments,
                "new_events": done.new_events,
                "signed": key is not None,
            }
        )
    else:
        line(
            f"{done.new_events} events added in {_segments(done.new_segments)}; "
            f"{out} now holds {_extent(done.outline)}"
        )


def verify_export(
    folder: Folder, /, *, vkey: VkeyParameter = None, as_json: JsonParameter = False
) -> None:
    """Check an export: file hashes, every event's hash, roots, proofs and the signature. Needs the folder only.

    The exit code is 6 when something does not hold; segment and position are named.
    """
    from api.bootstrap_transfer import verify_export as verify

    with _progress("checking") as on_progress:
        outline, checkpoint = verify(folder, vkey, on_progress)
    if as_json:
        signed = checkpoint and {"origin": checkpoint.origin, "size": checkpoint.head.size}
        print_json({"ok": True, **_document(outline), "checkpoint": signed})
        return
    line(f"{_extent(outline)} agree with their roots and proofs")
    if checkpoint is not None:
        line(f"the first {checkpoint.head.size} are signed by {checkpoint.origin}")
    else:
        talk("nothing says whose log it is: with --vkey the signed checkpoint is checked too")


def import_(
    folder: Folder,
    /,
    *,
    vkey: VkeyParameter = None,
    reading: Reading = READING,
) -> None:
    """Take an export into a new ledger: the same positions, bytes and root. Every segment is checked before and after.

    A ledger that holds other events is refused. When it was interrupted, give the command again: it goes on.
    """
    from api.bootstrap_transfer import import_log

    with _progress("importing") as on_progress:
        done = import_log(folder, reading.db, vkey, on_progress)
    if reading.json:
        print_json(
            {
                **_document(done.outline),
                "new_segments": done.new_segments,
                "new_events": done.new_events,
            }
        )
    else:
        line(
            f"{done.new_events} events taken in; the ledger begins with {_extent(done.outline)} of the export"
        )
        if done.new_events:
            talk(f"`{as_typed()} serve` builds its read models")


def _document(outline: Outline) -> dict[str, object]:
    from api.log_evidence import head_document

    return {"after": outline.after, **head_document(outline.head), "segments": outline.segments}


def _extent(outline: Outline) -> str:
    events = outline.head.size - outline.after
    return f"{events} events in {_segments(outline.segments)}, up to position {outline.head.size}"


@contextmanager
def _progress(verb: str) -> Iterator[OnProgress]:
    from rich.progress import Progress

    with Progress(
        console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task(verb, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count} segments"
