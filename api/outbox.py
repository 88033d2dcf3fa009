"""What people ask the outbox for: what stands in it, and to put something in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from api.ledger import Ledger
from api.queries import MAX_LIMIT, SUGGESTION_ROWS, find_by_prefix, page_of
from domain.application.outbox import OutboxBook
from domain.application.ports import Row
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidInput, NotFound
from domain.kernel.ids import Address, ChainId
from domain.outbox.state import IntentStatus, OutboxState


def senders(ledger: Ledger) -> Sequence[tuple[ChainId, Address]]:
    """Return the senders that have intents, at most those of the first thousand intents."""
    rows = page_of(ledger.read_models, "outbox", limit=MAX_LIMIT).rows
    found = {(int(str(row.body["chain_id"])), str(row.body["sender"])) for row in rows}
    return [(ChainId(chain_id), Address(sender)) for chain_id, sender in sorted(found)]


def intent_named(read_models: RowReader, text: str) -> Row:
    """Return an intent by id, by the id's first digits, or by its key. Raises NotFound or InvalidInput."""
    if text.startswith("0x"):
        return find_by_prefix(read_models, "outbox", text)
    rows = read_models.page("outbox", after="", limit=SUGGESTION_ROWS)
    named = [row for row in rows if row.body["key"] == text]
    if len(named) > 1:
        raise InvalidInput(
            f"more than one sender has an intent `{text}`",
            hint=f"name it by its id, for instance {named[0].key}",
        )
    if not named:
        raise NotFound(f"there is no intent `{text[:80]}`", hint="see `agentgpt outbox list`")
    return named[0]


def standing(ledger: Ledger, chain_id: ChainId, sender: Address) -> Mapping[str, object]:
    """Return how a sender's outbox stands, as the log says it."""
    state: OutboxState = OutboxBook(ledger.log, chain_id, sender).refresh()
    counts = {status.value: 0 for status in IntentStatus}
    for intent in state.pending.values():
        counts[intent.status.value] += 1
    for _, status in state.done.values():
        counts[status.value] += 1
    limit = state.limit
    return {
        "chain_id": chain_id,
        "sender": sender,
        "intents": counts,
        "next_nonce": state.next_nonce,
        "promised_ether_wei": str(state.promised_wei()),
        "limit_ether_wei": None if limit is None else str(limit.ether_wei),
        "limit_agpt_wei": None if limit is None else str(limit.token_wei),
    }
