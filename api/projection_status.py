"""How the read models are doing, told in the same way by the commands and by health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.ledger import Ledger
from domain.application.ports import ParkedEvent, Progress
from projections.catalogue import ALL

PARKED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """One projection: `fold` is the version of the fold that this program has.

    `served` and `building` are the stored rows, with the version that wrote them; None for none. `lag` is how many
    positions the served ones are behind the log.
    """

    name: str
    fold: int
    served: Progress | None
    building: Progress | None
    lag: int
    rows: int
    parked: int


def statuses(ledger: Ledger) -> Sequence[ProjectionStatus]:
    """Return the status of every projection that the program knows."""
    head = ledger.log.head()
    served, building = ledger.read_models.standing(), ledger.read_models.beside().standing()
    parked = parked_counts(ledger)
    return [
        ProjectionStatus(
            name=projection.name,
            fold=projection.version,
            served=served.get(projection.name),
            building=building.get(projection.name),
            lag=max(0, head - _position(served.get(projection.name))),
            rows=sum(ledger.read_models.counts(projection.name).values()),
            parked=parked.get(projection.name, 0),
        )
        for projection in ALL
    ]


def parked_counts(ledger: Ledger) -> Mapping[str, int]:
    """Return how many events each projection has parked, of the oldest 10 000."""
    return Counter(event.projection for event in parked_events(ledger, PARKED_MAX))


def parked_events(ledger: Ledger, limit: int) -> Sequence[ParkedEvent]:
    """Return up to `limit` parked events, in order of position."""
    return ledger.read_models.parked(limit=limit)


def _position(progress: Progress | None) -> int:
    return 0 if progress is None else progress.position
