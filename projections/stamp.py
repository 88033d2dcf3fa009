"""What every row says about the last event that changed it."""

from __future__ import annotations

from typing import TypedDict

from domain.kernel.envelope import RecordedEvent


class Stamp(TypedDict):
    """The last event that changed a row. Block and time (seconds since 1970) are null for a decision off-chain."""

    last_position: int
    last_block: int | None
    last_time: int | None


def stamp(recorded: RecordedEvent) -> Stamp:
    """Return the stamp that the event leaves on the rows it changes."""
    source = recorded.provenance
    return {
        "last_position": recorded.position,
        "last_block": None if source is None else source.block_number,
        "last_time": None if source is None else source.block_time,
    }


def plus(amount: str, added_wei: int) -> str:
    """Return the sum of an amount in a row and one in an event, as rows write amounts."""
    return str(int(amount) + added_wei) if added_wei else amount
