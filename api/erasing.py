"""Erasing somebody's personal texts: keys, log, read models and file, in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from api.ledger import Ledger
from domain.application.erasure import PERSONAL_EVENTS, erasures, personal_events, stored_open
from domain.application.ports import EventLog
from domain.kernel.errors import Unavailable, VersionConflict
from domain.kernel.ids import Address, Position
from domain.subject.events import SubjectErased

LIST_MAX = 1_000


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What was done. `position` is that of the erasure's event, None when the keys had been destroyed before.

    `events` is how many events of the log hold texts of the subject; `open_events` how many of them were stored before
    texts were sealed, so that their bytes stay readable. `unfinished` says what is left to do, "" for nothing.
    """

    subject: str
    key_ids: Sequence[str]
    position: int | None
    events: int
    open_events: int
    unfinished: str


def erase_subject(ledger: Ledger, subject: Address, *, actor: str) -> ErasureReport:
    """Erase the subject's texts; safe to repeat, and to be repeated when it was interrupted.

    Raises NotFound, Unavailable and VersionConflict.
    """
    done = ledger.eraser.erase(subject, actor=actor)
    open_events = sum(
        stored_open(recorded.name, _stored_schema(ledger, recorded.position))
        for recorded in personal_events(ledger.log, subject)
    )
    # The old rows are gone before anything is folded; a process that folds beside this one goes on with the new ones.
    with suppress(VersionConflict):
        ledger.engine.refold(PERSONAL_EVENTS)
    unfinished = ""
    try:
        ledger.rewrite()
    except Unavailable as error:
        unfinished = f"the file was not written anew: {error.message}"
    return ErasureReport(subject, done.key_ids, done.position, done.events, open_events, unfinished)


def _stored_schema(ledger: Ledger, position: Position) -> int:
    events, _ = ledger.tree.stored(Position(position - 1), position)
    return int(orjson.loads(events[0][1])["schema_version"])


def erasure_list(log: EventLog) -> Sequence[Mapping[str, object]]:
    """Return who asked when to erase whom, oldest first, at most 1000."""
    found: list[Mapping[str, object]] = []
    for recorded in erasures(log):
        event = recorded.event
        if len(found) == LIST_MAX or not isinstance(event, SubjectErased):
            break
        found.append(
            {
                "subject": event.subject,
                "erased_at": recorded.recorded_at,
                "actor": recorded.actor,
                "key_ids": list(event.key_ids),
                "position": recorded.position,
            }
        )
    return found
