"""Every refusal of the API as an RFC 9457 problem document, also those that no route sees."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.problems import problem_document, problem_type, treatment_of
from domain.kernel.errors import (
    InvalidCursor,
    InvalidInput,
    InvalidPageSize,
    LedgerError,
    Unavailable,
)

PROBLEM_MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_SECONDS = 2

_ROUTE_HINTS: Mapping[int, tuple[str, str]] = {
    404: ("no-such-route", "the routes are listed in /v1/openapi.json"),
    405: ("method-not-allowed", "the `Allow` header names the methods of this route"),
    413: ("too-large", "send a smaller document"),
}


def problem_response(
    document: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a problem document as a response."""
    return Response(
        orjson.dumps(dict(document)),
        status_code=status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def response_of(error: LedgerError, instance: str) -> Response:
    """Return the response for one of our own errors."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, Unavailable) else {}
    return problem_response(
        problem_document(error, instance=instance), treatment_of(error).status, headers
    )


def install(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    app.add_exception_handler(LedgerError, _ledger_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected_error)


async def _ledger_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)
    return response_of(error, request.url.path)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return response_of(_as_ledger_error(error), request.url.path)


def _as_ledger_error(error: RequestValidationError) -> InvalidInput:
    """Name the first thing that is wrong; one sentence helps more than a list."""
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    place = ".".join(location[1:]) or location[0]
    given = str(first.get("input", ""))[:80]
    if location == ["query", "limit"]:
        return InvalidPageSize(f"`{given}` is not a page size", hint="limit is 1 to 1000")
    if location[0] in ("query", "header") and location[-1] in ("after", "last-event-id"):
        return InvalidCursor(
            f"`{given}` is not a position to go on from",
            hint="use the `next` member or the event id of an earlier answer",
        )
    if first["type"] == "json_invalid":
        return InvalidInput("the body is not JSON", hint="send one JSON document in UTF-8")
    return InvalidInput(
        f"`{place}` in the {location[0]}: {first['msg'][:1].lower()}{first['msg'][1:]}",
        hint="the expected shapes are in /v1/openapi.json",
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code, hint = _ROUTE_HINTS.get(
        error.status_code, (phrase.lower().replace(" ", "-"), "see /v1/openapi.json")
    )
    details = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not possible at {request.url.path}",
    }
    document = {
        "type": problem_type(code),
        "title": phrase,
        "status": error.status_code,
        "detail": details.get(error.status_code, str(error.detail)),
        "hint": hint,
        "instance": request.url.path,
    }
    return problem_response(document, error.status_code, error.headers)


async def _unexpected_error(request: Request, error: Exception) -> Response:
    del error  # the server logs it
    # What went wrong stays in the server's own log: it may quote paths or addresses.
    return response_of(
        LedgerError("something went wrong inside the ledger", hint="its log says what; report it"),
        request.url.path,
    )
