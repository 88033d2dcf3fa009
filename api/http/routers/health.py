"""How the ledger is doing."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response

from api.http.context import POSITION_HEADER, ContextParameter
from api.http.responses import PROBLEMS
from api.http.schemas.health import HealthOut
from api.queries import chain_cursors, health_status, lag_of
from api.suspense_queries import suspense_state

router = APIRouter(tags=["health"])

PARKED_SHOWN = 20


@router.get("/health", response_model=HealthOut, responses={503: PROBLEMS[503]})
def show_health(context: ContextParameter, response: Response) -> object:
    """Head of the log, how far each projection and each chain is, and one word for all of it."""
    ledger = context.ledger
    head = ledger.log.head()
    lag = lag_of(ledger)
    follower = context.follower()
    parked = ledger.read_models.parked(limit=PARKED_SHOWN)
    suspense = suspense_state(ledger)
    chains = chain_cursors(ledger)
    response.headers[POSITION_HEADER] = str(head)
    return {
        "status": health_status(follower, lag, len(parked) + suspense.alarms, chains),
        "position": head,
        "projections": [
            {"name": name, "checkpoint": ledger.read_models.checkpoint(name), "lag": behind}
            for name, behind in lag.items()
        ],
        "parked": [asdict(event) for event in parked],
        "follower": {"state": follower.state, "detail": follower.detail},
        "followers": [asdict(chain) for chain in follower.chains],
        "suspense": {
            "state": suspense.state,
            "unclaimed": suspense.unclaimed,
            "missing": suspense.missing,
        },
        "chains": [asdict(cursor) for cursor in chains],
    }
