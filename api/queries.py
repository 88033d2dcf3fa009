"""Questions to a ledger, asked in the same way by the HTTP API and the commands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NewType, cast

from api.ledger import Follower, Ledger
from domain.application.ports import Row
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidCursor, InvalidInput, InvalidPageSize, NotFound
from domain.kernel.ids import parse_address, parse_hash
from projections.chains import ChainRow

NetworkName = NewType("NetworkName", str)
"""`<chain id>.<arbiter>`, as in keys and stream names."""

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100

MAX_NETWORKS = 100
"""How many followed deployments health and lookups consider."""

SUGGESTION_ROWS = 1000

COUNTED = ("node_states", "task_board", "workflows", "workflow_versions")
"""What an overview counts."""

_NETWORK = r"[1-9]\d{0,77}\.0x[0-9a-f]{40}"
_ADDRESS_KEY = re.compile(rf"0x[0-9a-f]{{40}}@{_NETWORK}")
_HASH_KEY = re.compile(rf"0x[0-9a-f]{{64}}@{_NETWORK}")
_ATTEMPT_KEY = re.compile(rf"0x[0-9a-f]{{64}}@{_NETWORK}#\d{{6}}")
_BARE_HASH_KEY = re.compile(r"0x[0-9a-f]{64}")
_NETWORK_KEY = re.compile(_NETWORK)
_OWNER_KEY = re.compile(
    rf"((party|contract):0x[0-9a-f]{{40}}|task:0x[0-9a-f]{{64}}|treasury)@{_NETWORK}"
)

KEY_SHAPES: Mapping[str, re.Pattern[str]] = {
    "node_states": _ADDRESS_KEY,
    "stake_balances": _ADDRESS_KEY,
    "task_board": _HASH_KEY,
    "assignments": _ATTEMPT_KEY,
    "outbox": _BARE_HASH_KEY,
    "workflows": _BARE_HASH_KEY,
    "workflow_versions": _BARE_HASH_KEY,
    "network_totals": _NETWORK_KEY,
    "chains": _NETWORK_KEY,
    "accounts": _OWNER_KEY,
    "slashes": re.compile(rf"{_NETWORK}#\d{{15}}"),
    "bounty_flows": _HASH_KEY,
    "performance": _HASH_KEY,
    "network_days": re.compile(rf"{_NETWORK}#\d{{12}}"),
    "network_blocks": re.compile(rf"{_NETWORK}#\d{{12}}"),
    "suspense": re.compile(rf"0x[0-9a-f]{{40}}#0x[0-9a-f]{{64}}@{_NETWORK}"),
}


ADDRESS_DIGITS = 40
HASH_DIGITS = 64

NOUNS: Mapping[str, str] = {
    "node_states": "node",
    "stake_balances": "account",
    "task_board": "task",
    "workflows": "workflow",
    "outbox": "intent",
    "accounts": "owner of accounts",
    "bounty_flows": "task",
}
"""What a row of the projection is called."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in key order; `next` is what to pass as `after` for the rows that follow, None at the end."""

    rows: Sequence[Row]
    next: str | None


def check_limit(limit: int) -> int:
    """Return `limit`. Raises InvalidPageSize outside 1..1000."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidPageSize(f"{limit} is not a page size", hint=f"a limit is 1 to {MAX_LIMIT}")
    return limit


def page_of(
    read_models: RowReader,
    projection: str,
    *,
    after: str = "",
    limit: int = DEFAULT_LIMIT,
    scope: str | None = None,
    prefix: str = "",
) -> Page:
    """Return one page of a projection's rows.

    Raises InvalidPageSize, and InvalidCursor for an `after` that no page can have named.
    """
    check_limit(limit)
    if after and not KEY_SHAPES[projection].fullmatch(after):
        raise InvalidCursor(
            f"`{after[:80]}` is not a cursor of this list",
            hint="pass the `next` of an earlier page, or nothing for the first",
        )
    rows = read_models.page(projection, after=after, limit=limit + 1, scope=scope, prefix=prefix)
    if len(rows) > limit:
        return Page(rows[:limit], rows[limit - 1].key)
    return Page(rows, None)


def find_on_network(
    read_models: RowReader, projection: str, identifier: str, network: str | None
) -> Row:
    """Return the row of an address or hash, on `network` if the ledger follows several deployments.

    Raises NotFound, and InvalidInput when the answer depends on a network that is not named.
    """
    what = NOUNS[projection]
    if network is not None:
        row = read_models.get(projection, f"{identifier}@{check_network(network)}")
        if row is None:
            raise _not_found(read_models, projection, identifier)
        return row
    rows = read_models.page(projection, after="", limit=2, prefix=f"{identifier}@")
    if not rows:
        raise _not_found(read_models, projection, identifier)
    if len(rows) > 1:
        raise InvalidInput(
            f"{what} {identifier} is on more than one network",
            hint=f"name one, for instance {rows[0].key.partition('@')[2]}",
        )
    return rows[0]


def find_by_prefix(read_models: RowReader, projection: str, text: str) -> Row:
    """Return the only row whose key begins with `text`, so that people can type the first digits.

    A whole key, `<address or hash>@<network>`, is taken too. Raises NotFound when there is none, InvalidInput
    when there are several or the text is malformed.
    """
    typed = text.strip().lower().removesuffix("…")
    what, shape = NOUNS[projection], KEY_SHAPES[projection]
    most_digits = ADDRESS_DIGITS if shape is _ADDRESS_KEY else HASH_DIGITS
    if re.fullmatch(r"0x[0-9a-f]{0,3}", typed):
        raise InvalidInput(
            f"`{typed}` is too short to name a {what}",
            hint="type at least four digits after the 0x",
        )
    if not shape.fullmatch(typed) and not re.fullmatch(rf"0x[0-9a-f]{{4,{most_digits}}}", typed):
        # The whole identifier's own rule says best what is wrong.
        (parse_address if shape is _ADDRESS_KEY else parse_hash)(text)
    rows = read_models.page(projection, after="", limit=2, prefix=typed)
    if not rows:
        raise _not_found(read_models, projection, typed)
    if len(rows) > 1:
        raise InvalidInput(
            f"`{typed}` is the beginning of more than one {what}",
            hint=f"type more, for instance {rows[0].key}",
        )
    return rows[0]


def check_network(text: str) -> NetworkName:
    """Return `text` as the name of a network. Raises InvalidInput."""
    lowered = text.strip().lower()
    if not _NETWORK_KEY.fullmatch(lowered):
        raise InvalidInput(
            f"`{text[:80]}` is not a network",
            hint="a network is <chain id>.<arbiter address>, see /v1/networks",
        )
    return NetworkName(lowered)


def workflow_named(read_models: RowReader, text: str) -> Row:
    """Return a workflow by id, by the id's first digits, or by its name. Raises NotFound or InvalidInput."""
    if text.startswith("0x"):
        return find_by_prefix(read_models, "workflows", text)
    rows = read_models.page("workflows", after="", limit=SUGGESTION_ROWS)
    named = [row for row in rows if row.body.get("name") == text]
    if len(named) == 1:
        return named[0]
    if named:
        raise InvalidInput(
            f"more than one workflow is named `{text}`",
            hint=f"name it by its id, for instance {named[0].key}",
        )
    close = get_close_matches(text, [str(row.body.get("name")) for row in rows], n=1)
    raise NotFound(
        f"there is no workflow `{text[:80]}`",
        hint=f"did you mean `{close[0]}`?" if close else "see `agentgpt workflow list`",
    )


