"""What the disk says, in the ledger's words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.kernel.errors import InvalidInput, Unavailable


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of the disk into InvalidInput or Unavailable; FileNotFoundError goes through."""
    try:
        yield
    except FileNotFoundError:
        if path.parent.is_dir():
            raise
        raise InvalidInput(
            f"the folder of `{path}` does not exist", hint="make it first, or name another"
        ) from None
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise InvalidInput(f"`{path}` cannot hold an export", hint="name another folder") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Unavailable(
                f"no space is left for `{path}`; what was exported before is whole",
                hint="free some space, then export again: it goes on where it stopped",
            ) from error
        raise Unavailable(
            f"`{path}` cannot be read or written: {error.strerror}",
            hint="check the permissions of the folder, and the disk",
        ) from error
