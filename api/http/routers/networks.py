"""Whole networks over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.http.context import POSITION_HEADER, AfterKeyParameter, LimitParameter, RowsParameter
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.networks import NetworkOut, OverviewOut
from api.http.schemas.shape import PageOut
from api.queries import overview, page_of

router = APIRouter(tags=["networks"])

PROJECTION = "network_totals"


@router.get("/networks", response_model=PageOut[NetworkOut], responses=PROBLEMS)
def list_networks(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Deployments that the ledger follows, with their policy and totals."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit))


@router.get("/overview", response_model=OverviewOut, responses={503: PROBLEMS[503]})
def show_overview(rows: RowsParameter, response: Response) -> object:
    """Everything in numbers."""
    body = overview(rows)
    response.headers[POSITION_HEADER] = str(body["position"])
    return body
