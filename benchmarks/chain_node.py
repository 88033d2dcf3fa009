"""A real node with a chain of many logs of our contracts: anvil, on which the benchmarks' story is emitted.

The logs are those that the contracts would write, but nobody plays the thousands of transactions behind them: while the
chain is made, a few bytes of code stand at the contracts' addresses that emit what they are given.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from adapters.chain.deploy import deploy
from adapters.chain.rpc import HttpLimits, HttpTransport
from adapters.chain.transport import Call
from adapters.chain.values import read_quantity
from benchmarks.stories import task_lives
from contracts.artifact import load
from domain.application.ports import Deployment
from domain.chain.events import ChainAdvanced
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.task.events import ProofAttested

KEY: Final = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
SENDER: Final = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"

LOGS_PER_BLOCK: Final = 50
LOGS_PER_TRANSACTION: Final = 10

_EVENTS: Final = {"StakeDeposited": "Staked"}
"""Events that the contracts call otherwise."""

_GAS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class MadeLog:
    """A log to be emitted at an address."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


def find_anvil() -> Path:
    """Return the node's program. Raises SystemExit with the way to get it."""
    if given := os.environ.get("ANVIL_BINARY"):
        return Path(given)
    modules = Path(__file__).resolve().parents[1] / "contracts" / "node_modules" / "@foundry-rs"
    for found in modules.glob("anvil-*/bin/anvil"):
        return found
    raise SystemExit("anvil is not installed: npm ci --prefix contracts --ignore-scripts")