def attempts_of(read_models: RowReader, task_key: str) -> Sequence[Mapping[str, object]]:
    """Return the attempts at the task whose key on the board is given, oldest first, at most 1000."""
    rows = read_models.page("assignments", after="", limit=MAX_LIMIT, prefix=f"{task_key}#")
    return [row.body for row in rows]


def overview(rows: RowReader) -> Mapping[str, object]:
    """Return counts over the whole ledger and the totals of each network, at most 100 of them."""
    counted = {name: rows.counts(name) for name in COUNTED}
    networks = rows.page("network_totals", after="", limit=MAX_NETWORKS)
    return {
        "position": min(rows.checkpoint(name) for name in (*COUNTED, "network_totals")),
        "nodes": dict(counted["node_states"]),
        "tasks": dict(counted["task_board"]),
        "workflows": sum(counted["workflows"].values()),
        "versions": sum(counted["workflow_versions"].values()),
        "networks": [row.body for row in networks],
    }


@dataclass(frozen=True, slots=True)
class ChainCursor:
    """How far one deployment's chain has been read, and what of it is safe and final; `halted` until it is healed."""

    network: str
    chain_id: int
    arbiter: str
    last_block: int | None
    last_block_hash: str | None
    last_block_time: int | None
    safe_block: int | None
    final_block: int | None
    reorg_count: int
    halted: bool


def chain_cursors(ledger: Ledger) -> Sequence[ChainCursor]:
    """Return the cursor of each followed deployment, by network, at most 100 of them."""
    rows = ledger.read_models.page("chains", after="", limit=MAX_NETWORKS)
    return [_cursor(cast(ChainRow, row.body)) for row in rows]


def _cursor(row: ChainRow) -> ChainCursor:
    return ChainCursor(
        network=row["network"],
        chain_id=row["chain_id"],
        arbiter=row["arbiter"],
        last_block=row["head_block"],
        last_block_hash=row["head_block_hash"],
        last_block_time=row["head_block_time"],
        safe_block=row["safe_block"],
        final_block=row["final_block"],
        reorg_count=row["reorg_count"],
        halted=row["halted"] is not None,
    )


def lag_of(ledger: Ledger) -> Mapping[str, int]:
    """Return by how many positions each projection is behind the log."""
    head = ledger.log.head()
    at = {name: each.position for name, each in ledger.read_models.standing().items()}
    return {name: max(0, head - at.get(name, 0)) for name in ledger.projections}


def health_status(
    follower: Follower, lag: Mapping[str, int], parked: int, chains: Sequence[ChainCursor]
) -> str:
    """Return `ok`, `behind` or `failing` in one word."""
    if follower.state in {"stopped", "halted"} or parked or any(chain.halted for chain in chains):
        return "failing"
    return "behind" if follower.state == "waiting" or any(lag.values()) else "ok"


def _not_found(read_models: RowReader, projection: str, identifier: str) -> NotFound:
    what = NOUNS[projection]
    rows = read_models.page(projection, after="", limit=SUGGESTION_ROWS)
    known = [row.key.partition("@")[0] for row in rows]
    close = get_close_matches(identifier, known, n=1, cutoff=0.8)
    if close:
        hint = f"did you mean {close[0]}?"
    elif rows:
        more = " or more" if len(rows) == SUGGESTION_ROWS else ""
        hint = f"the list of them has {len(rows)}{more}"
    else:
        hint = f"this ledger has no {what} yet"
    return NotFound(f"there is no {what} {identifier}", hint=hint)
