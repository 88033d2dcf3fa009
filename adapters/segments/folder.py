"""An export in a folder: `manifest.jsonl`, one file for each segment, and the newest signed checkpoint.

A segment's file is whole on the disk before its line is, and a line that a crash cut off is taken back: so what the
manifest says is there. One process at a time adds to a folder.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from adapters.segments.content import pack, unpack
from adapters.segments.faults import explained
from adapters.segments.manifest import (
    LINE_BYTES_MAX,
    beginning_line,
    read_beginning,
    read_segment,
    segment_line,
)
from domain.application.segments import Beginning
from domain.kernel.errors import EvidenceMismatch, InvalidInput, Unavailable
from domain.kernel.ids import Position
from domain.kernel.segment import Segment

MANIFEST: Final = "manifest.jsonl"
CHECKPOINT: Final = "checkpoint"
PARTIAL: Final = "partial"
CHECKPOINT_BYTES_MAX: Final = 1 << 16


def file_name(segment: Segment) -> str:
    """Return the name of a segment's file: its first and last position."""
    return f"events-{segment.after + 1:012}-{segment.last:012}.gz"


class SegmentFolder:
    """Reads an export; implements the `Segments` port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._manifest = path / MANIFEST

    def beginning(self) -> Beginning | None:
        """Return where the export begins, None for an empty folder. Raises EvidenceMismatch and NewerSchema."""
        for line in self._lines():
            return read_beginning(line)
        return None

    def described(self) -> Iterator[Segment]:
        """Yield what the manifest says of each segment. Raises EvidenceMismatch."""
        for number, line in enumerate(self._lines(), 1):
            if number > 1:
                yield read_segment(line, number)

    def states(self, segment: Segment) -> Sequence[bytes]:
        """Return the segment's stored bytes. Raises EvidenceMismatch when its file is not the one described."""
        path = self.path / file_name(segment)
        try:
            with _plain_file(path) as file:
                packed = file.read(segment.file_bytes + 1)
        except FileNotFoundError:
            raise EvidenceMismatch(
                f"{segment}: the file `{path.name}` is missing", hint="was the export copied whole?"
            ) from None
        return unpack(segment, packed)

    def checkpoint(self) -> bytes | None:
        """Return the signed checkpoint that lies beside the segments, None when there is none."""
        try:
            with _plain_file(self.path / CHECKPOINT) as file:
                return file.read(CHECKPOINT_BYTES_MAX + 1)
        except FileNotFoundError:
            return None

    def _lines(self) -> Iterator[bytes]:
        try:
            with _plain_file(self._manifest) as file:
                while line := file.readline(LINE_BYTES_MAX):
                    if not line.endswith(b"\n"):
                        raise EvidenceMismatch(
                            "the export's manifest ends in the middle of a line",
                            hint="was the export copied whole? `agentgpt log export` mends one that was interrupted",
                        )
                    yield line
        except FileNotFoundError:
            return


class GrowingFolder(SegmentFolder):
    """An export that this process alone may add to; implements the `SegmentSink` port."""

    def begin(self, beginning: Beginning) -> None:
        """Write the first line. Raises Unavailable."""
        self._append_line(beginning_line(beginning))

    def add(self, segment: Segment, states: Sequence[bytes]) -> None:
        """Write the segment's file, then its line. Raises Unavailable; the folder is as it was before then."""
        packed, content_bytes = pack(states)
        made = replace(
            segment,
            content_bytes=content_bytes,
            file_bytes=len(packed),
            sha256=sha256(packed).digest(),
        )
        self._drop_unlisted(segment.after)
        self._write(file_name(made), packed)
        self._append_line(segment_line(made))

    def keep_checkpoint(self, note: str) -> None:
        """Put a signed checkpoint beside the segments, instead of an older one. Raises Unavailable."""
        self._write(CHECKPOINT, note.encode())

    def tidy(self) -> None:
        """Take away half a file and half a line, which a crash or a full disk leaves."""
        with explained(self.path):
            (self.path / PARTIAL).unlink(missing_ok=True)
        with (
            explained(self._manifest),
            suppress(FileNotFoundError),
            self._manifest.open("r+b") as file,
        ):
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LINE_BYTES_MAX))
            tail = file.read()
            if tail and not tail.endswith(b"\n"):
                file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)
                os.fsync(file.fileno())

    def _append_line(self, line: bytes) -> None:
        with explained(self._manifest):
            is_new = not self._manifest.exists()
            with self._manifest.open("ab", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                try:
                    _write_all(file, line)
                except OSError:
                    with suppress(OSError):
                        file.truncate(size)
                    raise
            if is_new:
                self._settle()

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, and on the disk when this returns."""
        path = self.path / name
        partial = self.path / PARTIAL
        with explained(path):
            try:
                with partial.open("wb", buffering=0) as file:
                    _write_all(file, content)
                partial.replace(path)
            except OSError:
                with suppress(OSError):
                    partial.unlink()
                raise
            self._settle()

    def _drop_unlisted(self, after: Position) -> None:
        """Remove files that an interrupted export left: they begin where the manifest ends."""
        with explained(self.path), os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith(f"events-{after + 1:012}-"):
                    Path(entry.path).unlink()

    def _settle(self) -> None:
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def open_export(path: Path) -> SegmentFolder:
    """Return the export in a folder. Raises InvalidInput when there is none."""
    if not (path / MANIFEST).is_file():
        raise InvalidInput(
            f"there is no export in `{path}`", hint="`agentgpt log export --out DIR` makes one"
        )
    return SegmentFolder(path)


@contextmanager
def growing_export(path: Path) -> Iterator[GrowingFolder]:
    """Open the export in a folder to add to it; folder and export are made when they are not there.

    Raises InvalidInput for what is no folder or one that holds other things, and Unavailable when another process
    adds to it, or the disk does not let us.
    """
    path = path.absolute()
    with explained(path):
        path.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unavailable(
                f"another process exports to `{path}`", hint="wait until it is done"
            ) from None
        with explained(path):
            names = (
                {entry.name for entry in path.iterdir()}
                if not (path / MANIFEST).exists()
                else set()
            )
        if names:
            raise InvalidInput(
                f"`{path}` holds other things than an export", hint="name a new or an empty folder"
            )
        folder = GrowingFolder(path)
        folder.tidy()
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def _plain_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; never wait for a pipe. Raises FileNotFoundError, EvidenceMismatch and Unavailable."""
    with explained(path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise EvidenceMismatch(f"`{path}` is not a regular file")
        with explained(path):
            yield file


def _write_all(file: BinaryIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())
