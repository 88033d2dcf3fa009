"""Find the one accepted compiler and drive it through py-solc-x.

py-solc-x checks no hash of what it downloads; what makes a binary trustworthy here is that it gives the committed
bytes again (`python -m contracts.build --check`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError, SolcNotInstalled
from solcx.install import get_executable
from solcx.wrapper import get_version_str_from_solc_binary

from contracts.sources import ROOT, BuildError, import_closure
from contracts.vendoring import TIMELOCK_UNIT, entry_units

SOLC_RELEASE = "0.8.37"
SOLC_VERSION = "0.8.37+commit.f401782d"
SETTINGS: Mapping[str, Any] = {
    "evmVersion": "cancun",
    "viaIR": False,
    "optimizer": {"enabled": True, "runs": 200},
    # Without the hash of the sources in it, the bytecode does not change with a comment.
    "metadata": {"bytecodeHash": "none"},
}
# Unit of each contract that gets an artifact.
CONTRACTS: Mapping[str, str] = {
    "AGPT": "src/AGPT.sol",
    "AttesterVerifier": "src/AttesterVerifier.sol",
    "HeavyComputeArbiter": "src/HeavyComputeArbiter.sol",
    "TimelockController": TIMELOCK_UNIT,
    "WorkflowRegistry": "src/WorkflowRegistry.sol",
}
_OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]
_DOWNLOAD_TIMEOUT_SECONDS = 60
_SIZE_LIMIT_BYTES = 24_576  # EIP-170


def say(line: str) -> None:
    """Print progress, away from what a program may read."""
    sys.stderr.write(line + "\n")


def find_compiler(*, offline: bool) -> Path:
    """Return an executable that is solc 0.8.37+commit.f401782d and speaks the native command line.

    In this order: `$SOLC_BINARY`, one that py-solc-x has installed, one that it downloads (not when `offline`), the npm
    package `solc`. Raises BuildError when `$SOLC_BINARY` is another version, or when nothing is found.
    """
    if named := os.environ.get("SOLC_BINARY"):
        return _accepted(Path(named))
    for source, candidate in _candidates(offline=offline):
        try:
            return _accepted(candidate())
        except BuildError as error:
            say(f"{source}: {error}")
    raise BuildError(
        f"no solc {SOLC_RELEASE}: set SOLC_BINARY to one, or run `npm ci` in contracts/ (needs Node), "
        f"or let py-solc-x download it (no --offline)"
    )


def compile_contracts(*, offline: bool, root: Path = ROOT) -> Mapping[str, Mapping[str, Any]]:
    """Compile everything below `root` and return the artifact of each contract by name.

    Raises BuildError with the compiler's own words on errors and on warnings in our sources.
    """
    binary = find_compiler(offline=offline)
    sources = import_closure(entry_units(root), root)
    standard_input = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            **SETTINGS,
            "outputSelection": {unit: {"*": _OUTPUTS} for unit in CONTRACTS.values()},
        },
    }
    try:
        output = solcx.compile_standard(standard_input, solc_binary=binary)
    except SolcError as error:
        raise BuildError(f"solc refuses the sources:\n{error.message}") from None
    for note in output.get("errors", ()):
        if note["sourceLocation"]["file"].startswith("src/"):
            raise BuildError(f"solc warns:\n{note['formattedMessage']}")
    return {
        name: _artifact(name, unit, output["contracts"][unit][name])
        for name, unit in CONTRACTS.items()
    }


def _artifact(name: str, unit: str, compiled: Mapping[str, Any]) -> Mapping[str, Any]:
    runtime = compiled["evm"]["deployedBytecode"]
    size = len(runtime["object"]) // 2
    if size > _SIZE_LIMIT_BYTES:
        raise BuildError(
            f"{name} has {size} bytes, more than the {_SIZE_LIMIT_BYTES} that a chain accepts"
        )
    # The compiler groups the places by a syntax tree number that changes with any edit; only the places matter.
    places = [place for group in runtime["immutableReferences"].values() for place in group]
    return {
        "contractName": name,
        "sourceName": unit,
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + runtime["object"],
        "immutableReferences": sorted(places, key=lambda place: int(place["start"])),
    }


def _candidates(*, offline: bool) -> Iterator[tuple[str, Callable[[], Path]]]:
    yield "py-solc-x", _installed
    if not offline:
        yield "py-solc-x download", _downloaded
    yield "npm solc", lambda: ROOT / "solc_node" / "solc"


def _installed() -> Path:

    try:
        return Path(get_executable(SOLC_RELEASE))
    except SolcNotInstalled:
        raise BuildError(f"solc {SOLC_RELEASE} is not installed") from None


def _downloaded() -> Path:
    # py-solc-x sets no time-out on its requests, a process can be given one.
    command = [sys.executable, "-m", "solcx.install", SOLC_RELEASE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_DOWNLOAD_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise BuildError(f"no answer within {_DOWNLOAD_TIMEOUT_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise BuildError(f"failed: {lines[-1][:200]}") from None
    return _installed()


def _accepted(binary: Path) -> Path:

    try:
        version = get_version_str_from_solc_binary(binary)
    except (OSError, subprocess.CalledProcessError, SolcError) as error:
        raise BuildError(f"{binary} does not run as solc ({error})") from None
    if version != SOLC_VERSION:
        raise BuildError(
            f"{binary} is solc {version}, but the artifacts are made by {SOLC_VERSION}"
        )
    return binary
