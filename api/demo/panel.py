"""What a person sees while the story plays: three small tables and a bar, or plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.demo.stage import Scene

REDRAWS_PER_SECOND = 8
PLAIN_LINES = 10


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the panel shows beside the scene."""

    scene: Scene
    events_per_second: float
    lag: Mapping[str, int]
    nodes: Mapping[str, int]
    tasks: Mapping[str, int]


class Show(Protocol):
    """Shows how the story goes."""

    def update(self, scene: Scene, look: Callable[[], Snapshot]) -> None:
        """Show the scene; `look` is asked only when something is drawn."""
        ...

    def close(self) -> None:
        """Leave the last state on the screen."""
        ...


class PlainLines:
    """A line for every tenth of the story, for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = 0

    def update(self, scene: Scene, look: Callable[[], Snapshot]) -> None:
        """Print a line when another tenth is told."""
        tenth = scene.told.done * PLAIN_LINES // scene.told.total
        if tenth <= self._printed:
            return
        self._printed = tenth
        now = look()
        self._console.print(
            f"step {scene.told.done} of {scene.told.total}: block {scene.ingest.last_block}, "
            f"position {scene.ingest.position}, {now.events_per_second:.0f} events/s, "
            f"{now.tasks.get('completed', 0)} tasks completed",
            soft_wrap=True,
        )

    def close(self) -> None:
        """Nothing to leave."""


class LivePanel:
    """Redrawn in place."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = title
        self._progress = Progress(
            TextColumn("[bold]story"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            expand=True,
        )
        self._bar = self._progress.add_task("story", total=None)
        self._last: tuple[Scene, Callable[[], Snapshot]] | None = None
        self._live = Live(
            console=console, refresh_per_second=REDRAWS_PER_SECOND, get_renderable=self._draw
        )
        self._live.start()

    def update(self, scene: Scene, look: Callable[[], Snapshot]) -> None:
        """Take the scene in; it is drawn at the next redraw."""
        self._last = (scene, look)

    def close(self) -> None:
        """Draw the last state and leave it."""
        self._live.stop()

    def _draw(self) -> Panel:
        if self._last is None:
            return Panel(Text("deploying the contracts"), title=self._title)
        scene, look = self._last
        now = look()
        self._progress.update(self._bar, completed=scene.told.done, total=scene.told.total)
        columns = Table.grid(padding=(0, 4), expand=True)
        columns.add_row(_chain(now), _network(now), _projections(now))
        newest = Text.assemble(("now  ", "dim"), scene.told.sentence, overflow="ellipsis")
        newest.no_wrap = True
        return Panel(
            Group(columns, Text(), newest, self._progress),
            title=f"[bold]{self._title}",
            padding=(1, 2),
        )


def _grid(title: str, rows: Mapping[str, str | Text]) -> Table:
    table = Table(box=None, title=f"[bold]{title}", title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _chain(now: Snapshot) -> Table:
    ingest = now.scene.ingest
    return _grid(
        "Chain and log",
        {
            "block": f"{ingest.last_block:,}",
            "position": f"{ingest.position:,}",
            "events/s": f"{now.events_per_second:,.0f}",
        },
    )


def _network(now: Snapshot) -> Table:
    nodes = " ".join(f"{count} {status}" for status, count in sorted(now.nodes.items()))
    rows: dict[str, str | Text] = {"nodes": nodes or "none yet"}
    for status in ("idle", "assigned", "verifying", "completed", "refunded"):
        rows[f"tasks {status}"] = str(now.tasks.get(status, 0))
    return _grid("Network", rows)


def _projections(now: Snapshot) -> Table:
    return _grid(
        "Projections",
        {
            name.replace("_", " "): Text("up to date", "green")
            if not lag
            else Text(f"{lag} behind", "yellow")
            for name, lag in now.lag.items()
        },
    )
