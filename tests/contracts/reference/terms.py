"""The policy of the network, what a requester asks for, and the terms a task is posted under."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32

DAY = 86_400
AGPT = 10**18


@dataclass(frozen=True, slots=True)
class Policy:
    """What governance sets, in the order of the ABI. Rates are wei for a GPU hour and for a GB."""

    gpu_rate: int
    memory_rate: int
    min_stake: int
    slash_bps: int
    unbonding_seconds: int
    min_proof_seconds: int
    max_proof_seconds: int
    verify_seconds: int
    max_task_seconds: int
    verifier: str

    def abi(self) -> tuple[Any, ...]:
        return tuple(astuple(self))

    def logged(self) -> dict[str, Any]:
        return {
            "gpuRate": self.gpu_rate,
            "memoryRate": self.memory_rate,
            "minStake": self.min_stake,
            "slashBps": self.slash_bps,
            "unbondingSeconds": self.unbonding_seconds,
            "minProofSeconds": self.min_proof_seconds,
            "maxProofSeconds": self.max_proof_seconds,
            "verifySeconds": self.verify_seconds,
            "maxTaskSeconds": self.max_task_seconds,
            "verifier": self.verifier,
        }

    def in_bounds(self, *, verifier_has_code: bool) -> bool:
        return (
            self.gpu_rate <= 10**24
            and self.memory_rate <= 10**24
            and AGPT <= self.min_stake <= 10**9 * AGPT
            and 1 <= self.slash_bps <= 1000
            and 1 <= self.min_proof_seconds <= self.max_proof_seconds <= 30 * DAY
            and 1 <= self.verify_seconds <= 7 * DAY
            and self.min_proof_seconds <= self.max_task_seconds <= 365 * DAY
            and self.max_proof_seconds + self.verify_seconds <= self.unbonding_seconds <= 60 * DAY
            and verifier_has_code
        )

    def cost(self, gpu_hours: int, memory_gb: int, *, priority: bool) -> int:
        cost = gpu_hours * self.gpu_rate + memory_gb * self.memory_rate
        return cost * 22 // 10 if priority else cost


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What a requester asks for, in the order of the ABI."""

    salt: str
    workflow_id: str = ZERO_BYTES32
    version_hash: str = ZERO_BYTES32
    spec_hash: str = ZERO_BYTES32
    bounty: int = AGPT
    gpu_hours: int = 0
    memory_gb: int = 0
    priority: bool = False
    proof_seconds: int = 3600
    life_seconds: int = DAY
    backups: tuple[str, ...] = ()

    def abi(self) -> tuple[Any, ...]:
        return tuple(astuple(self))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a task was posted under, in the order of the ABI."""

    version_hash: str
    spec_hash: str
    bounty: int
    compute_price: int
    gpu_hours: int
    memory_gb: int
    priority: bool
    expires_at: int
    proof_seconds: int
    verify_seconds: int
    slash_bps: int
    verifier: str
    backups: tuple[str, ...]

    def logged(self) -> dict[str, Any]:
        return {
            "versionHash": self.version_hash,
            "specHash": self.spec_hash,
            "bounty": self.bounty,
            "computePrice": self.compute_price,
            "gpuHours": self.gpu_hours,
            "memoryGB": self.memory_gb,
            "priority": self.priority,
            "expiresAt": self.expires_at,
            "proofSeconds": self.proof_seconds,
            "verifySeconds": self.verify_seconds,
            "slashBps": self.slash_bps,
            "verifier": self.verifier,
            "backups": list(self.backups),
        }


NO_TERMS = Terms(
    version_hash=ZERO_BYTES32,
    spec_hash=ZERO_BYTES32,
    bounty=0,
    compute_price=0,
    gpu_hours=0,
    memory_gb=0,
    priority=False,
    expires_at=0,
    proof_seconds=0,
    verify_seconds=0,
    slash_bps=0,
    verifier=ZERO_ADDRESS,
    backups=(),
)
