"""How workflows and versions are named, and the hashes that identify them."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

from domain.kernel.ids import Address, Hash32
from domain.workflow.errors import InvalidLabel, InvalidWorkflowName

NAME_BYTES_MAX = 64
LABEL_CHARACTERS_MAX = 64


def check_name(name: str) -> None:
    """Refuse a name that is not 1 to 64 bytes of UTF-8 without control characters.

    Source: the registry's `NameLength`. Raises InvalidWorkflowName.
    """
    size = _size(name)
    if size is None or not 1 <= size <= NAME_BYTES_MAX or not _readable(name):
        raise InvalidWorkflowName(
            "a workflow's name has 1 to 64 bytes of UTF-8 and no control characters",
            hint="choose a shorter, printable name",
        )


def check_label(label: str) -> None:
    """Refuse a label that is not 1 to 64 printable characters. Raises InvalidLabel."""
    if (
        not 1 <= len(label) <= LABEL_CHARACTERS_MAX
        or _size(label) is None
        or not _readable(label)
        or label != label.strip()
    ):
        raise InvalidLabel(
            "a label has 1 to 64 printable characters and no space at its ends",
            hint="choose a label such as `v1.2`",
        )


def workflow_id_of(owner: Address, name: str) -> Hash32:
    """Return sha256 of the owner's 20 bytes and the name in UTF-8, as the registry derives the id."""
    return _sha256(bytes.fromhex(owner[2:]), name.encode())


def version_hash_of(workflow_id: Hash32, parent: Hash32, content_hash: Hash32) -> Hash32:
    """Return sha256 of the three hashes' bytes in order, as the registry derives a version's hash."""
    return _sha256(*(bytes.fromhex(part[2:]) for part in (workflow_id, parent, content_hash)))


def _sha256(*parts: bytes) -> Hash32:
    return Hash32("0x" + sha256(b"".join(parts)).hexdigest())


def _size(text: str) -> int | None:
    """Return the text's size in UTF-8, None for a text that UTF-8 cannot write (a lone surrogate)."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return None


def _readable(text: str) -> bool:
    # Cc: control characters; Zl and Zp: line and paragraph separators, which break lists and logs alike.
    return all(unicodedata.category(character) not in ("Cc", "Zl", "Zp") for character in text)
