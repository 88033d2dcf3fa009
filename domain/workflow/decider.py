"""The rules of workflows: what a command makes of a state, or why it is refused."""

from __future__ import annotations

from typing import assert_never

from domain.workflow.commands import PublishVersion, RegisterWorkflow, WorkflowCommand
from domain.workflow.content import content_hash_of
from domain.workflow.errors import LabelTaken, StaleParent, UnknownWorkflow, VersionExists
from domain.workflow.events import VersionPublished, WorkflowRegistered
from domain.workflow.names import check_label, check_name, version_hash_of, workflow_id_of
from domain.workflow.state import WorkflowState

Decision = WorkflowRegistered | VersionPublished


def decide(state: WorkflowState, command: WorkflowCommand) -> tuple[Decision, ...]:
    """Return the events that carry out the command, none when it was carried out before.

    Raises InvalidWorkflowName, InvalidLabel, InvalidGraph, UnknownWorkflow, LabelTaken, VersionExists or StaleParent.
    """
    match command:
        case RegisterWorkflow():
            return _register(state, command)
        case PublishVersion():
            return _publish(state, command)
        case _:
            assert_never(command)


def _register(state: WorkflowState, command: RegisterWorkflow) -> tuple[Decision, ...]:
    check_name(command.name)
    if state.registered:
        return ()
    workflow_id = workflow_id_of(command.owner, command.name)
    registered = WorkflowRegistered(workflow_id=workflow_id, owner=command.owner, name=command.name)
    return (registered,)


def _publish(state: WorkflowState, command: PublishVersion) -> tuple[Decision, ...]:
    check_label(command.label)
    content_hash = content_hash_of(command.graph)
    if not state.registered:
        raise UnknownWorkflow(command.workflow_id)
    version_hash = version_hash_of(command.workflow_id, command.expected_parent, content_hash)
    if version_hash in state.versions:
        if state.label_of(version_hash) == command.label:
            return ()
        raise VersionExists(version_hash)
    if command.expected_parent != state.head:
        raise StaleParent(command.expected_parent, state.head)
    if any(label == command.label for label, _ in state.labels):
        raise LabelTaken(command.label)
    published = VersionPublished(
        workflow_id=command.workflow_id,
        version_hash=version_hash,
        parent=command.expected_parent,
        content_hash=content_hash,
        sequence=state.sequence + 1,
        label=command.label,
        graph=command.graph,
    )
    return (published,)
