"""The arrows of the design hold, and the tool that holds them catches a violation of each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "projections", "adapters", "contracts", "api")
LINT = "from importlinter.cli import lint_imports_command as c; c()"


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with its configuration in `where`, without a cache."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=where,
        env={"PYTHONPATH": str(where), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy_of_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code that violations can be planted in."""
    where = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", where)
    skip = shutil.ignore_patterns(
        "__pycache__", "node_modules", "vendor", "artifacts", "out", "cache"
    )
    for package in PACKAGES:
        shutil.copytree(ROOT / package, where / package, ignore=skip)
    return where


def test_the_tree_keeps_every_layer(copy_of_tree: Path) -> None:
    result = lint(copy_of_tree)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("domain/kernel/planted.py", "import adapters.eventstore", "Dependencies point inwards"),
        ("projections/planted.py", "import adapters.eventstore", "Dependencies point inwards"),
        ("adapters/planted.py", "import projections.engine", "Dependencies point inwards"),
        ("domain/kernel/planted.py", "import domain.task.events", "Inside the domain"),
        ("domain/node/planted.py", "import domain.task.events", "Inside the domain"),
        ("domain/unheard_of/__init__.py", "", "Inside the domain"),
        ("domain/task/planted.py", "import random", "do no I/O"),
        ("projections/planted.py", "import sqlite3", "do no I/O"),
        ("adapters/eventstore/planted.py", "import contracts.bindings.agpt", "contract bindings"),
        ("api/http/planted.py", "import adapters.eventstore", "Only the composition root"),
    ],
)
def test_a_planted_violation_is_caught(
    copy_of_tree: Path, file: str, line: str, contract: str
) -> None:
    planted = copy_of_tree / file
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(line + "\n")
    try:
        result = lint(copy_of_tree)
    finally:
        planted.unlink()
        if file.startswith("domain/unheard_of"):
            shutil.rmtree(planted.parent)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(contract in row for row in broken), result.stdout
