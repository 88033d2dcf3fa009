"""What a contract says when it refuses: revert bytes as the error's name and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.chain.transport import Json, RpcError
from contracts.bindings import (
    agpt,
    attester_verifier,
    heavy_compute_arbiter,
    timelock_controller,
    workflow_registry,
)
from contracts.bindings.abi import AbiError, ContractError, decode_error
from domain.kernel.errors import RuleRejected

_TABLES: Final = (
    heavy_compute_arbiter.ERRORS,
    workflow_registry.ERRORS,
    attester_verifier.ERRORS,
    agpt.ERRORS,
    timelock_controller.ERRORS,
)


class Reverted(RuleRejected):
    """A contract refused a transaction. `name` and `arguments` are the error's own, as its ABI declares it."""

    def __init__(self, refusal: ContractError, *, during: str) -> None:
        super().__init__(
            f"{during} was refused by the contract: {refusal}"[:600],
            hint="the contract's source says under this error's name when it refuses",
        )
        self.name = refusal.name
        self.arguments: Mapping[str, object] = refusal.args


def raise_reverted(error: RpcError, *, during: str) -> None:
    """Raise Reverted when the node's error carries a contract's reason; else return."""
    reason = _bytes_of(error.data)
    if len(reason) < 4:
        return
    try:
        refusal = decode_error(reason, *_TABLES)
    except AbiError:
        # Of a contract that is not ours: its selector is all that can be said.
        refusal = ContractError("0x" + reason[:4].hex(), {"data": "0x" + reason[4:].hex()})
    raise Reverted(refusal, during=during)


def _bytes_of(data: Json) -> bytes:
    """Return the revert bytes in a node's error; some nodes wrap them in an object or put a word before."""
    if isinstance(data, dict):
        return _bytes_of(data.get("data"))
    if not isinstance(data, str):
        return b""
    try:
        return bytes.fromhex(data.removeprefix("Reverted ").removeprefix("0x"))
    except ValueError:
        return b""
