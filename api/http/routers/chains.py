"""Followed chains over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.chain_view import chain_view_of, chain_views
from api.http.context import LedgerParameter
from api.http.responses import PROBLEMS, stamp_position
from api.http.schemas.chains import ChainOut, ChainsOut

router = APIRouter(tags=["chains"])

PROJECTION = "chains"


@router.get("/chains", response_model=ChainsOut, responses=PROBLEMS)
def list_chains(ledger: LedgerParameter, response: Response) -> object:
    """Followed chains: how far they are read, what is safe and final, reorganisations, halts."""
    stamp_position(response, ledger.read_models, PROJECTION)
    return {"items": chain_views(ledger)}


@router.get("/chains/{network}", response_model=ChainOut, responses=PROBLEMS)
def show_chain(network: str, ledger: LedgerParameter, response: Response) -> object:
    """One chain."""
    stamp_position(response, ledger.read_models, PROJECTION)
    return chain_view_of(ledger, network)
