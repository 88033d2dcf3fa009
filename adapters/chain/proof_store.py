"""Keeps where facts came from: headers, and the proof of each receipt with logs of ours, in a file beside the ledger.

A receipt is found by block and number of the log; its proof leads to the receipts root in the header, whose hash is
in the fact's provenance. Nothing in the file is believed when it is read: whoever reads it checks the hashes.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.chain.completeness import ProvenBlock
from adapters.chain.hashing import rlp
from adapters.chain.headers import Header
from adapters.chain.index_trie import decoded
from domain.kernel.errors import ForeignDatabase, NotFound, Unavailable
from domain.kernel.ids import Hash32

SUFFIX: Final = ".proofs"

_APPLICATION_ID: Final = 0x41475050
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS header (hash BLOB PRIMARY KEY, rlp BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipt (
    block BLOB NOT NULL,
    first_log INTEGER NOT NULL,
    place INTEGER NOT NULL,
    proof BLOB NOT NULL,
    PRIMARY KEY (block, first_log)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """The proof of a block's receipt number `place`, whose first log is number `first_log` of the block."""

    place: int
    first_log: int
    proof: tuple[bytes, ...]


class ProofStore:
    """The file of proofs. Threads may share it."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        """Open the file, and make it unless `readonly`. Raises NotFound, ForeignDatabase and Unavailable."""
        if readonly and not path.exists():
            raise NotFound(
                f"no proofs are kept in `{path}`",
                hint="`agentgpt run --prove` keeps them from then on",
            )
        self._lock = threading.Lock()
        self._path = path
        with self._explained():
            mode = "ro" if readonly else "rwc"
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
        with self._explained():
            self._open(readonly=readonly)

    def _open(self, *, readonly: bool) -> None:
        (found,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if found != _APPLICATION_ID and (found or tables or readonly):
            self._connection.close()
            raise ForeignDatabase(
                f"`{self._path}` does not hold proofs", hint="move it away, or name another ledger"
            )
        if not readonly:
            self._connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
            self._connection.execute("PRAGMA journal_mode=WAL")
            # Facts are only recorded after their proofs: these must last as long.
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def keep(self, headers: Sequence[Header], proven: Sequence[ProvenBlock]) -> None:
        """Keep headers, and of proven blocks the receipts that have a log of ours. Raises Unavailable."""
        receipts: list[tuple[bytes, int, int, bytes]] = []
        for block in proven:
            first_logs: dict[int, int] = {}
            for log in block.receipts.logs:
                first_logs.setdefault(log.transaction_index, log.index)
            key = _raw(block.header.ref.hash)
            receipts += [
                (key, first_logs[place], place, rlp(block.trie.proof(place)))
                for place in sorted({log.transaction_index for log in block.own})
            ]
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT OR REPLACE INTO header VALUES (?, ?)",
                [(_raw(header.ref.hash), header.encoded) for header in headers],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO receipt VALUES (?, ?, ?, ?)", receipts
            )
            self._connection.execute("COMMIT")

    def header(self, block_hash: Hash32) -> bytes | None:
        """Return the RLP that was kept as the header of a block, None for nothing."""
        with self._lock, self._explained():
            row = self._connection.execute(
                "SELECT rlp FROM header WHERE hash = ?", (_raw(block_hash),)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def receipt(self, block_hash: Hash32, log_index: int) -> KeptReceipt | None:
        """Return what was kept of the receipt with a log, None for nothing."""
        with self._lock, self._explained():
            row = self._connection.execute(
                "SELECT place, first_log, proof FROM receipt WHERE block = ? AND first_log <= ? "
                "ORDER BY first_log DESC LIMIT 1",
                (_raw(block_hash), log_index),
            ).fetchone()
        if row is None:
            return None
        try:
            parts, _ = decoded(bytes(row[2]))
        except (IndexError, ValueError):
            parts = []
        nodes = parts if isinstance(parts, list) else []
        return KeptReceipt(row[0], row[1], tuple(node for node in nodes if isinstance(node, bytes)))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(
                f"the proofs in `{self._path}` cannot be read or written: {error}",
                hint="check the file and the disk",
            ) from error


def _raw(block_hash: str) -> bytes:
    return bytes.fromhex(block_hash[2:])
