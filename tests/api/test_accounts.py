"""The books over HTTP and on the command line, and the audit of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import orjson
import pytest

from api.account_queries import trial_balance
from api.books_checking import check_ledger_books
from api.bootstrap import serving, writing_ledger
from api.cli.main import run_cli
from api.http.schemas.accounts import AccountOut, BooksOut, SuspenseOut
from api.ledger import Ledger
from api.problems import ExitCode
from api.settings import ServeSettings
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import Address, Hash32
from domain.kernel.money import WEI_PER_AGPT, Wei
from domain.kernel.streams import stake_stream, token_stream
from domain.network.events import TokenTransferred
from domain.stake.events import StakeDeposited, StakeWithdrawn
from projections.accounts import AccountRow, BooksRow
from projections.suspense import SuspenseRow
from tests.api.conftest import Service
from tests.api.sample import ARBITER, NETWORK, NODE, REQUESTER, STAKE_WEI, TASK, balance, fact, fill
from tests.support.lifecycles import legal_story

ESCROWED_WEI = 2 * 12 * WEI_PER_AGPT


def moved(amount_wei: int, block: int, index: int = 1, sender: Address = REQUESTER) -> NewEvent:
    """What the token logs of a payment to the arbiter."""
    transfer = TokenTransferred(
        token=Address("0x" + "b1" * 20),
        sender=sender,
        recipient=ARBITER,
        amount_wei=Wei(amount_wei),
        contracts=(ARBITER,),
    )
    return fact(token_stream(NETWORK), transfer, block, index)


def payments() -> list[NewEvent]:
    """The token's side of the sample: two deposits and two postings, in the same transactions."""
    paid = [
        *((STAKE_WEI, block) for block in (3, 4)),
        *((12 * WEI_PER_AGPT, block) for block in (5, 6)),
    ]
    made = [moved(amount, block) for amount, block in paid]
    return [
        replace(each, provenance=replace(each.provenance, transaction_hash=_of_sample(block)))
        for each, (_, block) in zip(made, paid, strict=True)
        if each.provenance is not None
    ]


def _of_sample(block: int) -> Hash32:
    return Hash32(f"0x{block:032x}{0:032x}")


def pay(ledger: Ledger) -> None:
    ledger.log.append(payments(), {})
    ledger.engine.catch_up()


@pytest.fixture
def paid(service: Service) -> Service:
    pay(service.ledger)
    return service


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with writing_ledger(str(path), create=True) as ledger:
        fill(ledger)
        pay(ledger)
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
    added = {"age_blocks", "age_seconds"}
    assert set(SuspenseOut.model_fields) == set(get_type_hints(SuspenseRow)) | added
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


def test_the_trial_balance_adds_up(paid: Service) -> None:
    result = paid.get("/v1/accounts/trial-balance").json()
    (network,) = result["networks"]
    assert result["balanced"] is network["balanced"] is True
    total = str(2 * STAKE_WEI + ESCROWED_WEI)
    assert network["held_wei"] == network["owed_wei"] == total
    by_kind = {each["kind"]: each["balance_wei"] for each in network["lines"]}
    assert (by_kind["held"], by_kind["suspense"]) == (total, "0")
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


def test_tokens_that_nobody_accounts_for_are_an_alarm_that_ages(
    paid: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert paid.get("/v1/health").json()["suspense"]["state"] == "settled"
    assert paid.get("/v1/accounts/suspense").json()["items"] == []
    assert len(paid.get("/v1/accounts/suspense?standing=settled").json()["items"]) == 4
    paid.ledger.log.append([moved(70, 5, 7), moved(30, 6, 7)], {})
    paid.ledger.engine.catch_up()
    first = paid.get("/v1/accounts/suspense?limit=1").json()
    rest = paid.get("/v1/accounts/suspense", params={"after": first["next"]}).json()
    items = [*first["items"], *rest["items"]]
    assert [(each["unexplained_wei"], each["age_blocks"]) for each in items] == [
        ("70", 4),
        ("30", 3),
    ]
    assert items[0]["senders"] == [REQUESTER]
    health = paid.get("/v1/health").json()
    assert (health["status"], health["suspense"]["state"]) == ("ok", "unclaimed")
    code, listed = said(capsys, "account", "suspense", "--db", paid.ledger.db)
    assert (code, listed["items"]) == (ExitCode.OK, items)
    assert run_cli(["account", "suspense", "--db", paid.ledger.db]) == ExitCode.OK
    assert "unclaimed" in capsys.readouterr().out
    trial = paid.get("/v1/accounts/trial-balance").json()
    assert trial["balanced"]


def test_tokens_that_never_came_are_a_failure(
    paid: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    more = StakeDeposited(node=NODE, amount_wei=Wei(9), balance=balance(9, STAKE_WEI))
    paid.ledger.log.append([fact(stake_stream(NETWORK, NODE), more, 30)], {})
    assert paid.get("/v1/health").json()["status"] == "behind"
    paid.ledger.engine.catch_up()
    health = paid.get("/v1/health").json()
    assert (health["status"], health["suspense"]["state"]) == ("failing", "missing")
    code, listed = said(capsys, "account", "suspense", "--db", paid.ledger.db)
    assert code == ExitCode.UNBALANCED
    assert listed["items"][0]["unexplained_wei"] == "-9"
    assert listed["items"][0]["age_blocks"] == 0
    code, result = said(capsys, "audit", "books", "--db", paid.ledger.db)
    assert code == ExitCode.UNBALANCED
    assert [each["rule"] for each in result["breaks"]] == ["books.tokens_missing"]


def test_a_ledger_that_never_read_the_token_says_so(service: Service) -> None:
    health = service.get("/v1/health").json()
    assert (health["status"], health["suspense"]["state"]) == ("ok", "unread")


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
    assert result["breaks"][0]["position"] == 15
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


def test_a_sentinel_refuses_to_book_and_health_says_what(tmp_path: Path) -> None:
    with writing_ledger(str(tmp_path / "ledger.db"), create=True, sentinel=True) as ledger:
        fill(ledger)
        pay(ledger)
        spoiled(ledger)
        with serving(ledger, ServeSettings(port=0)) as server:
            health = Service(server.url, ledger).get("/v1/health").json()
            assert health["status"] == "failing"
            errors = [each["error"] for each in health["parked"]]
            assert any("books.below_zero" in error for error in errors)
            books = Service(server.url, ledger).get(f"/v1/accounts/{NODE}").json()
            assert f"stake:unbonding:{NODE}" not in {each["account"] for each in books["accounts"]}
