"""Compute nodes over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.http.context import (
    AfterKeyParameter,
    LedgerParameter,
    LimitParameter,
    NetworkParameter,
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
    ledger: LedgerParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    status: Annotated[
        NodeStatusText | None, Query(description="Only nodes of this status.")
    ] = None,
) -> object:
    """Nodes by address."""
    stamp_position(response, ledger, PROJECTION)
    return page_body(
        page_of(ledger.read_models, PROJECTION, after=after, limit=limit, scope=status)
    )


@router.get("/nodes/{address}", response_model=NodeOut, responses=PROBLEMS)
def show_node(
    address: str, ledger: LedgerParameter, response: Response, network: NetworkParameter = None
) -> object:
    """One node; the address may be written in any case."""
    stamp_position(response, ledger, PROJECTION)
    return find_on_network(ledger.read_models, PROJECTION, parse_address(address), network).body
