"""The keys of subjects, in a file outside the log: the only thing of the ledger that is ever destroyed.

A new key is on the disk before it is used. A destroyed one is overwritten where it stands. Processes share the file
under a lock; each notices by the first line when another one changed it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Final

from adapters.keyring import records
from adapters.keyring.records import LINE_BYTES, KeyRecord
from adapters.keyring.sealing import KEY_BYTES, KeyId
from domain.application.ports import Clock
from domain.kernel.errors import InvalidInput, Unavailable
from domain.kernel.ids import Address

KEYRING_SUFFIX: Final = ".keys"


class Keyring:
    """A keyring file. It is made with the first key; threads and processes may share it.

    Raises InvalidInput for a file that is no keyring or that others may read, and Unavailable when the disk refuses.
    A file that is missing, or that this user may not read, is an empty keyring to a reader.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._file: int | None = None
        self._head = b""
        self._changes = -1
        self._by_id: dict[KeyId, KeyRecord] = {}
        self._present: dict[Address, KeyRecord] = {}
        self._erased: dict[Address, list[KeyId]] = {}

    def close(self) -> None:
        """Close the file; safe to call again."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._head = b""

    def key(self, key_id: KeyId) -> KeyRecord | None:
        """Return a key, destroyed or not; None for one that is not here."""
        with self._lock:
            self._refresh()
            return self._by_id.get(key_id)

    def present(self, subject: Address) -> KeyRecord | None:
        """Return the key that seals the subject's texts now, None when there is none."""
        with self._lock:
            self._refresh()
            return self._present.get(subject)

    def destroyed(self, subject: Address) -> Sequence[str]:
        """Return the ids of the subject's destroyed keys, oldest first."""
        with self._lock:
            self._refresh()
            return tuple(self._erased.get(subject, ()))

    def is_there(self) -> bool:
        """Tell whether there is a keyring that this user may read."""
        with self._lock:
            return self._refresh()

    def make_missing(self, subjects: Iterable[Address]) -> None:
        """Make a key for each subject that has none. They are on the disk when this returns."""
        subjects = tuple(subjects)
        with self._lock:
            self._refresh()
            if all(subject in self._present for subject in subjects):
                return
            with self._changing(create=True) as file:
                missing = dict.fromkeys(each for each in subjects if each not in self._present)
                if not missing:
                    return
                made_at = self._clock.now_iso()
                made = [
                    KeyRecord(KeyId(token_hex(16)), each, made_at, "", token_bytes(KEY_BYTES))
                    for each in missing
                ]
                _add_lines(file, b"".join(map(records.key_line, made)))
                os.fsync(file)
                for record in made:
                    self._learn(record)

    def destroy(self, subject: Address) -> None:
        """Overwrite every key of the subject. They are gone from the disk when this returns; safe to repeat.

        A subject without a key gets a destroyed one, as the mark that it was erased.
        """
        with self._lock, self._changing(create=True) as file:
            moment = self._clock.now_iso()
            found = [at for at, record in _lines(file) if record and record.subject == subject]
            for at in found:
                # Said first: a key that is overwritten in part is known to be destroyed.
                said = os.pread(file, len(moment), at + records.DESTROYED_AT)
                if not said.strip():
                    _write(file, records.destroyed_moment(moment), at + records.DESTROYED_AT)
            os.fsync(file)
            for at in found:
                _write(file, records.DESTROYED_KEY.encode(), at + records.KEY_AT)
            if not found:
                mark = KeyRecord(KeyId(token_hex(16)), subject, moment, moment, None)
                _add_lines(file, records.key_line(mark))
            os.fsync(file)
            self._read(file)

    @contextmanager
    def _changing(self, *, create: bool) -> Iterator[int]:
        """Hold the file alone, as it is now in memory, and count the change at the end."""
        try:
            file = self._locked(create=create)
            try:
                self._refresh()
                yield file
                self._changes += 1
                self._head = records.head_line(self._changes)
                _write(file, self._head, 0)
                os.fsync(file)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
        except OSError as error:
            raise Unavailable(
                f"cannot write the keyring `{self.path}`: {error.strerror}",
                hint="nothing was recorded; the keyring and its folder must be writable",
            ) from error

    def _locked(self, *, create: bool) -> int:
        while True:
            file = self._open(writing=True, create=create)
            fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever moved or restored the file meanwhile is followed.
            if _is_at(file, self.path):
                break
            self.close()
        if create and os.fstat(file).st_size < LINE_BYTES:
            _write(file, records.head_line(0), 0)
            os.fsync(file)
            _sync_folder(self.path.parent)
        return file

    def _open(self, *, writing: bool, create: bool = False) -> int:
        if self._file is not None:
            if not writing or fcntl.fcntl(self._file, fcntl.F_GETFL) & os.O_RDWR:
                return self._file
            self.close()
        how = os.O_CLOEXEC | (os.O_RDWR if writing else os.O_RDONLY)
        file = os.open(self.path, how | (os.O_CREAT if create else 0), 0o600)
        if stat.S_IMODE(os.fstat(file).st_mode) & 0o077:
            os.close(file)
            raise InvalidInput(
                f"others may read the keyring `{self.path}`", hint=f"chmod 600 {self.path}"
            )
        self._file = file
        return file

    def _refresh(self) -> bool:
        """Read the file again when it has changed; return whether there is one."""
        try:
            file = self._open(writing=False)
            # Compared as it stands: this is asked for each text that is opened.
            if os.pread(file, LINE_BYTES, 0) != self._head:
                self._read(file)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            self._forget()
            return False
        except OSError as error:
            raise Unavailable(f"cannot read the keyring `{self.path}`: {error.strerror}") from error
        return True

    def _read(self, file: int) -> None:
        head = os.pread(file, LINE_BYTES, 0)
        changes = records.changes_of(head)
        if changes is None and len(head) == LINE_BYTES:
            raise InvalidInput(
                f"`{self.path}` is not a keyring", hint="name another file with AGENTGPT_KEYRING"
            )
        self._forget()
        for _, record in _lines(file):
            if record is not None:
                self._learn(record)
        self._head, self._changes = (b"", -1) if changes is None else (head, changes)

    def _learn(self, record: KeyRecord) -> None:
        self._by_id[record.id] = record
        if record.secret is None:
            self._erased.setdefault(record.subject, []).append(record.id)
        else:
            self._present[record.subject] = record

    def _forget(self) -> None:
        self._by_id, self._present, self._erased = {}, {}, {}
        self._head, self._changes = b"", -1


def _lines(file: int) -> Iterator[tuple[int, KeyRecord | None]]:
    """Yield where each whole line after the first stands, with its key."""
    size = os.fstat(file).st_size
    content = os.pread(file, max(0, size - LINE_BYTES), LINE_BYTES)
    for at in range(0, len(content) - LINE_BYTES + 1, LINE_BYTES):
        yield LINE_BYTES + at, records.parse_key_line(content[at : at + LINE_BYTES])


def _add_lines(file: int, lines: bytes) -> None:
    # What a crash left of a line is written over.
    end = os.fstat(file).st_size // LINE_BYTES * LINE_BYTES
    _write(file, lines, end)
    os.ftruncate(file, end + len(lines))


def _write(file: int, content: bytes, at: int) -> None:
    while content:
        written = os.pwrite(file, content, at)
        content, at = content[written:], at + written


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
