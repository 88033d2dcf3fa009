"""As of when a question is asked: a position, a block or a time, and how sure; the same for HTTP and commands."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, cast

from api.ledger import Ledger
from api.queries import MAX_NETWORKS, chain_cursors, check_network
from domain.application.moments import position_at_block, position_at_time
from domain.application.read_models import RowReader
from domain.kernel.errors import InvalidCursor, InvalidInput, NotFound, Unavailable
from domain.kernel.ids import Position
from domain.kernel.streams import Network, parse_network
from projections.as_of import RowsAsOf
from projections.catalogue import ALL
from projections.chains import ChainRow

WAIT_SECONDS: Final = 2.0
"""How long a question waits for the read models to get to the position that it asks for."""

AT_HELP: Final = (
    "As of when: a position (1234), a block (block:123, with the network if there are several) "
    "or a time (2026-11-24T12:00:00Z: what had been recorded by then)."
)

_POSITION: Final = re.compile(r"[0-9]{1,18}")
_BLOCK: Final = re.compile(r"block:([0-9]{1,18})")


FINALITY_HELP: Final = (
    "How sure the answer has to be: `seen` is whatever was read, `safe` and `final` are as of the position up to which "
    "everything on the chain is that."
)


class Level(StrEnum):
    """How sure an answer has to be: whatever was read, or only what the chain's policy calls safe or final."""

    SEEN = "seen"
    SAFE = "safe"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """As of when a question is asked; nothing given is as of now.

    `min_position` waits until the read models have got that far.
    """

    at: str | None = None
    network: str | None = None
    min_position: int | None = None
    finality: Level = Level.SEEN


def rows_asked(ledger: Ledger, asked: Asked) -> RowReader:
    """Return the rows that answer a question.

    Raises InvalidInput for what is no position, block or time, or lies ahead; NotFound for a block or time that the
    ledger does not reach back or up to; Unavailable when the read models do not get there in time.
    """
    if asked.min_position is not None:
        _check_recorded(ledger, asked.min_position)
        _wait(ledger, Position(asked.min_position))
    at = None if asked.at is None else _position(ledger, asked.at, asked.network)
    if asked.finality is not Level.SEEN:
        at = _firm(ledger, asked, at)
    if at is None:
        return ledger.read_models
    _wait(ledger, at)
    return RowsAsOf(ledger.log, ledger.read_models, ALL, at)


def _position(ledger: Ledger, text: str, network: str | None) -> Position:
    typed = text.strip()
    if _POSITION.fullmatch(typed):
        position = int(typed)
        if position < 1:
            raise InvalidCursor("0 is not a position", hint="the first event is at position 1")
        return _check_recorded(ledger, position)
    block = _BLOCK.fullmatch(typed)
    if block is not None:
        return position_at_block(ledger.log, _network(ledger, network), int(block.group(1)))
    return position_at_time(ledger.log, _moment(ledger, typed))


def _firm(ledger: Ledger, asked: Asked, at: Position | None) -> Position:
    """Return `at`, or the last position if none, once everything up to there is as sure as asked."""
    models, level = ledger.read_models, asked.finality.value
    name = None if asked.network is None else check_network(asked.network)
    found = models.page("chains", after="", limit=MAX_NETWORKS, prefix=name or "")
    if not found:
        raise NotFound("this ledger does not follow such a chain", hint="see `/v1/networks`")
    chains = [cast(ChainRow, row.body) for row in found]
    position, network = min(
        (
            chain["safe_position"] if level == Level.SAFE else chain["final_position"],
            chain["network"],
        )
        for chain in chains
    )
    if position == 0:
        raise Unavailable(
            f"nothing on {network} is {level} yet",
            hint="ask again later, or with finality seen",
        )
    if at is not None and at > position:
        raise Unavailable(
            f"position {at} is not {level} yet: on {network} that is position {position}",
            hint="ask again later, or for an earlier moment",
        )
    return Position(position) if at is None else at


def _check_recorded(ledger: Ledger, position: int) -> Position:
    head = ledger.log.head()
    if position > head:
        raise InvalidCursor(
            f"position {position} is ahead of the log",
            hint=f"the newest event is at position {head}" if head else "the log is empty",
        )
    return Position(position)


def _moment(ledger: Ledger, text: str) -> str:
    """Return a time as `recorded_at` writes it. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"`{text[:80]}` is not a position, a block or a time",
            hint="for instance 1234, block:123 or 2026-11-24T12:00:00Z",
        ) from None
    if moment.tzinfo is None:
        raise InvalidInput(
            f"`{text[:80]}` does not say in which time zone", hint="put a Z at its end for UTC"
        )
    utc = moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    now = ledger.clock.now_iso()
    if utc > now:
        raise InvalidInput(f"{utc} lies ahead", hint=f"it is {now} now")
    return utc


def _network(ledger: Ledger, name: str | None) -> Network:
    """Return the network that is named, or the only one. Raises InvalidInput and NotFound."""
    if name is not None:
        return parse_network(check_network(name))
    followed = [cursor.network for cursor in chain_cursors(ledger)]
    if not followed:
        raise NotFound("this ledger follows no chain", hint="ask for a position or a time")
    if len(followed) > 1:
        raise InvalidInput(
            "a block is of one network, and the ledger follows several",
            hint=f"name one, for instance {followed[0]}",
        )
    return parse_network(followed[0])


def _wait(ledger: Ledger, position: Position) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    at = ledger.read_models.standing()
    for name in ledger.projections:
        if name in at and at[name].position >= position:
            continue
        if not ledger.read_models.wait_for(name, position, max(0.0, deadline - time.monotonic())):
            reached = ledger.read_models.checkpoint(name)
            raise Unavailable(
                f"the read models are at position {reached}, not yet at {position}",
                hint="ask again in a moment; `agentgpt serve` or `run` brings them up",
            )
