"""Which fields of events may say something about a person, and what stands in their place once they are erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, get_args, get_origin, get_type_hints

from domain.kernel.event import Event

ERASED: Final = "[erased]"
"""What a personal text reads as after the key of its subject was destroyed."""

SEALED: Final = "[sealed]"
"""What a personal text reads as where its key is missing: the text is there, but this reader cannot open it."""


@dataclass(frozen=True, slots=True)
class Personal:
    """The mark of a text field that is stored sealed: `Annotated[str, Personal(subject="node", since=2)]`.

    `subject` names the field of the same event that holds the address of whom the text is about. `since` is the first
    schema version of the event that stores the field sealed; older ones store it as it is.
    """

    subject: str
    since: int


def personal_fields(cls: type[Event]) -> Mapping[str, Personal]:
    """Return the personal fields of an event type, by name.

    Raises TypeError for a mark that cannot be kept: on something that is no text, or without its subject.
    """
    hints = get_type_hints(cls, include_extras=True)
    marked: dict[str, Personal] = {}
    for name, hint in hints.items():
        if get_origin(hint) is not Annotated:
            continue
        for mark in get_args(hint)[1:]:
            if isinstance(mark, Personal):
                if get_args(hint)[0] is not str or mark.subject not in hints:
                    raise TypeError(f"`{name}` of {cls.__name__} cannot be personal")
                if not 1 <= mark.since <= cls.SCHEMA:
                    raise TypeError(f"`{name}` of {cls.__name__} is sealed by no schema of it")
                marked[name] = mark
    return marked
