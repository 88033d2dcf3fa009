"""One sample of every event, the same on every run. `python -m tests.golden.samples` writes the files that are missing.

A file that exists is never written again: it is what some ledger holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any, NewType, get_args, get_origin, get_type_hints

from adapters.eventstore.codec import Codec
from domain.application.catalogue import REGISTRY
from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import (
    MAIN_BRANCH,
    Address,
    BlockNumber,
    ChainId,
    Hash32,
    Position,
    Quantity,
    StreamName,
    Timestamp,
    Version,
)
from domain.kernel.money import Wei
from tests.support.keyrings import known_keyring

FOLDER = Path(__file__).parent
DECISIONS = (
    "workflow.",
    "blocks.",
    "chain.adopted",
    "chain.advanced",
    "chain.finality_advanced",
    "chain.halted",
    "chain.healed",
    "anomaly.",
    "subject.",
    "outbox.",
)


def golden_file(event_type: type[Event]) -> Path:
    """Return where the golden bytes of the type are."""
    return FOLDER / f"{event_type.NAME}.{event_type.SCHEMA}.json"


def sample_of(event_type: type[Event]) -> RecordedEvent:
    """Return a recorded event of the type; amounts in it do not fit into 64 bits."""
    numbers = count(1)
    event: Event = _value(event_type, numbers)
    is_fact = not event_type.NAME.startswith(DECISIONS)
    return RecordedEvent(
        position=Position(7),
        branch=MAIN_BRANCH,
        stream=StreamName(f"sample:{event_type.NAME}"),
        version=Version(3),
        name=event_type.NAME,
        schema_version=event_type.SCHEMA,
        recorded_at="2026-01-02T03:04:05.678901Z",
        actor="" if is_fact else "0x00000000000000000000000000000000000000aa",
        causation_id="" if is_fact else "cause-1",
        correlation_id="" if is_fact else "correlation-1",
        provenance=_provenance(numbers) if is_fact else None,
        event=event,
    )


def _provenance(numbers: Iterator[int]) -> Provenance:
    return Provenance(
        chain_id=ChainId(31_337),
        block_number=BlockNumber(1_234),
        block_hash=_value(Hash32, numbers),
        block_time=Timestamp(1_767_322_000),
        transaction_hash=_value(Hash32, numbers),
        log_index=5,
        contract=_value(Address, numbers),
    )


def _value(hint: Any, numbers: Iterator[int]) -> Any:
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{item.name: _value(hints[item.name], numbers) for item in fields(hint)})
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], numbers) for _ in range(2))
    number = next(numbers)
    if hint is Address:
        return Address(f"0x{number:040x}")
    if hint is Hash32:
        return Hash32(f"0x{number * 2**240:064x}")
    if hint is Quantity:
        return Quantity(number * 10**30 + 1)
    if hint is Wei:
        return Wei(number * 10**24 + 1)
    if hint is StreamName:
        return StreamName(f"sample:{number}")
    if isinstance(hint, NewType):
        return _value(hint.__supertype__, numbers)
    if issubclass(hint, StrEnum):
        return list(hint)[number % len(hint)]
    plain: dict[type, object] = {int: number, bool: True, str: f"text {number} \u00e9\u4e16"}
    return plain[hint]


def main() -> None:
    """Write the missing files and say which."""
    codec = Codec(REGISTRY, keyring=known_keyring())
    for event_type in REGISTRY:
        path = golden_file(event_type)
        if not path.exists():
            path.write_bytes(codec.encode(sample_of(event_type)))
            sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
