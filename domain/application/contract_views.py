"""What the contracts say of themselves, to be held against what the ledger says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.kernel.ids import Address, BlockNumber, Epoch, Hash32
from domain.kernel.money import Wei
from domain.kernel.stake_balance import StakeBalance


class ContractNode(Protocol):
    """A node as the arbiter has it."""

    @property
    def status(self) -> str:
        """One of unknown, active, jailed, exited."""
        ...

    @property
    def balance(self) -> StakeBalance:
        """Its stake."""
        ...

    @property
    def task_id(self) -> Hash32 | None:
        """What it works on."""
        ...


class ContractTask(Protocol):
    """A task as the arbiter has it."""

    @property
    def status(self) -> str:
        """One of unknown, idle, assigned, verifying, completed, refunded."""
        ...

    @property
    def requester(self) -> Address:
        """Who posted it."""
        ...

    @property
    def epoch(self) -> Epoch:
        """The present attempt."""
        ...

    @property
    def node(self) -> Address | None:
        """Who is assigned at present."""
        ...

    @property
    def bounty_left_wei(self) -> Wei:
        """What is left of the bounty in escrow."""
        ...


class ContractViews(Protocol):
    """Asks the contracts of one deployment as they were at a block. Every method raises Unavailable."""

    def balances_wei(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[Wei]:
        """Return how much of the token each account holds."""
        ...

    def slash_pool_wei(self, at: BlockNumber) -> Wei:
        """Return what the slash pool holds."""
        ...

    def credits_wei(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[Wei]:
        """Return what each account can claim."""
        ...

    def nodes(self, accounts: Sequence[Address], at: BlockNumber) -> Sequence[ContractNode]:
        """Return each account as a node."""
        ...

    def tasks(self, task_ids: Sequence[Hash32], at: BlockNumber) -> Sequence[ContractTask]:
        """Return each task."""
        ...

    def active_versions(self, workflow_ids: Sequence[Hash32], at: BlockNumber) -> Sequence[Hash32]:
        """Return the active version of each workflow, zero for none."""
        ...
