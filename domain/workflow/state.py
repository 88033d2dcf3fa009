"""A workflow as its stream tells it: decisions taken here, and what registries say about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from domain.kernel.ids import ZERO_HASH, Address, Hash32
from domain.workflow.events import (
    ChainRolledBack,
    ChainVersionChanged,
    ChainVersionPublished,
    ChainVersionRevoked,
    ChainWorkflowRegistered,
    VersionPublished,
    WorkflowEvent,
    WorkflowRegistered,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowState:
    """A workflow. `registered` means registered here; a workflow that only a chain knows is not.

    `head` is what the next version is built on: the newest version decided here, unless a registry says otherwise by
    publishing a version unknown here or by rolling back. `labels` maps each label to its version.
    """

    registered: bool = False
    owner: Address | None = None
    name: str = ""
    head: Hash32 = ZERO_HASH
    sequence: int = 0
    versions: frozenset[Hash32] = frozenset()
    labels: tuple[tuple[str, Hash32], ...] = ()

    def label_of(self, version_hash: Hash32) -> str | None:
        """Return the label under which the version was published here, or None."""
        return next((label for label, known in self.labels if known == version_hash), None)


UNKNOWN_WORKFLOW = WorkflowState()


def evolve(state: WorkflowState, event: WorkflowEvent) -> WorkflowState:
    """Return the state after the event. Never refuses one."""
    match event:
        case WorkflowRegistered():
            return replace(state, registered=True, owner=event.owner, name=event.name)
        case VersionPublished():
            return replace(
                state,
                head=event.version_hash,
                sequence=max(state.sequence, event.sequence),
                versions=state.versions | {event.version_hash},
                labels=(*state.labels, (event.label, event.version_hash)),
            )
        case ChainWorkflowRegistered():
            return replace(state, owner=event.owner, name=event.name)
        case ChainVersionPublished():
            # A version decided here reaches the chain later; that must not undo newer decisions.
            known = event.version_hash in state.versions
            return replace(
                state,
                head=state.head if known else event.version_hash,
                sequence=max(state.sequence, event.sequence),
                versions=state.versions | {event.version_hash},
            )
        case ChainRolledBack():
            return replace(state, head=event.to_version)
        case ChainVersionChanged() | ChainVersionRevoked():
            return state
        case _:
            assert_never(event)
