"""Compute nodes over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.context import (
    AfterKeyParameter,
    LimitParameter,
    NetworkParameter,
    RowsParameter,
)
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.nodes import NodeOut, NodeStatusText
from api.http.schemas.shape import PageOut
from api.queries import find_on_network, page_of
from domain.kernel.ids import parse_address

router = APIRouter(tags=["nodes"])

PROJECTION = "node_states"


@router.get("/nodes", response_model=PageOut[NodeOut], responses=PROBLEMS)
def list_nodes(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    status: Annotated[
        NodeStatusText | None, Query(description="Only nodes of this status.")
    ] = None,
) -> object:
    """Nodes by address."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit, scope=status))


@router.get("/nodes/{address}", response_model=NodeOut, responses=PROBLEMS)
def show_node(
    address: str, rows: RowsParameter, response: Response, network: NetworkParameter = None
) -> object:
    """One node; the address may be written in any case."""
    stamp_position(response, rows, PROJECTION)
    return find_on_network(rows, PROJECTION, parse_address(address), network).body
