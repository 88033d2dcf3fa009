"""Which registry a workflow's fact came from."""

from __future__ import annotations

from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.errors import CorruptRecord


def source_of(recorded: RecordedEvent) -> Provenance:
    """Return where on which chain the fact stands.

    Raises CorruptRecord for a fact without provenance: the ledger writes none.
    """
    if recorded.provenance is None:
        raise CorruptRecord(
            f"`{recorded.name}` at position {recorded.position} does not say which chain it comes from",
            hint="check the log with `agentgpt audit replay`",
        )
    return recorded.provenance


def registry_of(source: Provenance) -> str:
    """Return the registry as rows name it: `<chain id>.<address>`."""
    return f"{source.chain_id}.{source.contract}"
