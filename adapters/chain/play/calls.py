"""A step of the story as calls of the contracts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from eth_utils.crypto import keccak

from adapters.chain.deploy import abi_policy
from adapters.chain.play import steps
from adapters.chain.play.actors import Cast
from adapters.chain.play.graphs import GRAPHS
from contracts.bindings import (
    agpt,
    attester_verifier,
    timelock_controller,
    workflow_registry,
)
from contracts.bindings import heavy_compute_arbiter as arbiter
from domain.application.ports import Deployment
from domain.kernel.ids import ZERO_HASH, Address, Hash32, Seconds
from domain.workflow.content import content_hash_of
from domain.workflow.names import version_hash_of, workflow_id_of

TRANSACTION_GAS: Final = 1_500_000
"""Offered for each call, far above what any needs; what is not used is not paid."""

_TRANSFER_GAS: Final = 30_000


@dataclass(frozen=True, slots=True)
class ContractCall:
    """A transaction of the story without its signer."""

    to: Address
    data: bytes
    value_wei: int = 0
    gas: int = TRANSACTION_GAS


class Calls:
    """Knows the ids that the story's earlier steps led to. Steps must come in the plan's order."""

    def __init__(
        self, deployment: Deployment, cast: Cast, story: str, delay_seconds: Seconds
    ) -> None:
        self._deployment = deployment
        self._cast = cast
        self._story = story
        self._delay_seconds = delay_seconds
        self._workflow_id = ZERO_HASH
        self._active = ZERO_HASH
        self._versions: dict[str, Hash32] = {}

    def of(self, step: steps.Step, *, wei_per_transaction: int) -> Sequence[ContractCall]:
        """Return the step's calls, none for a step that is only a wait."""
        match step:
            case steps.Fund():
                return self._fund(step, wei_per_transaction)
            case steps.Pass():
                return ()
            case steps.RegisterWorkflow() | steps.Publish() | steps.Rollback():
                return [ContractCall(self._deployment.registry, self._registry_data(step))]
            case steps.Attest():
                data = attester_verifier.encode_attest(
                    self._deployment.arbiter, self._claim(step), step.valid
                )
                return [ContractCall(self._deployment.verifier, data)]
            case steps.Approve():
                data = agpt.encode_approve(self._deployment.arbiter, step.amount_wei)
                return [ContractCall(self._deployment.token, data)]
            case steps.SetPolicy():
                data = arbiter.encode_set_policy(abi_policy(step.policy))
                return [self._governed(data, "policy", execute=step.execute)]
            case steps.ReleasePool():
                recipient = self._cast.address(step.recipient)
                data = arbiter.encode_release_slash_pool(recipient, step.amount_wei)
                return [self._governed(data, "pool", execute=step.execute)]
            case _:
                return [ContractCall(self._deployment.arbiter, self._arbiter_data(step))]

    def task_id(self, task: steps.TaskPlan) -> Hash32:
        """Return the id that the arbiter derives from requester and salt."""
        words = (
            self._deployment.chain_id.to_bytes(32, "big"),
            bytes(12) + bytes.fromhex(self._deployment.arbiter[2:]),
            bytes(12) + bytes.fromhex(self._cast.address(task.requester)[2:]),
            bytes.fromhex(self._named("salt", task.index)[2:]),
        )
        return Hash32("0x" + keccak(b"".join(words)).hex())

    def _fund(self, step: steps.Fund, wei_per_transaction: int) -> Sequence[ContractCall]:
        to = self._cast.address(step.actor)
        ether = ContractCall(
            to, b"", value_wei=step.transactions * wei_per_transaction, gas=_TRANSFER_GAS
        )
        if not step.amount_wei:
            return [ether]
        mint = agpt.encode_mint(to, step.amount_wei)
        return [ether, ContractCall(self._deployment.token, mint)]

    def _registry_data(
        self, step: steps.RegisterWorkflow | steps.Publish | steps.Rollback
    ) -> bytes:
        match step:
            case steps.RegisterWorkflow(name=name):
                self._workflow_id = workflow_id_of(self._cast.address(steps.PUBLISHER), name)
                return workflow_registry.encode_register_workflow(name)
            case steps.Publish(label=label):
                content, parent = content_hash_of(GRAPHS[label]), self._active
                self._active = version_hash_of(self._workflow_id, parent, content)
                self._versions[label] = self._active
                uri = f"https://workflows.example/risk-engine/{label}.json"
                return workflow_registry.encode_publish_version(
                    self._workflow_id, content, parent, uri
                )
            case steps.Rollback(label=label):
                self._active = self._versions[label]
                return workflow_registry.encode_emergency_rollback(self._active)
            case _:
                assert_never(step)

    def _arbiter_data(
        self,
        step: steps.Join
        | steps.Deposit
        | steps.QueueWithdrawal
        | steps.Withdraw
        | steps.Leave
        | steps.Claim
        | steps.Post
        | steps.Cancel
        | steps.Assign
        | steps.Submit
        | steps.Resolve
        | steps.ExpireProof
        | steps.ExpireVerification
        | steps.ExpireTask
        | steps.Pause,
    ) -> bytes:
        match step:
            case steps.Join():
                return arbiter.encode_register_node(step.metadata_uri)
            case steps.Deposit():
                return arbiter.encode_stake(step.amount_wei)
            case steps.QueueWithdrawal():
                return arbiter.encode_request_withdrawal(step.amount_wei)
            case steps.Withdraw():
                return arbiter.encode_withdraw()
            case steps.Leave():
                return arbiter.encode_deregister_node()
            case steps.Claim():
                return arbiter.encode_claim()
            case steps.Pause():
                return arbiter.encode_pause() if step.stop else arbiter.encode_unpause()
            case steps.Post():
                return arbiter.encode_post_task(self._request(step.task))
            case steps.Cancel():
                return arbiter.encode_cancel_task(self.task_id(step.task))
            case steps.Assign():
                node = self._cast.address(step.node)
                return arbiter.encode_assign(self.task_id(step.task), node)
            case steps.Submit():
                proof = self._proof(step.task, step.epoch)
                return arbiter.encode_submit_proof(self.task_id(step.task), step.epoch, proof)
            case steps.Resolve():
                return arbiter.encode_resolve(self.task_id(step.task), step.epoch, b"")
            case steps.ExpireProof():
                return arbiter.encode_expire_proof(self.task_id(step.task))
            case steps.ExpireVerification():
                return arbiter.encode_expire_verification(self.task_id(step.task))
            case steps.ExpireTask():
                return arbiter.encode_expire_task(self.task_id(step.task))
            case _:
                assert_never(step)

    def _request(self, task: steps.TaskPlan) -> arbiter.TaskRequest:
        in_workflow = task.version is not None
        return arbiter.TaskRequest(
            salt=self._named("salt", task.index),
            workflow_id=self._workflow_id if in_workflow else ZERO_HASH,
            version_hash=self._versions[task.version] if task.version is not None else ZERO_HASH,
            spec_hash=self._named("spec", task.index),
            bounty=task.bounty_wei,
            gpu_hours=task.gpu_hours,
            memory_gb=task.memory_gb,
            priority=task.priority,
            proof_seconds=task.proof_seconds,
            life_seconds=task.life_seconds,
            backups=tuple([self._cast.address(backup) for backup in task.backups]),
        )

    def _claim(self, step: steps.Attest) -> attester_verifier.ProofClaim:
        return attester_verifier.ProofClaim(
            task_id=self.task_id(step.task),
            epoch=step.epoch,
            node=self._cast.address(step.node),
            requester=self._cast.address(step.task.requester),
            spec_hash=self._named("spec", step.task.index),
            proof_hash=self._proof(step.task, step.epoch),
        )

    def _governed(self, data: bytes, salt: str, *, execute: bool) -> ContractCall:
        """Return the call that proposes `data` to the timelock, or that executes the proposal."""
        target, mark = self._deployment.arbiter, self._named(salt, 0)
        if execute:
            call = timelock_controller.encode_execute(target, 0, data, ZERO_HASH, mark)
        else:
            call = timelock_controller.encode_schedule(
                target, 0, data, ZERO_HASH, mark, self._delay_seconds
            )
        return ContractCall(self._deployment.timelock, call)

    def _proof(self, task: steps.TaskPlan, epoch: int) -> Hash32:
        return self._named(f"proof {epoch}", task.index)

    def _named(self, what: str, index: int) -> Hash32:
        text = f"agentgpt story {self._story} {what} {index}"
        return Hash32("0x" + hashlib.sha256(text.encode()).hexdigest())
