"""Slashes, bounties, days and blocks of networks, reliability and performance, over HTTP."""

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
from api.http.schemas.shape import PageOut
from api.http.schemas.views import (
    BountyOut,
    PerformanceOut,
    PeriodOut,
    ReliabilityOut,
    SlashOut,
    SummaryOut,
)
from api.performance_queries import PROJECTION as PERFORMANCE
from api.performance_queries import GroupBy, performance_summary
from api.queries import check_network, find_on_network, page_of
from api.view_queries import (
    BOUNTIES,
    DEFAULT_WINDOW_DAYS,
    NODE_DAYS,
    SLASHES,
    WINDOW_DAYS_MAX,
    periods_page,
    reliability_of,
    slashes_page,
)
from domain.kernel.ids import parse_address, parse_hash

router = APIRouter(tags=["views"])


@router.get("/slashes", response_model=PageOut[SlashOut], responses=PROBLEMS)
def list_slashes(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    node: Annotated[str | None, Query(max_length=80, description="Only of this node.")] = None,
) -> object:
    """Slashes in the order of the log, with reason, failure and policy."""
    stamp_position(response, rows, SLASHES)
    scope = None if node is None else parse_address(node)
    return page_body(slashes_page(rows, node=scope, after=after, limit=limit))


@router.get("/bounties", response_model=PageOut[BountyOut], responses=PROBLEMS)
def list_bounties(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    requester: Annotated[
        str | None, Query(max_length=80, description="Only tasks of this requester.")
    ] = None,
) -> object:
    """Who paid whom and why, by task."""
    stamp_position(response, rows, BOUNTIES)
    scope = None if requester is None else parse_address(requester)
    return page_body(page_of(rows, BOUNTIES, after=after, limit=limit, scope=scope))


@router.get("/bounties/{task_id}", response_model=BountyOut, responses=PROBLEMS)
def show_bounty(
    task_id: str, rows: RowsParameter, response: Response, network: NetworkParameter = None
) -> object:
    """Who paid whom for one task, and why."""
    stamp_position(response, rows, BOUNTIES)
    return find_on_network(rows, BOUNTIES, parse_hash(task_id), network).body


@router.get("/networks/{name}/days", response_model=PageOut[PeriodOut], responses=PROBLEMS)
def list_days(
    name: str,
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Days of a network in which something happened, oldest first, with the totals at their end."""
    stamp_position(response, rows, "network_days")
    return page_body(periods_page(rows, "day", check_network(name), after=after, limit=limit))


@router.get("/networks/{name}/blocks", response_model=PageOut[PeriodOut], responses=PROBLEMS)
def list_blocks(
    name: str,
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Blocks of a network in which something happened, oldest first, with the totals at their end."""
    stamp_position(response, rows, "network_blocks")
    return page_body(periods_page(rows, "block", check_network(name), after=after, limit=limit))


@router.get("/nodes/{address}/reliability", response_model=ReliabilityOut, responses=PROBLEMS)
def show_reliability(
    address: str,
    rows: RowsParameter,
    response: Response,
    days: Annotated[
        int, Query(ge=1, le=WINDOW_DAYS_MAX, description="How many days that are over.")
    ] = DEFAULT_WINDOW_DAYS,
) -> object:
    """How a node's attempts ended in the last days that are over."""
    stamp_position(response, rows, NODE_DAYS)
    return reliability_of(rows, address, days).document()


@router.get("/performance", response_model=PageOut[PerformanceOut], responses=PROBLEMS)
def list_performance(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    workflow: Annotated[
        str | None, Query(max_length=80, description="Only tasks of this workflow.")
    ] = None,
) -> object:
    """How each task went: times, cost, node, workflow and version."""
    stamp_position(response, rows, PERFORMANCE)
    scope = None if workflow is None else parse_hash(workflow)
    return page_body(page_of(rows, PERFORMANCE, after=after, limit=limit, scope=scope))


@router.get("/performance/summary", response_model=SummaryOut, responses=PROBLEMS)
def summarise_performance(rows: RowsParameter, response: Response, by: GroupBy = "node") -> object:
    """Tasks in groups, with how long they took and what they cost. Reads every task."""
    stamp_position(response, rows, PERFORMANCE)
    return {"by": by, "groups": list(performance_summary(rows, by))}
