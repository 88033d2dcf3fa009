"""Reading over HTTP: a real server over a real ledger file."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest

from api.http.schemas.networks import NetworkOut
from api.http.schemas.nodes import AttemptOut, NodeOut
from api.http.schemas.stakes import StakeOut
from api.http.schemas.tasks import TaskOut
from api.http.schemas.workflows import VersionOut, WorkflowOut
from projections.assignments import AssignmentRow
from projections.network_totals import NetworkRow
from projections.node_states import NodeRow
from projections.stake_balances import StakeRow
from projections.task_board import TaskRow
from projections.workflow_versions import VersionRow
from projections.workflows import WorkflowRow
from tests.api.conftest import Service
from tests.api.sample import (
    NETWORK,
    NODE,
    OTHER_NODE,
    OTHER_TASK,
    STAKE_WEI,
    TASK,
    node_joins,
)


def test_a_node_is_found_whatever_case_its_address_is_written_in(service: Service) -> None:
    lower = service.get(f"/v1/nodes/{NODE}").json()
    upper = service.get(f"/v1/nodes/0x{NODE[2:].upper()}").json()
    assert lower == upper
    assert lower["status"] == "active"
    assert lower["task_id"] == TASK


def test_amounts_are_decimal_strings_that_keep_every_digit(service: Service) -> None:
    stake = service.get(f"/v1/stakes/{NODE}").json()
    assert stake["locked_wei"] == str(STAKE_WEI)
    assert stake["available_wei"] == "0"


def test_no_answer_holds_an_amount_as_a_number(service: Service) -> None:
    def amounts(value: Any) -> list[Any]:
        if isinstance(value, dict):
            own = [inner for name, inner in value.items() if name.endswith("_wei")]
            return own + [one for inner in value.values() for one in amounts(inner)]
        if isinstance(value, list):
            return [one for inner in value for one in amounts(inner)]
        return []

    paths = ("nodes", "stakes", "tasks", f"tasks/{TASK}", "networks", "events", "overview")
    found = [one for path in paths for one in amounts(service.get(f"/v1/{path}").json())]
    assert len(found) > 20
    assert all(isinstance(one, str) for one in found)


def test_a_task_comes_with_all_attempts_at_it(service: Service) -> None:
    task = service.get(f"/v1/tasks/{TASK}").json()
    assert task["status"] == "verifying"
    assert [(attempt["epoch"], attempt["state"]) for attempt in task["attempts"]] == [
        (1, "verifying")
    ]


def test_tasks_can_be_listed_by_state(service: Service) -> None:
    listed = service.get("/v1/tasks", params={"state": "idle"}).json()
    assert [task["task_id"] for task in listed["items"]] == [OTHER_TASK]


def test_paging_by_next_visits_every_row_once(service: Service) -> None:
    service.ledger.log.append([node_joins(number) for number in range(1, 24)], {})
    service.ledger.engine.catch_up()
    seen: list[str] = []
    after = ""
    for _ in range(10):
        page = service.get("/v1/nodes", params={"after": after, "limit": 7}).json()
        seen += [node["node"] for node in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 25
    assert seen == sorted(seen)


def test_paging_the_log_by_next_gives_every_position(service: Service) -> None:
    positions: list[int] = []
    after = 0
    while len(positions) < 10:
        page = service.get("/v1/events", params={"after": after, "limit": 3}).json()
        positions += [event["position"] for event in page["items"]]
        after = page["next"]
    assert positions == list(range(1, 11))
    assert service.get("/v1/events", params={"after": after}).json() == {"items": [], "next": 10}


def test_events_can_be_filtered_by_type_and_stream(service: Service) -> None:
    types = ["stake.deposited", "node.registered"]
    some = service.get("/v1/events", params={"type": types}).json()["items"]
    assert {event["type"] for event in some} == set(types)
    stream = f"node:{OTHER_NODE}@{NETWORK}"
    (one,) = service.get("/v1/events", params={"stream": stream}).json()["items"]
    assert one["payload"]["node"] == OTHER_NODE
    assert one["provenance"]["block_number"] == 2


def test_every_answer_says_up_to_which_position_it_is_true(service: Service) -> None:
    for path in ("nodes", "stakes", "tasks", "workflows", "networks", "events", "health"):
        assert service.get(f"/v1/{path}").headers["X-Ledger-Position"] == "10"


def test_health_tells_head_lag_and_the_chains_cursor(service: Service) -> None:
    health = service.get("/v1/health").json()
    assert health["status"] == "ok"
    assert health["position"] == 10
    assert {projection["lag"] for projection in health["projections"]} == {0}
    (chain,) = health["chains"]
    assert (chain["network"], chain["last_block"]) == (str(NETWORK), 9)
    service.ledger.log.append([node_joins(1)], {})
    behind = service.get("/v1/health").json()
    assert behind["status"] == "behind"
    assert {projection["lag"] for projection in behind["projections"]} == {1}


def test_the_overview_counts_nodes_and_tasks(service: Service) -> None:
    overview = service.get("/v1/overview").json()
    assert overview["nodes"] == {"active": 2}
    assert overview["tasks"] == {"idle": 1, "verifying": 1}
    assert overview["networks"][0]["stake_wei"] == str(2 * STAKE_WEI)


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (NodeOut, NodeRow),
        (AttemptOut, AssignmentRow),
        (StakeOut, StakeRow),
        (TaskOut, TaskRow),
        (NetworkOut, NetworkRow),
        (WorkflowOut, WorkflowRow),
        (VersionOut, VersionRow),
    ],
)
def test_answers_have_exactly_the_members_of_the_rows(model: Any, row: Any) -> None:
    assert set(model.model_fields) == set(get_type_hints(row))


def test_the_openapi_document_describes_every_route(service: Service) -> None:
    paths = service.get("/v1/openapi.json").json()["paths"]
    wanted = {
        "nodes",
        "nodes/{address}",
        "stakes",
        "stakes/{address}",
        "tasks",
        "tasks/{task_id}",
        "workflows",
        "workflows/{workflow_id}",
        "workflows/{workflow_id}/versions",
        "events",
        "events/stream",
        "health",
    }
    assert {f"/v1/{path}" for path in wanted} <= set(paths)
    assert paths["/v1/nodes"]["get"]["responses"]["400"]["content"].keys() == {
        "application/problem+json"
    }


def test_the_page_loads_nothing_from_elsewhere(service: Service) -> None:
    page = service.get("/")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("/static/app.css", "/static/live.js", "/static/words.js", "/static/icon.svg"):
        assert path.rsplit("/", 1)[1] in page.text or path == "/static/words.js"
        assert service.get(path).status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
