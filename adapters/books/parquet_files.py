"""Tables as Parquet, for programs that read columns. Amounts stay text: no integer of the format holds 256 bits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from domain.accounting.reports import Cells, Table
from domain.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

SUFFIX: Final = ".parquet"
ROWS_IN_A_GROUP: Final = 50_000


def check_parquet() -> None:
    """Raise InvalidInput when the library that writes Parquet is not installed: it is an optional part."""
    try:
        import arro3.io  # noqa: F401, PLC0415
    except ImportError as error:
        raise InvalidInput(
            "this installation cannot write Parquet: the package arro3-io is missing",
            hint="install it with `pip install arro3-io`, or export with --format csv",
        ) from error


class ParquetFile:
    """A table being written to a file. Rows are kept in memory until it is closed, as compact columns."""

    def __init__(self, path: Path, table: Table) -> None:
        self._path = path
        self._table = table
        self._rows: list[Cells] = []
        self._batches: list[RecordBatch] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish()

    def write(self, rows: Iterable[Cells]) -> None:
        """Write rows."""
        self._rows.extend(rows)
        if len(self._rows) >= ROWS_IN_A_GROUP:
            self._pack()

    def _pack(self) -> None:
        from arro3.core import Array, RecordBatch  # noqa: PLC0415

        columns: list[Any] = list(zip(*self._rows, strict=True)) or [()] * len(self._table.columns)
        schema = self._schema()
        arrays = [
            Array(list(column), type=schema.field(number).type)
            for number, column in enumerate(columns)
        ]
        self._batches.append(RecordBatch.from_arrays(arrays, schema=schema))
        self._rows = []

    def _schema(self) -> Schema:
        from arro3 import core  # noqa: PLC0415

        number, text = core.DataType.int64(), core.DataType.utf8()
        return core.Schema(
            [
                core.Field(column.name, number if column.is_number else text, nullable=True)
                for column in self._table.columns
            ]
        )

    def _finish(self) -> None:
        from arro3.core import Table as ArrowTable  # noqa: PLC0415
        from arro3.io import write_parquet  # noqa: PLC0415

        if self._rows or not self._batches:
            self._pack()
        table = ArrowTable.from_batches(self._batches, schema=self._schema())
        write_parquet(
            table,
            str(self._path),
            compression="zstd(3)",
            max_row_group_size=ROWS_IN_A_GROUP,
            created_by="agentgpt-ledger",
        )
