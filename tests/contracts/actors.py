"""Who takes part in the tests, and the policy they live under."""

from __future__ import annotations

from tests.contracts.reference.terms import AGPT, DAY, Policy


def account(number: int) -> str:
    """Return an address that nobody else has."""
    return f"0x{number:040x}"


ADMIN = account(0xAD01)
GOVERNOR = account(0x6001)
PAUSE_GUARD = account(0x6002)
SCHEDULER_BOT = account(0x6003)
JUDGE = account(0x6004)
MINT = account(0x6005)
REQUESTER = account(0xC001)
STRANGER = account(0xE001)
NODES = tuple(account(0xA001 + at) for at in range(9))

CAP = 10**9 * AGPT
PURSE = 10**6 * AGPT
TIMELOCK_SECONDS = 2 * DAY


def word(number: int) -> str:
    """Return a 32-byte value as text."""
    return f"0x{number:064x}"


def default_policy(verifier: str) -> Policy:
    """Return a policy whose numbers do not divide evenly, so that rounding shows."""
    return Policy(
        gpu_rate=3 * 10**16 + 7,
        memory_rate=10**14 + 3,
        min_stake=100 * AGPT,
        slash_bps=50,
        unbonding_seconds=14 * DAY,
        min_proof_seconds=60,
        max_proof_seconds=7 * DAY,
        verify_seconds=DAY,
        max_task_seconds=30 * DAY,
        verifier=verifier,
    )
