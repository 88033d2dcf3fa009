"""`agentgpt books export` as a user has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import writing_ledger
from api.cli.main import run_cli
from api.problems import ExitCode
from tests.support.lifecycles import legal_story


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("books") / "ledger.db"
    with writing_ledger(str(path), create=True) as ledger:
        ledger.log.append(legal_story(3, 80), {})
        ledger.engine.catch_up()
    return path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    code = run_cli([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("csv", ["general_ledger.csv", "roll_forward.csv", "trial_balance.csv"]),
        ("parquet", ["general_ledger.parquet", "roll_forward.parquet", "trial_balance.parquet"]),
        ("hledger", ["books.journal"]),
    ],
)
def test_the_books_are_exported_into_a_new_folder(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, names: list[str]
) -> None:
    out = tmp_path / "books"
    code, done = said(
        capsys, "books", "export", "--format", kind, "--out", out, "--from", 20, "--db", db
    )
    assert code == ExitCode.OK
    assert [each["name"] for each in done["files"]] == names
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "manifest.json"])
    assert (done["from_position"], done["token_decimals"]) == (20, 18)
    again = tmp_path / "again"
    assert run_cli(["books", "export", "--out", str(again), "--db", str(db)]) == ExitCode.OK
    assert "trial_balance.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--format", "pdf"], ExitCode.USAGE),
        (["--to", "999999"], ExitCode.USAGE),
        (["--from", "9", "--to", "3"], ExitCode.USAGE),
    ],
)
def test_an_export_that_cannot_be_is_refused_and_leaves_nothing(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: ExitCode
) -> None:
    out = tmp_path / "books"
    assert run_cli(["books", "export", "--out", str(out), "--db", str(db), *options]) == code
    assert "hint: " in capsys.readouterr().err
    assert not out.exists()


def test_a_ledger_that_is_not_there_makes_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db, out = tmp_path / "none.db", tmp_path / "books"
    assert run_cli(["books", "export", "--out", str(out), "--db", str(db)]) != ExitCode.OK
    assert "hint: " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
