"""Decisions over HTTP: registered workflows and published versions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import requests

from domain.kernel.ids import parse_address
from domain.workflow.content import content_hash_of
from domain.workflow.graph_format import parse_graph
from domain.workflow.names import version_hash_of, workflow_id_of
from tests.api.conftest import Service
from tests.api.sample import GRAPH, NODE
from tests.api.test_http_problems import check_problem

WORKFLOW = workflow_id_of(parse_address(NODE), "risk-engine")


def register(service: Service) -> requests.Response:
    return service.post("/v1/workflows", {"owner": NODE, "name": "risk-engine"})


def publish(service: Service, label: str = "production-v1.2", **fields: Any) -> requests.Response:
    body = {"label": label, "graph": GRAPH, **fields}
    return service.post(f"/v1/workflows/{WORKFLOW}/versions", body)


def other_graph(gpu_hours: int) -> Any:
    graph: Any = deepcopy(GRAPH)
    graph["tasks"][0]["gpu_hours"] = gpu_hours
    return graph


def test_a_published_version_can_be_read_with_its_graph(service: Service) -> None:
    assert register(service).status_code == 201
    decided = publish(service)
    assert decided.status_code == 201
    service.ledger.engine.catch_up()
    (version,) = service.get(f"/v1/workflows/{WORKFLOW}/versions").json()["items"]
    content = content_hash_of(parse_graph(GRAPH))
    assert version["content_hash"] == content
    parent = "0x" + "00" * 32
    assert version["version_hash"] == decided.json()["version_hash"]
    assert version["version_hash"] == version_hash_of(WORKFLOW, parent, content)  # type: ignore[arg-type]
    assert version["label"] == "production-v1.2"
    assert version["tasks"][1]["after"] == ["load"]
    workflow = service.get(f"/v1/workflows/{WORKFLOW}").json()
    assert (workflow["name"], workflow["head_label"]) == ("risk-engine", "production-v1.2")


def test_doing_it_again_changes_nothing(service: Service) -> None:
    for expected in (201, 200, 200):
        assert register(service).status_code == expected
    for expected in (201, 200, 200):
        assert publish(service).status_code == expected
    assert service.ledger.log.head() == 12


def test_a_version_is_published_on_top_of_the_one_its_author_knew(service: Service) -> None:
    register(service)
    first = publish(service).json()["version_hash"]
    check_problem(publish(service, "v2", graph=other_graph(9)), 409, "stale-parent")
    assert publish(service, "v2", graph=other_graph(9), parent=first).status_code == 201
    check_problem(publish(service, "v3", graph=other_graph(8), parent=first), 409, "stale-parent")
    assert service.ledger.log.head() == 13


def test_a_label_names_one_version(service: Service) -> None:
    register(service)
    first = publish(service).json()["version_hash"]
    again = publish(service, graph=other_graph(3), parent=first)
    check_problem(again, 422, "label-taken")


def test_a_version_of_an_unknown_workflow_is_refused(service: Service) -> None:
    check_problem(publish(service), 404, "unknown-workflow")
    assert service.ledger.log.head() == 10


def test_a_graph_that_cannot_be_run_is_refused_with_the_place_of_the_mistake(
    service: Service,
) -> None:
    register(service)
    cyclic: Any = deepcopy(GRAPH)
    cyclic["tasks"][0]["after"] = ["score"]
    as_number: Any = deepcopy(GRAPH)
    as_number["tasks"][0]["bounty_wei"] = 5
    dangling: Any = deepcopy(GRAPH)
    dangling["tasks"][1]["after"] = ["nothing"]
    refused: list[Any] = [cyclic, as_number, dangling, {}, {"tasks": []}]
    for graph in refused:
        answer = publish(service, graph=graph)
        check_problem(answer, 400, "invalid-graph")
    assert "tasks[0].bounty_wei" in publish(service, graph=as_number).json()["detail"]
    assert service.ledger.log.head() == 11
