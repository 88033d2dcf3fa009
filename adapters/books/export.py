"""Books the log up to a position and writes what auditors want into a folder: all of it, or nothing."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import orjson

from adapters.books import csv_files, journal, parquet_files
from adapters.books.csv_files import CsvFile
from adapters.books.journal import Journal
from adapters.books.parquet_files import ParquetFile, check_parquet
from domain.accounting.reports import (
    GENERAL_LEDGER,
    ROLL_FORWARD,
    TOKEN_DECIMALS,
    TRIAL_BALANCE,
    Bookkeeper,
    Cells,
    Table,
    ledger_rows,
)
from domain.application.ports import EventLog, LogTree
from domain.application.standing_pages import standing_pages
from domain.kernel.errors import InvalidCursor, InvalidInput, Unavailable
from domain.kernel.ids import Position

MANIFEST: Final = "manifest.json"
_PARTIAL: Final = ".partial"
_HASH_BYTES: Final = 1 << 20


class TableFile(Protocol):
    """A table being written to a file, which is whole at the end of the block."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        ...

    def write(self, rows: Iterable[Cells]) -> None:
        """Write rows."""
        ...


class BooksFormat(StrEnum):
    """What the books are written as."""

    CSV = "csv"
    PARQUET = "parquet"
    HLEDGER = "hledger"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the same log gives the same files, byte for byte."""

    folder: Path
    format: BooksFormat
    from_position: Position
    to_position: Position
    root: str
    postings: int
    files: Sequence[tuple[str, str]]

    def document(self) -> Mapping[str, object]:
        """Return it as JSON-ready members, as the manifest holds them."""
        return {
            "format": self.format.value,
            "from_position": self.from_position,
            "to_position": self.to_position,
            "log_root": self.root,
            "token_decimals": TOKEN_DECIMALS,
            "postings": self.postings,
            "files": [{"name": name, "sha256": digest} for name, digest in self.files],
        }


def check_range(log: EventLog, opened_at: int, until: int | None) -> tuple[Position, Position]:
    """Return the positions to export after and up to. Raises InvalidCursor for ones that the log does not have."""
    head = log.head()
    to = head if until is None else until
    if not 0 <= opened_at <= to <= head:
        raise InvalidCursor(
            f"the books cannot be exported from position {opened_at} to {to}",
            hint=f"the log has positions 1 to {head}; --from 0 begins with the first event",
        )
    return Position(opened_at), Position(to)


def export_books(
    log: EventLog,
    tree: LogTree,
    folder: Path,
    kind: BooksFormat,
    *,
    opened_at: int = 0,
    until: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write the books of the events in (`opened_at`, `until`], those up to the head if None, into a new folder.

    Raises InvalidInput for a folder that is there or cannot be made, InvalidCursor, and Unavailable for a full disk;
    nothing is left behind then.
    """
    opened, to = check_range(log, opened_at, until)
    if kind is BooksFormat.PARQUET:
        check_parquet()
    with _new_folder(folder) as partial:
        keeper = Bookkeeper(opened)
        if kind is BooksFormat.HLEDGER:
            postings = _write_journal(log, partial, keeper, to, on_progress)
        else:
            postings = _write_tables(log, partial, keeper, to, kind=kind, on_progress=on_progress)
        files = [(path.name, _sha256(path)) for path in sorted(partial.iterdir())]
        root = tree.head(to).root.hex() if to else ""
        result = Exported(folder, kind, opened, to, root, postings, files)
        manifest = orjson.dumps(result.document(), option=orjson.OPT_INDENT_2)
        (partial / MANIFEST).write_bytes(manifest + b"\n")
    return result


def _write_journal(
    log: EventLog,
    folder: Path,
    keeper: Bookkeeper,
    to: Position,
    on_progress: Callable[[int, int], None] | None,
) -> int:
    postings = 0
    with Journal(folder / journal.NAME) as book:
        is_open = False
        for reached, events in standing_pages(log, to):
            for recorded in events:
                posting = keeper.book(recorded)
                if not is_open and recorded.position > keeper.opened_at:
                    book.open_with(keeper)
                    is_open = True
                if posting is not None:
                    postings += 1
                    book.write(posting)
            if on_progress is not None:
                on_progress(reached, to)
        keeper.close()
        if not is_open:
            book.open_with(keeper)
        book.close_with(keeper)
    return postings


def _write_tables(
    log: EventLog,
    folder: Path,
    keeper: Bookkeeper,
    to: Position,
    *,
    kind: BooksFormat,
    on_progress: Callable[[int, int], None] | None,
) -> int:
    postings = 0
    with ExitStack() as stack:
        ledger = stack.enter_context(_table(folder, GENERAL_LEDGER, kind))
        for reached, events in standing_pages(log, to):
            for recorded in events:
                posting = keeper.book(recorded)
                if posting is not None:
                    postings += 1
                    ledger.write(ledger_rows(posting))
            if on_progress is not None:
                on_progress(reached, to)
        keeper.close()
        stack.enter_context(_table(folder, TRIAL_BALANCE, kind)).write(keeper.trial_balance())
        stack.enter_context(_table(folder, ROLL_FORWARD, kind)).write(keeper.roll_forward(to))
    return postings


def _table(folder: Path, table: Table, kind: BooksFormat) -> TableFile:
    if kind is BooksFormat.PARQUET:
        return ParquetFile(folder / (table.name + parquet_files.SUFFIX), table)
    return CsvFile(folder / (table.name + csv_files.SUFFIX), table)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that gets its name when it is full, and is removed when something goes wrong."""
    if folder.exists():
        raise InvalidInput(f"`{folder}` exists already", hint="give another --out, or move it away")
    partial = folder.with_name(folder.name + _PARTIAL)
    try:
        partial.mkdir()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            f"cannot make the folder `{partial}`: {reason}",
            hint="its parent must be there; a `.partial` folder that a killed export left can be removed",
        ) from error
    try:
        yield partial
        partial.rename(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable(
            f"cannot write the books to `{folder}`: {reason}",
            hint="make room, or give another --out",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BYTES):
            digest.update(block)
    return digest.hexdigest()
