"""A task: its attempts, its escrow, and who gets the bounty."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.reference.facts import ZERO_ADDRESS, ZERO_BYTES32
from tests.contracts.reference.terms import NO_TERMS, Terms


class TaskStatus(IntEnum):
    UNKNOWN = 0
    IDLE = 1
    ASSIGNED = 2
    VERIFYING = 3
    COMPLETED = 4
    REFUNDED = 5


class Fault(IntEnum):
    INVALID_PROOF = 0
    MISSED_DEADLINE = 1


class RefundCause(IntEnum):
    CANCELLED = 0
    EXPIRED = 1


ENDED = (TaskStatus.COMPLETED, TaskStatus.REFUNDED)


@dataclass(slots=True)
class Task:
    """One task. `shares` is empty as long as the bounty is the node's."""

    requester: str = ZERO_ADDRESS
    workflow_id: str = ZERO_BYTES32
    status: TaskStatus = TaskStatus.UNKNOWN
    epoch: int = 0
    node: str = ZERO_ADDRESS
    bonded: int = 0
    proof_deadline: int = 0
    verify_deadline: int = 0
    proof_hash: str = ZERO_BYTES32
    bounty_left: int = 0
    shares: list[tuple[str, int]] = field(default_factory=list)
    terms: Terms = NO_TERMS
    failed: set[str] = field(default_factory=set)

    @property
    def escrow(self) -> int:
        """What the contract still holds for this task."""
        if self.status in (TaskStatus.UNKNOWN, *ENDED):
            return 0
        return self.bounty_left + self.terms.compute_price

    def release_attempt(self) -> None:
        """Forget the present attempt."""
        self.node = ZERO_ADDRESS
        self.bonded = 0
        self.proof_deadline = 0
        self.verify_deadline = 0
        self.proof_hash = ZERO_BYTES32

    def viewed(self) -> dict[str, Any]:
        return {
            "requester": self.requester,
            "workflowId": self.workflow_id,
            "status": int(self.status),
            "epoch": self.epoch,
            "node": self.node,
            "bonded": self.bonded,
            "proofDeadline": self.proof_deadline,
            "verifyDeadline": self.verify_deadline,
            "proofHash": self.proof_hash,
            "bountyLeft": self.bounty_left,
            "beneficiaries": [account for account, _ in self.shares],
            "shares": [amount for _, amount in self.shares],
            "terms": self.terms.logged(),
        }


def split(bounty: int, accounts: list[str]) -> list[tuple[str, int]]:
    """Return equal shares in order; what does not divide is the first one's."""
    share = bounty // len(accounts)
    rest = bounty - share * len(accounts)
    return [(account, share + (rest if at == 0 else 0)) for at, account in enumerate(accounts)]


def task_id_of(chain_id: int, arbiter: str, requester: str, salt: str) -> str:
    """Return keccak256(abi.encode(chain id, arbiter, requester, salt))."""
    types = ["uint256", "address", "address", "bytes32"]
    encoded = encode(types, [chain_id, arbiter, requester, bytes.fromhex(salt[2:])])
    return "0x" + keccak(encoded).hex()
