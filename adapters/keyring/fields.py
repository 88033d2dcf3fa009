"""Seals the personal fields of events on their way into the log and opens them on their way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adapters.keyring.file import Keyring
from adapters.keyring.sealing import UnsealError, open_sealed, parse_sealed, seal
from domain.kernel.errors import InternalError
from domain.kernel.event import Event, EventRegistry
from domain.kernel.ids import Address, is_address
from domain.kernel.personal import ERASED, SEALED, personal_fields

Row = tuple[str, str, int]
"""Branch, stream and version of an event."""


class FieldSeals:
    """The personal fields of a registry's events and the keyring for them; threads may share it.

    Without a keyring texts read as sealed, and none can be written.
    """

    def __init__(self, registry: EventRegistry, keyring: Keyring | None) -> None:
        self._keyring = keyring
        self._by_type = {cls: marks for cls in registry if (marks := personal_fields(cls))}
        # The newest type of a name has the last word.
        ordered = sorted(self._by_type, key=lambda cls: cls.SCHEMA)
        self.by_name = {cls.NAME: self._by_type[cls] for cls in ordered}
        self.types = frozenset(self._by_type)

    def prepare(self, events: Iterable[Event]) -> None:
        """Make the keys that the events need; they are on the disk when this returns.

        Raises InvalidInput and Unavailable.
        """
        subjects = {
            getattr(event, mark.subject)
            for event in events
            if type(event) in self.types
            for mark in self._by_type[type(event)].values()
        }
        if subjects:
            # Keys of what is no address are left to the writer, which refuses the event.
            self._given().make_missing(filter(is_address, subjects))

    def seal(self, event: Event, row: Row) -> Event:
        """Return an event of `types` with its personal texts sealed for its row.

        Raises UnicodeEncodeError for a text that is not Unicode.
        """
        keyring = self._given()
        sealed: dict[str, Any] = {}
        for field, mark in self._by_type[type(event)].items():
            text, subject = getattr(event, field), getattr(event, mark.subject)
            # What is no text or no address is left to the writer, which says so.
            if type(text) is not str or not is_address(subject):
                continue
            key = keyring.present(subject)
            if key is None:
                keyring.make_missing((subject,))
                key = keyring.present(subject)
            if key is None or key.secret is None:
                raise InternalError(f"the keyring made no key for {subject}")
            sealed[field] = seal(text, key.id, key.secret, _place(row, event.NAME, field))
        return replace(event, **sealed)

    def open(
        self, name: str, schema_version: int, data: dict[str, Any], row: Row
    ) -> dict[str, Any]:
        """Return stored data of an event in `by_name` with its personal texts opened, or what stands in their place.

        Raises UnsealError, which names the field, for what `seal` did not write there.
        """
        opened = dict(data)
        for field, mark in self.by_name[name].items():
            stored, subject = data.get(field), data.get(mark.subject)
            # What is no text is left to the decoder, which says so.
            if type(stored) is not str or not is_address(subject):
                continue
            if schema_version >= mark.since:
                try:
                    opened[field] = self._open(stored, subject, _place(row, name, field))
                except UnsealError as error:
                    error.field = field
                    raise
            elif self._keyring is not None and self._keyring.destroyed(subject):
                # Stored before texts were sealed: it is still there, but nothing shows it any more.
                opened[field] = ERASED
        return opened

    def _open(self, stored: str, subject: Address, place: tuple[str, ...]) -> str:
        sealed = parse_sealed(stored)
        if self._keyring is None:
            return SEALED
        key = self._keyring.key(sealed.key_id)
        if key is None:
            return ERASED if self._keyring.destroyed(subject) else SEALED
        if key.subject != subject:
            raise UnsealError("is sealed with the key of another subject")
        return ERASED if key.secret is None else open_sealed(sealed, key.secret, place)

    def _given(self) -> Keyring:
        if self._keyring is None:
            raise InternalError("personal texts cannot be stored without a keyring")
        return self._keyring


def _place(row: Row, name: str, field: str) -> tuple[str, ...]:
    branch, stream, version = row
    return branch, stream, str(version), name, field
