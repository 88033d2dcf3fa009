"""A ledger's clock that tells a chain's time, so that the same story is recorded as the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


class ChainTimeClock:
    """Tells the time of the newest block; implements the `Clock` port."""

    def __init__(self, newest_block_seconds: Callable[[], int]) -> None:
        self._newest_block_seconds = newest_block_seconds

    def now_iso(self) -> str:
        """Return the newest block's time as ISO 8601 in UTC with microseconds and a `Z`."""
        moment = datetime.fromtimestamp(self._newest_block_seconds(), UTC)
        return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
