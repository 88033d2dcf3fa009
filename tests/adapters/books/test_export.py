"""The books as files: other programs read them, and add up to the same wei."""

from __future__ import annotations

import builtins
import csv
import json
import random
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.books.export import BooksFormat, Exported, export_books
from adapters.books.journal import NAME
from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from domain.accounting.books import Books
from domain.chain.events import BlocksOrphaned
from domain.kernel.envelope import NewEvent
from domain.kernel.errors import InvalidCursor, InvalidInput, Unavailable
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import PositionRange
from domain.kernel.streams import chain_stream
from domain.stake.events import StakeDeposited
from tests.support.events import ARBITER, NETWORK, OTHER_NETWORK, fact, word
from tests.support.lifecycles import legal_story

HLEDGER = shutil.which("hledger")
needs_hledger = pytest.mark.skipif(
    HLEDGER is None, reason="hledger is not installed: apt-get install hledger"
)
STORY = legal_story(11, 900)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A log with a long story, on two networks."""
    path = tmp_path_factory.mktemp("books") / "ledger.db"
    with open_log(str(path), SystemClock()) as opened:
        opened.append(STORY, {})
        others = [
            fact(each.event, block, 0, OTHER_NETWORK)
            for block, each in enumerate(legal_story(5, 40), 100_001)
            if each.provenance is not None and not each.event.NAME.startswith("registry.")
        ]
        opened.append(others, {})
        yield opened


def exported(log: Any, folder: Path, kind: BooksFormat, **options: Any) -> Exported:
    return export_books(log, log.tree, folder, kind, **options)


def booked(log: Any, until: int | None = None) -> dict[str, Books]:
    """What the books are, by a fold of its own."""
    books = defaultdict(lambda: Books(ARBITER))
    books[str(OTHER_NETWORK)] = Books(OTHER_NETWORK.arbiter)
    for recorded in log.read(Position(0), 10_000):
        if until is not None and recorded.position > until:
            break
        name = str(OTHER_NETWORK) if str(OTHER_NETWORK) in recorded.stream else str(NETWORK)
        books[name].post(recorded.event)
    return books


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_files_hold_the_ledger_and_its_balances_as_text(log: Any, tmp_path: Path) -> None:
    out = tmp_path / "books"
    done = exported(log, out, BooksFormat.CSV)
    assert [name for name, _ in done.files] == [
        "general_ledger.csv",
        "roll_forward.csv",
        "trial_balance.csv",
    ]
    raw = (out / "trial_balance.csv").read_bytes()
    assert raw.startswith(b"network,account,kind,owner,side,debits_wei")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    books = booked(log)
    trial = rows_of(out / "trial_balance.csv")
    assert {(row["network"], row["account"]): row["balance_wei"] for row in trial} == {
        (name, str(of)): str(turnover.posted_wei(of.kind))
        for name, each in books.items()
        for of, turnover in each.accounts()
    }
    assert {row["token_decimals"] for row in trial} == {"18"}
    assert sum(int(row["debits_wei"]) for row in trial) == sum(
        int(row["credits_wei"]) for row in trial
    )


def test_each_line_of_the_general_ledger_has_its_running_balance_and_its_log(
    log: Any, tmp_path: Path
) -> None:
    out = tmp_path / "books"
    exported(log, out, BooksFormat.CSV)
    running: Counter[tuple[str, str]] = Counter()
    lines = rows_of(out / "general_ledger.csv")
    for row in lines:
        of = (row["network"], row["account"])
        change = int(row["debit_wei"]) - int(row["credit_wei"])
        running[of] += change if row["account"].startswith("held:") else -change
        assert int(row["balance_wei"]) == running[of], row
        assert row["transaction_hash"].startswith("0x")
        assert row["log_index"]
    trial = rows_of(out / "trial_balance.csv")
    assert {(row["network"], row["account"]): int(row["balance_wei"]) for row in trial} == running
    assert len(lines) > 500


def test_opening_and_movements_make_closing(log: Any, tmp_path: Path) -> None:
    middle = log.head() // 3
    out = tmp_path / "books"
    exported(log, out, BooksFormat.CSV, opened_at=middle)
    before = booked(log, middle)
    for row in rows_of(out / "roll_forward.csv"):
        grown = int(row["credits_wei"]) - int(row["debits_wei"])
        grown = -grown if row["side"] == "debit" else grown
        assert int(row["opening_wei"]) + grown == int(row["closing_wei"])
        accounts = {str(of): turnover for of, turnover in before[row["network"]].accounts()}
        opening = accounts.get(row["account"])
        kind = next((of.kind for of in _accounts(before, row)), None)
        if opening is not None and kind is not None:
            assert int(row["opening_wei"]) == opening.posted_wei(kind)
    positions = [int(row["position"]) for row in rows_of(out / "general_ledger.csv")]
    assert min(positions) > middle


def _accounts(books: dict[str, Books], row: dict[str, str]) -> Iterator[Any]:
    for of, _ in books[row["network"]].accounts():
        if str(of) == row["account"]:
            yield of


def test_the_same_log_gives_the_same_bytes_and_the_manifest_names_them(
    log: Any, tmp_path: Path
) -> None:
    for kind in BooksFormat:
        first = exported(log, tmp_path / f"{kind}1", kind)
        second = exported(log, tmp_path / f"{kind}2", kind)
        assert first.files == second.files
        manifest = json.loads((tmp_path / f"{kind}1" / "manifest.json").read_text())
        assert manifest == dict(first.document())
        assert manifest["log_root"] == log.tree.head().root.hex()


def test_parquet_holds_the_same_rows_as_csv(log: Any, tmp_path: Path) -> None:
    from arro3.io import read_parquet  # noqa: PLC0415

    exported(log, tmp_path / "csv", BooksFormat.CSV)
    exported(log, tmp_path / "parquet", BooksFormat.PARQUET)
    for name in ("general_ledger", "trial_balance", "roll_forward"):
        table = read_parquet(str(tmp_path / "parquet" / f"{name}.parquet")).read_all()
        columns = {column: table.column(column).to_pylist() for column in table.column_names}
        wanted = rows_of(tmp_path / "csv" / f"{name}.csv")
        assert len(wanted) == table.num_rows > 20
        for column, values in columns.items():
            assert ["" if value is None else str(value) for value in values] == [
                row[column] for row in wanted
            ]
            if column.endswith("_wei"):
                assert {type(value) for value in values} == {str}


def test_without_the_library_parquet_is_refused_with_the_way_out(
    log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("arro3"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InvalidInput, match="cannot write Parquet") as caught:
        exported(log, tmp_path / "books", BooksFormat.PARQUET)
    assert "pip install arro3-io" in caught.value.hint
    assert not list(tmp_path.iterdir())


def hledger(*arguments: object) -> str:
    assert HLEDGER is not None
    done = subprocess.run(
        [HLEDGER, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr[:2_000]
    return done.stdout


@needs_hledger
@pytest.mark.parametrize("part", [0.0, 0.4])
def test_hledger_adds_up_every_wei_of_a_large_story(log: Any, tmp_path: Path, part: float) -> None:
    out = tmp_path / "books"
    done = exported(log, out, BooksFormat.HLEDGER, opened_at=int(log.head() * part))
    assert done.postings > 400
    journal = out / NAME
    hledger("-f", journal, "check")
    table = hledger("-f", journal, "balance", "--flat", "-E", "-O", "csv")
    theirs = {
        row["account"]: int(row["balance"].removesuffix(" wei").replace(",", ""))
        for row in csv.DictReader(table.splitlines())
        if row["account"] != "total"
    }
    ours = {}
    for name, books in booked(log).items():
        for of, turnover in books.accounts():
            ours[f"{name}:{of}"] = turnover.debits_wei - turnover.credits_wei
    found = {
        account.removeprefix("assets:")
        .removeprefix("liabilities:")
        .removeprefix("unexplained:"): wei
        for account, wei in theirs.items()
    }
    assert found == {account: wei for account, wei in ours.items() if account in found}
    assert {account for account, wei in ours.items() if wei} <= set(found)
    assert sum(theirs.values()) == 0


@needs_hledger
def test_hledger_finds_a_single_wei_that_was_changed(log: Any, tmp_path: Path) -> None:
    out = tmp_path / "books"
    exported(log, out, BooksFormat.HLEDGER)
    lines = (out / NAME).read_text().splitlines()
    postings = [n for n, each in enumerate(lines) if each.startswith("    ") and " = " not in each]
    for number in random.Random(7).sample(postings, 3):
        head, _, amount = lines[number].removesuffix(" wei").rpartition("  ")
        changed = [*lines]
        changed[number] = f"{head}  {int(amount) + 1} wei"
        (out / "changed.journal").write_text("\n".join(changed) + "\n")
        done = subprocess.run(
            [str(HLEDGER), "-f", str(out / "changed.journal"), "check"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode != 0
        assert "balance" in done.stderr


def test_what_a_reorganisation_took_back_is_not_exported(tmp_path: Path) -> None:
    facts = STORY[:120]
    with open_log(str(tmp_path / "ledger.db"), SystemClock()) as log:
        log.append(facts, {})
        whole = exported(log, tmp_path / "before", BooksFormat.CSV)
        orphaned = BlocksOrphaned(
            fork_block=BlockNumber(1),
            fork_block_hash=word("block 1"),
            fork_block_time=Timestamp(1),
            orphaned_last_block=BlockNumber(99),
            orphaned_last_block_hash=word("block 99"),
            facts=10,
            voided=(PositionRange(Position(91), Position(120)),),
        )
        log.append([NewEvent(stream=chain_stream(NETWORK), event=orphaned)], {})
        after = exported(log, tmp_path / "after", BooksFormat.CSV)
        assert after.postings < whole.postings
        again = exported(log, tmp_path / "again", BooksFormat.CSV, until=120)
        assert again.files == whole.files, "as of a position before it, it stands"


@pytest.mark.parametrize(("opened", "until"), [(5, 4), (-1, 3), (0, 10**6)])
def test_positions_that_the_log_does_not_have_are_refused(
    log: Any, tmp_path: Path, opened: int, until: int
) -> None:
    with pytest.raises(InvalidCursor):
        exported(log, tmp_path / "books", BooksFormat.CSV, opened_at=opened, until=until)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_not_touched(log: Any, tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    with pytest.raises(InvalidInput, match="exists already"):
        exported(log, tmp_path / "books", BooksFormat.CSV)
    with pytest.raises(InvalidInput, match="cannot make the folder"):
        exported(log, tmp_path / "nowhere" / "books", BooksFormat.CSV)
    assert [path.name for path in tmp_path.iterdir()] == ["books"]


def test_an_export_that_fails_half_way_leaves_nothing(
    log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Unavailable, match="No space left"):
        exported(log, tmp_path / "books", BooksFormat.CSV)
    assert not list(tmp_path.iterdir())


def test_an_empty_log_has_empty_books(tmp_path: Path) -> None:
    with open_log(str(tmp_path / "ledger.db"), SystemClock()) as log:
        done = exported(log, tmp_path / "books", BooksFormat.CSV)
        assert (done.postings, done.root) == (0, "")
        assert rows_of(tmp_path / "books" / "trial_balance.csv") == []
        exported(log, tmp_path / "parquet", BooksFormat.PARQUET)


def test_a_journal_is_plain_text(log: Any, tmp_path: Path) -> None:
    exported(log, tmp_path / "books", BooksFormat.HLEDGER)
    text = (tmp_path / "books" / NAME).read_text()
    assert "closing balances" in text
    assert f"liabilities:{NETWORK}:credit:0x" in text
    assert StakeDeposited.NAME in text
