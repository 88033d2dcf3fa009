"""A lock that processes of one machine share through a file. It is free again when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.kernel.errors import Unavailable


@contextmanager
def only_one(path: Path, what: str) -> Iterator[None]:
    """Hold the lock until the end of the block; the file stays, empty.

    Raises Unavailable at once when another process holds it, with `what` for what that one does.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            f"cannot open the lock file {path}: {error.strerror}",
            hint="make its folder writable for this user",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unavailable(
                f"{what} is already running", hint="wait for it, or stop that process"
            ) from error
        yield
    finally:
        os.close(descriptor)
