"""Bringing read models up to the log after a command, beside a process that may do the same."""

from __future__ import annotations

from contextlib import suppress

from api.ledger import Ledger
from domain.kernel.errors import VersionConflict


def project(ledger: Ledger) -> None:
    """Fold what is new. Where another process folds the same events at this moment, that is left to it."""
    with suppress(VersionConflict):
        ledger.engine.catch_up()
