"""The mark of a domain event and the closed registry of their stored names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """An immutable fact or decision. Subclasses are frozen dataclasses.

    `NAME` and `SCHEMA` are what is stored: they outlive the class's own name and module.
    """

    NAME: ClassVar[str]
    SCHEMA: ClassVar[int] = 1


class EventRegistry:
    """A closed map from stored name and schema version to type: a row can never import code."""

    def __init__(self, types: Iterable[type[Event]]) -> None:
        self._types: dict[tuple[str, int], type[Event]] = {}
        for cls in types:
            key = (cls.NAME, cls.SCHEMA)
            if key in self._types:
                raise ValueError(f"two event types claim the stored name {key}")
            self._types[key] = cls

    def get(self, name: str, schema_version: int) -> type[Event] | None:
        """Return the type registered under the stored name, or None."""
        return self._types.get((name, schema_version))

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)
