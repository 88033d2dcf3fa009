"""The house rules that a machine can check: sizes, names, packaging, words of other places."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("domain", "projections", "adapters", "contracts", "api")
GENERATED = ("contracts/bindings/", "contracts/vendor/", "contracts/node_modules/")
FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 70
EMPTY_NAMES = {"utils.py", "helpers.py", "manager.py", "base.py", "common.py", "misc.py"}


def sources() -> list[Path]:
    """Our own Python files, without generated ones."""
    files = [p for package in OURS for p in (ROOT / package).rglob("*.py")]
    return [p for p in files if not p.relative_to(ROOT).as_posix().startswith(GENERATED)]


def test_no_file_outgrows_a_reader() -> None:
    long = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in sources()}
    assert not {name: lines for name, lines in long.items() if lines > FILE_LINES_MAX}


def test_no_function_outgrows_a_screen() -> None:
    long = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} {lines}")
    assert not long


def test_every_file_has_a_name_that_says_something() -> None:
    assert not [p for p in sources() if p.name in EMPTY_NAMES]


def test_no_dependency_installs_a_package_of_our_names() -> None:
    clashes = [
        f"{dist.name}: {file}"
        for dist in distributions()
        for file in dist.files or ()
        if file.parts[0] in {*OURS, "tests"} and ".." not in file.parts
    ]
    assert not clashes


def test_the_lock_file_pins_and_hashes_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in wanted:
        match = re.match(r"[A-Za-z0-9-]+", requirement)
        assert match is not None
        pinned = re.search(
            rf"^{re.escape(match[0])}==\S+[^\n]*\\\n\s+--hash=sha256:",
            lock,
            re.MULTILINE | re.IGNORECASE,
        )
        assert pinned, f"{requirement} is not in requirements.lock with a hash"
    assert "://" not in lock, "the lock file names no server"


@pytest.mark.parametrize("word", [r"/(?:work|root|home|tmp)/[a-z]", r"\bTODO\b", r"\bFIXME\b"])
def test_no_committed_text_carries_machine_paths_or_loose_ends(word: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.py", "*.sol", "*.md", "*.toml", "*.js", "*.json", ".ci"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("contracts/vendor/") or name == "tests/architecture/test_house.py":
            continue
        path = ROOT / name
        if path.exists() and re.search(word, path.read_text(encoding="utf-8")):
            found.append(name)
    assert not found
