"""Every log is read as web3 reads it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3

from tests.contracts.abi_values import Parameter, as_bound, plain, values
from tests.contracts.test_bindings import entries, log_of

ADDRESS = "0x" + "11" * 20


def as_web3_reads(entry: Parameter, topics: list[str], data: bytes) -> list[Any]:
    contract = Web3().eth.contract(abi=[entry])
    log: Any = {
        "address": ADDRESS,
        "topics": [bytes.fromhex(topic[2:]) for topic in topics],
        "data": data,
        "blockNumber": 1,
        "blockHash": bytes(32),
        "transactionHash": bytes(32),
        "transactionIndex": 0,
        "logIndex": 0,
        "removed": False,
    }
    arguments = contract.events[entry["name"]]().process_log(log)["args"]
    return [_plain(arguments[parameter["name"]]) for parameter in entry["inputs"]]


def _plain(value: Any) -> Any:
    if isinstance(value, dict) or hasattr(value, "items"):
        return tuple(_plain(part) for part in value.values())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.lower() if Web3.is_address(value) else value


@pytest.mark.parametrize(("module", "entry"), entries("event"))
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_every_log_is_read_as_web3_reads_it(
    module: Any, entry: Parameter, data: st.DataObject
) -> None:
    topics, payload = log_of(entry, data.draw(values(entry["inputs"])))
    event = module.EVENTS[topics[0]](topics, payload)
    assert plain(event) == as_bound(entry["inputs"], as_web3_reads(entry, topics, payload))
