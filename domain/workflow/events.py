"""Decisions of a workflow's owner and facts of the registry. The stored names outlive the classes.

`workflow.*` are decisions taken here; `registry.*` are facts from a chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from domain.kernel.event import Event
from domain.kernel.ids import Address, Hash32
from domain.kernel.personal import Personal
from domain.workflow.graph import TaskGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRegistered(Event):
    """Decision: a workflow exists. `workflow_id` is sha256(owner, name), as the registry derives it."""

    NAME: ClassVar[str] = "workflow.registered"
    SCHEMA: ClassVar[int] = 2
    workflow_id: Hash32
    owner: Address
    name: Annotated[str, Personal(subject="owner", since=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPublished(Event):
    """Decision: a version of the task graph. `version_hash` is sha256(workflow_id, parent, content_hash)."""

    NAME: ClassVar[str] = "workflow.version_published"
    workflow_id: Hash32
    version_hash: Hash32
    parent: Hash32
    content_hash: Hash32
    sequence: int
    label: str
    graph: TaskGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainWorkflowRegistered(Event):
    """Fact: the registry knows the workflow."""

    NAME: ClassVar[str] = "registry.workflow_registered"
    SCHEMA: ClassVar[int] = 2
    workflow_id: Hash32
    owner: Address
    name: Annotated[str, Personal(subject="owner", since=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVersionPublished(Event):
    """Fact: the registry holds the version, and it became active."""

    NAME: ClassVar[str] = "registry.version_published"
    SCHEMA: ClassVar[int] = 2
    workflow_id: Hash32
    version_hash: Hash32
    parent: Hash32
    content_hash: Hash32
    sequence: int
    content_uri: Annotated[str, Personal(subject="publisher", since=2)]
    publisher: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVersionChanged(Event):
    """Fact: `version_hash` is active in place of `active_version` (zero before the first)."""

    NAME: ClassVar[str] = "registry.version_changed"
    active_version: Hash32
    version_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVersionRevoked(Event):
    """Fact: the version was rolled over and never becomes active again."""

    NAME: ClassVar[str] = "registry.version_revoked"
    workflow_id: Hash32
    version_hash: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRolledBack(Event):
    """Fact: an emergency rollback made `to_version` active again."""

    NAME: ClassVar[str] = "registry.rolled_back"
    workflow_id: Hash32
    from_version: Hash32
    to_version: Hash32
    revoked_count: int
    by: Address


WorkflowEvent: TypeAlias = (
    WorkflowRegistered
    | VersionPublished
    | ChainWorkflowRegistered
    | ChainVersionPublished
    | ChainVersionChanged
    | ChainVersionRevoked
    | ChainRolledBack
)
