"""`agentgpt projections`: status, digests, rebuilding beside, switching, dropping, and parked events."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.file_lock import only_one
from api.cli.main import run_cli
from api.problems import ExitCode
from projections.catalogue import ALL
from tests.api.conftest import Service
from tests.api.sample import NODE, write_sample

Told = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    write_sample(path)
    return path


@pytest.fixture
def told(path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a command that must end with a code, and return its document."""

    def run(*words: str, code: ExitCode = ExitCode.OK) -> Any:
        assert run_cli(["projections", *words, "--db", str(path), "--json"]) == code
        captured = capsys.readouterr()
        return json.loads(captured.out or captured.err)

    return run


def park(path: Path) -> None:
    """Write down an event as parked that the fold can take in: as after a defect that was mended since."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO read_model_parked SELECT 2, id, 'somebody', 'ValueError: no' "
            "FROM read_model_projection WHERE name = 'node_states'"
        )
        connection.commit()


def test_two_rebuilds_give_the_same_digests(told: Told) -> None:
    first = told("digest")["digests"]
    assert set(first) == {projection.name for projection in ALL}
    for _ in range(2):
        again = told("rebuild")
        assert (again["position"], again["switched"], again["digests"]) == (10, True, first)


def test_a_build_is_served_only_after_the_switch(told: Told) -> None:
    told("rebuild", "node_states", "--no-switch")
    status = {each["name"]: each for each in told("status")["items"]}
    assert status["node_states"]["building"]["position"] == 10
    assert status["task_board"]["building"] is None
    assert (status["node_states"]["lag"], status["node_states"]["rows"]) == (0, 2)
    assert set(told("switch", "node_states")["digests"]) == {"node_states"}
    refused = told("switch", "node_states", code=ExitCode.CONFLICT)
    assert "nothing is built" in refused["detail"]


def test_a_build_can_be_dropped(told: Told) -> None:
    told("rebuild", "node_states", "--no-switch")
    assert told("drop")["dropped"] == ["node_states"]
    assert told("drop")["dropped"] == []


def test_a_second_rebuild_is_refused_in_one_sentence(told: Told, path: Path) -> None:
    with only_one(path.with_name(f"{path.name}.rebuild.lock"), "a rebuild"):
        refused = told("rebuild", code=ExitCode.TEMPORARY)
    assert "already running" in refused["detail"]
    assert refused["hint"]


def test_an_unknown_read_model_is_refused(told: Told) -> None:
    assert told("rebuild", "node_state", code=ExitCode.NOT_FOUND)["hint"] == (
        "did you mean `node_states`?"
    )


def test_parked_events_are_listed_and_tried_again(told: Told, path: Path) -> None:
    assert told("parked")["items"] == []
    assert told("retry") == {"tried": {}, "parked": {}}
    park(path)
    (parked,) = told("parked")["items"]
    assert (parked["projection"], parked["position"]) == ("node_states", 2)
    assert told("retry") == {"tried": {"node_states": 1}, "parked": {"node_states": 0}}
    assert told("parked")["items"] == []
    refused = told("retry", "node_states", code=ExitCode.USAGE)
    assert "nothing is parked" in refused["detail"]


def test_people_see_tables(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    park(path)
    for words in (["status"], ["parked"], ["digest"], ["rebuild", "--no-switch"], ["drop"]):
        assert run_cli(["projections", *words, "--db", str(path)]) == ExitCode.OK
        assert "node_states" in capsys.readouterr().out, words


def test_health_counts_what_is_parked_and_tells_the_rate(
    service: Service, ledger_file: Path
) -> None:
    park(ledger_file)
    health = service.get("/v1/health").json()
    parked = {each["name"]: each["parked"] for each in health["projections"]}
    assert (parked["node_states"], parked["task_board"]) == (1, 0)
    assert health["status"] == "failing"
    assert health["positions_per_second"] is None
    assert service.get("/v1/health").json()["positions_per_second"] == 0
    assert service.get(f"/v1/nodes/{NODE}").status_code == 200
