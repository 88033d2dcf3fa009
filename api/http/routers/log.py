"""Roots and proofs of the log, to be checked elsewhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.http.context import LedgerParameter
from api.http.responses import PROBLEMS
from api.http.schemas.log import InclusionProofOut, RootOut
from api.log_evidence import head_document, inclusion_document
from domain.kernel.ids import Position

router = APIRouter(tags=["log"])

SizeParameter = Annotated[
    int | None, Query(ge=0, le=2**62, description="For the first so many events; default: all.")
]


@router.get("/log/root", response_model=RootOut, responses=PROBLEMS)
def log_root(*, ledger: LedgerParameter, size: SizeParameter = None) -> object:
    """Root of the log's Merkle tree (RFC 9162)."""
    return head_document(ledger.tree.head(size))


@router.get("/log/proof/{position}", response_model=InclusionProofOut, responses=PROBLEMS)
def log_proof(
    *,
    ledger: LedgerParameter,
    position: Annotated[int, Path(ge=1, le=2**62, description="The event's position.")],
    size: SizeParameter = None,
) -> object:
    """Proof that an event is in the log, as `agentgpt log verify` takes it."""
    return inclusion_document(ledger.tree.inclusion(Position(position), size))
