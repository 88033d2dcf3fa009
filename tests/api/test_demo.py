"""The demo as a newcomer starts it: everything is checked, and a seed tells one story."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from api.bootstrap import reading_ledger
from api.demo.checks import Check, story_complete
from api.event_view import event_view
from domain.kernel.ids import Position
from tests.api.sample import write_sample

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 180
SEED = 5
CHECKS = {
    "replay_equals_read_models",
    "held_equals_balance_of",
    "totals_equal_rows",
    "books_balance",
    "nodes_agree_with_contract",
    "tasks_agree_with_contract",
    "workflows_agree_with_contract",
    "positions_dense",
    "log_matches_its_tree",
    "no_anomalies",
    "story_complete",
}

pytestmark = pytest.mark.slow


@contextmanager
def demo(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "api", "demo", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def events_of(db: Path) -> list[dict[str, object]]:
    with reading_ledger(str(db)) as ledger:
        events = ledger.log.read(Position(0), 10_000)
        return [event_view(event, ledger.payload) for event in events]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Any, str]]:
    """Two runs of one seed, at the same time."""
    folder = tmp_path_factory.mktemp("demo")
    places = [folder / "one.db", folder / "two.db"]
    arguments = [("--once", "--json", "--seed", SEED, "--db", place) for place in places]
    with demo(*arguments[0]) as one, demo(*arguments[1]) as two:
        printed = [process.communicate(timeout=TIMEOUT_SECONDS) for process in (one, two)]
        assert (one.returncode, two.returncode) == (0, 0), printed
    return [
        (place, json.loads(stdout), stderr)
        for place, (stdout, stderr) in zip(places, printed, strict=True)
    ]


def test_the_story_has_everything_and_every_check_holds(
    outcomes: list[tuple[Path, Any, str]],
) -> None:
    place, outcome, _ = outcomes[0]
    assert {check["name"] for check in outcome["checks"]} == CHECKS
    assert all(check["ok"] for check in outcome["checks"])
    assert outcome["db"] == str(place)
    assert outcome["seed"] == SEED
    assert outcome["events"] == outcome["position"] > 500
    assert outcome["nodes"] >= 12
    assert sum(outcome["tasks"].values()) == 60
    assert int(outcome["stake_total_wei"]) > 10**18


def test_the_same_seed_gives_the_same_events(outcomes: list[tuple[Path, Any, str]]) -> None:
    (one, first, _), (two, second, _) = outcomes
    assert events_of(one) == events_of(two)
    assert {**first, "db": ""} == {**second, "db": ""}


def test_the_owners_decisions_stand_beside_what_the_chain_says(
    outcomes: list[tuple[Path, Any, str]],
) -> None:
    with reading_ledger(str(outcomes[0][0])) as ledger:
        versions = [row.body for row in ledger.read_models.rows("workflow_versions")]
    labels = {version["label"] for version in versions}
    assert "production-v1.2" in labels
    assert len(versions) >= 3
    for version in versions:
        assert version["decided"], "the chain knows a version that was not decided here"
        assert version["registries"], "the hash decided here is not the one on chain"


def test_progress_is_told_apart_from_the_document(outcomes: list[tuple[Path, Any, str]]) -> None:
    _, _, talk = outcomes[0]
    assert "step 4" in talk
    assert "tasks completed" in talk


def test_a_ledger_with_events_is_not_played_over(tmp_path: Path) -> None:
    db = tmp_path / "ledger.db"
    write_sample(db)
    before = db.read_bytes()
    with demo("--once", "--db", db) as process:
        _, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 3
    assert "10 events already" in stderr
    assert "hint: " in stderr
    assert db.read_bytes() == before


@pytest.mark.parametrize("tasks", [0, -1, 1_000_000])
def test_a_story_of_an_impossible_length_is_refused(tmp_path: Path, tasks: int) -> None:
    db = tmp_path / "ledger.db"
    with demo("--once", "--db", db, "--tasks", tasks) as process:
        _, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 2
    assert f"not {tasks}" in stderr
    assert not db.exists()


def test_a_story_that_lacks_something_is_not_complete() -> None:
    counts: Counter[str] = Counter({"node.registered": 12, "task.posted": 60})
    check = story_complete(counts, 60)
    assert check == Check("story_complete", False, check.detail)
    assert "registry.rolled_back: 0 of 1" in check.detail


def test_the_demo_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with demo("--tasks", 8, "--port", 0, "--db", tmp_path / "ledger.db") as process:
        assert process.stderr is not None
        url = ""
        invitations = []
        for line in process.stderr:
            if "watch it at" in line:
                url = line.split()[-1]
            if "--db" in line:
                invitations.append(shlex.split(line))
            if "Ctrl-C stops" in line:
                break
        with closing(requests.get(f"{url}/v1/health", timeout=TIMEOUT_SECONDS)) as answer:
            assert answer.json()["status"] == "ok"
            assert answer.json()["follower"]["state"] == "following"
        assert len(invitations) == 4
        for program, *arguments in invitations:
            # As typed in the folder of the demo; a checkout without the script runs the module.
            start = [program] if (ROOT / program).exists() else [sys.executable, "-m", "api"]
            tried = subprocess.run([*start, *arguments], cwd=ROOT, capture_output=True, check=False)
            assert tried.returncode == 0, tried.stderr
            assert tried.stdout
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 0, stderr
    assert "ok     held_equals_balance_of" in stdout
