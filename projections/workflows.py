"""Each workflow: who owns it, the newest version decided here, and the active version on each registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.workflow.events import (
    ChainRolledBack,
    ChainVersionPublished,
    ChainVersionRevoked,
    ChainWorkflowRegistered,
    VersionPublished,
    WorkflowRegistered,
)
from projections.chain_source import registry_of, source_of
from projections.projection import Body
from projections.stamp import Stamp, stamp


class RegistryRow(TypedDict):
    """A workflow on one registry. `active_version` is null before the first one; `last_block` is that chain's."""

    active_version: str | None
    version_count: int
    revoked_count: int
    rollback_count: int
    last_block: int


class WorkflowRow(Stamp):
    """A workflow. `head` is the newest version decided here, null before the first; `decided_count` counts those.

    `decided` tells whether it was registered here; `registries` holds what each chain says, by `<chain id>.<registry>`.
    """

    workflow_id: str
    owner: str | None
    name: str | None
    decided: bool
    head: str | None
    head_label: str | None
    decided_count: int
    registries: dict[str, RegistryRow]


_Decision = WorkflowRegistered | VersionPublished
_Fact = ChainWorkflowRegistered | ChainVersionPublished | ChainVersionRevoked | ChainRolledBack


class Workflows:
    """Key `<workflow id>`; not listed under anything."""

    name: Final = "workflows"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            WorkflowRegistered,
            VersionPublished,
            ChainWorkflowRegistered,
            ChainVersionPublished,
            ChainVersionRevoked,
            ChainRolledBack,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the id of the workflow that the event names."""
        return (cast(_Decision | _Fact, recorded.event).workflow_id,)

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the workflow's row after the event. Raises CorruptRecord for a fact without provenance."""
        event = cast(_Decision | _Fact, recorded.event)
        row = _first(key) if body is None else cast(WorkflowRow, body)
        after: WorkflowRow = {**row, **stamp(recorded)}
        match event:
            case WorkflowRegistered():
                after["owner"], after["name"] = event.owner, event.name
                after["decided"] = True
            case VersionPublished():
                after["head"], after["head_label"] = event.version_hash, event.label
                after["decided_count"] += 1
            case _:
                if isinstance(event, ChainWorkflowRegistered):
                    after["owner"], after["name"] = event.owner, event.name
                source = source_of(recorded)
                registry = registry_of(source)
                before = row["registries"].get(registry)
                entry = _entry(before, event, source.block_number)
                after["registries"] = {**row["registries"], registry: entry}
        return after

    def scope_of(self, body: Body) -> str:
        """Return nothing: workflows are found by key."""
        del body
        return ""


def _first(key: str) -> WorkflowRow:
    return {
        "workflow_id": key,
        "owner": None,
        "name": None,
        "decided": False,
        "head": None,
        "head_label": None,
        "decided_count": 0,
        "registries": {},
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _entry(before: RegistryRow | None, event: _Fact, block: int) -> RegistryRow:
    after: RegistryRow = (
        {
            "active_version": None,
            "version_count": 0,
            "revoked_count": 0,
            "rollback_count": 0,
            "last_block": block,
        }
        if before is None
        else {**before, "last_block": block}
    )
    match event:
        case ChainWorkflowRegistered():
            pass
        case ChainVersionPublished():
            after["active_version"] = event.version_hash
            after["version_count"] += 1
        case ChainVersionRevoked():
            after["revoked_count"] += 1
        case ChainRolledBack():
            after["active_version"] = event.to_version
            after["rollback_count"] += 1
        case _:
            assert_never(event)
    return after
