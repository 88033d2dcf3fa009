"""The time of the machine."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tells the machine's time; implements the `Clock` port."""

    def now_iso(self) -> str:
        """Return the present moment as ISO 8601 in UTC with microseconds and a `Z`."""
        now = datetime.now(UTC)  # noqa: TID251 - the one place
        return now.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
