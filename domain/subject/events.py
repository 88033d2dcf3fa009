"""What the ledger records about those whom personal texts are about. The stored names outlive the classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectErased(Event):
    """Decision: the keys of the subject's personal texts were destroyed, so nobody can read these texts any more.

    `key_ids` are the keys as sealed texts name them. Who asked and when is in the envelope.
    """

    NAME: ClassVar[str] = "subject.erased"
    subject: Address
    key_ids: tuple[str, ...]


SubjectEvent: TypeAlias = SubjectErased
