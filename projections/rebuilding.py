"""Builds read models anew beside those that are served, and switches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from difflib import get_close_matches

from domain.application.ports import EventLog
from domain.kernel.errors import NotFound, VersionConflict
from domain.kernel.ids import Position
from projections.engine import BATCH_EVENTS, RebuildBeside
from projections.projection import Projection
from projections.store import ReadModelStore

SWITCH_ATTEMPTS = 10

OnProgress = Callable[[Position, Position], None]
"""Called with the position that is reached and the one aimed at."""


class Rebuilder:
    """Rebuilds read models of a ledger, one rebuild at a time.

    `only_one` is entered while something is built, switched or dropped; it raises Unavailable when another process
    does that now.
    """

    def __init__(
        self,
        log: EventLog,
        store: ReadModelStore,
        projections: Sequence[Projection],
        only_one: Callable[[], AbstractContextManager[None]],
        *,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._log = log
        self._store = store
        self._projections = {projection.name: projection for projection in projections}
        self._only_one = only_one
        self._batch_events = batch_events

    def named(self, names: Sequence[str]) -> Sequence[Projection]:
        """Return the projections of these names, all of them when none is given. Raises NotFound."""
        for name in names:
            if name not in self._projections:
                close = get_close_matches(name, self._projections, n=1)
                known = f"did you mean `{close[0]}`?" if close else "see `projections status`"
                raise NotFound(f"there is no read model `{name[:80]}`", hint=known)
        return [self._projections[name] for name in dict.fromkeys(names or self._projections)]

    def build(
        self, names: Sequence[str], *, fresh: bool = False, on_progress: OnProgress | None = None
    ) -> Position:
        """Build beside the served rows up to the log's head, and return the position reached.

        What an earlier call left half-done is gone on with, unless `fresh`. Raises as `named` and the lock do.
        """
        projections = self.named(names)
        with self._only_one():
            return self._build(projections, fresh, on_progress)

    def replace(
        self, names: Sequence[str], *, fresh: bool = False, on_progress: OnProgress | None = None
    ) -> Position:
        """Build, and serve what was built from one moment on. Raises as `build` does.

        The served rows may move on just before the switch; then the rest is built, a few times. Raises VersionConflict
        when they always do.
        """
        projections = self.named(names)
        chosen = [projection.name for projection in projections]
        with self._only_one():
            reached = self._build(projections, fresh, on_progress)
            for _ in range(SWITCH_ATTEMPTS - 1):
                with suppress(VersionConflict):
                    self._store.switch(chosen)
                    return reached
                reached = self._build(projections, False, on_progress)
            self._store.switch(chosen)
        return reached

    def switch(self, names: Sequence[str]) -> None:
        """Serve what was built. Raises VersionConflict when it was not, or not as far as what is served."""
        projections = self.named(names)
        with self._only_one():
            self._store.switch([projection.name for projection in projections])

    def drop(self, names: Sequence[str]) -> Sequence[str]:
        """Delete what was built beside the served rows; return the names of which there was something."""
        projections = self.named(names)
        with self._only_one():
            return [each.name for each in projections if self._store.drop(each.name)]

    def _build(
        self, projections: Sequence[Projection], fresh: bool, on_progress: OnProgress | None
    ) -> Position:
        if fresh:
            for projection in projections:
                self._store.drop(projection.name)
        build = RebuildBeside(self._log, self._store, projections, batch_events=self._batch_events)
        while True:
            # The served rows move on meanwhile; the last stretch is short.
            target = self._log.head()
            told = None if on_progress is None else _towards(target, on_progress)
            reached = build.run(target, told)
            served = [self._store.progress(projection.name) for projection in projections]
            if all(each is None or each.position <= reached for each in served):
                return reached


def _towards(target: Position, on_progress: OnProgress) -> Callable[[Position], None]:
    return lambda reached: on_progress(reached, target)
