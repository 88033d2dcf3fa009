"""Why a number is what it is, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.explaining import Subject, explain
from api.http.context import LedgerParameter, LimitParameter, NetworkParameter, RowsParameter
from api.http.responses import PROBLEMS, stamp_position
from api.http.schemas.statements import ExplanationOut, TimelineOut
from api.statements import PROJECTION

router = APIRouter(tags=["explain"])

AfterPositionParameter = Annotated[
    int, Query(ge=0, le=2**62, description="Begin after this position.")
]
NameParameter = Annotated[
    str,
    Path(
        max_length=120,
        description="An address, a task's id (first digits suffice), or an account such as `credit:0x...`.",
    ),
]


@router.get("/explain/{subject}/{name}", response_model=ExplanationOut, responses=PROBLEMS)
def explain_number(
    *,
    subject: Subject,
    name: NameParameter,
    ledger: LedgerParameter,
    rows: RowsParameter,
    response: Response,
    after: AfterPositionParameter = 0,
    limit: LimitParameter = 1000,
    network: NetworkParameter = None,
) -> object:
    """Return the ordered events behind a stake, an account, a node or a task, with running balances."""
    stamp_position(response, rows, PROJECTION)
    return explain(
        ledger,
        rows,
        subject,
        name,
        network=network,
        after=after,
        limit=limit,
    ).document()


@router.get("/nodes/{address}/timeline", response_model=TimelineOut, responses=PROBLEMS)
def show_node_timeline(
    *,
    address: str,
    ledger: LedgerParameter,
    rows: RowsParameter,
    response: Response,
    after: AfterPositionParameter = 0,
    limit: LimitParameter = 100,
    network: NetworkParameter = None,
) -> object:
    """Everything that happened to a node and by it, oldest first."""
    return _timeline(
        "node", address, ledger, rows, response, after=after, limit=limit, network=network
    )


@router.get("/tasks/{task_id}/timeline", response_model=TimelineOut, responses=PROBLEMS)
def show_task_timeline(
    *,
    task_id: str,
    ledger: LedgerParameter,
    rows: RowsParameter,
    response: Response,
    after: AfterPositionParameter = 0,
    limit: LimitParameter = 100,
    network: NetworkParameter = None,
) -> object:
    """Everything that happened to a task, oldest first."""
    return _timeline(
        "task", task_id, ledger, rows, response, after=after, limit=limit, network=network
    )


def _timeline(
    subject: Subject,
    name: str,
    ledger: LedgerParameter,
    rows: RowsParameter,
    response: Response,
    *,
    after: int,
    limit: int,
    network: str | None,
) -> object:
    stamp_position(response, rows, PROJECTION)
    story = explain(ledger, rows, subject, name, network=network, after=after, limit=limit)
    return {
        "owner": str(story.statement.owner),
        "network": story.statement.network,
        "items": [line.document(ledger.payload) for line in story.lines],
        "next": story.statement.next,
    }
