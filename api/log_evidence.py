"""Proofs as documents, and how they are read and checked with nothing but themselves, a checkpoint and a key."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from domain.kernel.errors import EvidenceMismatch, InvalidInput
from domain.kernel.ids import Position
from domain.kernel.merkle import (
    HASH_BYTES,
    LEVELS_MAX,
    Checkpoint,
    ConsistencyProof,
    InclusionProof,
    TreeHead,
    extends,
    includes,
)

EVIDENCE_BYTES_MAX = 16 << 20

INCLUSION = "agentgpt-ledger/inclusion/1"
CONSISTENCY = "agentgpt-ledger/consistency/1"

_HINT = "`agentgpt log prove` and `agentgpt log consistency` write proof files"


def head_document(head: TreeHead) -> dict[str, object]:
    """Return a root as JSON-ready members."""
    return {"size": head.size, "root": _text(head.root)}


def inclusion_document(proof: InclusionProof) -> dict[str, object]:
    """Return the proof as JSON-ready members; bytes are base64."""
    return {
        "proof": INCLUSION,
        "position": proof.position,
        "size": proof.size,
        "leaf": _text(proof.leaf),
        "hashes": [_text(digest) for digest in proof.hashes],
    }


def consistency_document(proof: ConsistencyProof) -> dict[str, object]:
    """Return the proof as JSON-ready members; bytes are base64."""
    return {
        "proof": CONSISTENCY,
        "old_size": proof.old_size,
        "new_size": proof.new_size,
        "hashes": [_text(digest) for digest in proof.hashes],
    }


def parse_proof(content: bytes) -> InclusionProof | ConsistencyProof:
    """Return the proof that a file holds. Raises InvalidInput."""
    try:
        document: object = orjson.loads(content)
    except ValueError:
        raise InvalidInput("the proof file is not JSON", hint=_HINT) from None
    if isinstance(document, dict):
        hashes = _hashes(document.get("hashes"))
        match document.get("proof"):
            case kind if kind == INCLUSION:
                position, size = _count(document, "position"), _count(document, "size")
                leaf = _bytes(document.get("leaf"))
                return InclusionProof(Position(position), size, leaf, hashes)
            case kind if kind == CONSISTENCY:
                old_size, new_size = _count(document, "old_size"), _count(document, "new_size")
                return ConsistencyProof(old_size, new_size, hashes)
    raise InvalidInput("the file is not a proof that this version reads", hint=_HINT)


def verify_inclusion(proof: InclusionProof, checkpoint: Checkpoint) -> None:
    """Check that the proof's event is in the checkpoint's log. Raises EvidenceMismatch."""
    _check_size(proof.size, checkpoint, hint=f"--size {checkpoint.head.size}")
    if not includes(checkpoint.head, proof.leaf, proof.position - 1, proof.hashes):
        raise EvidenceMismatch(
            f"the proof does not hold: this event is not at position {proof.position} of the checkpoint's log",
            hint="the event, the proof or the log was changed",
        )


def verify_consistency(proof: ConsistencyProof, older: Checkpoint, newer: Checkpoint) -> None:
    """Check that the newer checkpoint's log begins with the older one's. Raises EvidenceMismatch."""
    if older.origin != newer.origin:
        raise EvidenceMismatch("the checkpoints are of two logs")
    _check_size(proof.old_size, older, hint="the older size first")
    _check_size(proof.new_size, newer, hint="the older size first")
    if not extends(newer.head, older.head, proof.hashes):
        raise EvidenceMismatch(
            f"the proof does not hold: the log of {newer.head.size} events does not begin with "
            f"the log of {older.head.size} events",
            hint="the proof or the log was changed",
        )


def read_evidence(path: Path) -> bytes:
    """Return a file's content. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            content = file.read(EVIDENCE_BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(f"cannot read `{path}`: {error.strerror}") from error
    if len(content) > EVIDENCE_BYTES_MAX:
        raise InvalidInput(f"`{path}` is too large for a proof or checkpoint")
    return content


def write_evidence(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises InvalidInput."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"cannot write `{path}`: {error.strerror}", hint="give another --out"
        ) from error


def _check_size(size: int, checkpoint: Checkpoint, *, hint: str) -> None:
    if size != checkpoint.head.size:
        raise EvidenceMismatch(
            f"the proof is for a log of {size} events, the checkpoint for {checkpoint.head.size}",
            hint=f"make the proof for the checkpoint's size: {hint}",
        )


def _count(document: Mapping[str, object], member: str) -> int:
    value = document.get(member)
    if type(value) is not int or not 0 <= value < 1 << LEVELS_MAX:
        raise InvalidInput(f"`{member}` of the proof is not a size or position", hint=_HINT)
    return value


def _hashes(value: object) -> Sequence[bytes]:
    if not isinstance(value, list) or len(value) > LEVELS_MAX + 1:
        raise InvalidInput("`hashes` of the proof is not a list of hashes", hint=_HINT)
    hashes = [_bytes(item) for item in value]
    if any(len(digest) != HASH_BYTES for digest in hashes):
        raise InvalidInput("a hash of the proof is not 32 bytes", hint=_HINT)
    return hashes


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "*", validate=True)
    except ValueError:
        raise InvalidInput("the proof has a member that is not base64", hint=_HINT) from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
