"""Rows of read models with their past, as projections write them and stores keep them.

Of the bodies that a row goes through, a few are kept, each with the positions that led to it from the kept one before.
So a row as of any position is a kept body and the few events since, folded once more. Those that a rebuild makes by
the thousand are named tuples, which are made in a fraction of a frozen dataclass's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.kernel.ids import Position


class RowState(NamedTuple):
    """A row with what the engine must know to go on from it.

    `position` is where it changed last. `scope` and `body` are None for a row that was and, since blocks were
    orphaned, is not any more. `born` is where it was first seen, `scope_since` where it came into its scope. `tail` has
    the positions that changed it since the last KeptRow of its key, in order; what changed the kept row is not in it.
    """

    key: str
    scope: str | None
    body: Mapping[str, object] | None
    position: Position
    born: Position
    scope_since: Position
    tail: tuple[Position, ...]


class KeptRow(NamedTuple):
    """A row as it was at `position`, kept so that the past can be read.

    `tail` has the positions that changed it after the kept row before and up to this one: between the two, the row is
    the earlier one and these events folded into it. `scope` and `body` are None where the row was not.
    """

    key: str
    scope: str | None
    body: Mapping[str, object] | None
    position: Position
    tail: tuple[Position, ...]


class ScopeSpan(NamedTuple):
    """From `since` on, and up to but without `until`, the row was listed under `scope`."""

    key: str
    scope: str
    since: Position
    until: Position


@dataclass(frozen=True, slots=True)
class PastRow:
    """What a row was at some position: a kept body and the events at `touched` folded into it.

    `body` and `scope` are as of `position`, the last change before those; None where there was no row.
    """

    key: str
    scope: str | None
    body: Mapping[str, object] | None
    position: Position
    touched: Sequence[Position]
