"""Plays the demo and says what came of it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

from api.demo.checks import READ_EVENTS, Check, run_checks
from api.demo.panel import Show, Snapshot
from api.demo.stage import Scene, Stage, perform
from api.event_view import event_view
from api.ledger import Ledger
from api.queries import lag_of
from domain.kernel.errors import InternalError
from domain.kernel.ids import Position

RATE_SCENES = 40
"""The rate shown is that of the last so many scenes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the story."""

    seed: int
    db: str
    position: int
    nodes: Mapping[str, int]
    tasks: Mapping[str, int]
    stake_total_wei: int
    block: int
    network: str
    digest: str
    checks: Sequence[Check]

    @property
    def ok(self) -> bool:
        """Whether every check is."""
        return all(check.ok for check in self.checks)

    def document(self) -> dict[str, object]:
        """Return it as JSON-ready members; the same seed gives the same but for `db`."""
        return {
            "events": self.position,
            "position": self.position,
            "nodes": sum(self.nodes.values()),
            "nodes_by_status": dict(self.nodes),
            "tasks": dict(self.tasks),
            "stake_total_wei": str(self.stake_total_wei),
            "seed": self.seed,
            "db": self.db,
            "network": self.network,
            "block": self.block,
            "digest": self.digest,
            "checks": [asdict(check) for check in self.checks],
        }


def play_demo(stage: Stage, show: Show, stop: threading.Event, *, seed: int, tasks: int) -> Outcome:
    """Play the whole story while the ledger follows, then check everything.

    Raises KeyboardInterrupt when `stop` is set meanwhile, and what chain and ledger raise.
    """
    ledger = stage.ledger
    marks: deque[tuple[float, int]] = deque(maxlen=RATE_SCENES)
    scene: Scene | None = None
    try:
        for scene in perform(stage):
            marks.append((time.monotonic(), scene.ingest.position))
            show.update(scene, lambda shown=scene: _look(ledger, shown, marks))  # type: ignore[misc]
            if stop.is_set():
                raise KeyboardInterrupt
    finally:
        show.close()
    if scene is None:
        raise InternalError("the story has no steps")
    checks = run_checks(ledger, stage.views, scene.ingest.last_block, tasks=tasks)
    models = ledger.read_models
    (network,) = models.rows("network_totals")
    return Outcome(
        seed=seed,
        db=ledger.db,
        position=ledger.log.head(),
        nodes=models.counts("node_states"),
        tasks=models.counts("task_board"),
        stake_total_wei=int(str(network.body["stake_wei"])),
        block=scene.ingest.last_block,
        network=network.key,
        digest=digest_of(ledger),
        checks=checks,
    )


def digest_of(ledger: Ledger) -> str:
    """Return the SHA-256 of all events with their envelopes, one JSON line each with sorted keys."""
    digest = hashlib.sha256()
    position = Position(0)
    while events := ledger.log.read(position, READ_EVENTS):
        for event in events:
            view = event_view(event, ledger.payload)
            digest.update(
                orjson.dumps(view, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
            )
        position = events[-1].position
    return digest.hexdigest()


def _look(ledger: Ledger, scene: Scene, marks: deque[tuple[float, int]]) -> Snapshot:
    (first_seconds, first), (last_seconds, last) = marks[0], marks[-1]
    elapsed = max(last_seconds - first_seconds, 1e-3)
    return Snapshot(
        scene=scene,
        events_per_second=(last - first) / elapsed if last > first else 0.0,
        lag=lag_of(ledger),
        nodes=ledger.read_models.counts("node_states"),
        tasks=ledger.read_models.counts("task_board"),
    )
