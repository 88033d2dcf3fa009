"""Our compiled contracts on a fast EVM inside this process. For semantics only: its gas numbers are not the chain's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.abi import ContractAbi, contract_abi, decode_revert
from tests.contracts.reference.facts import Log

pyrevm = pytest.importorskip("pyrevm", reason="pyrevm has no wheel for this platform")

CHAIN_ID = 31_337
START = 1_800_000_000
GAS = 30_000_000

_REVERT = re.compile(r"^Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}$")


class Halted(Exception):
    """The call stopped without return data: out of gas, or an invalid instruction."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract."""

    name: str
    address: str
    abi: ContractAbi


class Chain:
    """One chain with a clock that only moves when it is told to."""

    def __init__(self) -> None:
        self._evm = pyrevm.EVM(env=pyrevm.Env(cfg=pyrevm.CfgEnv(chain_id=CHAIN_ID)))
        self._contracts: dict[str, Contract] = {}
        self.now = START
        self.calls = 0
        self.warp(0)

    def warp(self, seconds: int) -> None:
        """Move the clock of the next calls forward."""
        self.now += seconds
        block = pyrevm.BlockEnv(number=1 + self.now - START, timestamp=self.now, gas_limit=GAS)
        self._evm.set_block_env(block)

    def deploy(self, name: str, *args: Any, sender: str) -> Contract:
        """Deploy a contract by its artifact's name. Raises Reverted when its constructor does."""
        abi = contract_abi(name)
        address = self.deploy_code(abi.creation_code(args), sender=sender)
        contract = Contract(name, address, abi)
        self._contracts[address] = contract
        return contract

    def deploy_code(self, creation_code: bytes, *, sender: str) -> str:
        """Deploy bytes and return the address in lower case."""
        with self._translated():
            address: str = self._evm.deploy(sender, creation_code)
        return address.lower()

    def at(self, name: str, address: str) -> Contract:
        """Speak to whatever is at the address as if it were the named contract."""
        return Contract(name, address, contract_abi(name))

    def send(
        self, contract: Contract, function: str, *args: Any, sender: str, gas: int = GAS
    ) -> list[Log]:
        """Call as a transaction and return its logs. Raises Reverted or Halted; then nothing changed."""
        data = contract.abi.calldata(function, args)
        self.send_raw(contract.address, data, sender=sender, gas=gas)
        return self._logs()

    def send_raw(self, to: str, data: bytes, *, sender: str, gas: int = GAS) -> bytes:
        """Call with these bytes and return what comes back."""
        self.calls += 1
        # The engine keeps one journal over several calls: without this a transient lock would survive its transaction.
        self._evm.reset_transient_storage()
        with self._translated():
            return bytes(self._evm.message_call(sender, to, calldata=data, gas=gas))

    def read(self, contract: Contract, function: str, *args: Any) -> Any:
        """Call a view function and return its result: a plain value, or a dict of several."""
        return contract.abi.functions[function].decode_outputs(
            self.read_raw(contract, function, *args)
        )

    def read_raw(self, contract: Contract, function: str, *args: Any) -> bytes:
        """Call a view function and return its undecoded result."""
        data = contract.abi.calldata(function, args)
        caller = "0x" + "00" * 19 + "01"
        with self._translated():
            result = self._evm.message_call(
                caller, contract.address, calldata=data, gas=GAS, is_static=True
            )
        return bytes(result)

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Undo afterwards what happens inside, the clock included."""
        checkpoint, now = self._evm.snapshot(), self.now
        try:
            yield
        finally:
            self._evm.revert(checkpoint)
            self.warp(now - self.now)

    def _logs(self) -> list[Log]:
        found: list[Log] = []
        for entry in self._evm.result.logs:
            topics, data = entry.data
            contract = self._contracts.get(entry.address.lower())
            if contract is not None:
                found.append(contract.abi.decode_log(topics, data))
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            found = _REVERT.match(str(error))
            if found is None:
                raise Halted(str(error)) from None
            raise decode_revert(bytes.fromhex(found[1])) from None


def only(logs: Sequence[Log], event: str) -> Log:
    """Return the one log of this event. Fails when there is none or more than one."""
    found = [log for log in logs if log.event == event]
    assert len(found) == 1, f"{len(found)} logs {event} in {[log.event for log in logs]}"
    return found[0]
