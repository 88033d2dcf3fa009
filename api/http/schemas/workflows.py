"""Shapes of workflows, their versions, and the commands that make them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.http.schemas.shape import AddressText, HashText, Shape, StampedShape, WeiText


class RegistryOut(Shape):
    """What one chain's registry says about a workflow."""

    active_version: HashText | None
    version_count: int
    revoked_count: int
    rollback_count: int
    last_block: int


class WorkflowOut(StampedShape):
    """A workflow. `head` is the newest version decided here; `registries` is by `<chain id>.<registry>`."""

    workflow_id: HashText
    owner: AddressText | None
    name: str | None
    decided: bool
    head: HashText | None
    head_label: str | None
    decided_count: int
    registries: dict[str, RegistryOut]


class GraphTaskOut(Shape):
    """One task of a version's graph."""

    id: str
    kind: str
    gpu_hours: int
    memory_gb: int
    priority: bool
    bounty_wei: WeiText
    after: list[str]


class StandingOut(Shape):
    """What one chain's registry says about a version."""

    active: bool
    revoked: bool
    sequence: int | None
    content_uri: str | None
    publisher: AddressText | None
    published_block: int | None
    last_block: int


class VersionOut(StampedShape):
    """A version. `label` and `tasks` are known when it was published here."""

    version_hash: HashText
    workflow_id: HashText | None
    parent: HashText | None
    content_hash: HashText | None
    sequence: int | None
    decided: bool
    label: str | None
    tasks: list[GraphTaskOut] | None
    registries: dict[str, StandingOut]


class RegisterIn(BaseModel):
    """Register a workflow."""

    model_config = ConfigDict(extra="forbid", strict=True)

    owner: str = Field(max_length=64, examples=["0x1234567890abcdef1234567890abcdef12345678"])
    name: str = Field(max_length=256, examples=["risk-engine"])


class PublishIn(BaseModel):
    """Publish a version. `parent` is the head the publisher knows; null for the first version."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: str = Field(max_length=256, examples=["production-v1.2"])
    graph: dict[str, object] = Field(
        description="The task graph: `{tasks: [{id, kind, gpu_hours, memory_gb, priority, bounty_wei, after}]}`."
    )
    parent: Annotated[str | None, Field(max_length=80)] = None


class DecidedOut(Shape):
    """What a command wrote. The read models follow within moments: wait for `position` in /v1/health."""

    position: int
    stream: str
    workflow_id: HashText
    version_hash: HashText | None
