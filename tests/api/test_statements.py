"""Why a number is what it is: statements whose last balance is the number, and stories of nodes and tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import serving, writing_ledger
from api.cli.main import run_cli
from api.event_words import words_for
from api.explaining import explain
from api.moments import Asked, rows_asked
from api.problems import ExitCode
from api.settings import ServeSettings
from domain.accounting.postings import POSTED_EVENTS
from domain.application.catalogue import REGISTRY
from domain.chain.events import BlocksOrphaned
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import BlockNumber, Position, Timestamp
from domain.kernel.position_range import PositionRange
from domain.kernel.streams import chain_stream
from domain.node.events import NodeEvent
from domain.task.events import TaskEvent
from tests.api.conftest import Service
from tests.golden.samples import sample_of
from tests.support.events import NETWORK, word
from tests.support.lifecycles import NODES, legal_story

NODE = NODES[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A ledger with a long story, served."""
    path = tmp_path_factory.mktemp("statements") / "ledger.db"
    with writing_ledger(str(path), create=True) as ledger:
        ledger.log.append(legal_story(11, 300), {})
        ledger.engine.catch_up()
        with serving(ledger, ServeSettings(port=0)) as server:
            yield Service(server.url, ledger)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    code = run_cli([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def wei(value: object) -> int:
    assert isinstance(value, str)
    return int(value)


def test_each_account_is_explained_to_the_wei_by_the_events_behind_it(told: Service) -> None:
    models = told.ledger.read_models
    explained = 0
    for row in models.rows("accounts"):
        body: Any = row.body
        for each in body["accounts"]:
            found = explain(told.ledger, models, "account", each["account"])
            assert found.agrees
            entries = [entry for line in found.lines for entry in line.entries]
            sign = 1 if each["account"].startswith("held:") else -1
            running = 0
            for entry in entries:
                running += sign * (entry.debit_wei - entry.credit_wei)
                assert entry.balance_wei == running
            assert running == wei(each["posted_wei"])
            explained += 1
    assert explained > 50


def test_a_page_begins_with_the_balance_that_the_page_before_ended_with(told: Service) -> None:
    whole = told.get(f"/v1/explain/stake/{NODE}").json()
    assert whole["agrees"] is True
    lines: list[Any] = []
    after: int | None = 0
    pages = 0
    while after is not None:
        page = told.get(f"/v1/explain/stake/{NODE}?limit=3&after={after}").json()
        lines += page["lines"]
        after, pages = page["next"], pages + 1
        assert (page["agrees"] is None) == (after is not None)
    assert lines == whole["lines"]
    assert pages > 3


def test_an_explanation_as_of_a_position_is_what_was_known_there(told: Service) -> None:
    whole = told.get(f"/v1/explain/stake/{NODE}").json()
    middle = whole["lines"][len(whole["lines"]) // 2]
    then = told.get(f"/v1/explain/stake/{NODE}?at={middle['position']}").json()
    assert then["agrees"] is True
    assert then["lines"] == [
        line for line in whole["lines"] if line["position"] <= middle["position"]
    ]
    last = {entry["account"]: entry["balance_wei"] for entry in middle["entries"]}
    result = {each["account"]: each["balance_wei"] for each in then["result"]}
    assert last.items() <= result.items()


def test_what_a_reorganisation_took_back_is_in_no_explanation_after_it(tmp_path: Path) -> None:
    facts = legal_story(11, 60)
    with writing_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        ledger.log.append(facts, {})
        head = ledger.log.head()
        orphaned = BlocksOrphaned(
            fork_block=BlockNumber(1),
            fork_block_hash=word("block 1"),
            fork_block_time=Timestamp(1),
            orphaned_last_block=BlockNumber(99),
            orphaned_last_block_hash=word("block 99"),
            facts=10,
            voided=(PositionRange(Position(head - 40), head),),
        )
        ledger.log.append([NewEvent(stream=chain_stream(NETWORK), event=orphaned)], {})
        ledger.engine.catch_up()
        models = ledger.read_models
        changed = 0
        for row in models.rows("accounts"):
            found = explain(ledger, models, "account", str(row.body["owner"]))
            assert found.agrees
            positions = [line.recorded.position for line in found.lines]
            assert all(position < head - 40 for position in positions)
            before = explain(
                ledger, rows_asked(ledger, Asked(at=str(head))), "account", str(row.body["owner"])
            )
            assert before.agrees
            changed += len(before.lines) > len(found.lines)
            if len(positions) > 2:
                rest = explain(
                    ledger, models, "account", str(row.body["owner"]), after=positions[1]
                )
                assert [line.document() for line in rest.lines] == [
                    line.document() for line in found.lines[2:]
                ]
        assert changed > 3


def test_a_stake_is_explained_down_to_transaction_and_log(told: Service) -> None:
    found = told.get(f"/v1/explain/stake/{NODE}").json()
    stake = told.get(f"/v1/stakes/{NODE}").json()
    result = {each["account"].rpartition(":")[0]: each["balance_wei"] for each in found["result"]}
    assert result["stake:available"] == stake["available_wei"]
    for line in found["lines"]:
        assert line["transaction_hash"].startswith("0x")
        assert line["log_index"] is not None
        assert NODE in line["what"] or "withdrawal" in line["what"]
        assert all(entry["account"].startswith("stake:") for entry in line["entries"])
    positions = [line["position"] for line in found["lines"]]
    assert positions == sorted(positions)


def test_a_node_has_its_whole_story_with_memberships_and_attempts(told: Service) -> None:
    story = told.get(f"/v1/nodes/{NODE}/timeline?limit=1000").json()
    types = {item["type"] for item in story["items"]}
    assert {"node.registered", "stake.deposited", "task.assigned", "task.proof_submitted"} <= types
    assert story["items"][0]["payload"]["node"] == NODE
    explained = told.get(f"/v1/explain/node/{NODE}").json()
    assert [line["position"] for line in explained["lines"]] == [
        item["position"] for item in story["items"]
    ]


def test_a_task_has_its_story_from_posting_to_the_last_payment(told: Service) -> None:
    done: Any = next(
        row.body for row in told.ledger.read_models.rows("task_board") if row.scope == "completed"
    )
    story = told.get(f"/v1/tasks/{done['task_id']}/timeline").json()
    types = [item["type"] for item in story["items"]]
    assert types[0] == "task.posted"
    assert "task.completed" in types
    found = told.get(f"/v1/explain/task/{done['task_id'][:12]}").json()
    assert {each["balance_wei"] for each in found["result"]} == {"0"}
    assert found["agrees"] is True


def test_a_statement_of_one_account_leaves_other_accounts_out(told: Service) -> None:
    held: Any = told.get("/v1/accounts?kind=contract").json()["items"][0]["accounts"][0]
    page = told.get(f"/v1/accounts/{held['account']}/statement?limit=1000").json()
    entries = [entry for item in page["items"] for entry in item["entries"]]
    assert {entry["account"] for entry in entries} == {held["account"]}
    assert page["next"] is not None or entries[-1]["balance_wei"] == held["posted_wei"]


def test_commands_explain_for_people_and_programs(
    told: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    db = told.ledger.db
    code, found = said(capsys, "explain", "stake", NODE, "--db", db)
    assert code == ExitCode.OK
    assert found == told.get(f"/v1/explain/stake/{NODE}").json()
    code, page = said(capsys, "account", "statement", f"credit:{NODE}", "--db", db)
    assert code == ExitCode.OK
    assert page["items"]
    code, story = said(capsys, "node", "timeline", NODE, "--limit", 5, "--db", db)
    assert len(story["items"]) == 5
    assert story["next"] == story["items"][-1]["position"]
    for words in (
        ("explain", "stake", NODE),
        ("explain", "node", NODE, "--limit", "7"),
        ("explain", "account", f"party:{NODE}"),
        ("account", "statement", NODE),
        ("node", "timeline", NODE),
    ):
        assert run_cli([*words, "--db", db]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "the read models say the same" in printed
    assert "joined the network" in printed


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("explain/stake/0x12", 400),
        ("explain/stake/nobody", 400),
        (f"explain/stake/0x{'99' * 20}", 404),
        ("explain/task/0x1234567890", 404),
        ("explain/number/5", 400),
        (f"explain/stake/{NODE}?after=-1", 400),
        (f"explain/stake/{NODE}?limit=1001", 400),
        (f"explain/stake/{NODE}?network=1.2", 400),
        ("explain/account/nonsense", 400),
        (f"accounts/held:{NODE}/statement", 404),
    ],
)
def test_what_cannot_be_explained_is_refused_with_a_hint(
    told: Service, path: str, status: int
) -> None:
    answer = told.get(f"/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["hint"]


def test_a_stored_stake_that_the_events_do_not_lead_to_is_a_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.db"
    with writing_ledger(str(path), create=True) as ledger:
        ledger.log.append(legal_story(11, 20), {})
        ledger.engine.catch_up()
        with ledger.read_models._datastore.transaction(commit=True) as c:  # type: ignore[attr-defined]
            c.execute(
                'UPDATE read_model_row SET body = replace(body, \'"available_wei":"\', \'"available_wei":"1\') '
                "WHERE key LIKE ?",
                (f"{NODE}@%",),
            )
    code, found = said(capsys, "explain", "stake", NODE, "--db", path)
    assert (code, found["agrees"]) == (ExitCode.DIFFERENCE, False)
    assert run_cli(["explain", "stake", NODE, "--db", str(path)]) == ExitCode.DIFFERENCE
    assert "something ELSE" in capsys.readouterr().out


def test_every_event_of_a_story_has_its_sentence() -> None:
    told_of = {*POSTED_EVENTS, *NodeEvent.__args__, *TaskEvent.__args__}
    for event_type in REGISTRY:
        sentence = words_for(sample_of(event_type).event)
        if event_type in told_of:
            assert " " in sentence, event_type
            assert not sentence.endswith(".")
