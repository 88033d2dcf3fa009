"""A real server on a free port over a real ledger file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from api.bootstrap import serving, writing_ledger
from api.ledger import Ledger
from api.settings import ServeSettings
from tests.api.sample import fill

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Service:
    """A running server and the ledger behind it."""

    url: str
    ledger: Ledger

    def get(self, path: str, **options: object) -> requests.Response:
        return requests.get(self.url + path, timeout=TIMEOUT_SECONDS, **options)  # type: ignore[arg-type]

    def post(self, path: str, body: object) -> requests.Response:
        return requests.post(
            self.url + path,
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=TIMEOUT_SECONDS,
        )


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def service(ledger_file: Path) -> Iterator[Service]:
    with writing_ledger(str(ledger_file), create=True) as ledger:
        fill(ledger)
        with serving(ledger, ServeSettings(port=0)) as server:
            yield Service(server.url, ledger)
