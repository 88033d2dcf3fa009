"""Runs: how events stand in the rows of the log.

A row is a run of consecutive events that were appended together, at most thirty-two. Its `position` is that of the last
one. `places` is JSON, four lists with an item for each event: number of the stream, version, number of the name, length
of the stored bytes. `hashes` has what each event adds to the Merkle tree and `states` the stored bytes, one after the
other.

Starting a row costs SQLite as much as several hundred bytes in it do, and so does each trigger that guards a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, TypeAlias

import orjson

from domain.kernel.merkle import HASH_BYTES

RUN_EVENTS: Final = 32
"""Runs end at multiples of it. More make appends a little cheaper, and reading one event of a run dearer."""

RUN_BYTES: Final = 32_768
"""A run with more than one event holds no more stored bytes."""

BLOCK_EVENTS: Final = 128
"""The names in so many positions are noted together. No run reaches over the end of a block."""

NumberedRow: TypeAlias = tuple[int, int, int, int, bytes]
"""Position, number of the stream, version, number of the name, stored bytes."""


class BrokenRun(Exception):
    """A row of the log cannot be taken apart."""


def block_of(position: int) -> int:
    """Return the number of the block that a position is in, from 0."""
    return (position - 1) // BLOCK_EVENTS


def pack(
    head: int,
    branch_id: int,
    columns: tuple[Sequence[int], Sequence[int], Sequence[int]],
    states: Sequence[bytes],
    hashes: Sequence[bytes],
) -> list[object]:
    """Return the values of the rows for events after `head`: position, branch, places, hashes and states of each run.

    `columns` are the numbers of the streams, the versions and the numbers of the names.
    """
    streams, versions, names = columns
    lengths = list(map(len, states))
    values: list[object] = []
    start, count = 0, len(states)
    while start < count:
        stop = min(count, start + RUN_EVENTS - (head + start) % RUN_EVENTS)
        while stop > start + 1 and sum(lengths[start:stop]) > RUN_BYTES:
            stop -= 1
        part = slice(start, stop)
        places = orjson.dumps((streams[part], versions[part], names[part], lengths[part]))
        values += (
            head + stop,
            branch_id,
            places,
            b"".join(hashes[part]),
            b"".join(states[part]),
        )
        start = stop
    return values


def unpack(position: int, places: object, states: object) -> list[NumberedRow]:
    """Return the events of the run that ends at `position`. Raises BrokenRun."""
    streams, versions, names, lengths = _places(places)
    if not isinstance(states, bytes) or sum(lengths) != len(states):
        raise BrokenRun
    first = position - len(lengths) + 1
    ends = list(accumulate(lengths))
    pieces = [states[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return list(zip(range(first, position + 1), streams, versions, names, pieces, strict=True))


def count_of(places: object) -> int:
    """Return how many events a run holds. Raises BrokenRun."""
    return len(_places(places)[0])


def hashes_of(position: int, count: int, hashes: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield position and hashes of each event of a run; what is too much or too little shows in the last ones."""
    start = _hashes_before(position - count)
    for at in range(position - count + 1, position):
        piece = slice(*(HASH_BYTES * (_hashes_before(end) - start) for end in (at - 1, at)))
        yield at, hashes[piece]
    yield position, hashes[HASH_BYTES * (_hashes_before(position - 1) - start) :]


def hash_within(position: int, count: int, hashes: bytes, at: int, offset: int) -> bytes:
    """Return the hash that stands `offset` bytes into what the event at `at` adds to the tree."""
    before = _hashes_before(at - 1) - _hashes_before(position - count)
    start = HASH_BYTES * before + offset
    return hashes[start : start + HASH_BYTES]


def _hashes_before(size: int) -> int:
    """Return how many nodes a tree of `size` leaves has that are complete: all but those on its right edge."""
    return 2 * size - size.bit_count()


def _places(places: object) -> tuple[list[int], list[int], list[int], list[int]]:
    try:
        if not isinstance(places, bytes):
            raise BrokenRun
        streams, versions, names, lengths = lists = orjson.loads(places)
        # Exactly what was written: no blank, no other spelling of a number.
        if (
            not len(streams) == len(versions) == len(names) == len(lengths) >= 1
            or not set(map(type, streams + versions + names + lengths)) == {int}
            or min(lengths) < 0
            or orjson.dumps(lists) != places
        ):
            raise BrokenRun
    except (ValueError, TypeError) as error:
        raise BrokenRun from error
    return streams, versions, names, lengths
