"""Stakes and credits over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.http.context import (
    AfterKeyParameter,
    LimitParameter,
    NetworkParameter,
    RowsParameter,
)
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.shape import PageOut
from api.http.schemas.stakes import StakeOut
from api.queries import find_on_network, page_of
from domain.kernel.ids import parse_address

router = APIRouter(tags=["stakes"])

PROJECTION = "stake_balances"


@router.get("/stakes", response_model=PageOut[StakeOut], responses=PROBLEMS)
def list_stakes(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Accounts by address: nodes with their stake, and everybody who ever had a credit."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit))


@router.get("/stakes/{address}", response_model=StakeOut, responses=PROBLEMS)
def show_stake(
    address: str, rows: RowsParameter, response: Response, network: NetworkParameter = None
) -> object:
    """One account; the address may be written in any case."""
    stamp_position(response, rows, PROJECTION)
    return find_on_network(rows, PROJECTION, parse_address(address), network).body
