"""Answers as of a position, a block or a time, over HTTP and on the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli.main import run_cli
from api.problems import ExitCode
from domain.chain.events import ChainAdvanced, FinalityAdvanced
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import BlockNumber, Hash32, Timestamp
from domain.kernel.streams import chain_stream
from tests.api.conftest import Service
from tests.api.sample import NETWORK, NODE, OTHER_NODE, OTHER_TASK, TASK, node_joins, write_sample

LISTS = ("nodes", "stakes", "tasks", "networks", "workflows", "accounts")


@pytest.mark.parametrize("at", ["8", "block:7"])
def test_a_task_is_shown_as_it_stood(service: Service, at: str) -> None:
    answer = service.get(f"/v1/tasks/{TASK}?at={at}")
    assert answer.headers["X-Ledger-Position"] == "8"
    assert answer.json()["status"] == "assigned"
    assert [attempt["state"] for attempt in answer.json()["attempts"]] == ["assigned"]
    assert service.get(f"/v1/tasks/{TASK}").json()["status"] == "verifying"


def test_lists_hold_what_was_there_and_filter_by_what_it_was(service: Service) -> None:
    def ids(query: str) -> list[str]:
        return [one["task_id"] for one in service.get(f"/v1/tasks?{query}").json()["items"]]

    assert ids("at=5") == []
    assert ids("at=6") == [TASK]
    assert ids("at=7&state=idle") == [TASK, OTHER_TASK]
    assert ids("at=8&state=idle") == [OTHER_TASK]
    assert ids("at=8&state=assigned") == [TASK]
    first = service.get("/v1/tasks?at=7&limit=1").json()
    assert [one["task_id"] for one in first["items"]] == [TASK]
    assert ids(f"at=7&limit=1&after={first['next']}") == [OTHER_TASK]
    overview = service.get("/v1/overview?at=7").json()
    assert (overview["position"], overview["tasks"]) == (7, {"idle": 2})


def test_every_list_of_rows_as_of_the_head_is_the_list_of_now(service: Service) -> None:
    for name in LISTS:
        now = service.get(f"/v1/{name}")
        then = service.get(f"/v1/{name}?at=10")
        assert (then.status_code, then.json()) == (200, now.json()), name
    trial = service.get("/v1/accounts/trial-balance?at=4").json()
    assert (trial["position"], trial["balanced"]) == (4, True)


def test_a_time_is_what_was_recorded_by_then(service: Service) -> None:
    newest = service.get("/v1/events?limit=1").json()["items"][0]["recorded_at"]
    assert len(service.get(f"/v1/nodes?at={newest}").json()["items"]) == 2
    early = service.get("/v1/nodes?at=2020-01-01T00:00:00Z")
    assert early.status_code == 404
    assert newest in early.json()["hint"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("at=0", 400, "0 is not a position"),
        ("at=11", 400, "ahead of the log"),
        ("at=yesterday", 400, "not a position, a block or a time"),
        ("at=2026-01-01T00:00:00", 400, "time zone"),
        ("at=9999-01-01T00:00:00Z", 400, "lies ahead"),
        ("at=block:10", 404, "not in the ledger yet"),
        ("at=block:0", 404, "before the deployment"),
        ("at=block:3&network=5.0x" + "ab" * 20, 404, "does not follow"),
        ("at=block:3&network=here", 400, "not a network"),
        ("min_position=11", 400, "ahead of the log"),
    ],
)
def test_a_moment_that_is_not_is_refused_with_a_hint(
    service: Service, query: str, status: int, words: str
) -> None:
    answer = service.get(f"/v1/nodes?{query}")
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert answer.json()["hint"]


def test_who_wrote_waits_until_what_was_written_can_be_read(service: Service) -> None:
    service.ledger.log.append([node_joins(7)], {})
    behind = service.get("/v1/nodes?min_position=11")
    assert (behind.status_code, behind.headers["Retry-After"].isdigit()) == (503, True)
    assert "not yet at 11" in behind.json()["detail"]
    assert service.get("/v1/nodes?at=11").status_code == 503
    service.ledger.engine.catch_up()
    assert len(service.get("/v1/nodes?min_position=11").json()["items"]) == 3


def test_the_commands_answer_as_of_a_moment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.db"
    write_sample(path)

    def told(*words: str) -> object:
        assert run_cli([*words, "--db", str(path), "--json"]) == ExitCode.OK
        return json.loads(capsys.readouterr().out)

    def statuses_of(task: dict[str, object]) -> list[str]:
        attempts = task["attempts"]
        assert isinstance(attempts, list)
        return [one["state"] for one in attempts]

    def statuses(answer: object) -> list[str]:
        assert isinstance(answer, dict)
        return [one["status"] for one in answer["items"]]

    assert statuses(told("task", "list", "--at", "block:7")) == ["assigned", "idle"]
    assert statuses(told("node", "list", "--at", "2")) == ["active"]
    task = told("task", "show", TASK[:10], "--at", "6")
    assert isinstance(task, dict)
    assert (task["status"], statuses_of(task)) == ("idle", ["idle"])
    stake = told("stake", "show", NODE, "--at", "block:3", "--network", str(NETWORK))
    assert isinstance(stake, dict)
    assert stake["locked_wei"] == "0"
    told("account", "list", "--at", "4")
    told("workflow", "list", "--at", "10")
    unsure = run_cli(["node", "list", "--finality", "final", "--db", str(path)])
    assert unsure == ExitCode.TEMPORARY
    missing = run_cli(["node", "show", OTHER_NODE, "--at", "2", "--db", str(path)])
    assert missing == ExitCode.NOT_FOUND
    assert run_cli(["node", "list", "--at", "99", "--db", str(path)]) == ExitCode.USAGE
    assert "ahead of the log" in capsys.readouterr().err


def settled(safe: int, final: int) -> NewEvent:
    event = FinalityAdvanced(
        safe_block=BlockNumber(safe),
        safe_block_hash=Hash32(f"0x{safe:064x}"),
        final_block=BlockNumber(final),
        final_block_hash=Hash32(f"0x{final:064x}"),
        policy="tags",
        policy_version=1,
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def read_up_to(block: int) -> NewEvent:
    event = ChainAdvanced(
        first_block=BlockNumber(block),
        last_block=BlockNumber(block),
        last_block_hash=Hash32(f"0x{block:064x}"),
        last_block_time=Timestamp(1_767_225_600 + block),
        facts=1,
    )
    return NewEvent(stream=chain_stream(NETWORK), event=event)


def test_an_answer_can_be_had_as_sure_as_the_chains_policy_makes_it(service: Service) -> None:
    early = service.get("/v1/nodes?finality=final")
    assert early.status_code == 503
    assert "is final yet" in early.json()["detail"]
    for number in (10, 11, 12):
        joins = replace(node_joins(number), provenance=None)
        service.ledger.log.append([joins, read_up_to(number)], {})
    service.ledger.log.append([settled(11, 10)], {})
    service.ledger.engine.catch_up()

    def count(query: str) -> int:
        return len(service.get(f"/v1/nodes?{query}").json()["items"])

    assert [count(f"finality={level}") for level in ("seen", "safe", "final")] == [5, 4, 3]
    assert service.get("/v1/nodes?finality=final").headers["X-Ledger-Position"] == "12"
    assert count(f"finality=safe&network={NETWORK}") == 4
    assert count("finality=safe&at=12") == 3
    refused = service.get("/v1/nodes?finality=final&at=14")
    assert refused.status_code == 503
    assert "not final yet" in refused.json()["detail"]
    assert service.get("/v1/nodes?finality=sure").status_code == 400
    other = service.get("/v1/nodes?finality=safe&network=5.0x" + "ab" * 20)
    assert other.status_code == 404


def test_the_audit_finds_a_past_that_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ledger.db"
    write_sample(path)

    def audit(*words: str) -> int:
        return run_cli(["audit", "replay", *words, "--db", str(path)])

    assert [audit("--at", str(at)) for at in range(1, 11)] == [ExitCode.OK] * 10
    with closing(sqlite3.connect(path)) as connection:
        changed = connection.execute(
            "UPDATE read_model_history SET body = "
            "CAST(replace(body, '\"paused\":false', '\"paused\":true') AS BLOB)"
        )
        assert changed.rowcount > 0
        connection.commit()
    assert audit() == ExitCode.OK, "what is now is as it was"
    capsys.readouterr()
    assert audit("--at", "9") == ExitCode.DIFFERENCE
    assert "paused" in capsys.readouterr().out
