"""Time spent by a stretch of code, and how the rounds of a comparison become one line."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Spent:
    """Processor time of this process and time on the wall, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Add what the block takes."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall


@contextmanager
def set_aside() -> Iterator[None]:
    """Take what the benchmark itself keeps in memory out of the garbage collector's sight.

    Else each way pays for looking through it, most of all the one that makes most objects.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def lowest(
    ways: Mapping[str, Callable[[], Spent]], rounds: int, events: int
) -> dict[str, tuple[float, float]]:
    """Return the lowest microseconds per event (processor, wall) of each way; the ways take turns.

    The lowest, because other work on the machine can only add.
    """
    best = {name: (float("inf"), float("inf")) for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            spent = way()
            cpu, wall = best[name]
            best[name] = (
                min(cpu, 1e6 * spent.cpu / events),
                min(wall, 1e6 * spent.wall / events),
            )
    return best


def print_ratios(best: Mapping[str, tuple[float, float]], ours: str) -> None:
    """Print how much faster `ours` is than each other way (above 1: faster), by processor and by wall."""
    cpu, wall = best[ours]
    ratios = [
        f"{other[0] / cpu:.2f} ({other[1] / wall:.2f}) x {name}"
        for name, other in best.items()
        if name != ours
    ]
    print(f"  {ours}: " + "; ".join(ratios))
