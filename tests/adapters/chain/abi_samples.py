"""Sample logs from an ABI, encoded by eth-abi: independent of our own bindings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from adapters.chain.translate import RawLog
from domain.kernel.ids import Address, Hash32
from tests.support.chain_fakes import word


def events_of(abi: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the ABI's events."""
    return [entry for entry in abi if entry["type"] == "event"]


def topic0_of(event: Mapping[str, Any]) -> str:
    """Return the hash that names an event in its logs."""
    inside = ",".join(_type(each) for each in event["inputs"])
    return "0x" + keccak(text=f"{event['name']}({inside})").hex()


def sample_log(
    event: Mapping[str, Any], contract: Address, *, values: Mapping[str, Any] | None = None
) -> RawLog:
    """Return a log of the event; `values` replace the samples of top-level inputs by name."""
    given = dict(values or {})
    topics, types, data = [topic0_of(event)], [], []
    for place, each in enumerate(event["inputs"], start=1):
        value = given.get(each["name"], _sample(each, place))
        if each["indexed"]:
            topics.append("0x" + encode([_type(each)], [value]).hex())
        else:
            types.append(_type(each))
            data.append(value)
    return RawLog(
        address=contract,
        topics=tuple(Hash32(topic) for topic in topics),
        data=encode(types, data),
        block_number=1,
        block_hash=word(1),
        transaction_hash=word(2),
        log_index=0,
    )


def _type(each: Mapping[str, Any]) -> str:
    kind: str = each["type"]
    if not kind.startswith("tuple"):
        return kind
    inside = ",".join(_type(part) for part in each["components"])
    return f"({inside}){kind.removeprefix('tuple')}"


def _sample(each: Mapping[str, Any], place: int) -> Any:
    kind: str = each["type"]
    if kind.endswith("[]"):
        one = {**each, "type": kind.removesuffix("[]")}
        return [_sample(one, place), _sample(one, place + 1)]
    if kind == "tuple":
        return tuple(
            _sample(part, place * 10 + index) for index, part in enumerate(each["components"])
        )
    if kind == "address":
        return f"0x{0xA000 + place:040x}"
    if kind == "bytes32":
        return bytes([place]) * 32
    if kind == "string":
        return f"text {place}"
    if kind == "bool":
        return True
    if kind == "uint8":
        return 1
    return 1000 + place
