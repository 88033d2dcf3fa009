"""The outbox over HTTP and on the command line, from what the log says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.eventstore.log import open_log
from adapters.readmodels.sqlite import SqliteReadModels
from api.bootstrap import writing_ledger
from api.cli.main import run_cli
from domain.application.outbox import OutboxBook
from domain.kernel.ids import BlockNumber
from domain.kernel.money import Wei
from domain.outbox.commands import Observe, RecordAttempt, SeenForeign, SeenReceipt
from domain.outbox.events import IntentSigned
from projections.catalogue import ALL
from projections.engine import ProjectionEngine
from tests.api.conftest import Service
from tests.api.sample import write_sample
from tests.support.events import account, word
from tests.support.outbox import CHAIN_ID, GWEI, ask, intent

ME = account(77)
WAITING, SENT, REFUSED, TAKEN = (intent(ME, key) for key in ("waiting", "sent", "refused", "taken"))


def fill_outbox(ledger: Any) -> None:
    """One intent waits, one is mined, one was refused, one lost its nonce to somebody else."""
    book = OutboxBook(ledger.log, CHAIN_ID, ME)
    for nonce, asked in enumerate((SENT, REFUSED, TAKEN)):
        ask(ledger.log, asked)
        book.refresh()
        signed = IntentSigned(
            intent_id=asked.intent_id,
            nonce=nonce,
            attempt=1,
            transaction_hash=word(asked.key),
            raw="0x00",
            max_fee_wei=Wei(GWEI),
            max_priority_fee_wei=Wei(GWEI),
            at_block=BlockNumber(1),
        )
        book.carry_out(RecordAttempt(attempt=signed))
    for asked, final in ((SENT, 4), (REFUSED, 5)):
        receipt = SeenReceipt(
            transaction_hash=word(asked.key),
            block_number=BlockNumber(5),
            block_hash=word("block"),
            succeeded=asked is SENT,
            gas_used=21_000,
            reason="" if asked is SENT else "the contract says no",
        )
        book.carry_out(
            Observe(intent_id=asked.intent_id, receipt=receipt, foreign=None, final_height=final)
        )
    theirs = SeenForeign(transaction_hash=word("theirs"), block_number=BlockNumber(5))
    book.carry_out(Observe(intent_id=TAKEN.intent_id, receipt=None, foreign=theirs, final_height=5))
    ask(ledger.log, WAITING)
    ledger.engine.catch_up()


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ledger.db"
    write_sample(path)
    with writing_ledger(str(path)) as ledger:
        fill_outbox(ledger)
    monkeypatch.setenv("AGENTGPT_DB", str(path))
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = run_cli([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *words: object) -> Any:
    code, out, err = run(capsys, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_the_api_tells_how_far_each_intent_is(service: Service) -> None:
    fill_outbox(service.ledger)
    items = {item["key"]: item for item in service.get("/v1/outbox").json()["items"]}
    assert {key: item["status"] for key, item in items.items()} == {
        "waiting": "requested",
        "sent": "mined",
        "refused": "failed",
        "taken": "requested",
    }
    assert (items["sent"]["nonce"], items["sent"]["block_number"]) == (0, 5)
    assert items["sent"]["value_wei"] == str(SENT.value_wei)
    assert items["refused"]["reason"] == "the contract says no"
    assert (items["taken"]["nonce"], items["taken"]["attempts"]) == (None, 1)
    shown = service.get(f"/v1/outbox/{SENT.intent_id[:10]}")
    assert shown.json() == items["sent"]
    assert service.get("/v1/outbox?status=failed").json()["items"] == [items["refused"]]
    assert service.get("/v1/outbox?status=lost").status_code == 400
    assert service.get("/v1/outbox/0x" + "12" * 32).status_code == 404
    before = service.get("/v1/outbox?at=11").json()["items"]
    assert [(item["key"], item["status"]) for item in before] == [("sent", "requested")]


def test_the_commands_show_lists_and_sums(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = document(capsys, "outbox", "list", "--status", "requested")["items"]
    assert {item["key"] for item in listed} == {"waiting", "taken"}
    by_key = document(capsys, "outbox", "show", "refused")
    assert by_key == document(capsys, "outbox", "show", REFUSED.intent_id)
    (status,) = document(capsys, "outbox", "status")["senders"]
    assert status["intents"]["mined"] == status["intents"]["failed"] == 1
    promised = sum(each.value_wei + each.gas * each.fee_cap_wei for each in (WAITING, TAKEN))
    assert status["promised_ether_wei"] == str(promised)
    for words in (("list",), ("show", "refused"), ("status",)):
        code, out, _ = run(capsys, "outbox", *words)
        assert code == 0
        assert out
    assert "the contract says no" in run(capsys, "outbox", "show", "refused")[1]


def test_an_intent_can_be_taken_back_until_something_is_signed(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document(capsys, "outbox", "withdraw", "waiting")
    assert document(capsys, "outbox", "show", "waiting")["status"] == "withdrawn"
    assert document(capsys, "outbox", "withdraw", "waiting")["position"] is None
    assert run(capsys, "outbox", "withdraw", "sent")[0] == 3
    assert run(capsys, "outbox", "withdraw", "unheard-of")[0] == 4


def test_a_limit_is_kept_and_shown(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limit = ("outbox", "limit", "--from", ME, "--chain-id", CHAIN_ID)
    document(capsys, *limit, "--ether-wei", "5", "--agpt-wei", "7")
    (status,) = document(capsys, "outbox", "status")["senders"]
    assert (status["limit_ether_wei"], status["limit_agpt_wei"]) == ("5", "7")
    assert run(capsys, *limit, "--ether-wei", "0.5", "--agpt-wei", "7")[0] == 2


SEND = ("outbox", "send", "--rpc", "http://127.0.0.1:9", "--to", ME, "--key", "k")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((*SEND, "--from", ME), 75, "127.0.0.1:9"),
        ((*SEND, "--from", "0x12"), 2, "is not an address"),
        ((*SEND, "--from", ME, "--value-wei", "1.5"), 2, "is not an amount"),
        (
            ("run", "--rpc", "http://127.0.0.1:9", "--deployment", "none", "--signer", "http://x"),
            2,
            "--signer-address",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_written(
    db: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    before = document(capsys, "log", "root")
    given, _, err = run(capsys, *words)
    assert (given, sentence in err) == (code, True), err
    assert document(capsys, "log", "root") == before


def test_a_command_beside_a_process_that_projects_is_answered_all_the_same(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up = ProjectionEngine.catch_up

    def beaten(engine: ProjectionEngine, *until: Any) -> Any:
        # Another engine folds the same events after this one has looked where the rows stand.
        apply = engine._store.apply
        with SqliteReadModels(str(db)) as store, open_log(str(db), SystemClock()) as log:
            monkeypatch.setattr(
                engine._store,
                "apply",
                lambda changes: (
                    catch_up(ProjectionEngine(log, store, ALL)),
                    apply(changes),
                ),
            )
            return catch_up(engine, *until)

    with monkeypatch.context() as patched:
        patched.setattr(ProjectionEngine, "catch_up", beaten)
        document(capsys, "outbox", "withdraw", "waiting")
    assert document(capsys, "outbox", "show", "waiting")["status"] == "withdrawn"
