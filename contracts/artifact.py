"""Compiled contracts, as committed: no compiler is needed to use them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARTIFACTS = Path(__file__).resolve().parent / "artifacts"
NAMES = (
    "AGPT",
    "AttesterVerifier",
    "HeavyComputeArbiter",
    "TimelockController",
    "WorkflowRegistry",
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    `bytecode` creates it (constructor arguments are appended), `deployed_bytecode` is what a chain then holds, but
    for the `immutable_references`: (offset, length) in bytes of the places that the constructor fills.
    """

    name: str
    abi: Sequence[Mapping[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutable_references: tuple[tuple[int, int], ...]

    def matches_code(self, code: bytes) -> bool:
        """Whether `code`, read from a chain, is this contract, whatever its immutables hold."""
        return len(code) == len(self.deployed_bytecode) and (
            self._without_immutables(code) == self._without_immutables(self.deployed_bytecode)
        )

    def _without_immutables(self, code: bytes) -> bytes:
        blank = bytearray(code)
        for offset, length in self.immutable_references:
            blank[offset : offset + length] = bytes(length)
        return bytes(blank)


def load(name: str) -> Artifact:
    """Return the artifact of the contract `name`, one of NAMES. Raises KeyError for any other name."""
    if name not in NAMES:
        raise KeyError(f"no contract {name}; there are {', '.join(NAMES)}")
    stored = json.loads((ARTIFACTS / f"{name}.json").read_text("utf-8"))
    return Artifact(
        name=stored["contractName"],
        abi=stored["abi"],
        bytecode=bytes.fromhex(stored["bytecode"].removeprefix("0x")),
        deployed_bytecode=bytes.fromhex(stored["deployedBytecode"].removeprefix("0x")),
        immutable_references=tuple(
            (place["start"], place["length"]) for place in stored["immutableReferences"]
        ),
    )
