"""One story on one embedded chain, told once and read by many tests."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from adapters.chain.deploy import deploy
from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
from adapters.chain.play.plan import Plan
from adapters.chain.play.story import Story, StoryProgress
from adapters.chain.reader import JsonRpcReader
from domain.application.ingest import Ingestor
from domain.application.ports import Deployment
from tests.support.memory import MemoryLog

TASKS = 24
SEED = 11


@dataclass(frozen=True)
class Told:
    """A chain on which a story was told while a ledger followed step by step. Not to be written to."""

    chain: EmbeddedChain
    deployment: Deployment
    plan: Plan
    progress: list[StoryProgress]
    log: MemoryLog


@pytest.fixture(scope="session")
def told() -> Told:
    chain = EmbeddedChain()
    deployment = deploy(chain, DEPLOYER_KEY, dev=True)
    log = MemoryLog()
    ingestor = Ingestor(log, JsonRpcReader(chain, deployment), deployment)
    story = Story(chain, deployment, DEPLOYER_KEY, seed=SEED, tasks=TASKS)
    progress: list[StoryProgress] = []
    for step in story.tell():
        progress.append(step)
        ingestor.step()
    return Told(chain, deployment, story.plan, progress, log)


@pytest.fixture
def fresh() -> tuple[EmbeddedChain, Deployment]:
    """A new embedded chain with a development deployment."""
    chain = EmbeddedChain()
    return chain, deploy(chain, DEPLOYER_KEY, dev=True)
