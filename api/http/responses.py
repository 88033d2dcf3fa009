"""What answers of all routes share: the position header, pages, and how refusals appear in OpenAPI."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from api.http.context import POSITION_HEADER
from api.queries import Page
from domain.application.read_models import RowReader


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(examples=["urn:agentgpt-ledger:problem:invalid-address"])
    title: str
    status: int
    detail: str
    hint: str = Field(description="The way out, in one sentence.")
    instance: str = ""


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _problem("A malformed address, hash, amount, cursor or page size."),
    404: _problem("Not in this ledger."),
    422: _problem("Rejected by a rule."),
    503: _problem("Not now; try again after `Retry-After` seconds."),
}


def stamp_position(response: Response, rows: RowReader, projection: str) -> None:
    """Say up to which position the answer is true. Call it before reading: the answer may only be newer."""
    response.headers[POSITION_HEADER] = str(rows.checkpoint(projection))


def page_body(page: Page) -> dict[str, object]:
    """Return a page of rows as an answer's body."""
    return {"items": [row.body for row in page.rows], "next": page.next}
