"""What all commands that list rows share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from api.cli.output import talk
from api.ledger import Ledger
from api.settings import KEYRING_VARIABLE
from domain.application.erasure import KeyringState
from domain.application.read_models import RowReader
from domain.kernel.personal import SEALED

if TYPE_CHECKING:
    from api.moments import Asked


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Options of every command that lists rows."""

    after: Annotated[str, Parameter(help="The `next` of the page before.")] = ""
    limit: Annotated[int, Parameter(help="How many rows, 1 to 1000.")] = 100


LISTING = Listing()

_WHERE_KEYS_ARE = (
    f"it is beside the ledger, with .keys at its end, or where {KEYRING_VARIABLE} says"
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Options of every command that answers from rows: as of when."""

    at: Annotated[
        str | None,
        Parameter(
            help="As of when: a position (1234), a block (block:123) or a time (2026-11-24T12:00:00Z)."
        ),
    ] = None
    network: Annotated[
        str | None,
        Parameter(help="<chain id>.<arbiter>, where the ledger follows several deployments."),
    ] = None
    finality: Annotated[
        Literal["seen", "safe", "final"],
        Parameter(
            help="How sure the answer has to be: whatever was read, or what is safe or final."
        ),
    ] = "seen"


MOMENT = Moment()


def rows_of(ledger: Ledger, moment: Moment) -> RowReader:
    """Return the rows as of a moment; those of now may lag behind, and it is said when they do."""
    from api.moments import rows_asked

    if moment.at is None and moment.finality == "seen":
        note_lag(ledger)
        return ledger.read_models
    return rows_asked(ledger, asked_at(moment))


def asked_at(moment: Moment) -> Asked:
    """Return the moment that the options ask for."""
    from api.moments import Asked, Level

    return Asked(at=moment.at, network=moment.network, finality=Level(moment.finality))


def more(next_key: str | None) -> None:
    """Say how to get the next page."""
    if next_key is not None:
        talk(f"more: --after '{next_key}'")


def note_sealed(payloads: Iterable[Mapping[str, object]]) -> None:
    """Say so when texts could not be opened because their keys are missing."""
    if any(SEALED in payload.values() for payload in payloads):
        talk(f"note: what reads {SEALED} has no key in the keyring; {_WHERE_KEYS_ARE}")


def note_lag(ledger: Ledger) -> None:
    """Say so when the read models are behind the log: reading never writes, so it cannot catch up."""
    from api.queries import lag_of

    if ledger.eraser.keyring_state() is KeyringState.MISSING:
        talk(f"note: the keyring is missing; {_WHERE_KEYS_ARE}")
    behind = max(lag_of(ledger).values(), default=0)
    if behind:
        talk(
            f"note: the read models are {behind} events behind; `agentgpt serve` or `run` brings them up"
        )
