"""What the contracts say of themselves at a block, to hold the ledger against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from adapters.chain.sender import read_views
from adapters.chain.transport import MalformedAnswer, Transport
from adapters.chain.values import read_result
from contracts.bindings import agpt, workflow_registry
from contracts.bindings import heavy_compute_arbiter as arbiter
from domain.application.ports import Deployment
from domain.kernel.ids import ZERO_HASH, Address, BlockNumber, Epoch, Hash32
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance
from domain.node.state import NodeStatus
from domain.task.state import TaskStatus

_Status = TypeVar("_Status")

_NODE_STATUS: Final = (
    NodeStatus.UNKNOWN,
    NodeStatus.ACTIVE,
    NodeStatus.JAILED,
    NodeStatus.EXITED,
)
_TASK_STATUS: Final = (
    TaskStatus.UNKNOWN,
    TaskStatus.IDLE,
    TaskStatus.ASSIGNED,
    TaskStatus.VERIFYING,
    TaskStatus.COMPLETED,
    TaskStatus.REFUNDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node as the arbiter has it. `task_id` is what it works on."""

    status: NodeStatus
    balance: StakeBalance
    task_id: Hash32 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task as the arbiter has it. `node` is assigned at present."""

    status: TaskStatus
    requester: Address
    epoch: Epoch
    node: Address | None
    bounty_left_wei: Wei


class ContractViews:
    """Asks a deployment's view functions. Every method raises Unavailable."""

    def __init__(self, transport: Transport, deployment: Deployment) -> None:
        self._transport = transport
        self._deployment = deployment

    def held_wei(self, at: BlockNumber) -> Wei:
        """Return the token's balance of the arbiter."""
        call = agpt.encode_balance_of(self._deployment.arbiter)
        (answer,) = read_views(self._transport, [(self._deployment.token, call)], at=at)
        return Wei(read_result(agpt.decode_balance_of, answer, "balanceOf"))

    def balances_wei(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[Wei]:
        """Return how much of the token each account holds."""
        token = self._deployment.token
        calls = [(token, agpt.encode_balance_of(account)) for account in accounts]
        return [Wei(agpt.decode_balance_of(a)) for a in read_views(self._transport, calls, at=at)]

    def slash_pool_wei(self, at: BlockNumber) -> Wei:
        """Return what faults cost and governance has not paid out."""
        (answer,) = self._arbiter([arbiter.encode_slash_pool()], at)
        return Wei(read_result(arbiter.decode_slash_pool, answer, "slashPool"))

    def credits_wei(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[Wei]:
        """Return what each account can claim."""
        answers = self._arbiter([arbiter.encode_credit(account) for account in accounts], at)
        return [Wei(read_result(arbiter.decode_credit, answer, "credit")) for answer in answers]

    def nodes(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[NodeView]:
        """Return each account as a node; its status is `unknown` when it never was one."""
        answers = self._arbiter([arbiter.encode_node(account) for account in accounts], at)
        return [_node(read_result(arbiter.decode_node, answer, "node")) for answer in answers]

    def tasks(self, task_ids: Sequence[Hash32], at: BlockNumber) -> Sequence[TaskView]:
        """Return each task; its status is `unknown` when it was never posted."""
        answers = self._arbiter([arbiter.encode_task(task_id) for task_id in task_ids], at)
        return [_task(read_result(arbiter.decode_task, answer, "task")) for answer in answers]

    def active_versions(self, workflow_ids: Sequence[Hash32], at: BlockNumber) -> Sequence[Hash32]:
        """Return the active version of each workflow, zero for none."""
        calls = [
            (self._deployment.registry, workflow_registry.encode_active_version_of(workflow_id))
            for workflow_id in workflow_ids
        ]
        answers = read_views(self._transport, calls, at=at)
        decode = workflow_registry.decode_active_version_of
        return [Hash32(read_result(decode, answer, "activeVersionOf")) for answer in answers]

    def _arbiter(self, calls: Sequence[bytes], at: BlockNumber) -> Sequence[bytes]:
        return read_views(
            self._transport, [(self._deployment.arbiter, call) for call in calls], at=at
        )


def _status(statuses: tuple[_Status, ...], index: int) -> _Status:
    if index >= len(statuses):
        raise MalformedAnswer(
            f"the node answers with status {index}, which our contracts do not have"
        )
    return statuses[index]


def _node(view: arbiter.NodeView) -> NodeView:
    return NodeView(
        status=_status(_NODE_STATUS, view.status),
        balance=StakeBalance(
            available_wei=Wei(view.balance.available),
            locked_wei=Wei(view.balance.locked),
            unbonding_wei=Wei(view.balance.unbonding),
        ),
        task_id=None if view.task_id == ZERO_HASH else Hash32(view.task_id),
    )


def _task(view: arbiter.TaskView) -> TaskView:
    return TaskView(
        status=_status(_TASK_STATUS, view.status),
        requester=Address(view.requester),
        epoch=Epoch(view.epoch),
        node=None if int(view.node, 16) == 0 else Address(view.node),
        bounty_left_wei=Wei(view.bounty_left),
    )
