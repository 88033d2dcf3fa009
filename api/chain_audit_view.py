"""What an audit against the chain found, for programs and for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.application.chain_audit import ChainAuditResult
from domain.kernel.money import format_agpt


def audit_document(results: Sequence[ChainAuditResult]) -> Mapping[str, object]:
    """Return the results as JSON-ready members: amounts as decimal strings of wei."""
    return {
        "ok": not any(result.differences for result in results),
        "chains": [
            {
                "network": result.network,
                "last_block": result.last_block,
                "facts": result.facts,
                "logs": result.logs,
                "held_wei": None if result.held_wei is None else str(result.held_wei),
                "booked_wei": str(result.booked_wei),
                "differences": [
                    {
                        "kind": each.kind.value,
                        "block_number": each.block_number,
                        "log_index": each.log_index,
                        "transaction_hash": each.transaction_hash,
                        "position": each.position,
                        "sentence": each.sentence,
                    }
                    for each in result.differences
                ],
            }
            for result in results
        ],
    }


def audit_verdict(result: ChainAuditResult) -> str:
    """Return the outcome in a sentence."""
    verdict = "differ from" if result.differences else "equal"
    held = (
        "the balance was not asked for"
        if result.held_wei is None
        else f"the token says {format_agpt(result.held_wei)} AGPT are held, proven"
    )
    more = f": {len(result.differences)} differences" if result.differences else ""
    return (
        f"{result.facts} facts of {result.network} up to block {result.last_block} {verdict} the chain's "
        f"{result.logs} logs{more}; {held}"
    )