@contextmanager
def node(*options: str) -> Iterator[str]:
    """Run a node that mines when told to, until the end of the block; give its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(find_anvil()), "--silent", "--port", str(port), "--hardfork", "prague"]
    options = ("--gas-limit", "1000000000", "--order", "fifo", *options)
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            with closing(HttpTransport(url)) as transport:
                for _ in range(100):
                    try:
                        transport.request("eth_chainId", [])
                        break
                    except Unavailable:
                        time.sleep(0.1)
            yield url
        finally:
            process.terminate()


class Emitter:
    """Puts logs of a deployment on a node's chain, block by block."""

    def __init__(self, url: str) -> None:
        self._transport = HttpTransport(url, limits=HttpLimits(total_seconds=120, read_seconds=120))
        self.deployment: Deployment = deploy(self._transport, KEY, dev=True)
        self._contracts = (self.deployment.arbiter, self.deployment.verifier)
        self._code = {
            address: self._transport.request("eth_getCode", [address, "latest"])
            for address in self._contracts
        }
        self._logs = made_logs(self.deployment)
        self._transport.request("evm_setAutomine", [False])
        nonce = self._transport.request("eth_getTransactionCount", [SENDER, "latest"])
        self._nonce = read_quantity(nonce, "nonce")

    def close(self) -> None:
        """Release the connection."""
        self._transport.close()

    def emit(self, logs: int, *, per_block: int = LOGS_PER_BLOCK) -> None:
        """Add so many logs, and leave the contracts as they were."""
        self._set_code({address: "0x" + emitting_code().hex() for address in self._contracts})
        for _ in range(-(-logs // per_block)):
            self.live_block(per_block)
        self._set_code(self._code)

    def _transactions(self, logs: int) -> list[Call]:
        """Return the calls that send the next logs."""
        calls: list[Call] = []
        made = list(islice(self._logs, logs))
        for address, same in groupby(made, key=lambda log: log.address):
            of_one = list(same)
            for first in range(0, len(of_one), LOGS_PER_TRANSACTION):
                data = b"".join(map(_packed, of_one[first : first + LOGS_PER_TRANSACTION]))
                # The node works on a batch in any order: the nonces keep ours.
                sent = {
                    "from": SENDER,
                    "to": address,
                    "gas": hex(_GAS),
                    "nonce": hex(self._nonce),
                    "data": "0x" + data.hex(),
                }
                calls.append(("eth_sendTransaction", [sent]))
                self._nonce += 1
        return calls

    def begin_live(self) -> None:
        """Let blocks be emitted one by one from here on."""
        self._set_code({address: "0x" + emitting_code().hex() for address in self._contracts})

    def live_block(self, logs: int) -> float:
        """Emit one block and return when it was mined, on the monotonic clock."""
        self._transport.batch(self._transactions(logs))
        self._transport.request("evm_mine", [])
        return time.monotonic()

    def _set_code(self, code: Mapping[Any, object]) -> None:
        for address, each in code.items():
            self._transport.request("anvil_setCode", [address, each])


def abi_of_events() -> Mapping[str, Mapping[str, Any]]:
    """Return the ABI of the events that the story has, by name."""
    return {
        entry["name"]: entry
        for contract in ("HeavyComputeArbiter", "AttesterVerifier")
        for entry in load(contract).abi
        if entry["type"] == "event"
    }


def topic_of(entry: Mapping[str, Any]) -> bytes:
    """Return the hash that names an event."""
    inside = ",".join(type_of(each) for each in entry["inputs"])
    return keccak(text=f"{entry['name']}({inside})")


def made_logs(deployment: Deployment) -> Iterator[MadeLog]:
    """Yield the story's facts as the logs that the contracts would write."""
    abi = abi_of_events()
    for new in task_lives():
        event = new.event
        if isinstance(event, ChainAdvanced):
            continue
        name = type(event).__name__
        entry = abi[_EVENTS.get(name, name)]
        attested = isinstance(event, ProofAttested)
        extra = {"arbiter": deployment.arbiter}
        yield _log(entry, event, deployment.verifier if attested else deployment.arbiter, extra)


def _log(
    entry: Mapping[str, Any], event: Event, address: str, extra: Mapping[str, object]
) -> MadeLog:
    topics = [topic_of(entry)]
    types, values = [], []
    for each in entry["inputs"]:
        value = _value(each, event, extra)
        if each["indexed"]:
            topics.append(encode([type_of(each)], [value]))
        else:
            types.append(type_of(each))
            values.append(value)
    return MadeLog(address, tuple(topics), encode(types, values))


def _value(each: Mapping[str, Any], holder: object, extra: Mapping[str, object]) -> object:
    """Return the value of an ABI field from the domain's object: names differ by their units."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each["name"]).lower()
    value = extra.get(name, getattr(holder, name, getattr(holder, name + "_wei", None)))
    if is_dataclass(value):
        assert each["components"]
        assert len(each["components"]) == len(fields(value))
        return tuple(_value(part, value, {}) for part in each["components"])
    if isinstance(value, Enum):
        return list(type(value)).index(value)
    if each["type"] == "bytes32":
        assert isinstance(value, str)
        return bytes.fromhex(value[2:])
    assert value is not None, name
    return value


def type_of(each: Mapping[str, Any]) -> str:
    """Return the canonical type of an ABI field."""
    kind: str = each["type"]
    if not kind.startswith("tuple"):
        return kind
    inside = ",".join(type_of(part) for part in each["components"])
    return f"({inside}){kind.removeprefix('tuple')}"


def _packed(log: MadeLog) -> bytes:
    """Return a log as the emitting code takes it: number of topics, four topics, size of the data, the data."""
    topics = b"".join(log.topics) + bytes(32 * (4 - len(log.topics)))
    return (
        len(log.topics).to_bytes(32, "big") + topics + len(log.data).to_bytes(32, "big") + log.data
    )


def emitting_code() -> bytes:
    """Return code that emits every log that its input holds."""
    lines: list[str | tuple[str, str]] = ["PUSH 0", "LOOP:"]
    lines += ["CALLDATASIZE", "DUP2", "LT", "ISZERO", "GOTO END"]
    lines += ["DUP1", "PUSH 160", "ADD", "CALLDATALOAD"]
    lines += ["DUP1", "DUP3", "PUSH 192", "ADD", "PUSH 0", "CALLDATACOPY", "DUP2", "CALLDATALOAD"]
    for count in (1, 2, 3, 4):
        lines += ["DUP1", f"PUSH {count}", "EQ", f"GOTO LOG{count}"]
    for count in (1, 2, 3, 4):
        lines += [f"LOG{count}:", "POP"]
        for place in range(count):
            lines += [f"DUP{2 + place}", f"PUSH {32 * (count - place)}", "ADD", "CALLDATALOAD"]
        lines += [f"DUP{1 + count}", "PUSH 0", f"EMIT{count}"]
        # The stack is the place and the size; what comes next is behind both.
        lines += ["ADD", "PUSH 192", "ADD", "PUSH 1", "GOTO LOOP"]
    lines += ["END:", "STOP"]
    return _assembled(lines)


_CODES: Final = {
    "STOP": 0x00,
    "ADD": 0x01,
    "LT": 0x10,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "POP": 0x50,
}
_JUMPI, _JUMPDEST, _PUSH1, _PUSH2, _DUP1, _LOG0 = 0x57, 0x5B, 0x60, 0x61, 0x80, 0xA0


def _assembled(lines: Sequence[Any]) -> bytes:
    code, places, jumps = bytearray(), dict[str, int](), list[tuple[int, str]]()
    for line in lines:
        word, _, rest = line.partition(" ")
        if word.endswith(":"):
            places[word[:-1]] = len(code)
            code.append(_JUMPDEST)
        elif word == "GOTO":
            jumps.append((len(code) + 1, rest))
            code += bytes((_PUSH2, 0, 0, _JUMPI))
        elif word == "PUSH":
            code += bytes((_PUSH1, int(rest)))
        elif word.startswith("DUP"):
            code.append(_DUP1 + int(word[3:]) - 1)
        elif word.startswith("EMIT"):
            code.append(_LOG0 + int(word[4:]))
        else:
            code.append(_CODES[word])
    for at, label in jumps:
        code[at : at + 2] = places[label].to_bytes(2, "big")
    return bytes(code)
