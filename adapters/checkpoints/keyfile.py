"""A log's key in a file of its own, and beside it the last checkpoint that it signed.

The last checkpoint is what keeps the key from signing two histories: the next one must extend it. It is on the disk
before the signature leaves the program, and a lock on the key file lets one process sign at a time.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_bytes
from typing import IO

from adapters.checkpoints.checkpoint import open_checkpoint, sign_head
from adapters.checkpoints.note import KEY_BYTES, NOTE_BYTES_MAX, Signer, Verifier, parse_signer
from domain.application.ports import LogTree
from domain.kernel.errors import EvidenceMismatch, InvalidInput, Unavailable
from domain.kernel.merkle import TreeHead, extends

KEY_FILE_BYTES_MAX = 1_024
NAME_PREFIX = "agentgpt-ledger/"


def make_key(path: Path, name: str | None) -> Verifier:
    """Make a new key in a new file that only its owner may read. Raises InvalidInput, also when the file is there."""
    seed = token_bytes(KEY_BYTES)
    # Without a name, one that no other log has.
    unnamed = Signer(NAME_PREFIX, seed).verifier
    signer = Signer(name or NAME_PREFIX + unnamed.public[:8].hex(), seed)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(signer.text() + "\n")
            _to_disk(file)
    except FileExistsError:
        raise InvalidInput(
            f"`{path}` exists already; a key is never overwritten", hint="give another --out"
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"cannot write the key file `{path}`: {error.strerror}", hint="give another --out"
        ) from error
    return signer.verifier


def last_signed_path(key: Path) -> Path:
    """Return where the last checkpoint that the key signed is kept."""
    return key.with_name(key.name + ".last")


def sign_checkpoint(key: Path, tree: LogTree) -> str:
    """Sign the log's present head and return the note.

    Raises EvidenceMismatch when the log does not extend what the key signed last (then nothing is signed),
    InvalidInput for a key file that is none or that others may read, and Unavailable when it cannot be kept.
    """
    with _locked(key) as signer:
        last = last_signed_path(key)
        head = tree.head()
        _check_extends(last, signer, tree, head)
        note = sign_head(head, signer)
        try:
            _keep(last, note)
        except OSError as error:
            raise Unavailable(
                f"cannot keep the last checkpoint in `{last}`: {error.strerror}",
                hint="nothing was signed; the folder of the key must be writable",
            ) from error
        return note


def _check_extends(last: Path, signer: Signer, tree: LogTree, head: TreeHead) -> None:
    try:
        with last.open("rb") as file:
            note = file.read(NOTE_BYTES_MAX + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unavailable(f"cannot read `{last}`: {error.strerror}") from error
    signed = open_checkpoint(note, signer.verifier).head
    hint = "nothing was signed; `agentgpt log check` looks closer, and is this the key of this log?"
    if head.size < signed.size:
        raise EvidenceMismatch(
            f"the log has {head.size} events, but the key signed {signed.size} already", hint=hint
        )
    proof = tree.consistency(signed.size, head.size)
    if not extends(head, signed, proof.hashes):
        raise EvidenceMismatch(
            f"the log does not begin with the {signed.size} events that the key signed last",
            hint=hint,
        )


@contextmanager
def _locked(path: Path) -> Iterator[Signer]:
    with ExitStack() as opened:
        try:
            file = opened.enter_context(path.open("rb"))
            fcntl.flock(file, fcntl.LOCK_EX)
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(KEY_FILE_BYTES_MAX)
        except OSError as error:
            raise InvalidInput(
                f"cannot read the key file `{path}`: {error.strerror}",
                hint="`agentgpt log key --out FILE` makes one",
            ) from error
        if stat.S_IMODE(mode) & 0o077:
            raise InvalidInput(f"others may read the key file `{path}`", hint=f"chmod 600 {path}")
        yield parse_signer(content.decode("utf-8", errors="replace"))


def _keep(path: Path, note: str) -> None:
    """Write whole or not at all, and be on the disk when this returns."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(note)
        _to_disk(file)
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _to_disk(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())
