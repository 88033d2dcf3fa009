"""The outbox over HTTP. It is only read: whoever may have transactions sent has the command line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.context import AfterKeyParameter, LimitParameter, RowsParameter
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.outbox import IntentOut, IntentStatusText
from api.http.schemas.shape import PageOut
from api.queries import find_by_prefix, page_of

router = APIRouter(tags=["outbox"])

PROJECTION = "outbox"


@router.get("/outbox", response_model=PageOut[IntentOut], responses=PROBLEMS)
def list_intents(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    status: Annotated[
        IntentStatusText | None, Query(description="Only intents of this status.")
    ] = None,
) -> object:
    """Intents by id."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit, scope=status))


@router.get("/outbox/{intent_id}", response_model=IntentOut, responses=PROBLEMS)
def show_intent(intent_id: str, rows: RowsParameter, response: Response) -> object:
    """One intent, by its id or the id's first digits."""
    stamp_position(response, rows, PROJECTION)
    return find_by_prefix(rows, PROJECTION, intent_id).body
