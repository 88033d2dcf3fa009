"""What the arbiter knows and owes, and the small steps that several entry points share."""

from __future__ import annotations

from collections import defaultdict

from tests.contracts.reference.facts import ZERO_BYTES32, Log, refuse
from tests.contracts.reference.registry import Registry
from tests.contracts.reference.roles import Roles
from tests.contracts.reference.stakes import Node, NodeStatus
from tests.contracts.reference.tasks import Task
from tests.contracts.reference.terms import Policy
from tests.contracts.reference.token import Token
from tests.contracts.reference.verifier import Verifier

NAME = "HeavyComputeArbiter"


class Books:
    """The state behind the entry points. Amounts are wei, times are seconds of the block."""

    def __init__(
        self,
        *,
        chain_id: int,
        address: str,
        token: Token,
        registry: Registry,
        verifiers: dict[str, Verifier],
        policy: Policy,
    ) -> None:
        self.chain_id = chain_id
        self.address = address
        self.token = token
        self.registry = registry
        self.verifiers = verifiers
        self.policy = policy
        self.roles = Roles(NAME)
        self.paused = False
        self.nodes: defaultdict[str, Node] = defaultdict(Node)
        self.tasks: dict[str, Task] = {}
        self.credits: defaultdict[str, int] = defaultdict(int)
        self.pool = 0
        self.faults = 0

    @property
    def owed(self) -> int:
        """What the contract owes to everybody together, and so must hold in tokens."""
        stakes = sum(node.working_stake + node.unbonding for node in self.nodes.values())
        escrow = sum(task.escrow for task in self.tasks.values())
        return stakes + escrow + sum(self.credits.values()) + self.pool

    def _queue(self, account: str, amount: int, now: int) -> list[Log]:
        node = self.nodes[account]
        entry = node.enqueue(amount, now + self.policy.unbonding_seconds)
        return [
            log(
                "WithdrawalQueued",
                node=account,
                withdrawalId=entry.withdrawal_id,
                amount=amount,
                unlockAt=entry.unlock_at,
                balance=node.logged(),
            )
        ]

    def _jail_if_short(self, account: str) -> list[Log]:
        node = self.nodes[account]
        if node.status is not NodeStatus.ACTIVE or node.working_stake >= self.policy.min_stake:
            return []
        node.status = NodeStatus.JAILED
        return [self._status_log("NodeJailed", account)]

    def _status_log(self, event: str, account: str) -> Log:
        stake = self.nodes[account].working_stake
        return log(event, node=account, stake=stake, minStake=self.policy.min_stake)

    def _pay(self, account: str, amount: int) -> list[Log]:
        return self.token.transfer(self.address, account, amount)

    def _task(self, task_id: str) -> Task:
        refuse(UnknownTask=task_id not in self.tasks)
        return self.tasks[task_id]

    def _free_node(self, account: str) -> None:
        node = self.nodes[account]
        node.unlock_all()
        node.task_id = ZERO_BYTES32

    def _credit(self, account: str, amount: int) -> int:
        self.credits[account] += amount
        return self.credits[account]


def log(event: str, **args: object) -> Log:
    """Return a log of the arbiter."""
    return Log(NAME, event, args)
