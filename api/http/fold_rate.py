"""How fast the read models move on, told from when health was asked before."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

WINDOW_SECONDS: Final = 60.0


class FoldRate:
    """Positions per second over the last minute, as far as it was looked at."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def take(self, position: int) -> int | None:
        """Note where the read models stand now and return the rate, None when there is nothing to compare with."""
        now = time.monotonic()
        with self._lock:
            while self._samples and now - self._samples[0][0] > WINDOW_SECONDS:
                self._samples.popleft()
            oldest = self._samples[0] if self._samples else None
            # One sample a second is enough, however often health is asked for.
            if oldest is None or now - self._samples[-1][0] >= 1:
                self._samples.append((now, position))
        if oldest is None or now <= oldest[0]:
            return None
        return max(0, round((position - oldest[1]) / (now - oldest[0])))
