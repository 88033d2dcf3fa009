"""Checkpoints (https://c2sp.org/tlog-checkpoint): the text of a signed note that says what a log's root is.

<origin>
<size in decimal>
<base64 of the root>
"""

from __future__ import annotations

import base64
import re

from adapters.checkpoints.note import Signer, Verifier, open_note
from domain.kernel.errors import EvidenceMismatch, InvalidInput
from domain.kernel.merkle import HASH_BYTES, Checkpoint, TreeHead

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


def sign_head(head: TreeHead, signer: Signer) -> str:
    """Return the head as a signed checkpoint; the key's name is the origin."""
    root = base64.b64encode(head.root).decode()
    return signer.sign(f"{signer.verifier.name}\n{head.size}\n{root}\n")


def open_checkpoint(note: bytes, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint that a key signed under its own name as origin.

    Raises InvalidInput for what is no checkpoint and EvidenceMismatch for a wrong signature or origin.
    """
    checkpoint = parse_text(open_note(note, verifier))
    if checkpoint.origin != verifier.name:
        raise EvidenceMismatch(
            f"the checkpoint is of the log `{checkpoint.origin}`, the key is that of `{verifier.name}`"
        )
    return checkpoint


def parse_text(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text is, whoever signed it. Raises InvalidInput."""
    # Lines after the root are extensions, which whoever does not know them leaves alone.
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]) or "" in lines:
        raise InvalidInput(
            "the note is not a checkpoint", hint="`agentgpt log checkpoint` writes them"
        )
    origin, size, encoded = lines[:3]
    try:
        root = base64.b64decode(encoded, validate=True)
    except ValueError:
        root = b""
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != encoded:
        raise InvalidInput("the checkpoint's root is not 32 bytes of base64")
    return Checkpoint(origin, TreeHead(int(size), root))
