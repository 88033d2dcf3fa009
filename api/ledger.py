"""What the HTTP API and the commands need of a ledger: the ports, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.application.commands import CommandHandler
from domain.application.erasure import SubjectEraser
from domain.application.ports import Clock, EventLog, LogTree
from domain.application.read_models import ReadModels
from domain.application.standing import Standing
from domain.kernel.event import Event
from domain.kernel.ids import Position
from projections.rebuilding import Rebuilder

EventPayload = Callable[[Event], Mapping[str, object]]
"""Turns an event into JSON-ready members: amounts as decimal strings."""


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """How a node does: `state` is `ok`, `resting` after failures, or `behind`. Nothing of its URL but the host."""

    label: str
    state: str
    latency_ms: float
    failures: int
    head: int | None
    error: str


@dataclass(frozen=True, slots=True)
class ChainFollower:
    """How reading one deployment's chain goes, and how its nodes do."""

    network: str
    state: str
    detail: str
    endpoints: Sequence[EndpointHealth] = ()


@dataclass(frozen=True, slots=True)
class Follower:
    """How reading the chains goes: `state` is `none`, or the worst of `following`, `waiting`, `halted`, `stopped`."""

    state: str
    detail: str = ""
    chains: Sequence[ChainFollower] = ()


class FollowerStatus(Protocol):
    """Tells how reading the chain goes right now."""

    def __call__(self) -> Follower:
        """Return the present state."""
        ...


def no_follower() -> Follower:
    """Return the state of a ledger that is served without a chain."""
    return Follower("none", "this process does not read a chain")


class Engine(Protocol):
    """Brings the read models up to the log."""

    def catch_up(self, until: Position | None = None) -> Position:
        """Fold what is new and return the position reached."""
        ...


class RefoldingEngine(Engine, Protocol):
    """Also makes read models anew."""

    def refold(self, touched_by: Collection[type[Event]]) -> Position:
        """Drop the rows of the projections that handle one of these events, fold them again, return the position."""
        ...


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger. `rewrite` writes its file anew, without what was deleted from it; it raises Unavailable."""

    db: str
    log: EventLog
    clock: Clock
    tree: LogTree
    read_models: ReadModels
    standing: Standing
    commands: CommandHandler
    eraser: SubjectEraser
    engine: RefoldingEngine
    rebuilder: Rebuilder
    payload: EventPayload
    projections: Sequence[str]
    rewrite: Callable[[], None]
