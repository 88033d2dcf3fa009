"""A digest of everything that is stored of a projection, the same in every database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from domain.application.ports import Progress


class Digest:
    """A SHA-256 over rows, in the order in which they are fed. No two different rows give the same bytes."""

    def __init__(self, projection: str, progress: Progress | None) -> None:
        self._hashed = hashlib.sha256()
        self.feed((projection,) if progress is None else (projection, *_place(progress)))

    def feed(self, values: Iterable[object]) -> None:
        """Take in a row, each value with its kind and length."""
        for value in values:
            match value:
                case None:
                    self._hashed.update(b"-")
                case int():
                    text = str(value).encode()
                    self._hashed.update(b"i%d:%b" % (len(text), text))
                case str():
                    text = value.encode()
                    self._hashed.update(b"s%d:%b" % (len(text), text))
                case bytes():
                    self._hashed.update(b"b%d:%b" % (len(value), value))
                case _:
                    raise TypeError(f"{type(value).__name__} is no value of a row")
        self._hashed.update(b"\n")

    def hex(self) -> str:
        """Return the digest in hexadecimal digits."""
        return self._hashed.hexdigest()


def _place(progress: Progress) -> tuple[int, int]:
    return progress.version, progress.position
