"""Contracts that mean harm, written in a few instructions, because no compiler is at hand where the tests run."""

from __future__ import annotations

from collections.abc import Sequence

from tests.contracts.actors import STRANGER
from tests.contracts.evm import Chain

_OPCODES = {
    "STOP": 0x00,
    "SUB": 0x03,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "CALLER": 0x33,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "RETURNDATASIZE": 0x3D,
    "RETURNDATACOPY": 0x3E,
    "MSTORE": 0x52,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "CALL": 0xF1,
    "RETURN": 0xF3,
    "REVERT": 0xFD,
    "INVALID": 0xFE,
}
_JUMPDEST, _PUSH2, _PUSH32 = 0x5B, 0x61, 0x7F


def assemble(source: Sequence[str | int]) -> bytes:
    """Return runtime code. Integers are pushed, `:name` marks a place, `@name` pushes it, other words are opcodes."""
    code, places, uses = bytearray(), dict[str, int](), list[tuple[int, str]]()
    for item in source:
        if isinstance(item, int):
            code += bytes([_PUSH32]) + item.to_bytes(32, "big")
        elif item.startswith(":"):
            places[item[1:]] = len(code)
            code.append(_JUMPDEST)
        elif item.startswith("@"):
            uses.append((len(code) + 1, item[1:]))
            code += bytes([_PUSH2, 0, 0])
        else:
            code.append(_OPCODES[item])
    for at, name in uses:
        code[at : at + 2] = places[name].to_bytes(2, "big")
    return bytes(code)


def install(chain: Chain, runtime: bytes) -> str:
    """Deploy runtime code and return its address."""
    # PUSH2 size, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    creation = bytes.fromhex(f"61{len(runtime):04x}80600c6000396000f3") + runtime
    return chain.deploy_code(creation, sender=STRANGER)


def answers(*words: int, size: int | None = None) -> bytes:
    """Return code that answers every call with these words, cut or padded to `size` bytes."""
    source: list[str | int] = []
    for at, word in enumerate(words):
        source += [word, 32 * at, "MSTORE"]
    return assemble([*source, 32 * len(words) if size is None else size, 0, "RETURN"])


REVERTS = assemble([0, 0, "REVERT"])
BURNS_ALL_GAS = assemble(["INVALID"])
LOOPS_FOR_EVER = assemble([":again", "@again", "JUMP"])


def puppet(owner: str, reentry: bytes = b"") -> bytes:
    """Return code that does what its owner says: calldata is a target as one word, then what to send there.

    One byte from the owner arms it: the next time somebody else calls, it calls back with `reentry` before it says yes.
    It says yes (one word, 1) to everybody, so it passes for a token, and for a verifier that finds every proof valid.
    """
    words = [
        int.from_bytes(reentry[at : at + 32].ljust(32, b"\0"), "big")
        for at in range(0, len(reentry), 32)
    ]
    load = [part for at, word in enumerate(words) for part in (word, 32 * at, "MSTORE")]
    source: list[str | int] = [
        *("CALLER", int(owner, 16), "EQ", "@owner", "JUMPI"),
        *(0, "SLOAD", 1, "EQ", "ISZERO", "@yes", "JUMPI"),
        *(2, 0, "SSTORE"),
        *load,
        *(0, 0, len(reentry), 0, 0, "CALLER", "GAS", "CALL"),
        *("ISZERO", "@bubble", "JUMPI"),
        *(":yes", 1, 0, "MSTORE", 32, 0, "RETURN"),
        *(":bubble", "RETURNDATASIZE", 0, 0, "RETURNDATACOPY", "RETURNDATASIZE", 0, "REVERT"),
        *(":owner", "CALLDATASIZE", 1, "EQ", "@arm", "JUMPI"),
        # CALLDATACOPY(to 0, from 32, size - 32)
        *(32, "CALLDATASIZE", "SUB", 32, 0, "CALLDATACOPY"),
        *(0, 0, 32, "CALLDATASIZE", "SUB", 0, 0, 0, "CALLDATALOAD", "GAS", "CALL"),
        *("ISZERO", "@bubble", "JUMPI", "STOP"),
        *(":arm", 1, 0, "SSTORE", "STOP"),
    ]
    return assemble(source)


def order(target: str, data: bytes) -> bytes:
    """Return the calldata by which a puppet's owner makes it call `target`."""
    return int(target, 16).to_bytes(32, "big") + data
