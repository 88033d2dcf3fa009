"""Workflows over HTTP: what is known of them, and the decisions that make them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.commands import publish_version, register_workflow
from api.http.context import (
    POSITION_HEADER,
    AfterKeyParameter,
    LedgerParameter,
    LimitParameter,
    RowsParameter,
)
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.shape import PageOut
from api.http.schemas.workflows import (
    DecidedOut,
    PublishIn,
    RegisterIn,
    VersionOut,
    WorkflowOut,
)
from api.ledger import Ledger
from api.queries import page_of
from domain.application.read_models import RowReader
from domain.kernel.errors import NotFound
from domain.kernel.ids import ZERO_HASH, Hash32, parse_hash
from domain.kernel.streams import workflow_stream

router = APIRouter(tags=["workflows"])

WORKFLOWS = "workflows"
VERSIONS = "workflow_versions"

ACTOR = "http"
"""Who the log names: the API has no accounts yet."""

DECISIONS = {**PROBLEMS, 409: {**PROBLEMS[400], "description": "The workflow moved on meanwhile."}}


@router.get("/workflows", response_model=PageOut[WorkflowOut], responses=PROBLEMS)
def list_workflows(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Workflows by id, registered here or on a chain."""
    stamp_position(response, rows, WORKFLOWS)
    return page_body(page_of(rows, WORKFLOWS, after=after, limit=limit))


@router.get("/workflows/{workflow_id}", response_model=WorkflowOut, responses=PROBLEMS)
def show_workflow(workflow_id: str, rows: RowsParameter, response: Response) -> object:
    """One workflow."""
    stamp_position(response, rows, WORKFLOWS)
    return _workflow(rows, parse_hash(workflow_id))


@router.get(
    "/workflows/{workflow_id}/versions", response_model=PageOut[VersionOut], responses=PROBLEMS
)
def list_versions(
    workflow_id: str,
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
) -> object:
    """Versions of a workflow by hash; `sequence` and `parent` tell their order."""
    checked = parse_hash(workflow_id)
    stamp_position(response, rows, VERSIONS)
    _workflow(rows, checked)
    return page_body(page_of(rows, VERSIONS, after=after, limit=limit, scope=checked))


@router.post(
    "/workflows",
    response_model=DecidedOut,
    responses={**DECISIONS, 200: {"model": DecidedOut, "description": "Was registered before."}},
    status_code=201,
)
def post_workflow(body: RegisterIn, ledger: LedgerParameter, response: Response) -> object:
    """Register a workflow. Doing it again changes nothing."""
    done = register_workflow(ledger, owner=body.owner, name=body.name, actor=ACTOR)
    return _decided(ledger, response, done.created, done.workflow_id, None)


@router.post(
    "/workflows/{workflow_id}/versions",
    response_model=DecidedOut,
    responses={**DECISIONS, 200: {"model": DecidedOut, "description": "Was published before."}},
    status_code=201,
)
def post_version(
    workflow_id: str, body: PublishIn, ledger: LedgerParameter, response: Response
) -> object:
    """Publish a version on top of `parent`. Doing it again changes nothing."""
    done = publish_version(
        ledger,
        workflow=parse_hash(workflow_id),
        graph=body.graph,
        label=body.label,
        parent=body.parent if body.parent is not None else ZERO_HASH,
        actor=ACTOR,
    )
    return _decided(ledger, response, done.created, done.workflow_id, done.version_hash)


def _workflow(rows: RowReader, workflow_id: Hash32) -> object:
    row = rows.get(WORKFLOWS, workflow_id)
    if row is None:
        raise NotFound(f"there is no workflow {workflow_id}", hint="see /v1/workflows")
    return row.body


def _decided(
    ledger: Ledger, response: Response, wrote: bool, workflow_id: Hash32, version: Hash32 | None
) -> dict[str, object]:
    head = ledger.log.head()
    response.headers[POSITION_HEADER] = str(head)
    if not wrote:
        response.status_code = 200
    return {
        "position": head,
        "stream": workflow_stream(workflow_id),
        "workflow_id": workflow_id,
        "version_hash": version,
    }
