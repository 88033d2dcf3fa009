"""The books over HTTP and on the command line, and the audit of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import orjson
import pytest

from api.account_queries import trial_balance
from api.books_checking import check_ledger_books
from api.bootstrap import writing_ledger
from api.cli.main import run_cli
from api.http.schemas.accounts import AccountOut, BooksOut
from api.ledger import Ledger
from api.problems import ExitCode
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.kernel.streams import stake_stream
from domain.stake.events import StakeWithdrawn
from projections.accounts import AccountRow, BooksRow
from tests.api.conftest import Service
from tests.api.sample import ARBITER, NETWORK, NODE, STAKE_WEI, TASK, balance, fact, write_sample
from tests.support.lifecycles import legal_story

ESCROWED_WEI = 2 * 12 * WEI_PER_AGPT


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    write_sample(path)
    return path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    code = run_cli([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def spoiled(ledger: Ledger) -> None:
    """A payment that the contract cannot have made: nothing was waiting to be paid."""
    paid = StakeWithdrawn(
        node=NODE, withdrawal_id=1, amount_wei=Wei(5), balance=balance(0, STAKE_WEI)
    )
    ledger.log.append([fact(stake_stream(NETWORK, NODE), paid, 50)], {})
    ledger.engine.catch_up()


def test_the_shapes_are_those_of_the_rows() -> None:
    assert set(BooksOut.model_fields) == set(get_type_hints(BooksRow))
    assert set(AccountOut.model_fields) == set(get_type_hints(AccountRow))


def test_an_account_is_found_by_its_name_and_with_its_owner(service: Service) -> None:
    books = service.get(f"/v1/accounts/party:{NODE}").json()
    assert [each["account"] for each in books["accounts"]] == [
        f"stake:available:{NODE}",
        f"stake:locked:{NODE}",
    ]
    assert books == service.get(f"/v1/accounts/{NODE.upper().replace('0X', '0x')}").json()
    locked = service.get(f"/v1/accounts/stake:locked:{NODE}?network={NETWORK}").json()
    assert locked["accounts"] == [
        {
            "account": f"stake:locked:{NODE}",
            "posted_wei": str(STAKE_WEI),
            "pending_wei": str(STAKE_WEI),
            "available_wei": "0",
            "debits_wei": "0",
            "credits_wei": str(STAKE_WEI),
            "stated_wei": str(STAKE_WEI),
        }
    ]


def test_the_escrow_of_a_task_that_is_worked_on_is_pending(service: Service) -> None:
    books = service.get(f"/v1/accounts/{TASK}").json()
    assert books["running"] == 1
    assert [(each["posted_wei"], each["available_wei"]) for each in books["accounts"]] == [
        (str(10 * WEI_PER_AGPT), "0"),
        (str(2 * WEI_PER_AGPT), "0"),
    ]


def test_accounts_are_listed_by_owner_in_pages(service: Service) -> None:
    first = service.get("/v1/accounts?limit=2").json()
    rest = service.get("/v1/accounts", params={"after": first["next"]}).json()
    owners = [each["owner"] for each in (*first["items"], *rest["items"])]
    assert owners == sorted(owners)
    assert len(owners) == 5
    tasks = service.get("/v1/accounts?kind=task").json()
    assert [each["kind"] for each in tasks["items"]] == ["task", "task"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("accounts/stake:locked", 400, "does not name an account"),
        ("accounts/nonsense", 400, "does not name an account"),
        ("accounts/0x12", 400, "is not an address"),
        (f"accounts/stake:unbonding:{NODE}", 404, "nothing was ever booked"),
        ("accounts/treasury", 404, "there is no owner of accounts"),
        ("accounts?kind=bank", 400, ""),
        ("accounts?after=zzz", 400, "is not a cursor"),
        ("accounts/treasury?network=1.2", 400, "is not a network"),
    ],
)
def test_what_is_not_there_is_refused_with_a_hint(
    service: Service, path: str, status: int, says: str
) -> None:
    answer = service.get(f"/v1/{path}")
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert answer.json()["hint"]


def test_the_trial_balance_adds_up(service: Service) -> None:
    result = service.get("/v1/accounts/trial-balance").json()
    (network,) = result["networks"]
    assert result["balanced"] is network["balanced"] is True
    total = str(2 * STAKE_WEI + ESCROWED_WEI)
    assert network["held_wei"] == network["owed_wei"] == total
    by_kind = {each["kind"]: each["balance_wei"] for each in network["lines"]}
    assert by_kind["held"] == total
    assert by_kind["stake:locked"] == by_kind["stake:available"] == str(STAKE_WEI)


def test_the_commands_say_the_same(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = said(capsys, "account", "show", f"stake:locked:{NODE}", "--db", db)
    assert code == ExitCode.OK
    assert shown["accounts"][0]["posted_wei"] == str(STAKE_WEI)
    code, listed = said(capsys, "account", "list", "--kind", "contract", "--db", db)
    assert [each["owner"] for each in listed["items"]] == [f"contract:{ARBITER}"]
    code, trial = said(capsys, "account", "trial-balance", "--db", db)
    assert (code, trial["balanced"]) == (ExitCode.OK, True)
    for words in (("list",), ("show", NODE), ("trial-balance",)):
        assert run_cli(["account", *words, "--db", str(db)]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "123,456,789.012345678901234567" in printed
    assert "balanced: debits" in printed


def test_sound_books_pass_the_audit(tmp_path: Path) -> None:
    with writing_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        ledger.log.append(legal_story(3, 150), {})
        ledger.engine.catch_up()
        result = check_ledger_books(ledger, limit=10)
        assert not result.breaks
        assert result.position == ledger.log.head()
        assert result.moves > result.entries > 50
        assert trial_balance(ledger.read_models)["balanced"]


def test_an_impossible_payment_fails_the_audit_with_its_place(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing_ledger(str(db)) as ledger:
        spoiled(ledger)
    code, result = said(capsys, "audit", "books", "--db", db)
    assert code == ExitCode.UNBALANCED
    assert result["breaks"][0]["rule"] == "books.below_zero"
    assert result["breaks"][0]["position"] == 11
    assert result["breaks"][0]["transaction_hash"].startswith("0x")
    assert run_cli(["audit", "books", "--db", str(db)]) == ExitCode.UNBALANCED
    assert "NOT in order" in capsys.readouterr().out


def test_money_moved_in_the_stored_books_fails_the_audit(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing_ledger(str(db)) as ledger:
        row = ledger.read_models.get("accounts", f"party:{NODE}@{NETWORK}")
        assert row is not None
        stolen = orjson.dumps(row.body).replace(
            str(STAKE_WEI).encode(), str(STAKE_WEI - 1).encode()
        )
        with ledger.read_models._datastore.transaction(commit=True) as c:  # type: ignore[attr-defined]
            c.execute("UPDATE read_model_row SET body = ? WHERE key = ?", (stolen, row.key))
    code, result = said(capsys, "audit", "books", "--db", db)
    assert code == ExitCode.UNBALANCED
    assert {each["rule"] for each in result["breaks"]} == {"books.not_as_stored"}
    assert said(capsys, "account", "trial-balance", "--db", db)[0] == ExitCode.UNBALANCED
