"""`agentgpt run` is killed at random moments of a story; the ledger it ends with is the undisturbed one."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from domain.kernel.envelope import RecordedEvent
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Position
from tests.system.program import (
    Node,
    agentgpt_json,
    anvil,
    deploy,
    free_port,
    start,
    stop,
    wait_until_followed,
)

pytestmark = [pytest.mark.node, pytest.mark.slow]

KILLS = 6
SEED = 20261123


def facts(db: Path) -> list[tuple[object, ...]]:
    """Return every event but the cursors: where batches end depends on time, what they hold does not."""
    with open_log(str(db), SystemClock(), readonly=True) as log:
        events: list[RecordedEvent] = []
        while page := log.read(Position(len(events)), 10_000):
            events += page
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    return [
        (event.stream, event.version, event.name, event.event, event.provenance)
        for event in events
        if event.name not in {"chain.advanced", "chain.finality_advanced"}
    ]


def follow(node: Node, deployment: Path, db: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    return start(
        *("run", "--rpc", node.url, "--deployment", deployment, "--db", db, "--port", port),
        output=log,
    )


def test_a_killed_ledger_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    disturbed, undisturbed = tmp_path / "disturbed.db", tmp_path / "undisturbed.db"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with anvil() as node:
        deployment = deploy(node, tmp_path)
        play = start(
            *("play", "--rpc", node.url, "--deployment", deployment, "--seed", 9, "--tasks", 90),
            output=tmp_path / "play.log",
        )
        seen = 0
        for number in range(KILLS):
            ledger = follow(node, deployment, disturbed, port, tmp_path / "run.log")
            try:
                # From before the start is over to well into the story; every other time facts have just come in.
                if number % 2:
                    wait_for_more_than(seen, disturbed, play)
                time.sleep(chance.uniform(0.0, 0.3) if number % 2 else chance.uniform(0.4, 2.5))
                assert ledger.poll() is None, (tmp_path / "run.log").read_text()
            finally:
                ended = stop(ledger, signal.SIGKILL)
            assert ended == -signal.SIGKILL
            if disturbed.exists():
                after = len(facts_or_nothing(disturbed))
                assert after >= seen, "a fact that was there is gone"
                seen = after
        assert seen, "every kill came before the first fact"
        assert play.wait(120) == 0, (tmp_path / "play.log").read_text()

        for db in (disturbed, undisturbed):
            ledger = follow(node, deployment, db, port, tmp_path / "run.log")
            wait_until_followed(url, node.head())
            assert stop(ledger) == 0
    assert facts(disturbed) == facts(undisturbed)
    assert agentgpt_json("audit", "replay", "--db", disturbed)["differences"] == []


def wait_for_more_than(seen: int, db: Path, play: subprocess.Popen[bytes]) -> None:
    """Return when the ledger holds more facts than were seen, or the story is over."""
    deadline = time.monotonic() + 60
    while len(facts_or_nothing(db)) <= seen and play.poll() is None:
        assert time.monotonic() < deadline, "the ledger takes nothing in"
        time.sleep(0.05)


def facts_or_nothing(db: Path) -> list[tuple[object, ...]]:
    """Return the facts, none when the kill came before the file was a ledger; damage is not excused."""
    try:
        return facts(db)
    except InvalidInput:
        return []
