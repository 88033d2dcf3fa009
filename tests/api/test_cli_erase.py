"""`agentgpt erase` as a user has it: the text is gone everywhere, and every proof still holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import writing_ledger
from api.cli.main import run_cli
from domain.kernel.envelope import NewEvent
from domain.kernel.ids import Address
from domain.kernel.personal import ERASED, SEALED
from domain.kernel.streams import node_stream
from domain.node.events import NodeDeregistered
from tests.api.conftest import Service
from tests.api.sample import ARBITER, NETWORK, NODE, OTHER_NODE, fact, write_sample


def leaves(node: Address, block: int) -> NewEvent:
    return fact(node_stream(NETWORK, node), NodeDeregistered(node=node), block)


TEXTS = {NODE: "ipfs://node-1", OTHER_NODE: "ipfs://node-2"}


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "ledger" / "ledger.db"
    path.parent.mkdir()
    write_sample(path)
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


def holding(folder: Path, text: str) -> list[str]:
    return [file.name for file in folder.iterdir() if text.encode() in file.read_bytes()]


def test_an_erased_text_is_in_no_file_and_proofs_still_verify(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, note, proof = (tmp_path / name for name in ("key", "checkpoint", "proof.json"))
    vkey = document(capsys, "log", "key", "--out", key)["vkey"]
    assert run(capsys, "log", "checkpoint", "--key", key, "--out", note)[0] == 0
    assert run(capsys, "log", "prove", 2, "--out", proof)[0] == 0
    root = document(capsys, "log", "root", "--size", 10)
    assert holding(db.parent, TEXTS[NODE]) == ["ledger.db"]

    done = document(capsys, "erase", "subject", NODE, "--yes")
    assert (done["position"], done["events"], done["open_events"]) == (11, 1, 0)
    assert done["unfinished"] == ""
    assert holding(db.parent, TEXTS[NODE]) == []
    assert holding(db.parent, TEXTS[OTHER_NODE]) == ["ledger.db"]

    assert document(capsys, "log", "root", "--size", 10) == root
    verified = run(capsys, "log", "verify", "--proof", proof, "--checkpoint", note, "--vkey", vkey)
    assert verified[0] == 0
    assert run(capsys, "log", "check", "--checkpoint", note, "--vkey", vkey)[0] == 0
    assert run(capsys, "audit", "replay")[0] == 0
    assert document(capsys, "node", "show", NODE)["metadata_uri"] == ERASED
    assert document(capsys, "node", "show", OTHER_NODE)["metadata_uri"] == TEXTS[OTHER_NODE]


def test_an_erasure_says_who_when_and_whom(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "erase", "list") == {"items": []}
    done = document(capsys, "erase", "subject", NODE, "--yes")
    (item,) = document(capsys, "erase", "list")["items"]
    assert item["subject"] == NODE
    assert item["actor"] == "cli"
    assert item["key_ids"] == done["key_ids"]
    code, out, _ = run(capsys, "erase", "list")
    assert code == 0
    assert NODE in out
    page = document(capsys, "events", "list", "--stream", f"subject:{NODE}")
    assert page["items"][0]["type"] == "subject.erased"


def test_erasing_again_changes_nothing_in_the_log(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document(capsys, "erase", "subject", NODE, "--yes")
    again = document(capsys, "erase", "subject", NODE, "--yes")
    assert again["position"] is None
    assert document(capsys, "log", "root")["size"] == 11
    assert "erased before" in run(capsys, "erase", "subject", NODE, "--yes")[1]


def test_a_workflows_name_goes_with_its_owner(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "adas-private-flow"
    registered = document(capsys, "workflow", "register", "--owner", OTHER_NODE, "--name", name)
    workflow = registered["workflow_id"]
    assert document(capsys, "workflow", "show", name)["workflow_id"] == workflow
    document(capsys, "erase", "subject", OTHER_NODE, "--yes")
    assert run(capsys, "workflow", "show", name)[0] == 4
    assert document(capsys, "workflow", "show", workflow)["name"] == ERASED
    assert holding(db.parent, name) == []


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("0x12", "--yes"), 2, "is not an address"),
        ((ARBITER, "--yes"), 4, "holds no personal text"),
        ((NODE,), 2, "erasing cannot be undone"),
    ],
)
def test_a_refused_erasure_writes_nothing(
    db: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    given, _, err = run(capsys, "erase", "subject", *words)
    assert (given, sentence in err) == (code, True), err
    assert document(capsys, "log", "root")["size"] == 10
    assert document(capsys, "node", "show", NODE)["metadata_uri"] == TEXTS[NODE]


def test_a_missing_keyring_is_said_and_stops_nobody(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db.with_name("ledger.db.keys").unlink()
    code, out, err = run(capsys, "events", "list", "--type", "node.registered", "--json")
    assert code == 0
    texts = [item["payload"]["metadata_uri"] for item in json.loads(out)["items"]]
    assert texts == [SEALED, SEALED]
    assert "AGENTGPT_KEYRING" in err
    code, _, err = run(capsys, "node", "list")
    assert (code, "the keyring is missing" in err) == (0, True)
    # The rows still have what was folded while the keys were there.
    assert document(capsys, "node", "show", NODE)["metadata_uri"] == TEXTS[NODE]


def test_the_keyring_may_be_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENTGPT_KEYRING", str(tmp_path / "elsewhere"))
    path = tmp_path / "ledger.db"
    write_sample(path)
    monkeypatch.setenv("AGENTGPT_DB", str(path))
    assert {file.name for file in tmp_path.iterdir()} >= {"elsewhere", "ledger.db"}
    assert not path.with_name("ledger.db.keys").exists()
    page = document(capsys, "events", "list", "--type", "node.registered")
    assert page["items"][0]["payload"]["metadata_uri"] == TEXTS[NODE]


def test_an_engine_with_rows_at_hand_never_writes_an_erased_text_back(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing_ledger(str(db)) as ledger:
        ledger.log.append([leaves(NODE, 20)], {})
        ledger.engine.catch_up()
        assert ledger.read_models.get("node_states", f"{NODE}@{NETWORK}") is not None
        ledger.eraser.erase(NODE)
        # This engine folds the erasure with the old row at hand, before the other one makes the rows anew.
        ledger.engine.catch_up()
        document(capsys, "erase", "subject", NODE, "--yes")
        ledger.log.append([leaves(NODE, 21)], {})
        ledger.engine.catch_up()
        row = ledger.read_models.get("node_states", f"{NODE}@{NETWORK}")
        assert row is not None
        assert row.body["metadata_uri"] == ERASED


def test_the_api_shows_the_marker(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    db = service.ledger.db
    assert service.get(f"/v1/nodes/{NODE}").json()["metadata_uri"] == TEXTS[NODE]
    document(capsys, "erase", "subject", NODE, "--yes", "--db", db)
    assert service.get(f"/v1/nodes/{NODE}").json()["metadata_uri"] == ERASED
    items = service.get("/v1/events?type=node.registered").json()["items"]
    assert [item["payload"]["metadata_uri"] for item in items] == [ERASED, TEXTS[OTHER_NODE]]
    assert service.get("/v1/health").json()["keyring"] == "ok"
    Path(db).with_name(f"{Path(db).name}.keys").rename(f"{db}.away")
    service.ledger.log.keyring.close()  # type: ignore[attr-defined]
    assert service.get("/v1/health").json()["keyring"] == "missing"
    erased = service.get("/v1/events?type=subject.erased").json()["items"]
    assert [item["payload"]["subject"] for item in erased] == [NODE]
