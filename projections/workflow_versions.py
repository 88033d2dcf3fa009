"""Each version of each workflow: its place in the history, its graph if decided here, and its standing on chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict, assert_never, cast

from domain.kernel.envelope import RecordedEvent
from domain.kernel.event import Event
from domain.kernel.ids import ZERO_HASH
from domain.workflow.events import (
    ChainRolledBack,
    ChainVersionChanged,
    ChainVersionPublished,
    ChainVersionRevoked,
    VersionPublished,
)
from domain.workflow.graph import TaskGraph
from projections.chain_source import registry_of, source_of
from projections.projection import Body
from projections.stamp import Stamp, stamp


class GraphTaskRow(TypedDict):
    """One task of a version's graph."""

    id: str
    kind: str
    gpu_hours: int
    memory_gb: int
    priority: bool
    bounty_wei: str
    after: list[str]


class StandingRow(TypedDict):
    """A version on one registry. `published_block` is null for a version whose publication is not in the ledger."""

    active: bool
    revoked: bool
    sequence: int | None
    content_uri: str | None
    publisher: str | None
    published_block: int | None
    last_block: int


class VersionRow(Stamp):
    """A version. `parent` is null for a workflow's first; `sequence` counts from 1 in its workflow.

    `decided` tells whether it was published here; then `label` and `tasks` (the graph) are known, else they are null.
    `registries` holds what each chain says, by `<chain id>.<registry>`.
    """

    version_hash: str
    workflow_id: str | None
    parent: str | None
    content_hash: str | None
    sequence: int | None
    decided: bool
    label: str | None
    tasks: list[GraphTaskRow] | None
    registries: dict[str, StandingRow]


_Fact = ChainVersionPublished | ChainVersionChanged | ChainVersionRevoked | ChainRolledBack


class WorkflowVersions:
    """Key `<version hash>`, listed by workflow id."""

    name: Final = "workflow_versions"
    version: Final = 1
    handles: Final[frozenset[type[Event]]] = frozenset(
        {
            VersionPublished,
            ChainVersionPublished,
            ChainVersionChanged,
            ChainVersionRevoked,
            ChainRolledBack,
        }
    )

    def keys_of(self, recorded: RecordedEvent) -> Sequence[str]:
        """Return the versions that the event names, without the zero that stands for none."""
        event = cast(VersionPublished | _Fact, recorded.event)
        match event:
            case ChainVersionChanged():
                named: tuple[str, ...] = (event.active_version, event.version_hash)
            case ChainRolledBack():
                named = (event.from_version, event.to_version)
            case _:
                named = (event.version_hash,)
        return [key for key in dict.fromkeys(named) if key != ZERO_HASH]

    def evolve(self, key: str, body: Body | None, recorded: RecordedEvent) -> Body:
        """Return the version's row after the event. Raises CorruptRecord for a fact without provenance."""
        event = cast(VersionPublished | _Fact, recorded.event)
        row = _first(key) if body is None else cast(VersionRow, body)
        after: VersionRow = {**row, **stamp(recorded)}
        if isinstance(event, VersionPublished | ChainVersionPublished):
            _identity(after, event)
        elif not isinstance(event, ChainVersionChanged):
            after["workflow_id"] = event.workflow_id
        if not isinstance(event, VersionPublished):
            source = source_of(recorded)
            registry = registry_of(source)
            standing = _standing(row["registries"].get(registry), source.block_number)
            _stand(standing, key, event)
            after["registries"] = {**row["registries"], registry: standing}
        return after

    def scope_of(self, body: Body) -> str:
        """Return the workflow that the version belongs to."""
        return cast(VersionRow, body)["workflow_id"] or ""


def _first(key: str) -> VersionRow:
    return {
        "version_hash": key,
        "workflow_id": None,
        "parent": None,
        "content_hash": None,
        "sequence": None,
        "decided": False,
        "label": None,
        "tasks": None,
        "registries": {},
        "last_position": 0,
        "last_block": None,
        "last_time": None,
    }


def _identity(after: VersionRow, event: VersionPublished | ChainVersionPublished) -> None:
    after["workflow_id"] = event.workflow_id
    after["parent"] = None if event.parent == ZERO_HASH else event.parent
    after["content_hash"] = event.content_hash
    if isinstance(event, VersionPublished):
        after["sequence"] = event.sequence
        after["decided"] = True
        after["label"] = event.label
        after["tasks"] = _tasks(event.graph)
    elif after["sequence"] is None:
        after["sequence"] = event.sequence


def _tasks(graph: TaskGraph) -> list[GraphTaskRow]:
    return [
        {
            "id": task.id,
            "kind": task.kind,
            "gpu_hours": task.gpu_hours,
            "memory_gb": task.memory_gb,
            "priority": task.priority,
            "bounty_wei": str(task.bounty_wei),
            "after": list(task.after),
        }
        for task in graph.tasks
    ]


def _standing(before: StandingRow | None, block: int) -> StandingRow:
    if before is not None:
        return {**before, "last_block": block}
    return {
        "active": False,
        "revoked": False,
        "sequence": None,
        "content_uri": None,
        "publisher": None,
        "published_block": None,
        "last_block": block,
    }


def _stand(standing: StandingRow, key: str, event: _Fact) -> None:
    match event:
        case ChainVersionPublished():
            standing["active"] = True
            standing["sequence"] = event.sequence
            standing["content_uri"] = event.content_uri
            standing["publisher"] = event.publisher
            standing["published_block"] = standing["last_block"]
        case ChainVersionChanged():
            standing["active"] = key == event.version_hash
        case ChainVersionRevoked():
            standing["revoked"] = True
            standing["active"] = False
        case ChainRolledBack():
            standing["active"] = key == event.to_version
        case _:
            assert_never(event)
