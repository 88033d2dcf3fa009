"""Decisions that people take here, from the texts that they give."""

from __future__ import annotations

from api.ledger import Ledger
from api.queries import workflow_named
from domain.application.commands import VersionPublication, WorkflowRegistration
from domain.kernel.ids import Hash32, parse_address, parse_hash
from domain.kernel.streams import workflow_stream
from domain.workflow.events import VersionPublished
from domain.workflow.graph_format import parse_graph

HASH_CHARS = 66


def register_workflow(ledger: Ledger, *, owner: str, name: str, actor: str) -> WorkflowRegistration:
    """Register a workflow, or find that it was registered before. Raises InvalidInput."""
    return ledger.commands.register_workflow(parse_address(owner), name, actor=actor)


def publish_version(
    ledger: Ledger, *, workflow: str, graph: object, label: str, parent: str | None, actor: str
) -> VersionPublication:
    """Publish a graph, or find that the same was published before.

    `workflow` is an id or a name; `parent` is the version that the publisher built on, None for the one
    that the workflow stands at. Raises InvalidInput, NotFound, RuleRejected and VersionConflict.
    """
    checked = parse_graph(graph)
    workflow_id = _workflow_id(ledger, workflow)
    expected = _standing(ledger, workflow_id, label) if parent is None else parse_hash(parent)
    return ledger.commands.publish_version(workflow_id, checked, label, expected, actor=actor)


def _workflow_id(ledger: Ledger, text: str) -> Hash32:
    if len(text) == HASH_CHARS and text.lower().startswith("0x"):
        return parse_hash(text)
    return Hash32(workflow_named(ledger.read_models, text).key)


def _standing(ledger: Ledger, workflow_id: Hash32, label: str) -> Hash32:
    """Return what a publisher who names no parent builds on.

    That is the workflow's head, but for a label that was published before its own parent: so a command that
    is typed again changes nothing.
    """
    for recorded in ledger.log.read_stream(workflow_stream(workflow_id)):
        event = recorded.event
        if isinstance(event, VersionPublished) and event.label == label:
            return event.parent
    return ledger.commands.state_of(workflow_id).head
