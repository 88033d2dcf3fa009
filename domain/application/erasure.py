"""The use case of erasing: the keys go first, then the log says so.

A crash in between leaves keys that no event names; the next call records them, and destroys nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.application.catalogue import REGISTRY
from domain.application.ports import EventLog, SubjectKeys
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import NotFound
from domain.kernel.ids import Address, Position, Version
from domain.kernel.personal import Personal, personal_fields
from domain.kernel.streams import subject_stream
from domain.subject.events import SubjectErased

PAGE_EVENTS = 1_000

PERSONAL_EVENTS = frozenset(cls for cls in REGISTRY if personal_fields(cls))
"""The event types that hold texts about somebody."""

_MARKS: Mapping[str, Mapping[str, Personal]] = {
    cls.NAME: personal_fields(cls) for cls in PERSONAL_EVENTS
}


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did. `position` is that of its event, None when everything had been erased before.

    `events` is how many events of the log hold texts of the subject.
    """

    subject: Address
    key_ids: tuple[str, ...]
    position: Position | None
    events: int


class KeyringState(StrEnum):
    """Whether texts can be opened. `unused` means that the log holds none."""

    OK = "ok"
    MISSING = "missing"
    UNUSED = "unused"


def personal_events(log: EventLog, subject: Address) -> Iterator[RecordedEvent]:
    """Yield the events that hold texts about the subject, in order."""
    after = Position(0)
    while page := log.read(after, PAGE_EVENTS, names=tuple(_MARKS)):
        for recorded in page:
            marks = _MARKS[recorded.name].values()
            if any(getattr(recorded.event, mark.subject) == subject for mark in marks):
                yield recorded
        after = page[-1].position


def stored_open(name: str, schema_version: int) -> bool:
    """Tell whether events of the name and schema version hold a personal text that is not sealed."""
    return any(schema_version < mark.since for mark in _MARKS[name].values())


def erasures(log: EventLog) -> Iterator[RecordedEvent]:
    """Yield the events that say what was erased, in order."""
    after = Position(0)
    while page := log.read(after, PAGE_EVENTS, names=(SubjectErased.NAME,)):
        yield from page
        after = page[-1].position


class SubjectEraser:
    """Erases what the ledger knows about somebody. Safe to repeat: what is erased already is answered."""

    def __init__(self, log: EventLog, keys: SubjectKeys) -> None:
        self._log = log
        self._keys = keys

    def keyring_state(self) -> KeyringState:
        """Return how it stands with the keys: missing are they only when the log holds texts that need some."""
        if self._keys.is_there():
            return KeyringState.OK
        needs = self._log.read(Position(0), 1, names=tuple(_MARKS))
        return KeyringState.MISSING if needs else KeyringState.UNUSED

    def erase(self, subject: Address, *, actor: str = "") -> Erasure:
        """Destroy the subject's keys and record that they are destroyed; `actor` is recorded as who asked.

        Raises NotFound when the ledger never held a text about the subject, Unavailable when keys or log cannot be
        written, and VersionConflict when somebody else erases the same subject at this moment.
        """
        events = sum(1 for _ in personal_events(self._log, subject))
        if not events and not self._keys.destroyed(subject):
            raise NotFound(
                f"the ledger holds no personal text about {subject}",
                hint="texts are about nodes, owners of workflows and publishers of versions",
            )
        self._keys.destroy(subject)
        stream = subject_stream(subject)
        version, named = Version(0), set[str]()
        for recorded in self._log.read_stream(stream):
            version = recorded.version
            if isinstance(recorded.event, SubjectErased):
                named.update(recorded.event.key_ids)
        fresh = tuple(each for each in self._keys.destroyed(subject) if each not in named)
        if not fresh:
            return Erasure(subject, (), None, events)
        event = SubjectErased(subject=subject, key_ids=fresh)
        appended = self._log.append(
            [NewEvent(stream=stream, event=event, actor=actor)], {stream: version}
        )
        return Erasure(subject, fresh, appended[-1].position, events)
