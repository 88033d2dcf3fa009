"""What a projection is: a pure fold from events to JSON-ready rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event

Body = Mapping[str, object]
"""A row's content: only str, int, bool, None, lists and mappings of these; amounts are decimal strings."""


class Projection(Protocol):
    """A pure fold. A change of what `evolve` writes is a new `version`, which is then folded again from position 1."""

    @property
    def name(self) -> str:
        """The name under which the rows are stored."""
        ...

    @property
    def version(self) -> int:
        """The version of the fold, from 1."""
        ...

    @property
    def handles(self) -> frozenset[type[Event]]:
        """The event types that can change a row; no others are offered."""
        ...

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the keys of the rows that the event changes, each once."""
        ...

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the row's body after the event; `body` is None before the row's first event and is left unchanged."""
        ...

    def scope_of(self, body: Body) -> str:
        """Return what the row is listed under, "" for nothing."""
        ...
