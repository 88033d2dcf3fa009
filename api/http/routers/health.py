"""How the ledger is doing."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from fastapi import APIRouter, Response

from api.http.context import POSITION_HEADER, ContextParameter
from api.http.responses import PROBLEMS
from api.http.schemas.health import HealthOut, ReadyOut
from api.projection_status import PARKED_MAX, parked_events
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
    suspense = suspense_state(ledger)
    chains = chain_cursors(ledger)
    parked = parked_events(ledger, PARKED_MAX)
    counts = Counter(event.projection for event in parked)
    response.headers[POSITION_HEADER] = str(head)
    return {
        "status": health_status(follower, lag, len(parked) + suspense.alarms, chains),
        "position": head,
        "projections": [
            {
                "name": name,
                "checkpoint": head - behind,
                "lag": behind,
                "parked": counts[name],
            }
            for name, behind in lag.items()
        ],
        "positions_per_second": context.rate.take(head - max(lag.values(), default=0)),
        "parked": [asdict(event) for event in parked[:PARKED_SHOWN]],
        "follower": {"state": follower.state, "detail": follower.detail},
        "followers": [asdict(chain) for chain in follower.chains],
        "suspense": {
            "state": suspense.state,
            "unclaimed": suspense.unclaimed,
            "missing": suspense.missing,
        },
        "keyring": ledger.eraser.keyring_state().value,
        "chains": [asdict(cursor) for cursor in chains],
    }


@router.get(
    "/ready",
    response_model=ReadyOut,
    responses={503: {"model": ReadyOut, "description": "Not ready: see `reasons`."}},
)
def show_readiness(context: ContextParameter, response: Response) -> object:
    """For whoever sends requests only where answers can be trusted: 503 while a chain is halted or not read."""
    follower = context.follower()
    reasons = [
        f"chain {chain.network} is halted: a final block was contradicted"
        for chain in chain_cursors(context.ledger)
        if chain.halted
    ]
    if follower.state == "stopped":
        reasons.append(f"reading stopped: {follower.detail}")
    if reasons:
        response.status_code = 503
    return {"ready": not reasons, "reasons": reasons}
