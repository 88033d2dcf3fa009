"""What `run` shows while it catches up: a bar on a terminal, a line now and then elsewhere, JSON lines for programs."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from api.cli.output import console, talk

_SHOWN_FROM_BLOCKS: Final = 64
"""A chain that is nearer to its head is followed, not caught up with."""

_LINE_SECONDS: Final = 5.0


class Step(Protocol):
    """What one step of reading did."""

    @property
    def facts(self) -> int:
        """Logs taken in."""
        ...

    @property
    def last_block(self) -> int:
        """The last block read."""
        ...

    @property
    def head_block(self) -> int:
        """The newest block."""
        ...


@dataclass(slots=True)
class _Run:
    """One chain's way to its head."""

    began: float
    first: int
    task: TaskID | None = None
    facts: int = 0
    told_at: float = 0.0
    done: bool = False


class Backfill:
    """Shows how far each chain is until it first reaches its head. Threads may share it."""

    def __init__(
        self,
        *,
        as_json: bool,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[str], None] = talk,
    ) -> None:
        err = console(sys.stderr)
        self._clock = clock
        self._tell = tell
        self._as_json = as_json
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}
        self._progress: Progress | None = None
        if err.is_terminal and not as_json:
            self._progress = Progress(
                TextColumn("chain {task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("blocks, {task.fields[rate]}"),
                TimeRemainingColumn(),
                console=err,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def say(self, message: str) -> None:
        """Say something beside the bar."""
        if self._progress is not None:
            self._progress.console.print(Text(message), soft_wrap=True)
        else:
            self._tell(message)

    def advance(self, network: str, step: Step) -> None:
        """Take in what one step of a chain did."""
        with self._lock:
            now = self._clock()
            run = self._runs.setdefault(
                network, _Run(began=now, first=step.last_block, told_at=now)
            )
            if run.done:
                return
            run.facts += step.facts
            if step.last_block >= step.head_block:
                run.done = True
                self._finish(network, run, step, now)
            elif step.head_block - run.first >= _SHOWN_FROM_BLOCKS:
                self._show(network, run, step, now)

    def _show(self, network: str, run: _Run, step: Step, now: float) -> None:
        seconds = max(now - run.began, 1e-6)
        rate = run.facts / seconds
        done, total = step.last_block - run.first, step.head_block - run.first
        if self._progress is not None:
            shown = f"{rate:,.0f} logs/s"
            if run.task is None:
                run.task = self._progress.add_task(_short(network), total=total, rate=shown)
            self._progress.update(run.task, completed=done, total=total, rate=shown)
        elif now - run.told_at >= _LINE_SECONDS:
            run.told_at = now
            left = seconds * (total - done) / done if done else None
            if self._as_json:
                self._json(network, run, step, rate, left)
            else:
                rest = "" if left is None else f", {left:,.0f} s left"
                self._tell(
                    f"chain {_short(network)}: block {step.last_block:,} of {step.head_block:,}, "
                    f"{rate:,.0f} logs/s{rest}"
                )

    def _finish(self, network: str, run: _Run, step: Step, now: float) -> None:
        if self._progress is not None and run.task is not None:
            self._progress.remove_task(run.task)
        if step.head_block - run.first < _SHOWN_FROM_BLOCKS:
            return
        seconds = max(now - run.began, 1e-6)
        if self._as_json:
            self._json(network, run, step, run.facts / seconds, 0.0)
        else:
            self.say(
                f"chain {_short(network)}: at its head, block {step.head_block:,}; {run.facts:,} logs in "
                f"{seconds:,.1f} s"
            )

    def _json(
        self, network: str, run: _Run, step: Step, rate: float, left_seconds: float | None
    ) -> None:
        document = {
            "network": network,
            "block": step.last_block,
            "head_block": step.head_block,
            "logs": run.facts,
            "logs_per_second": round(rate),
            "seconds_left": None if left_seconds is None else round(left_seconds),
        }
        self._tell(json.dumps(document))


def _short(network: str) -> str:
    chain, _, arbiter = network.partition(".")
    return f"{chain} {arbiter[:8]}"
