"""The command line as a user has it: a process with stdout, stderr and an exit code."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.http.server import bind
from api.settings import ServeSettings
from tests.api.sample import GRAPH, NODE, OTHER_TASK, STAKE_WEI, TASK, write_sample

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60
SILENT_RPC = "http://127.0.0.1:9"
"""The discard port: nobody listens there."""


def agentgpt(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "api", *map(str, arguments)],
        cwd=ROOT,
        env={**kept, "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def document(result: subprocess.CompletedProcess[str]) -> Any:
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "ledger.db"
    write_sample(path)
    return path


@pytest.fixture(scope="module")
def graph_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "graph.json"
    path.write_text(json.dumps(GRAPH))
    return path


def test_reading_commands_print_one_json_document(ledger: Path) -> None:
    nodes = document(agentgpt("node", "list", "--db", ledger, "--json"))
    assert [node["status"] for node in nodes["items"]] == ["active", "active"]
    node = document(
        agentgpt("node", "show", NODE.upper().replace("0X", "0x"), "--db", ledger, "--json")
    )
    assert node["stake"]["locked_wei"] == str(STAKE_WEI)
    task = document(agentgpt("task", "show", TASK[:10], "--db", ledger, "--json"))
    assert task["attempts"][0]["state"] == "verifying"
    idle = document(agentgpt("task", "list", "--state", "idle", "--db", ledger, "--json"))
    assert [one["task_id"] for one in idle["items"]] == [OTHER_TASK]
    events = document(agentgpt("events", "list", "--after", 8, "--db", ledger, "--json"))
    assert [event["position"] for event in events["items"]] == [9, 10]


def test_people_get_tables_in_agpt_without_colour_in_a_pipe(ledger: Path) -> None:
    stakes = agentgpt("stake", "list", AGENTGPT_DB=str(ledger))
    assert stakes.returncode == 0
    assert "123,456,789.0123" in stakes.stdout
    assert "\x1b[" not in stakes.stdout + stakes.stderr
    shown = agentgpt("stake", "show", NODE, AGENTGPT_DB=str(ledger))
    assert "123,456,789.012345678901234567 AGPT" in shown.stdout


def test_every_reading_command_works_for_people(ledger: Path) -> None:
    for words in (
        "node list",
        f"node show {NODE}",
        "stake list --limit 1",
        "task list",
        f"task show {TASK}",
        "workflow list",
        "events list --limit 3 --type task.posted",
        "audit replay",
        "help exit-codes",
        "help environment",
    ):
        result = agentgpt(*words.split(), AGENTGPT_DB=str(ledger))
        assert result.returncode == 0, f"{words}: {result.stderr}"


def test_a_workflow_is_registered_and_published_from_the_command_line(
    tmp_path: Path, graph_file: Path
) -> None:
    db = tmp_path / "ledger.db"
    write_sample(db)
    register = (
        "workflow",
        "register",
        "--owner",
        NODE,
        "--name",
        "risk-engine",
        "--db",
        db,
        "--json",
    )
    publish = (
        *("workflow", "publish", graph_file, "--workflow", "risk-engine"),
        *("--label", "production-v1.2", "--db", db, "--json"),
    )
    assert document(agentgpt(*register))["created"] is True
    assert document(agentgpt(*register))["created"] is False
    first, again = document(agentgpt(*publish)), document(agentgpt(*publish))
    assert (first["created"], again["created"]) == (True, False)
    assert first["version_hash"] == again["version_hash"]
    shown = document(agentgpt("workflow", "show", "risk-engine", "--db", db, "--json"))
    assert [version["label"] for version in shown["versions"]] == ["production-v1.2"]
    assert "production-v1.2" in agentgpt("workflow", "show", "risk-engine", "--db", db).stdout
    assert agentgpt("audit", "replay", "--db", db).returncode == 0


REFUSALS = [
    ("node list --limit 0", 2, "page size"),
    ("node list --after here", 2, "cursor"),
    ("node list --status asleep", 2, "asleep"),
    ("node show zebra", 2, "not an address"),
    (f"node show {NODE}00", 2, "not an address"),
    ("node show 0x12121212", 4, "there is no node"),
    ("stake show 0xz", 2, "not an address"),
    ("task show 0x", 2, "too short"),
    ("task show 0x9999", 4, "there is no task"),
    ("workflow show nothing", 4, "there is no workflow"),
    ("workflow register --owner 0x1 --name x", 2, "not an address"),
    (f"workflow register --owner {NODE} --name {'x' * 65}", 2, "1 to 64 bytes"),
    ("workflow publish missing.json --workflow x --label y", 2, "cannot read"),
    ("workflow publish pyproject.toml --workflow x --label y", 2, "is not JSON"),
    ("events list --after 11", 2, "head is 10"),
    ("events list --type task.posed", 2, "not an event type"),
    ("events list --stream x", 2, "not a stream"),
    ("audit replay --limit 0", 2, "page size"),
    ("nodes list", 2, "unknown command"),
    ("node list --colour", 2, "unknown option"),
    ("serve --port 99999", 2, "not a port"),
    ("serve --host 0.0.0.0", 2, "no authentication"),
    ("serve --host nowhere.invalid --allow-public", 2, "not an address of this machine"),
    (f"run --rpc {SILENT_RPC} --deployment missing.json", 2, "cannot read the deployment file"),
    (f"run --rpc {SILENT_RPC} --deployment pyproject.toml", 2, "is not JSON"),
]


def test_every_refusal_has_a_sentence_a_hint_and_its_exit_code(ledger: Path) -> None:
    for words, code, sentence in REFUSALS:
        result = agentgpt(*words.split(), "--json", AGENTGPT_DB=str(ledger))
        assert result.returncode == code, f"{words}: {result.stderr}"
        assert result.stderr.startswith("error: "), result.stderr
        assert sentence.lower() in result.stderr.lower(), f"{words}: {result.stderr}"
        assert "\nhint: " in result.stderr, words
        assert "Traceback" not in result.stderr
        problem = json.loads(result.stdout)
        assert problem["detail"]
        assert problem["hint"]


def test_a_missing_ledger_is_never_made_by_reading(tmp_path: Path) -> None:
    db = tmp_path / "missing.db"
    for words in ("node list", "events list", "audit replay", "serve --port 0", "workflow list"):
        result = agentgpt(*words.split(), "--db", db)
        assert result.returncode == 2
        assert "there is no ledger" in result.stderr
    assert agentgpt("node", "list").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    db = tmp_path / "other.db"
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.commit()
    before = db.read_bytes()
    for words in ("node list", "serve --port 0", "demo --once"):
        result = agentgpt(*words.split(), "--db", db)
        assert result.returncode == 3, result.stderr
        assert "another program" in result.stderr
    assert db.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    db = tmp_path / "ledger.db"
    write_sample(db)
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("PRAGMA user_version = 99")
    result = agentgpt("node", "list", "--db", db)
    assert result.returncode == 3
    assert "later version" in result.stderr


def test_a_taken_port_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    db = tmp_path / "new.db"
    with bind(ServeSettings(port=0)) as listener:
        port = listener.getsockname()[1]
        deployment = tmp_path / "deployment.json"
        for command in (
            ("demo", "--db", db),
            ("serve", "--db", db),
            ("run", "--rpc", SILENT_RPC, "--deployment", deployment, "--db", db),
        ):
            result = agentgpt(*command, "--port", port)
            assert result.returncode == 75, result.stderr
            assert f"port {port} on 127.0.0.1 is taken" in result.stderr
            assert "--port" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_node_is_a_temporary_failure_and_nothing_is_written(tmp_path: Path) -> None:
    deployment = tmp_path / "deployment.json"
    contracts = ("token", "arbiter", "registry", "verifier", "timelock")
    addresses = {name: f"0x{number:040x}" for number, name in enumerate(contracts, start=1)}
    deployment.write_text(
        json.dumps(
            {
                "schema": 1,
                "chain_id": 31337,
                "genesis_hash": "0x" + "11" * 32,
                "start_block": 1,
                "contracts": addresses,
            }
        )
    )
    db = tmp_path / "new.db"
    secret = "very-secret-key"
    arguments = ("--rpc", f"{SILENT_RPC}/{secret}", "--deployment", deployment)
    for command in (("run", "--db", db, "--port", 0), ("play",)):
        result = agentgpt(*command, *arguments)
        assert result.returncode == 75, result.stderr
        assert "does not answer" in result.stderr
        assert secret not in result.stderr + result.stdout
    assert not db.exists()


def test_an_audit_names_a_row_that_was_tampered_with(tmp_path: Path) -> None:
    db = tmp_path / "ledger.db"
    write_sample(db)
    with closing(sqlite3.connect(db)) as connection:
        changed = connection.execute(
            "UPDATE read_model_row SET body = replace(body, ?, ?) WHERE key LIKE ? AND scope = ?",
            ('"status":"verifying"', '"status":"completed"', f"{TASK}@%", "verifying"),
        )
        assert changed.rowcount == 1
        connection.commit()
    result = agentgpt("audit", "replay", "--db", db, "--json")
    assert result.returncode == 6
    (difference,) = json.loads(result.stdout)["differences"]
    assert difference["projection"] == "task_board"
    assert difference["field"] == "body.status"
    assert (difference["replayed"], difference["stored"]) == ("verifying", "completed")
    people = agentgpt("audit", "replay", "--db", db)
    assert people.returncode == 6
    assert f"task_board {TASK}" in people.stdout


def test_an_audit_says_what_of_the_log_no_read_model_holds_yet(tmp_path: Path) -> None:
    db, moved = tmp_path / "ledger.db", tmp_path / "moved.db"
    write_sample(db)
    assert agentgpt("log", "export", "--db", db, "--out", tmp_path / "files").returncode == 0
    assert agentgpt("log", "import", tmp_path / "files", "--db", moved).returncode == 0
    result = agentgpt("audit", "replay", "--db", moved)
    assert result.returncode == 0
    assert "which no read model holds yet" in result.stdout
    assert "which no read model holds yet" not in agentgpt("audit", "replay", "--db", db).stdout


def test_an_audit_reports_a_damaged_event_as_a_difference(tmp_path: Path) -> None:
    db = tmp_path / "ledger.db"
    write_sample(db)
    damage = (
        "UPDATE stored_events SET states = replace(states, 'node.registered', 'node.unheard_of')"
    )
    with closing(sqlite3.connect(db)) as connection:
        # Somebody with the file in hand can take the guards off for a moment.
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'stored_events'"
        ).fetchall()
        assert guards, "the log can be changed without any trick"
        for name, _ in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(damage)
        for _, sql in guards:
            connection.execute(sql)
        connection.commit()
    result = agentgpt("audit", "replay", "--db", db)
    assert result.returncode == 6, result.stderr
    assert "error: " in result.stderr


def test_a_reader_of_a_pipe_may_leave_early(ledger: Path) -> None:
    command = f'"{sys.executable}" -m api events list --json --db "{ledger}" | head -c 10'
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


def test_help_and_reading_load_nothing_heavy(ledger: Path) -> None:
    script = (
        "import sys; from api.cli.main import run_cli\n"
        "for words in (['--help'], ['node', 'list'], ['help', 'exit-codes']):\n"
        "    code = run_cli(words); assert code == 0, code\n"
        "heavy = {'web3', 'eth_tester', 'eth_account', 'fastapi', 'uvicorn', 'requests'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AGENTGPT_DB": str(ledger)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Exit codes" in result.stdout
