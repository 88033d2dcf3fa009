"""The books over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.account_queries import PROJECTION, books_named, trial_balance
from api.explaining import explain
from api.http.context import (
    POSITION_HEADER,
    AfterKeyParameter,
    LedgerParameter,
    LimitParameter,
    NetworkParameter,
    RowsParameter,
)
from api.http.responses import PROBLEMS, page_body, stamp_position
from api.http.schemas.accounts import (
    BooksOut,
    OwnerKindText,
    StandingText,
    SuspenseOut,
    TrialBalanceOut,
)
from api.http.schemas.shape import PageOut
from api.http.schemas.statements import StatementOut
from api.queries import page_of
from api.statements import PROJECTION as TIMELINE
from api.suspense_queries import PROJECTION as SUSPENSE
from api.suspense_queries import suspense_page

router = APIRouter(tags=["accounts"])

NameParameter = Annotated[
    str,
    Path(
        max_length=120,
        description="An account (`stake:locked:0x...`), an owner (`party:0x...`), an address or a task.",
    ),
]


@router.get("/accounts", response_model=PageOut[BooksOut], responses=PROBLEMS)
def list_accounts(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    kind: Annotated[OwnerKindText | None, Query(description="Only owners of this kind.")] = None,
) -> object:
    """Owners with their accounts, by owner."""
    stamp_position(response, rows, PROJECTION)
    return page_body(page_of(rows, PROJECTION, after=after, limit=limit, scope=kind))


@router.get(
    "/accounts/trial-balance", response_model=TrialBalanceOut, responses={503: PROBLEMS[503]}
)
def show_trial_balance(rows: RowsParameter, response: Response) -> object:
    """All accounts by kind: debits equal credits, and what is held is owed. Reads every account."""
    body = trial_balance(rows)
    response.headers[POSITION_HEADER] = str(body["position"])
    return body


@router.get("/accounts/suspense", response_model=PageOut[SuspenseOut], responses=PROBLEMS)
def list_suspense(
    rows: RowsParameter,
    response: Response,
    after: AfterKeyParameter = "",
    limit: LimitParameter = 100,
    standing: Annotated[
        StandingText | None,
        Query(
            description="Only transactions of this standing; without it those that are not settled."
        ),
    ] = None,
) -> object:
    """Transactions whose transfers the contracts do not explain, with their age."""
    stamp_position(response, rows, SUSPENSE)
    page = suspense_page(rows, standing=standing, after=after, limit=limit)
    return {"items": list(page.items), "next": page.next}


@router.get("/accounts/{name}/statement", response_model=StatementOut, responses=PROBLEMS)
def show_statement(
    *,
    name: NameParameter,
    ledger: LedgerParameter,
    rows: RowsParameter,
    response: Response,
    after: Annotated[int, Query(ge=0, le=2**62, description="Begin after this position.")] = 0,
    limit: LimitParameter = 100,
    network: NetworkParameter = None,
) -> object:
    """Show what moved an account, or all accounts of an owner, with running balances.

    `limit` counts the owner's events: of those that left a single account alone there is no line.
    """
    stamp_position(response, rows, TIMELINE)
    found = explain(ledger, rows, "account", name, network=network, after=after, limit=limit)
    return {
        "owner": str(found.statement.owner),
        "network": found.statement.network,
        "items": [line.document() for line in found.lines],
        "next": found.statement.next,
    }


@router.get("/accounts/{name}", response_model=BooksOut, responses=PROBLEMS)
def show_account(
    name: NameParameter,
    rows: RowsParameter,
    response: Response,
    network: NetworkParameter = None,
) -> object:
    """One owner's accounts, or a single account."""
    stamp_position(response, rows, PROJECTION)
    return books_named(rows, name, network)
