"""The lines of an export's manifest: canonical JSON, one line for where it begins, then one for each segment."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from domain.application.segments import Beginning
from domain.kernel.errors import EvidenceMismatch, NewerSchema
from domain.kernel.ids import Position
from domain.kernel.merkle import HASH_BYTES, LEVELS_MAX, TreeHead
from domain.kernel.segment import SEGMENT_BYTES_MAX, Segment

FORMAT_NAME: Final = "agentgpt-ledger/export/"
FORMAT_VERSION: Final = 1
LINE_BYTES_MAX: Final = 16_384

FILE_BYTES_MAX: Final = SEGMENT_BYTES_MAX + (1 << 20)
"""Bytes that do not compress grow a little."""


def beginning_line(beginning: Beginning) -> bytes:
    """Return the first line of a manifest."""
    return _line(
        {
            "after": beginning.head.size,
            "format": f"{FORMAT_NAME}{FORMAT_VERSION}",
            "origin": _text(beginning.origin),
            "root": _text(beginning.head.root),
        }
    )


def segment_line(segment: Segment) -> bytes:
    """Return the line of a segment."""
    return _line(
        {
            "after": segment.after,
            "content_bytes": segment.content_bytes,
            "edge": [_text(digest) for digest in segment.edge],
            "file_bytes": segment.file_bytes,
            "last": segment.last,
            "proof": [_text(digest) for digest in segment.proof],
            "root": _text(segment.root),
            "sha256": segment.sha256.hex(),
        }
    )


def read_beginning(line: bytes) -> Beginning:
    """Return what the first line says.

    Raises EvidenceMismatch for a line that this program does not write, NewerSchema when a later one wrote it.
    """
    members = _members(line, 1)
    form = members.get("format")
    if isinstance(form, str) and form.startswith(FORMAT_NAME):
        version = form.removeprefix(FORMAT_NAME)
        if version.isdecimal() and len(version) < 9 and int(version) > FORMAT_VERSION:
            raise NewerSchema(
                f"the export has format {int(version)}, this program knows {FORMAT_VERSION}",
                hint="update the program",
            )
    try:
        head = TreeHead(_count(members, "after"), _digest(members["root"]))
        beginning = Beginning(_digest(members["origin"]), head)
    except (KeyError, ValueError):
        raise _unreadable(1) from None
    if beginning_line(beginning) != line:
        raise _unreadable(1)
    return beginning


def read_segment(line: bytes, number: int) -> Segment:
    """Return what line `number` says of a segment. Raises EvidenceMismatch for one that this program does not write."""
    members = _members(line, number)
    try:
        segment = Segment(
            after=Position(_count(members, "after")),
            last=Position(_count(members, "last")),
            edge=_digests(members["edge"]),
            root=_digest(members["root"]),
            proof=_digests(members["proof"]),
            content_bytes=_count(members, "content_bytes"),
            file_bytes=_count(members, "file_bytes"),
            sha256=bytes.fromhex(str(members["sha256"])),
        )
    except (KeyError, ValueError):
        raise _unreadable(number) from None
    if segment_line(segment) != line or len(segment.sha256) != HASH_BYTES:
        raise _unreadable(number)
    if segment.content_bytes > SEGMENT_BYTES_MAX or segment.file_bytes > FILE_BYTES_MAX:
        raise EvidenceMismatch(
            f"{segment} is said to have {segment.content_bytes} bytes in a file of {segment.file_bytes}",
            hint=f"a segment has at most {SEGMENT_BYTES_MAX}",
        )
    return segment


def _members(line: bytes, number: int) -> Mapping[str, object]:
    try:
        document: object = orjson.loads(line)
    except ValueError:
        raise _unreadable(number) from None
    if not isinstance(document, dict):
        raise _unreadable(number)
    return document


def _count(members: Mapping[str, object], name: str) -> int:
    value = members[name]
    if type(value) is not int or not 0 <= value < 1 << LEVELS_MAX:
        raise ValueError(name)
    return value


def _digests(value: object) -> Sequence[bytes]:
    if not isinstance(value, list) or len(value) > LEVELS_MAX + 1:
        raise ValueError
    return tuple(_digest(item) for item in value)


def _digest(value: object) -> bytes:
    digest = base64.b64decode(value if isinstance(value, str) else "", validate=True)
    if len(digest) != HASH_BYTES:
        raise ValueError
    return digest


def _unreadable(number: int) -> EvidenceMismatch:
    return EvidenceMismatch(
        f"line {number} of the export's manifest is not one that this program writes",
        hint="the manifest was changed, or it is that of something else",
    )


def _line(members: Mapping[str, object]) -> bytes:
    return orjson.dumps(members, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
