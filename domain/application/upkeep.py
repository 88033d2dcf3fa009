"""What there is to know about the database under a ledger, whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Access: TypeAlias = Literal["writer", "reader"]
"""What a role of a database server may do with a ledger."""

OnProgress = Callable[[int, int], None]
"""Called with the events that are done and all of them."""


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """What a ledger's database is. `name` carries no secret; `events` is None when only a later program could tell.

    `steps` says what migrating would do, in order; none when the layout is the present one or a later one.
    """

    name: str
    kind: str
    layout: int
    newest_layout: int
    bytes: int
    events: int | None
    steps: Sequence[str]

    @property
    def can_be_read(self) -> bool:
        """Whether commands that only read open it as it is."""
        return self.layout == self.newest_layout

    @property
    def can_be_written(self) -> bool:
        """Whether commands that write open it; an earlier layout is brought up by the first that does."""
        return self.layout <= self.newest_layout


@dataclass(frozen=True, slots=True)
class DatabaseMigration:
    """What migrating did: the layouts before and after, and how many events the log holds."""

    before: int
    after: int
    events: int
