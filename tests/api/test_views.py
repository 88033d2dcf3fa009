"""Views over HTTP and on the command line: slashes, bounties, days and blocks, reliability, performance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from api.bootstrap import serving, writing_ledger
from api.cli.main import run_cli
from api.http.schemas.views import (
    AttemptTimesOut,
    BountyOut,
    FlowOut,
    NodeDayOut,
    PerformanceOut,
    PeriodOut,
    SlashOut,
)
from api.problems import ExitCode
from api.settings import ServeSettings
from projections.bounty_flows import BountyFlowsRow, FlowRow
from projections.network_periods import PeriodRow
from projections.node_days import NodeDayRow
from projections.performance import AttemptTimes, PerformanceRow
from projections.slashes import SlashRow
from tests.api.conftest import Service
from tests.support.events import NETWORK
from tests.support.lifecycles import NODES, legal_story

NODE = NODES[0]
SEED = 3


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    path = tmp_path_factory.mktemp("views") / "ledger.db"
    with writing_ledger(str(path), create=True) as ledger:
        ledger.log.append(legal_story(SEED, 600), {})
        ledger.engine.catch_up()
        with serving(ledger, ServeSettings(port=0)) as server:
            yield Service(server.url, ledger)


def items(told: Service, path: str, **params: object) -> list[Any]:
    """Return all items of a list, page by page."""
    found: list[Any] = []
    after: str | None = ""
    while after is not None:
        answer = told.get(f"/v1/{path}", params={"limit": 7, **params, "after": after})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        after = answer.json()["next"]
    return found


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    code = run_cli([*map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("shape", "row", "added"),
    [
        (SlashOut, SlashRow, {"failure", "policy"}),
        (BountyOut, BountyFlowsRow, set()),
        (FlowOut, FlowRow, set()),
        (NodeDayOut, NodeDayRow, set()),
        (PerformanceOut, PerformanceRow, set()),
        (AttemptTimesOut, AttemptTimes, set()),
        (
            PeriodOut,
            PeriodRow,
            {"day", "stake_wei", "credit_wei", "pool_wei", "escrow_wei", "held_wei"},
        ),
    ],
)
def test_the_shapes_are_those_of_the_rows(
    shape: type[BaseModel], row: Any, added: set[str]
) -> None:
    assert set(shape.model_fields) == set(get_type_hints(row)) | added


def test_a_slash_says_why_and_by_which_policy(told: Service) -> None:
    slashes = items(told, "slashes")
    assert len(slashes) > 5
    assert [each["position"] for each in slashes] == sorted(each["position"] for each in slashes)
    for each in slashes:
        terms = told.get(f"/v1/tasks/{each['task_id']}").json()["terms"]
        assert each["policy"]["slash_bps"] == terms["slash_bps"]
        due = -(-int(each["bonded_wei"]) * terms["slash_bps"] // 10_000)
        assert int(each["amount_wei"]) <= due
        if each["fault"] == "invalid_proof":
            assert each["failure"]["verdict"] == "invalid"
            assert each["failure"]["attester"]
        else:
            assert each["last_time"] > each["failure"]["proof_deadline"]
    mine = items(told, "slashes", node=slashes[0]["node"])
    assert mine == [each for each in slashes if each["node"] == slashes[0]["node"]]


def test_a_bounty_says_who_paid_whom(told: Service) -> None:
    bounties = items(told, "bounties")
    requester = bounties[0]["requester"]
    assert items(told, "bounties", requester=requester) == [
        each for each in bounties if each["requester"] == requester
    ]
    one = bounties[3]
    assert told.get(f"/v1/bounties/{one['task_id']}").json() == one
    assert one["flows"][0]["reason"] == "bounty_escrowed"
    assert one["flows"][0]["sender"] == one["requester"]


def test_days_and_blocks_end_with_the_totals_of_the_network(told: Service) -> None:
    totals = told.get("/v1/networks").json()["items"][0]
    for period in ("days", "blocks"):
        found = items(told, f"networks/{NETWORK}/{period}")
        assert len(found) > 2
        for name in ("stake_wei", "credit_wei", "pool_wei", "escrow_wei", "held_wei"):
            assert found[-1][name] == totals[name]
        assert len({each["number"] for each in found}) == len(found)


def test_a_page_of_blocks_begins_where_the_page_before_ended(told: Service) -> None:
    by_sevens = items(told, f"networks/{NETWORK}/blocks")
    at_once = items(told, f"networks/{NETWORK}/blocks", limit=1000)
    assert by_sevens == at_once


def test_the_totals_at_the_end_of_a_day_are_those_as_of_its_last_event(told: Service) -> None:
    for day in items(told, f"networks/{NETWORK}/days")[:3]:
        then = told.get(f"/v1/networks?at={day['last_position']}").json()["items"][0]
        for name in ("stake_wei", "credit_wei", "pool_wei", "escrow_wei", "held_wei"):
            assert day[name] == then[name]


def test_reliability_leaves_the_day_that_is_not_over_out(told: Service) -> None:
    whole = told.get(f"/v1/nodes/{NODE}/reliability?days=366").json()
    row = told.get(f"/v1/nodes/{NODE}").json()
    read = told.get("/v1/networks").json()["items"][0]["read_block_time"]
    assert all(day["last_time"] // 86_400 < read // 86_400 for day in whole["days"])
    assert whole["completed"] <= row["completed_count"]
    assert whole["judged"] == (
        whole["completed"] + whole["invalid_proofs"] + whole["missed_deadlines"]
    )
    assert whole["reliability_bps"] == whole["completed"] * 10_000 // whole["judged"]
    one = told.get(f"/v1/nodes/{NODE}/reliability?days=1").json()
    assert one["first_day"] == one["last_day"] == whole["last_day"]
    assert len(one["days"]) <= 1


def test_performance_is_summed_up_by_whom_it_is_asked_for(told: Service) -> None:
    tasks = items(told, "performance")
    completed = [each for each in tasks if each["outcome"] == "completed"]
    by_node = told.get("/v1/performance/summary?by=node").json()["groups"]
    assert sum(group["completed"] for group in by_node) == len(completed)
    assert sum(group["faults"] for group in by_node) == sum(each["fault_count"] for each in tasks)
    best = next(group for group in by_node if group["name"])
    mine = [each for each in completed if each["node"] == best["name"]]
    assert best["paid_wei"] == str(sum(int(each["paid_wei"]) for each in mine))
    seconds = sorted(each["total_seconds"] for each in mine)
    assert best["total_seconds"]["most"] == seconds[-1]
    assert best["total_seconds"]["median"] == seconds[(len(seconds) - 1) // 2]
    by_spec = told.get("/v1/performance/summary?by=spec").json()["groups"]
    assert len(by_spec) == len({each["spec_hash"] for each in tasks})


def test_the_commands_say_the_same(told: Service, capsys: pytest.CaptureFixture[str]) -> None:
    db = told.ledger.db
    task = items(told, "bounties")[0]["task_id"]
    for words, path in (
        (("slash", "list", "--limit", 5), "slashes?limit=5"),
        (("network", "days"), f"networks/{NETWORK}/days"),
        (("network", "blocks", "--limit", 3), f"networks/{NETWORK}/blocks?limit=3"),
        (("node", "reliability", NODE), f"nodes/{NODE}/reliability"),
        (("task", "flows", task), f"bounties/{task}"),
        (("performance", "list", "--limit", 4), "performance?limit=4"),
        (("performance", "summary", "--by", "spec"), "performance/summary?by=spec"),
    ):
        code, found = said(capsys, *words, "--db", db)
        assert code == ExitCode.OK
        assert found == told.get(f"/v1/{path}").json()
        assert run_cli([*map(str, words), "--db", db]) == ExitCode.OK
        assert len(capsys.readouterr().out.splitlines()) > 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("slashes?node=nobody", 400),
        ("slashes?after=zzz", 400),
        ("bounties/0x12", 400),
        (f"bounties/0x{'77' * 32}", 404),
        ("networks/nowhere/days", 400),
        (f"networks/1.0x{'77' * 20}/blocks", 404),
        (f"nodes/{NODE}/reliability?days=0", 400),
        (f"nodes/0x{'77' * 20}/reliability", 404),
        ("performance?workflow=mine", 400),
        ("performance/summary?by=colour", 400),
    ],
)
def test_what_is_not_there_is_refused_with_a_hint(told: Service, path: str, status: int) -> None:
    answer = told.get(f"/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["hint"]


def test_no_view_has_an_amount_as_a_number(told: Service) -> None:
    def amounts(value: Any) -> list[Any]:
        if isinstance(value, dict):
            own = [inner for name, inner in value.items() if name.endswith("_wei")]
            return own + [one for inner in value.values() for one in amounts(inner)]
        return [one for inner in value for one in amounts(inner)] if isinstance(value, list) else []

    paths = (
        "slashes",
        "bounties",
        "performance",
        f"networks/{NETWORK}/days",
        f"nodes/{NODE}/reliability",
        "accounts",
        "accounts/trial-balance",
        f"explain/node/{NODE}",
    )
    for path in paths:
        found = amounts(told.get(f"/v1/{path}").json())
        assert found
        assert {type(one) for one in found} <= {str, type(None)}, path


def test_an_empty_ledger_has_empty_views(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = tmp_path / "ledger.db"
    with writing_ledger(str(db), create=True):
        pass
    for words in (("slash", "list"), ("performance", "list"), ("performance", "summary")):
        assert run_cli([*words, "--db", str(db)]) == ExitCode.OK
    assert run_cli(["network", "days", "--db", str(db)]) == ExitCode.NOT_FOUND
    assert "hint: " in capsys.readouterr().err
