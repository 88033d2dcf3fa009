"""Opens a log wherever a benchmark's processes are told that it is."""

from __future__ import annotations

import os
from pathlib import Path

from adapters.clock import SystemClock
from adapters.eventstore.log import LedgerLog, open_log
from adapters.eventstore.postgres_log import open_postgres_log
from adapters.eventstore.postgres_settings import is_postgres

KEYRING_VARIABLE = "AGENTGPT_KEYRING"


def open_ledger_log(db: str, *, readonly: bool = False) -> LedgerLog:
    """Open the log in a file or a schema; the environment names the file with the keys of personal texts."""
    keyring = Path(os.environ[KEYRING_VARIABLE])
    if is_postgres(db):
        return open_postgres_log(db, SystemClock(), readonly=readonly, keyring=keyring)
    return open_log(db, SystemClock(), readonly=readonly, keyring=keyring)
