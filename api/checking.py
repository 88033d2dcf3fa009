"""Replays a ledger in memory and compares it with what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from api.ledger import Ledger
from api.moments import Asked, rows_asked
from domain.kernel.errors import Unavailable
from domain.kernel.ids import Position
from projections.catalogue import ALL
from projections.replay import Difference, compare, compare_rows, replay

ATTEMPTS_MAX = 5

OnProgress = Callable[[int, int], None]
"""Called with the position that is reached and the one aimed at."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay found; no differences means that every stored row follows from the log."""

    position: Position
    rows: int
    differences: Sequence[Difference]

    def document(self) -> Mapping[str, object]:
        """Return the result as JSON-ready members."""
        return {
            "ok": not self.differences,
            "position": self.position,
            "rows": self.rows,
            "differences": [
                {
                    "projection": difference.projection,
                    "key": difference.key,
                    "kind": difference.kind.value,
                    "field": difference.field,
                    "replayed": difference.replayed,
                    "stored": difference.stored,
                    "sentence": str(difference),
                }
                for difference in self.differences
            ],
        }


def replay_ledger(
    ledger: Ledger, *, limit: int, on_progress: OnProgress | None = None
) -> ReplayResult:
    """Fold the log from position 1 and compare; names up to `limit` differences.

    The replay goes as far as the read models stand, so a ledger that is still catching up does not differ. When they
    moved on while they were compared, everything is done again. Raises Unavailable when they never rest.
    """
    for _ in range(ATTEMPTS_MAX):
        until = _standing(ledger)
        on_batch = None if on_progress is None else _towards(until, on_progress)
        replayed = replay(ledger.log, ALL, until, on_batch=on_batch)
        differences = compare(replayed, ledger.read_models, limit=limit)
        if not differences or _standing(ledger) == until:
            return ReplayResult(replayed.position, replayed.row_count, differences)
    raise Unavailable(
        "the read models moved on each time they were compared",
        hint="try again when less is written, or audit a copy of the database",
    )


def replayed_at(
    ledger: Ledger, asked: Asked, *, limit: int, on_progress: OnProgress | None = None
) -> ReplayResult:
    """Replay and compare as of a moment, or as of now when none is asked for."""
    how = replay_ledger if asked == Asked() else partial(replay_past, asked=asked)
    return how(ledger, limit=limit, on_progress=on_progress)


def replay_past(
    ledger: Ledger, asked: Asked, *, limit: int, on_progress: OnProgress | None = None
) -> ReplayResult:
    """Fold the log from position 1 up to an earlier moment and compare with the rows as of then.

    So it checks what is kept of the past. Raises as `rows_asked` does.
    """
    rows = rows_asked(ledger, asked)
    until = rows.checkpoint(ledger.projections[0])
    on_batch = None if on_progress is None else _towards(until, on_progress)
    replayed = replay(ledger.log, ALL, until, on_batch=on_batch)
    differences = compare_rows(replayed, rows, limit=limit)
    return ReplayResult(replayed.position, replayed.row_count, differences)


def _standing(ledger: Ledger) -> Position:
    """Return where most of the read models stand: one that stands elsewhere is a difference."""
    models = ledger.read_models
    counted = Counter(models.checkpoint(name) for name in ledger.projections)
    return counted.most_common(1)[0][0]


def _towards(until: Position, on_progress: OnProgress) -> Callable[[Position], None]:
    return lambda reached: on_progress(reached, until)
