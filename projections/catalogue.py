"""All projections of the ledger. A read model that is not listed here is neither written nor audited."""

from __future__ import annotations

from projections.accounts import Accounts
from projections.assignments import Assignments
from projections.bounty_flows import BountyFlows
from projections.chains import Chains
from projections.network_periods import NetworkPeriods
from projections.network_totals import NetworkTotals
from projections.node_days import NodeDays
from projections.node_states import NodeStates
from projections.outbox import Outbox
from projections.performance import Performance
from projections.projection import Projection
from projections.slashes import Slashes
from projections.stake_balances import StakeBalances
from projections.suspense import Suspense
from projections.task_board import TaskBoard
from projections.timeline import Timeline
from projections.workflow_versions import WorkflowVersions
from projections.workflows import Workflows

ALL: tuple[Projection, ...] = (
    NodeStates(),
    Assignments(),
    StakeBalances(),
    TaskBoard(),
    Workflows(),
    WorkflowVersions(),
    NetworkTotals(),
    Outbox(),
    Accounts(),
    Suspense(),
    Timeline(),
    Chains(),
    Slashes(),
    BountyFlows(),
    NetworkPeriods("day"),
    NetworkPeriods("block"),
    NodeDays(),
    Performance(),
)

SENTINEL: tuple[Projection, ...] = tuple(
    Accounts(sentinel=True) if isinstance(each, Accounts) else each for each in ALL
)
"""The same, with books that refuse what breaks a rule of conservation."""
