"""What can be asked of a workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from domain.kernel.ids import Address, Hash32
from domain.workflow.graph import TaskGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWorkflow:
    """Make a workflow known under an owner and a name."""

    owner: Address
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishVersion:
    """Publish a graph as the version after `expected_parent`, which is ZERO_HASH for the first one."""

    workflow_id: Hash32
    graph: TaskGraph
    label: str
    expected_parent: Hash32


WorkflowCommand: TypeAlias = RegisterWorkflow | PublishVersion
