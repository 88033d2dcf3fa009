"""How rows of read models are written into columns and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import orjson

from domain.application.ports import Row
from domain.kernel.errors import CorruptRecord, InternalError
from domain.kernel.ids import Position


def body_bytes(projection: str, key: str, body: Mapping[str, object] | None) -> bytes | None:
    """Return a body as canonical JSON, None for a row that is not. Raises InternalError for what is not JSON-ready."""
    if body is None:
        return None
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise InternalError(f"row `{key}` of `{projection}` is not JSON-ready: {error}") from error


def tail_bytes(tail: Sequence[Position]) -> bytes:
    """Return positions as a JSON array."""
    return orjson.dumps(tail)


def read_body(projection: str, key: str, stored: bytes | None) -> Mapping[str, object] | None:
    """Return what `body_bytes` wrote. Raises CorruptRecord for anything else."""
    if stored is None:
        return None
    try:
        body = orjson.loads(stored)
    except orjson.JSONDecodeError as error:
        raise _corrupt(projection, key, str(error)) from None
    if type(body) is not dict:
        raise _corrupt(projection, key, "it is not an object")
    return cast(Mapping[str, object], body)


def read_tail(projection: str, key: str, stored: bytes) -> tuple[Position, ...]:
    """Return what `tail_bytes` wrote. Raises CorruptRecord for anything else."""
    try:
        tail = orjson.loads(stored)
    except orjson.JSONDecodeError as error:
        raise _corrupt(projection, key, str(error)) from None
    if type(tail) is not list or any(type(position) is not int for position in tail):
        raise _corrupt(projection, key, "its history is not a list of positions")
    return tuple(cast(list[Position], tail))


def read_row(projection: str, raw: tuple[str, str, bytes, int]) -> Row:
    """Return a row from key, scope, body and position. Raises CorruptRecord."""
    key, scope, stored, position = raw
    body = read_body(projection, key, stored)
    if body is None:
        raise _corrupt(projection, key, "it has no body")
    return Row(key, scope, body, Position(position))


def _corrupt(projection: str, key: str, reason: str) -> CorruptRecord:
    return CorruptRecord(
        f"row `{key}` of the read model `{projection}` cannot be read: {reason}",
        hint="delete the read models: they are rebuilt from the log",
    )
