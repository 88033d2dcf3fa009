"""The verifier whose verdicts are given by attesters, once for each statement."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.contracts.reference.facts import Log, broken, refuse_any
from tests.contracts.reference.roles import ATTESTER, Roles

NAME = "AttesterVerifier"
CLAIM_TYPE = "(bytes32,uint64,address,address,bytes32,bytes32)"


class Verdict(IntEnum):
    PENDING = 0
    VALID = 1
    INVALID = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """What a node claims by a proof, in the order of the ABI."""

    task_id: str
    epoch: int
    node: str
    requester: str
    spec_hash: str
    proof_hash: str

    def abi(self) -> tuple[object, ...]:
        return tuple(astuple(self))


class Verifier:
    """A method returns logs or raises Refused and changes nothing."""

    def __init__(self, chain_id: int, address: str) -> None:
        self.chain_id = chain_id
        self.address = address
        self.roles = Roles(NAME)
        self.verdicts: dict[str, Verdict] = {}

    def statement_of(self, arbiter: str, claim: Claim) -> str:
        task_id, epoch, node, requester, spec_hash, proof_hash = astuple(claim)
        words = (_raw(task_id), epoch, node, requester, _raw(spec_hash), _raw(proof_hash))
        encoded = encode(
            ["uint256", "address", "address", CLAIM_TYPE],
            [self.chain_id, self.address, arbiter, words],
        )
        return "0x" + keccak(encoded).hex()

    def verdict_of(self, arbiter: str, claim: Claim) -> Verdict:
        return self.verdicts.get(self.statement_of(arbiter, claim), Verdict.PENDING)

    def attest(self, sender: str, arbiter: str, claim: Claim, *, valid: bool) -> list[Log]:
        statement = self.statement_of(arbiter, claim)
        refuse_any(
            self.roles.missing(ATTESTER, sender)
            | broken(
                AttesterConflict=sender in (claim.requester, claim.node),
                AlreadyAttested=statement in self.verdicts,
            )
        )
        self.verdicts[statement] = Verdict.VALID if valid else Verdict.INVALID
        attested = {
            "taskId": claim.task_id,
            "attester": sender,
            "arbiter": arbiter,
            "epoch": claim.epoch,
            "node": claim.node,
            "proofHash": claim.proof_hash,
            "valid": valid,
        }
        return [Log(NAME, "ProofAttested", attested)]


def _raw(word: str) -> bytes:
    return bytes.fromhex(word[2:])
