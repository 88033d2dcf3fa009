"""Tables as CSV (RFC 4180): a header, fields quoted where they must be, lines that end in CR LF, UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from domain.accounting.reports import Cells, Table

SUFFIX: Final = ".csv"


class CsvFile:
    """A table being written to a file. A missing value is an empty field."""

    def __init__(self, path: Path, table: Table) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([column.name for column in table.columns])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, rows: Iterable[Cells]) -> None:
        """Write rows."""
        self._writer.writerows(rows)
