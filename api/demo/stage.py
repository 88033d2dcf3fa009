"""What a demo plays on: a fresh chain, a ledger that follows it, and a story. The composition root puts it together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.ledger import Ledger
from domain.application.contract_views import ContractViews
from domain.application.ingest import Ingestor, IngestProgress
from domain.kernel.ids import Address, Position
from domain.workflow.graph import TaskGraph
from domain.workflow.names import workflow_id_of

ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class RegisterDecision:
    """The owner decides here that a workflow exists, before the chain hears of it."""

    owner: Address
    name: str


@dataclass(frozen=True, slots=True)
class PublishDecision:
    """The owner decides here what a version is, before the chain hears its hash."""

    owner: Address
    name: str
    label: str
    graph: TaskGraph


Decision = RegisterDecision | PublishDecision


@dataclass(frozen=True, slots=True)
class Told:
    """A step of the story happened; `done` of `total` steps are told."""

    done: int
    total: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Stage:
    """`decisions` are taken before the step of that number (from 1) is told."""

    ledger: Ledger
    ingestor: Ingestor
    views: ContractViews
    steps: Iterator[Told]
    decisions: Mapping[int, Decision]
    chain_id: int
    arbiter: Address


@dataclass(frozen=True, slots=True)
class Scene:
    """What just happened, and where chain, log and read models are."""

    told: Told
    ingest: IngestProgress
    projected: Position


def perform(stage: Stage) -> Iterator[Scene]:
    """Tell the story, and after each step take the new facts in and project them. For use by one thread."""
    stage.ingestor.adopt()
    number = 1
    while True:
        decision = stage.decisions.get(number)
        if decision is not None:
            _decide(stage.ledger, decision)
        told = next(stage.steps, None)
        if told is None:
            return
        number = told.done + 1
        ingest = stage.ingestor.step()
        while not ingest.at_head:
            ingest = stage.ingestor.step()
        yield Scene(told, ingest, stage.ledger.engine.catch_up())


def _decide(ledger: Ledger, decision: Decision) -> None:
    match decision:
        case RegisterDecision(owner=owner, name=name):
            ledger.commands.register_workflow(owner, name, actor=ACTOR)
        case PublishDecision(owner=owner, name=name, label=label, graph=graph):
            workflow_id = workflow_id_of(owner, name)
            parent = ledger.commands.state_of(workflow_id).head
            ledger.commands.publish_version(workflow_id, graph, label, parent, actor=ACTOR)
