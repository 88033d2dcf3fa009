"""Workflows: registering and publishing, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.ids import ZERO_HASH, Address, Hash32
from domain.workflow.commands import PublishVersion, RegisterWorkflow, WorkflowCommand
from domain.workflow.content import content_hash_of
from domain.workflow.decider import decide
from domain.workflow.errors import (
    InvalidGraph,
    InvalidLabel,
    InvalidWorkflowName,
    LabelTaken,
    StaleParent,
    UnknownWorkflow,
    VersionExists,
)
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
from domain.workflow.graph import TaskGraph
from domain.workflow.names import check_name, version_hash_of, workflow_id_of
from domain.workflow.state import UNKNOWN_WORKFLOW, WorkflowState, evolve
from tests.support.events import account, events_of, graph, graph_task, word
from tests.support.given_when_then import Rules

workflow: Rules[WorkflowState, WorkflowCommand, WorkflowEvent] = Rules(
    UNKNOWN_WORKFLOW, evolve, decide
)
OWNER = account(7)
ID = workflow_id_of(OWNER, "yield")
REGISTER = RegisterWorkflow(owner=OWNER, name="yield")
REGISTERED = WorkflowRegistered(workflow_id=ID, owner=OWNER, name="yield")
GRAPH = graph(graph_task("scan"), graph_task("act", "scan"))
OTHER_GRAPH = graph(graph_task("scan"))


def published(
    content: TaskGraph, parent: Hash32, label: str, sequence: int = 1
) -> VersionPublished:
    content_hash = content_hash_of(content)
    return VersionPublished(
        workflow_id=ID,
        version_hash=version_hash_of(ID, parent, content_hash),
        parent=parent,
        content_hash=content_hash,
        sequence=sequence,
        label=label,
        graph=content,
    )


def on_chain(version: VersionPublished) -> ChainVersionPublished:
    return ChainVersionPublished(
        workflow_id=ID,
        version_hash=version.version_hash,
        parent=version.parent,
        content_hash=version.content_hash,
        sequence=version.sequence,
        content_uri="ipfs://content",
        publisher=OWNER,
    )


def publish(content: TaskGraph, parent: Hash32, label: str) -> PublishVersion:
    return PublishVersion(workflow_id=ID, graph=content, label=label, expected_parent=parent)


FIRST = published(GRAPH, ZERO_HASH, "v1")
SECOND = published(OTHER_GRAPH, FIRST.version_hash, "v2", sequence=2)


def test_a_workflow_is_registered_under_its_owner_and_name() -> None:
    workflow.given().when(REGISTER).then(REGISTERED)


def test_registering_twice_registers_once() -> None:
    workflow.given(REGISTERED).when(REGISTER).then()


def test_a_workflow_that_only_a_chain_knows_can_be_registered_here() -> None:
    seen = ChainWorkflowRegistered(workflow_id=ID, owner=OWNER, name="yield")
    workflow.given(seen).when(REGISTER).then(REGISTERED)


@pytest.mark.parametrize("name", ["", "x" * 65, "é" * 33, "a\nb", "a\x00", "a\u2028b", "\ud800"])
def test_a_name_is_1_to_64_bytes_without_control_characters(name: str) -> None:
    workflow.given().when(replace(REGISTER, name=name)).then_refused(InvalidWorkflowName)


@pytest.mark.parametrize("name", ["x", "x" * 64, "é" * 32, "Ertrag 収益 📈"])
def test_any_printable_name_of_64_bytes_is_accepted(name: str) -> None:
    check_name(name)


def test_ids_and_hashes_are_sha256_of_the_packed_bytes() -> None:
    # Computed with coreutils: printf '<40 hex digits>' | xxd -r -p; printf yield; both piped to sha256sum.
    assert workflow_id_of(Address("0x" + "11" * 20), "yield") == (
        "0x61be416e78b9b80eac0326a5bd3b9062b11d1e0889a0ef0f138c2db50c978feb"
    )
    assert (
        version_hash_of(
            Hash32("0x" + "01" * 32), Hash32("0x" + "02" * 32), Hash32("0x" + "03" * 32)
        )
        == "0x8a2e491356cfdb05a1d13785e0794d7cd163f91af79a146c976b1d2ac643b679"
    )


def test_the_first_version_has_no_parent() -> None:
    workflow.given(REGISTERED).when(publish(GRAPH, ZERO_HASH, "v1")).then(FIRST)


def test_a_version_is_built_on_the_head() -> None:
    command = publish(OTHER_GRAPH, FIRST.version_hash, "v2")
    workflow.given(REGISTERED, FIRST).when(command).then(SECOND)


def test_publishing_the_same_again_publishes_once() -> None:
    command = publish(GRAPH, ZERO_HASH, "v1")
    workflow.given(REGISTERED, FIRST).when(command).then()
    workflow.given(REGISTERED, FIRST, SECOND).when(command).then()


def test_a_version_on_another_than_the_head_is_a_conflict() -> None:
    command = publish(OTHER_GRAPH, ZERO_HASH, "v2")
    refusal = workflow.given(REGISTERED, FIRST).when(command).then_refused(StaleParent)
    assert FIRST.version_hash in refusal.message


def test_a_hash_is_published_once_even_under_another_label() -> None:
    command = publish(GRAPH, ZERO_HASH, "again")
    workflow.given(REGISTERED, FIRST).when(command).then_refused(VersionExists)


def test_a_label_names_one_version() -> None:
    command = publish(OTHER_GRAPH, FIRST.version_hash, "v1")
    workflow.given(REGISTERED, FIRST).when(command).then_refused(LabelTaken)


@pytest.mark.parametrize("label", ["", "x" * 65, " v1", "v1 ", "v\t1", "v\u20281", "\udfff"])
def test_a_label_is_short_and_printable(label: str) -> None:
    command = publish(GRAPH, ZERO_HASH, label)
    workflow.given(REGISTERED).when(command).then_refused(InvalidLabel)


def test_nothing_is_published_on_an_unknown_workflow() -> None:
    command = publish(GRAPH, ZERO_HASH, "v1")
    workflow.given().when(command).then_refused(UnknownWorkflow)
    seen = ChainWorkflowRegistered(workflow_id=ID, owner=OWNER, name="yield")
    workflow.given(seen).when(command).then_refused(UnknownWorkflow)


def test_an_invalid_graph_is_not_published() -> None:
    command = publish(graph(graph_task("a", "a")), ZERO_HASH, "v1")
    workflow.given(REGISTERED).when(command).then_refused(InvalidGraph)


def test_a_decided_version_that_reaches_the_chain_late_does_not_undo_newer_decisions() -> None:
    third = published(graph(graph_task("third")), SECOND.version_hash, "v3", sequence=3)
    command = publish(third.graph, SECOND.version_hash, "v3")
    workflow.given(REGISTERED, FIRST, SECOND, on_chain(FIRST)).when(command).then(third)


def test_a_version_that_somebody_published_on_chain_is_the_head() -> None:
    command = publish(OTHER_GRAPH, FIRST.version_hash, "v2")
    workflow.given(REGISTERED, on_chain(FIRST)).when(command).then(SECOND)


def test_after_a_rollback_the_next_version_is_built_on_its_target() -> None:
    rolled_back = ChainRolledBack(
        workflow_id=ID,
        from_version=SECOND.version_hash,
        to_version=FIRST.version_hash,
        revoked_count=1,
        by=OWNER,
    )
    revoked = ChainVersionRevoked(workflow_id=ID, version_hash=SECOND.version_hash)
    changed = ChainVersionChanged(
        active_version=SECOND.version_hash, version_hash=FIRST.version_hash
    )
    history = (REGISTERED, FIRST, SECOND, revoked, rolled_back, changed)
    third = published(graph(graph_task("third")), FIRST.version_hash, "v3", sequence=3)
    command = publish(third.graph, FIRST.version_hash, "v3")
    workflow.given(*history).when(command).then(third)
    # What was rolled over is not published again.
    again = publish(OTHER_GRAPH, FIRST.version_hash, "v2 again")
    workflow.given(*history).when(again).then_refused(VersionExists)


@given(history=st.lists(events_of(WorkflowEvent), max_size=12))
def test_every_event_is_taken_in_whatever_came_before(history: list[WorkflowEvent]) -> None:
    state = UNKNOWN_WORKFLOW
    for event in history:
        state = evolve(state, event)


@given(events=st.lists(events_of(WorkflowEvent), max_size=8))
def test_what_was_decided_is_never_decided_twice(events: list[WorkflowEvent]) -> None:
    state = UNKNOWN_WORKFLOW
    for event in (*events, REGISTERED):
        state = evolve(state, event)
    command = publish(GRAPH, state.head, "label of its own")
    for decided in decide(state, command):
        state = evolve(state, decided)
    assert decide(state, command) == ()
    assert word("label of its own") not in state.versions
