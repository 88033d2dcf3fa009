"""What routes share, and the request parameters that several of them take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Query, Request

from api.http.fold_rate import FoldRate
from api.http.head_watch import HeadWatch
from api.http.stream_slots import StreamSlots
from api.ledger import FollowerStatus, Ledger
from api.moments import AT_HELP, FINALITY_HELP, Asked, Level, rows_asked
from api.queries import MAX_LIMIT
from domain.application.read_models import RowReader

POSITION_HEADER = "X-Ledger-Position"


@dataclass(frozen=True, slots=True)
class ApiContext:
    """The open ledger, its watch and how reading the chain goes."""

    ledger: Ledger
    watch: HeadWatch
    follower: FollowerStatus
    slots: StreamSlots
    rate: FoldRate = field(default_factory=FoldRate)


def _context(request: Request) -> ApiContext:
    context = request.app.state.context
    assert isinstance(context, ApiContext)
    return context


def _ledger(request: Request) -> Ledger:
    return _context(request).ledger


ContextParameter = Annotated[ApiContext, Depends(_context)]
LedgerParameter = Annotated[Ledger, Depends(_ledger)]
LimitParameter = Annotated[
    int, Query(ge=1, le=MAX_LIMIT, description="How many items to return at most.")
]
AfterKeyParameter = Annotated[
    str,
    Query(max_length=400, description="The `next` of the page before; empty for the first page."),
]
NetworkParameter = Annotated[
    str | None,
    Query(
        max_length=80,
        description="`<chain id>.<arbiter>`; needed only when the ledger follows several deployments.",
    ),
]
AtParameter = Annotated[str | None, Query(max_length=80, description=AT_HELP)]
MinPositionParameter = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**62,
        description="Wait, for at most two seconds, until the read models have taken in this position.",
    ),
]


FinalityParameter = Annotated[Level, Query(description=FINALITY_HELP)]


def _rows(
    ledger: LedgerParameter,
    at: AtParameter = None,
    network: NetworkParameter = None,
    min_position: MinPositionParameter = None,
    finality: FinalityParameter = Level.SEEN,
) -> RowReader:
    asked = Asked(at=at, network=network, min_position=min_position, finality=finality)
    return rows_asked(ledger, asked)


RowsParameter = Annotated[RowReader, Depends(_rows)]
"""Rows as of when the request asks for."""
