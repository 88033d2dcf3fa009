"""The use cases of the command side: load the stream, fold it, decide, append against the version that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from domain.application.ports import EventLog
from domain.application.standing import Standing
from domain.application.sure_append import append_surely
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import VersionConflict
from domain.kernel.ids import Address, Hash32, StreamName, Version
from domain.kernel.streams import workflow_stream
from domain.workflow.commands import PublishVersion, RegisterWorkflow, WorkflowCommand
from domain.workflow.content import content_hash_of
from domain.workflow.decider import decide
from domain.workflow.events import WorkflowEvent
from domain.workflow.graph import TaskGraph
from domain.workflow.names import check_name, version_hash_of, workflow_id_of
from domain.workflow.state import UNKNOWN_WORKFLOW, WorkflowState, evolve

ATTEMPTS_MAX = 5
"""How often a command is decided anew when facts of the same workflow arrive between its reading and its writing."""

_WORKFLOW_EVENTS = get_args(WorkflowEvent)


@dataclass(frozen=True, slots=True)
class WorkflowRegistration:
    """A registered workflow. `created` is False when it was registered before; then nothing was appended."""

    workflow_id: Hash32
    created: bool


@dataclass(frozen=True, slots=True)
class VersionPublication:
    """A published version. `created` is False when it was published before; then nothing was appended."""

    workflow_id: Hash32
    version_hash: Hash32
    content_hash: Hash32
    created: bool


class CommandHandler:
    """Carries out commands. Each is safe to repeat: what is done already is answered, not done twice."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._standing = Standing(log)

    def register_workflow(
        self, owner: Address, name: str, *, actor: str = "", correlation_id: str = ""
    ) -> WorkflowRegistration:
        """Register a workflow under its owner and name; `actor` is recorded as who asked.

        Raises InvalidWorkflowName, and VersionConflict when the stream keeps moving.
        """
        command = RegisterWorkflow(owner=owner, name=name)
        check_name(name)
        workflow_id = workflow_id_of(owner, name)
        recorded = self._carry_out(workflow_id, command, actor, correlation_id)
        return WorkflowRegistration(workflow_id, created=bool(recorded))

    def publish_version(
        self,
        workflow_id: Hash32,
        graph: TaskGraph,
        label: str,
        expected_parent: Hash32,
        *,
        actor: str = "",
        correlation_id: str = "",
    ) -> VersionPublication:
        """Publish a graph as the version after `expected_parent` (ZERO_HASH for the first); `actor` is recorded.

        Raises what `decide` raises, and VersionConflict when the stream keeps moving.
        """
        command = PublishVersion(
            workflow_id=workflow_id, graph=graph, label=label, expected_parent=expected_parent
        )
        recorded = self._carry_out(workflow_id, command, actor, correlation_id)
        content_hash = content_hash_of(graph)
        return VersionPublication(
            workflow_id=workflow_id,
            version_hash=version_hash_of(workflow_id, expected_parent, content_hash),
            content_hash=content_hash,
            created=bool(recorded),
        )

    def state_of(self, workflow_id: Hash32) -> WorkflowState:
        """Return the workflow as its stream tells it now; its `head` is what the next version is built on."""
        return self._load(workflow_stream(workflow_id))[0]

    def _carry_out(
        self, workflow_id: Hash32, command: WorkflowCommand, actor: str, correlation_id: str
    ) -> Sequence[RecordedEvent]:
        stream = workflow_stream(workflow_id)
        attempt = 1
        while True:
            state, version = self._load(stream)
            decided = [
                NewEvent(stream=stream, event=event, actor=actor, correlation_id=correlation_id)
                for event in decide(state, command)
            ]
            if not decided:
                return ()
            try:
                return append_surely(self._log, decided, {stream: version})
            except VersionConflict:
                # A fact that arrived in between seldom changes the answer; `decide` says whether it does.
                if attempt == ATTEMPTS_MAX:
                    raise
                attempt += 1

    def _load(self, stream: StreamName) -> tuple[WorkflowState, Version]:
        state = UNKNOWN_WORKFLOW
        events, version = self._standing.of_stream(stream)
        for recorded in events:
            # Anomalies stand beside the facts they are about; they change no state.
            if isinstance(recorded.event, _WORKFLOW_EVENTS):
                state = evolve(state, recorded.event)
        return state, version
