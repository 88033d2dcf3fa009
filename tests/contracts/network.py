"""A whole network on the fast EVM, and the short sentences that rule tests are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contracts.abi import Reverted
from tests.contracts.actors import (
    ADMIN,
    CAP,
    GOVERNOR,
    JUDGE,
    MINT,
    NODES,
    PAUSE_GUARD,
    PURSE,
    REQUESTER,
    SCHEDULER_BOT,
    STRANGER,
    TIMELOCK_SECONDS,
    default_policy,
    word,
)
from tests.contracts.evm import Chain, Contract, only
from tests.contracts.reference.facts import UINT256_MAX, Log
from tests.contracts.reference.roles import ATTESTER, GOVERNANCE, MINTER, PAUSER, SCHEDULER
from tests.contracts.reference.tasks import TaskStatus
from tests.contracts.reference.terms import AGPT, Policy, TaskRequest


class Network:
    """The five contracts, with every role given to an account of its own and tokens for everybody."""

    def __init__(
        self,
        change_policy: Callable[[Policy], Policy] = lambda policy: policy,
        *,
        cap: int = CAP,
        purse: int = PURSE,
    ) -> None:
        chain = self.chain = Chain()
        self.purse = purse
        self.token = chain.deploy("AGPT", ADMIN, cap, sender=ADMIN)
        self.verifier = chain.deploy("AttesterVerifier", ADMIN, sender=ADMIN)
        self.registry = chain.deploy("WorkflowRegistry", ADMIN, GOVERNOR, sender=ADMIN)
        self.policy = change_policy(default_policy(self.verifier.address))
        self.arbiter = chain.deploy(
            "HeavyComputeArbiter",
            self.token.address,
            self.registry.address,
            ADMIN,
            self.policy.abi(),
            sender=ADMIN,
        )
        self.timelock = chain.deploy(
            "TimelockController", TIMELOCK_SECONDS, [GOVERNOR], [GOVERNOR], ADMIN, sender=ADMIN
        )
        self._grant_roles()
        self._salts = 0
        self._posted: list[str] = []

    def _grant_roles(self) -> None:
        for contract, role, holder in (
            (self.token, MINTER, MINT),
            (self.verifier, ATTESTER, JUDGE),
            (self.arbiter, GOVERNANCE, GOVERNOR),
            (self.arbiter, GOVERNANCE, self.timelock.address),
            (self.arbiter, PAUSER, PAUSE_GUARD),
            (self.arbiter, SCHEDULER, SCHEDULER_BOT),
        ):
            self.send(contract, "grantRole", role, holder, sender=ADMIN)
        for holder in (REQUESTER, STRANGER, *NODES):
            self.fund(holder)

    def fund(self, holder: str) -> None:
        """Give tokens, and let the arbiter draw on them."""
        self.send(self.token, "mint", holder, self.purse, sender=MINT)
        self.send(self.token, "approve", self.arbiter.address, UINT256_MAX, sender=holder)

    def send(self, contract: Contract, function: str, *args: Any, sender: str) -> list[Log]:
        return self.chain.send(contract, function, *args, sender=sender)

    def act(self, sender: str, function: str, *args: Any) -> list[Log]:
        """Call the arbiter."""
        return self.chain.send(self.arbiter, function, *args, sender=sender)

    # Sentences.

    def join(self, *nodes: str, amount: int = 1000 * AGPT) -> None:
        """Register each node and stake for it."""
        for node in nodes:
            self.act(node, "registerNode", "")
            self.act(node, "stake", amount)

    def request(self, **fields: Any) -> TaskRequest:
        """Return a request with a salt of its own; other fields as given."""
        self._salts += 1
        return replace(TaskRequest(salt=word(self._salts)), **fields)

    def post(self, *, requester: str = REQUESTER, **fields: Any) -> str:
        """Post a task and return its id."""
        logs = self.act(requester, "postTask", self.request(**fields).abi())
        self._posted.append(str(only(logs, "TaskPosted").args["taskId"]))
        return self._posted[-1]

    def assign(self, task_id: str, node: str) -> list[Log]:
        return self.act(SCHEDULER_BOT, "assign", task_id, node)

    def submit(self, task_id: str, *, proof_hash: str = word(0xF00F)) -> list[Log]:
        """Hand in a proof as the assigned node of the present attempt."""
        task = self.task(task_id)
        return self.act(task["node"], "submitProof", task_id, task["epoch"], proof_hash)

    def judge(self, task_id: str, *, valid: bool) -> list[Log]:
        """Attest the present claim."""
        claim = self.read("claimOf", task_id)
        return self.send(self.verifier, "attest", self.arbiter.address, claim, valid, sender=JUDGE)

    def resolve(self, task_id: str) -> list[Log]:
        return self.act(STRANGER, "resolve", task_id, self.task(task_id)["epoch"], b"")

    def finish(self, task_id: str, *, valid: bool) -> list[Log]:
        """Submit, judge and resolve the present attempt."""
        self.submit(task_id)
        self.judge(task_id, valid=valid)
        return self.resolve(task_id)

    def running(self, node: str = NODES[0], **fields: Any) -> str:
        """Post a task and assign it; return its id."""
        task_id = self.post(**fields)
        self.assign(task_id, node)
        return task_id

    def verifying(self, node: str = NODES[0], **fields: Any) -> str:
        """Post, assign and submit; return the task's id."""
        task_id = self.running(node, **fields)
        self.submit(task_id)
        return task_id

    # Views.

    def read(self, function: str, *args: Any) -> Any:
        return self.chain.read(self.arbiter, function, *args)

    def task(self, task_id: str) -> dict[str, Any]:
        return dict(self.read("task", task_id))

    def node(self, address: str) -> dict[str, Any]:
        return dict(self.read("node", address))

    def idle_tasks(self) -> list[str]:
        """Return the ids of the tasks that wait for a node."""
        return [
            task_id for task_id in self._posted if self.task(task_id)["status"] == TaskStatus.IDLE
        ]

    def credit(self, address: str) -> int:
        return int(self.read("credit", address))

    def tokens(self, address: str) -> int:
        return int(self.chain.read(self.token, "balanceOf", address))


def refused(call: Callable[[], object]) -> str:
    """Return the name of the error that refuses the call. Fails when it goes through."""
    try:
        call()
    except Reverted as reverted:
        return reverted.name
    raise AssertionError("the call was not refused")
