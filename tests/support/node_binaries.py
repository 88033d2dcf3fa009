"""Finds the programs that come from npm; a test that needs one is skipped, visibly, where it is absent."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


def find_binary(name: str) -> Path:
    """Return the path of `anvil` or `forge`: $NAME_BINARY, then contracts/node_modules, then PATH; else skip."""
    if given := os.environ.get(f"{name.upper()}_BINARY"):
        return Path(given)
    installed = sorted((CONTRACTS / "node_modules" / "@foundry-rs").glob(f"{name}-*/bin/{name}"))
    for candidate in installed:
        if os.access(candidate, os.X_OK):
            return candidate
    if on_path := shutil.which(name):
        return Path(on_path)
    pytest.skip(f"{name} is not installed: npm ci --prefix contracts --ignore-scripts")
