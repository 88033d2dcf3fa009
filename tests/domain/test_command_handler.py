"""The command side: decides on what the log says, appends against it, and is safe to repeat."""

from collections.abc import Mapping, Sequence

import pytest

from domain.application.commands import ATTEMPTS_MAX, CommandHandler
from domain.chain.events import AnomalyDetected
from domain.kernel.envelope import NewEvent, RecordedEvent
from domain.kernel.errors import VersionConflict
from domain.kernel.ids import ZERO_HASH, StreamName, Version
from domain.kernel.streams import workflow_stream
from domain.workflow.errors import InvalidWorkflowName, StaleParent, UnknownWorkflow
from domain.workflow.events import ChainWorkflowRegistered, VersionPublished
from domain.workflow.names import workflow_id_of
from tests.support.events import account, fact, graph, graph_task, word
from tests.support.memory import MemoryLog

OWNER = account(7)
ID = workflow_id_of(OWNER, "yield")


class BusyLog(MemoryLog):
    """A log in which a fact of the same workflow arrives before each of the first appends of decisions."""

    def __init__(self, interruptions: int) -> None:
        super().__init__()
        self.interruptions = interruptions

    def append(
        self, events: Sequence[NewEvent], expected: Mapping[StreamName, Version]
    ) -> Sequence[RecordedEvent]:
        if expected and self.interruptions:
            self.interruptions -= 1
            seen = ChainWorkflowRegistered(workflow_id=ID, owner=OWNER, name="yield")
            super().append([fact(seen, block=self.interruptions)], {})
        return super().append(events, expected)


def test_a_workflow_is_registered_once_however_often_it_is_asked_for() -> None:
    log = MemoryLog()
    handler = CommandHandler(log)
    first = handler.register_workflow(OWNER, "yield", actor="ops", correlation_id="request 1")
    again = handler.register_workflow(OWNER, "yield")
    assert (first.workflow_id, first.created) == (ID, True)
    assert (again.workflow_id, again.created) == (ID, False)
    (recorded,) = log.read_stream(workflow_stream(ID))
    assert (recorded.actor, recorded.correlation_id) == ("ops", "request 1")
    assert recorded.provenance is None


def test_versions_are_published_on_top_of_each_other_and_repeating_answers_the_same() -> None:
    log = MemoryLog()
    handler = CommandHandler(log)
    handler.register_workflow(OWNER, "yield")
    first = handler.publish_version(ID, graph(graph_task("a")), "v1", ZERO_HASH)
    second = handler.publish_version(ID, graph(graph_task("b")), "v2", first.version_hash)
    again = handler.publish_version(ID, graph(graph_task("a")), "v1", ZERO_HASH)
    assert (first.created, second.created, again.created) == (True, True, False)
    assert again.version_hash == first.version_hash
    events = [recorded.event for recorded in log.read_stream(workflow_stream(ID))]
    assert [(e.label, e.sequence) for e in events if isinstance(e, VersionPublished)] == [
        ("v1", 1),
        ("v2", 2),
    ]


def test_a_refused_command_writes_nothing() -> None:
    log = MemoryLog()
    handler = CommandHandler(log)
    with pytest.raises(InvalidWorkflowName):
        handler.register_workflow(OWNER, "\ud800")
    with pytest.raises(UnknownWorkflow):
        handler.publish_version(ID, graph(), "v1", ZERO_HASH)
    handler.register_workflow(OWNER, "yield")
    with pytest.raises(StaleParent):
        handler.publish_version(ID, graph(), "v1", word("elsewhere"))
    assert log.head() == 1


def test_a_fact_that_arrives_in_between_does_not_refuse_the_command() -> None:
    log = BusyLog(interruptions=ATTEMPTS_MAX - 1)
    assert CommandHandler(log).register_workflow(OWNER, "yield").created
    assert log.head() == ATTEMPTS_MAX


def test_a_stream_that_never_rests_is_given_up_as_a_conflict() -> None:
    log = BusyLog(interruptions=ATTEMPTS_MAX)
    with pytest.raises(VersionConflict):
        CommandHandler(log).register_workflow(OWNER, "yield")
    assert all(
        isinstance(e.event, ChainWorkflowRegistered) for e in log.read_stream(workflow_stream(ID))
    )


def test_an_anomaly_in_the_stream_changes_no_decision() -> None:
    log = MemoryLog()
    anomaly = AnomalyDetected(
        subject=workflow_stream(ID),
        fact_name="registry.version_published",
        transaction_hash=word("tx"),
        log_index=0,
        rule="some.rule",
        detail="",
    )
    log.append([fact(anomaly)], {})
    assert CommandHandler(log).register_workflow(OWNER, "yield").created
