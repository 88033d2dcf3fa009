"""Tasks over HTTP."""

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
from api.http.schemas.tasks import TaskOut, TaskStatusText, TaskWithAttemptsOut
from api.queries import attempts_of, find_on_network, page_of
from domain.kernel.ids import parse_hash

router = APIRouter(tags=["tasks"])

PROJECTION = "task_board"


@router.get("/tasks", response_model=PageOut[TaskOut], responses=PROBLEMS)
def list_tasks(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    state: Annotated[TaskStatusText | None, Query(description="Only tasks of this status.")] = None,
) -> object:
    """Tasks by id."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit, scope=state))


@router.get("/tasks/{task_id}", response_model=TaskWithAttemptsOut, responses=PROBLEMS)
def show_task(
    task_id: str, rows: RowsParameter, response: Response, network: NetworkParameter = None
) -> object:
    """One task with its attempts, oldest first."""
    stamp_position(response, rows, PROJECTION)
    row = find_on_network(rows, PROJECTION, parse_hash(task_id), network)
    return {**row.body, "attempts": attempts_of(rows, row.key)}
