"""Every event the log may hold, by its stored name. A type that is not listed here cannot be stored or read."""

from __future__ import annotations

from typing import TypeAlias, get_args

from domain.chain.events import ChainEvent
from domain.kernel.event import EventRegistry
from domain.network.events import NetworkEvent
from domain.node.events import NodeEvent
from domain.outbox.events import OutboxEvent
from domain.stake.events import StakeEvent
from domain.subject.events import SubjectEvent
from domain.task.events import TaskEvent
from domain.workflow.events import WorkflowEvent

LedgerEvent: TypeAlias = (
    NodeEvent
    | StakeEvent
    | TaskEvent
    | NetworkEvent
    | WorkflowEvent
    | ChainEvent
    | SubjectEvent
    | OutboxEvent
)

REGISTRY = EventRegistry(get_args(LedgerEvent))
