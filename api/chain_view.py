"""Followed chains as the outside sees them, the same in HTTP and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.ledger import Ledger
from api.queries import MAX_NETWORKS, check_network
from domain.kernel.errors import InvalidInput, NotFound

_INNER = "marks"
"""How the row finds its positions is its own affair."""


def chain_views(ledger: Ledger) -> Sequence[Mapping[str, object]]:
    """Return all followed chains by network, at most 100."""
    rows = ledger.read_models.page("chains", after="", limit=MAX_NETWORKS)
    return [_shown(row.body) for row in rows]


def chain_view_of(ledger: Ledger, network: str | None) -> Mapping[str, object]:
    """Return one chain, the only one when none is named. Raises NotFound and InvalidInput."""
    if network is not None:
        row = ledger.read_models.get("chains", check_network(network))
        if row is None:
            raise NotFound(
                f"this ledger does not follow {network}", hint="see `agentgpt chain list`"
            )
        return _shown(row.body)
    chains = chain_views(ledger)
    if not chains:
        raise NotFound("this ledger follows no chain", hint="`agentgpt run` makes it follow one")
    if len(chains) > 1:
        raise InvalidInput(
            "this ledger follows more than one chain",
            hint=f"name one, for instance {chains[0]['network']}",
        )
    return chains[0]


def _shown(body: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in body.items() if name != _INNER}
