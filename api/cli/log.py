"""`agentgpt log`: what the log holds, proven to somebody who does not trust this program."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import READING, Reading, console, fields, line, print_error, print_json, talk
from api.problems import ExitCode
from domain.kernel.errors import CorruptRecord, InvalidInput
from domain.kernel.ids import Position

app = App(name="log", help="Prove what the log holds: roots, proofs, signed checkpoints.")

for command, name in (
    ("export", "export"),
    ("verify_export", "verify-export"),
    ("import_", "import"),
):
    app.command(f"api.cli.log_transfer:{command}", name=name)

OutParameter = Annotated[
    Path | None, Parameter(help="Write to this file instead of standard output.")
]
VkeyParameter = Annotated[
    str | None, Parameter(help="The log's verifier key, as `agentgpt log key` printed it.")
]
JsonParameter = Annotated[
    bool, Parameter(name="--json", negative=(), help="Print one JSON document.")
]


@app.command
def root(
    *,
    size: Annotated[int | None, Parameter(help="Only over the first so many events.")] = None,
    reading: Reading = READING,
) -> None:
    """Print the Merkle root of the log (RFC 9162), base64."""
    from api.bootstrap import reading_ledger
    from api.log_evidence import head_document

    with reading_ledger(reading.db) as ledger:
        document = head_document(ledger.tree.head(size))
    if reading.json:
        print_json(document)
    else:
        fields([(name, str(value)) for name, value in document.items()])


@app.command
def prove(
    position: Annotated[int, Parameter(help="The event's position.")],
    /,
    *,
    size: Annotated[
        int | None,
        Parameter(help="For the log of so many events, as in a checkpoint. Default: all."),
    ] = None,
    out: OutParameter = None,
    reading: Reading = READING,
) -> None:
    """Write the proof that an event is in the log, with its stored bytes, as JSON."""
    from api.bootstrap import reading_ledger
    from api.log_evidence import inclusion_document

    with reading_ledger(reading.db) as ledger:
        proof = ledger.tree.inclusion(Position(position), size)
    _put(inclusion_document(proof), out, also_print=reading.json)


@app.command
def consistency(
    old: Annotated[int, Parameter(help="The older size.")],
    new: Annotated[int | None, Parameter(help="The newer size. Default: all.")] = None,
    /,
    *,
    out: OutParameter = None,
    reading: Reading = READING,
) -> None:
    """Write the proof that the log of NEW events begins with the log of OLD events, as JSON."""
    from api.bootstrap import reading_ledger
    from api.log_evidence import consistency_document

    with reading_ledger(reading.db) as ledger:
        proof = ledger.tree.consistency(old, new)
    _put(consistency_document(proof), out, also_print=reading.json)


@app.command
def key(
    *,
    out: Annotated[Path, Parameter(help="The new key file. Keep it away from the database.")],
    name: Annotated[
        str | None,
        Parameter(help="The log's name in checkpoints, for instance example.org/ledger."),
    ] = None,
    as_json: JsonParameter = False,
) -> None:
    """Make a key that signs checkpoints and print the verifier key to hand out."""
    from api.bootstrap import make_log_key

    vkey = make_log_key(out, name)
    if as_json:
        print_json({"vkey": vkey, "file": str(out)})
    else:
        line(vkey)
        talk(f"the private key is in {out}; keep it and back it up apart from the database")


@app.command
def checkpoint(
    *,
    key: Annotated[Path, Parameter(help="The key file, from `agentgpt log key`.")],
    out: OutParameter = None,
    reading: Reading = READING,
) -> None:
    """Sign the log's size and root (a C2SP checkpoint).

    It refuses, with exit code 6, a log that does not extend the last one that the key signed.
    """
    from api.bootstrap import reading_ledger, sign_checkpoint
    from api.log_evidence import write_evidence

    with reading_ledger(reading.db) as ledger:
        note = sign_checkpoint(ledger, key)
    if out is not None:
        write_evidence(out, note)
        talk(f"wrote {out}")
    if reading.json:
        print_json({"checkpoint": note})
    elif out is None:
        sys.stdout.write(note)


@app.command
def verify(
    *,
    proof: Annotated[Path, Parameter(help="A proof file, of inclusion or of consistency.")],
    checkpoint: Annotated[Path, Parameter(help="The checkpoint; of two, the newer one.")],
    vkey: Annotated[str, Parameter(help="The log's verifier key.")],
    older: Annotated[
        Path | None, Parameter(help="The older checkpoint, for a proof of consistency.")
    ] = None,
    as_json: JsonParameter = False,
) -> None:
    """Check a proof against a signed checkpoint; needs these files only, no ledger. Exit code 6 if it does not hold."""
    from api import log_evidence as evidence
    from api.bootstrap import read_checkpoint
    from domain.kernel.merkle import InclusionProof

    signed = read_checkpoint(evidence.read_evidence(checkpoint), vkey)
    given = evidence.parse_proof(evidence.read_evidence(proof))
    document: dict[str, object] = {"ok": True, "origin": signed.origin, "size": signed.head.size}
    if isinstance(given, InclusionProof):
        if older is not None:
            raise InvalidInput("--older is for proofs of consistency", hint="leave it out")
        evidence.verify_inclusion(given, signed)
        stored = given.leaf.decode("utf-8", errors="replace")
        document |= {"position": given.position, "event": stored}
        sentence = (
            f"position {given.position} of {signed.head.size} in {signed.origin} holds: {stored}"
        )
    else:
        if older is None:
            raise InvalidInput(
                "a proof of consistency is between two checkpoints",
                hint="name the other with --older",
            )
        before = read_checkpoint(evidence.read_evidence(older), vkey)
        evidence.verify_consistency(given, before, signed)
        document |= {"old_size": before.head.size}
        sentence = (
            f"the first {before.head.size} of {signed.head.size} events in {signed.origin} "
            "are those of the older checkpoint"
        )
    if as_json:
        print_json(document)
    else:
        line(sentence)


@app.command
def check(
    *,
    checkpoint: Annotated[
        Path | None, Parameter(help="A checkpoint that the log must extend.")
    ] = None,
    vkey: VkeyParameter = None,
    reading: Reading = READING,
) -> int:
    """Hash every stored byte again and compare with the stored tree and a checkpoint.

    The first position that differs is named; the exit code is 6 then.
    """
    from rich.progress import Progress

    from api.bootstrap import read_checkpoint, reading_ledger
    from api.log_evidence import head_document, read_evidence
    from domain.application.tree_check import check_tree

    if (checkpoint is None) != (vkey is None):
        raise InvalidInput("--checkpoint and --vkey go together", hint="name both, or none")
    signed = None
    if checkpoint is not None and vkey is not None:
        signed = read_checkpoint(read_evidence(checkpoint), vkey)
    try:
        with (
            reading_ledger(reading.db) as ledger,
            Progress(
                console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty()
            ) as progress,
        ):
            task = progress.add_task("hashing", total=None)
            result = check_tree(
                ledger.log,
                ledger.tree,
                signed,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    except CorruptRecord as error:
        # To a check a damaged record is a finding, not a failure.
        print_error(error, as_json=reading.json)
        return ExitCode.DIFFERENCE
    found = result.difference
    if reading.json:
        difference = found and {"position": found.position, "sentence": found.sentence}
        print_json({"ok": not found, **head_document(result.head), "difference": difference})
    elif found:
        line(found.sentence)
    else:
        also = f" and extend the checkpoint of {signed.head.size}" if signed else ""
        line(f"{result.head.size} events agree with their Merkle tree{also}")
    return ExitCode.DIFFERENCE if found else ExitCode.OK


def _put(document: Mapping[str, object], out: Path | None, *, also_print: bool) -> None:
    """Print a document, or write it to a file and say so."""
    from api.log_evidence import write_evidence

    if out is not None:
        write_evidence(out, json.dumps(document, indent=2) + "\n")
        talk(f"wrote {out}")
    if out is None or also_print:
        print_json(document)
