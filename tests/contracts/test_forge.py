"""Fuzz and invariant tests in Solidity, on a second EVM: contracts/test, run by forge where npm has brought it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from contracts.sources import ROOT

TIMEOUT_SECONDS = 300


def _forge() -> str | None:
    """Return the path of forge: `$FORGE_BINARY`, the npm package of any platform, or the one on the path."""
    packaged = sorted((ROOT / "node_modules" / "@foundry-rs").glob("*/bin/forge*"))
    named = os.environ.get("FORGE_BINARY")
    return named or (str(packaged[0]) if packaged else shutil.which("forge"))


@pytest.mark.node
@pytest.mark.slow
def test_the_invariants_hold_in_solidity_too(tmp_path: Path) -> None:
    forge = _forge()
    if forge is None:
        pytest.skip("no forge: run `npm ci` in contracts/, or set FORGE_BINARY")
    compiler = str(ROOT / "solc_node" / "solc")
    if subprocess.run([compiler, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("no compiler: run `npm ci` in contracts/ (needs Node)")
    run = subprocess.run(
        [
            forge,
            "test",
            "--offline",
            *("--root", str(ROOT)),
            *("--use", compiler),
            *("--out", str(tmp_path / "out")),
            *("--cache-path", str(tmp_path / "cache")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
        # The failures that forge keeps for the next run belong to this run.
        env={**os.environ, "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(tmp_path / "failures")},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "invariant_theBooksAreRight() (runs:" in run.stdout
    assert "0 failed, 0 skipped" in run.stdout
