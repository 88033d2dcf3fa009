#!/usr/bin/env python3
"""Run agentgpt-ledger from a bare checkout. Needs Python 3.11 or newer with pip (or uv), nothing else.

    python3 dev.py demo [OPTIONS]      an embedded chain, the ledger, its API and its page
    python3 dev.py test [PYTEST ARGS]  the tests
    python3 dev.py check               what continuous integration runs: linters, types, layers, artifacts, tests
    python3 dev.py agentgpt ARGS       any command of the program
    python3 dev.py setup               only bring the environment (.venv) up to date

The first start installs the dependencies into .venv, exactly as requirements.lock names and hashes them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "agentgpt-ledger.stamp"

# One process for each core; a file's tests stay together, so that they share what they set up.
PYTEST = ("-m", "pytest", "-n", "auto", "--dist", "loadfile")
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", ".")),
    ("types", ("-m", "mypy")),
    ("layers", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    ("artifacts", ("-m", "contracts.build", "--verify")),
    ("tests", PYTEST),
)


def wanted_stamp() -> str:
    """Say what the environment must be: this interpreter, this place, this lock file."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return f"{sys.version_info[:3]} {sys.base_prefix} {ROOT} {lock}\n"


def is_ready() -> bool:
    """Tell whether .venv is complete and what the lock file says."""
    return PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == wanted_stamp()


@contextmanager
def only_one() -> Iterator[None]:
    """Let one process at a time build the environment; a second start waits for the first."""
    with (ROOT / ".venv.lock").open("w") as handle:
        try:
            import fcntl  # noqa: PLC0415
        except ImportError:  # Windows: two first starts at once are on their own
            yield
            return
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def install_with_uv(uv: str) -> None:
    """Fill .venv with uv: seconds instead of a minute."""
    subprocess.run(
        [uv, "venv", "--quiet", "--python", sys.executable, "--clear", str(VENV)], check=True
    )
    subprocess.run(
        [uv, "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(LOCK)],
        check=True,
    )


def install_with_pip() -> None:
    """Fill an empty environment with the pip that is here.

    Needs neither ensurepip, which Debian splits out, nor leave to write to an externally managed Python.
    """
    if subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode:
        sys.exit(
            f"error: {sys.executable} has no pip, and uv is not installed\n"
            "hint: install one of them (Debian: apt install python3-pip) and start again"
        )
    venv.EnvBuilder(with_pip=False, clear=True, symlinks=os.name != "nt").create(VENV)
    settings = {
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    command = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet"]
    subprocess.run(
        [*command, "--only-binary", ":all:", "--require-hashes", "--requirement", str(LOCK)],
        check=True,
        env=os.environ | settings,
    )


def link_project() -> None:
    """Make the checkout importable from .venv and give it the `agentgpt` command."""
    lib = (
        "Lib/site-packages"
        if os.name == "nt"
        else (f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    )
    (VENV / lib / "agentgpt_ledger.pth").write_text(f"{ROOT}\n")
    if os.name == "nt":
        (BIN / "agentgpt.cmd").write_text(f'@"{PYTHON}" -m api %*\r\n')
        return
    script = BIN / "agentgpt"
    script.write_text(f'#!/bin/sh\nexec "{PYTHON}" -m api "$@"\n')
    script.chmod(0o755)


def prepare() -> None:
    """Bring .venv to exactly what the lock file says; the stamp comes last, so a broken install starts over."""
    if is_ready():
        return
    with only_one():
        if is_ready():
            return
        print("Installing the dependencies into .venv (about a minute, once) ...", file=sys.stderr)
        STAMP.unlink(missing_ok=True)
        try:
            if uv := shutil.which("uv"):
                install_with_uv(uv)
            else:
                install_with_pip()
        except subprocess.CalledProcessError as failure:
            sys.exit(
                f"error: installing the dependencies failed (exit {failure.returncode}), see above\n"
                "hint: check the connection to the package index and start again; nothing else was changed"
            )
        link_project()
        STAMP.write_text(wanted_stamp())


def run(*arguments: str) -> int:
    """Run the environment's Python in the checkout; an interrupt reaches it, and its exit code is ours."""
    with subprocess.Popen([str(PYTHON), *arguments], cwd=ROOT) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # the terminal has sent it to the child as well; let it finish


def check() -> int:
    """Run every check, even after one failed, and say which ones did."""
    failed = []
    for name, arguments in CHECKS:
        print(f"== {name}", flush=True)
        if run(*arguments):
            failed.append(name)
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'all passed'}")
    return 1 if failed else 0


def main() -> int:
    """Read the command line."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file also meets older interpreters
        sys.exit(f"error: Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    match sys.argv[1:]:
        case ["demo", *rest]:
            prepare()
            return run("-m", "api", "demo", *rest)
        case ["test", *rest]:
            prepare()
            return run(*PYTEST, *rest)
        case ["check"]:
            prepare()
            return check()
        case ["agentgpt", *rest]:
            prepare()
            return run("-m", "api", *rest)
        case ["setup"]:
            prepare()
            print(f"ready: {PYTHON}")
            return 0
        case _:
            sys.exit((__doc__ or "").strip())


if __name__ == "__main__":
    sys.exit(main())
