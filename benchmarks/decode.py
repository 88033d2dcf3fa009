"""How dear it is to decode a log: run with `python -m benchmarks.decode`.

The same logs of the benchmarks' story through the generated bindings, through eth-abi's codec, and through web3, which
also formats the raw answer first. The first two must give the same values for it to count.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from eth_abi.abi import decode
from web3 import Web3
from web3.types import LogReceipt

from benchmarks.chain_node import MadeLog, abi_of_events, made_logs, topic_of, type_of
from benchmarks.measure import Spent, lowest, print_ratios
from contracts.bindings import attester_verifier, heavy_compute_arbiter
from domain.application.ports import Deployment
from domain.kernel.ids import ZERO_HASH, Address, BlockNumber, ChainId

_DEPLOYMENT: Final = Deployment(
    chain_id=ChainId(1),
    genesis_hash=ZERO_HASH,
    start_block=BlockNumber(0),
    token=Address("0x" + "01" * 20),
    arbiter=Address("0x" + "02" * 20),
    registry=Address("0x" + "03" * 20),
    verifier=Address("0x" + "04" * 20),
    timelock=Address("0x" + "05" * 20),
)
_EVENTS: Final = {**heavy_compute_arbiter.EVENTS, **attester_verifier.EVENTS}


def generated(logs: Sequence[tuple[tuple[str, ...], bytes]]) -> Spent:
    """Decode by the bindings."""
    spent = Spent()
    with spent.counting():
        for topics, data in logs:
            _EVENTS[topics[0]](topics, data)
    return spent


def by_eth_abi(
    logs: Sequence[MadeLog], kinds: Mapping[bytes, tuple[list[str], list[str]]]
) -> Spent:
    """Decode by eth-abi, with the types looked up beforehand."""
    spent = Spent()
    with spent.counting():
        for log in logs:
            indexed, rest = kinds[log.topics[0]]
            for kind, topic in zip(indexed, log.topics[1:], strict=True):
                decode([kind], topic)
            decode(rest, log.data)
    return spent


def by_web3(logs: Sequence[LogReceipt], process: Mapping[bytes, Callable[[Any], Any]]) -> Spent:
    """Decode by web3, from logs that it has formatted already."""
    spent = Spent()
    with spent.counting():
        for log in logs:
            process[bytes(log["topics"][0])](log)
    return spent


def main() -> None:
    """Print microseconds per log of each way, processor (wall), and ratios (above 1: faster)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    logs = list(islice(made_logs(_DEPLOYMENT), given.logs))
    abi = abi_of_events()
    kinds = {
        topic_of(entry): (
            [type_of(each) for each in entry["inputs"] if each["indexed"]],
            [type_of(each) for each in entry["inputs"] if not each["indexed"]],
        )
        for entry in abi.values()
    }
    contract = Web3().eth.contract(abi=list(abi.values()))
    process = {
        topic_of(entry): contract.events[entry["name"]]().process_log for entry in abi.values()
    }
    raw: list[Any] = [
        {
            "address": log.address,
            "topics": list(log.topics),
            "data": log.data,
            "blockNumber": 1,
            "blockHash": b"",
            "transactionHash": b"",
            "transactionIndex": 0,
            "logIndex": 0,
            "removed": False,
        }
        for log in logs
    ]
    texts = [(tuple("0x" + topic.hex() for topic in log.topics), log.data) for log in logs]
    ways = {
        "generated": partial(generated, texts),
        "eth-abi": partial(by_eth_abi, logs, kinds),
        "web3": partial(by_web3, raw, process),
    }
    best = lowest(ways, given.rounds, given.logs)
    print(f"decode of {given.logs:,} logs, microseconds per log: processor (wall)")
    for name, (cpu, wall) in best.items():
        print(f"  {name:<12}{cpu:8.2f} ({wall:.2f})")
    print_ratios(best, "generated")


if __name__ == "__main__":
    main()
