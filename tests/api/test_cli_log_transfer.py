"""`agentgpt log export`, `verify-export` and `import` as a user has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from api.bootstrap import writing_ledger
from tests.api.sample import node_joins, write_sample
from tests.api.test_cli import agentgpt, document
from tests.api.test_cli_log import EVENTS, run
from tests.support.postgres import new_schema, shared_server


@pytest.fixture
def db(tmp_path: Path) -> Path:
    made = tmp_path / "ledger.db"
    write_sample(made)
    return made


def root(capsys: pytest.CaptureFixture[str], db: Path) -> object:
    code, out, _ = run(capsys, "log", "root", "--json", "--db", db)
    assert code == 0
    return json.loads(out)


def test_a_ledger_moves_into_another_file(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, new = tmp_path / "export", tmp_path / "new.db"
    exported = document(agentgpt("log", "export", "--out", folder, "--db", db, "--json"))
    assert exported == {
        "after": 0,
        **dict(root(capsys, db)),  # type: ignore[call-overload]
        "segments": 1,
        "new_segments": 1,
        "new_events": EVENTS,
        "signed": False,
    }
    checked = document(agentgpt("log", "verify-export", folder, "--json", AGENTGPT_DB="none.db"))
    assert (checked["ok"], checked["size"], checked["checkpoint"]) == (True, EVENTS, None)
    imported = document(agentgpt("log", "import", folder, "--db", new, "--json"))
    assert (imported["new_events"], imported["root"]) == (EVENTS, exported["root"])
    assert root(capsys, new) == root(capsys, db)
    assert run(capsys, "log", "check", "--db", new)[0] == 0
    # The read models follow from the log, so they are the same; the keys of personal texts are copied apart.
    shutil.copy(f"{db}.keys", f"{new}.keys")
    for ledger in (db, new):
        with writing_ledger(str(ledger)) as opened:
            opened.engine.catch_up()
    nodes = [run(capsys, "node", "list", "--json", "--db", ledger)[1] for ledger in (db, new)]
    assert nodes[0] == nodes[1] != ""
    code, out, err = run(capsys, "log", "import", folder, "--db", new)
    assert (code, out.split()[0], err) == (0, "0", "")


def test_an_export_goes_on_and_is_signed(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key, new = tmp_path / "export", tmp_path / "key", tmp_path / "new.db"
    vkey = document(agentgpt("log", "key", "--out", key, "--json"))["vkey"]
    other = document(agentgpt("log", "key", "--out", tmp_path / "other", "--json"))["vkey"]
    export = ("log", "export", "--out", folder, "--db", db)
    verify = ("log", "verify-export", folder, "--vkey")
    assert run(capsys, *export)[0] == 0
    code, _, err = run(capsys, *verify, vkey)
    assert code == 6
    assert "no signed checkpoint" in err
    assert run(capsys, *export, "--key", key)[0] == 0
    code, out, _ = run(capsys, *verify, vkey)
    assert code == 0
    assert f"the first {EVENTS} are signed by agentgpt-ledger/" in out
    with writing_ledger(str(db)) as ledger:
        ledger.log.append([node_joins(number) for number in range(5)], {})
    code, out, _ = run(capsys, *export, "--json")
    assert (json.loads(out)["new_events"], json.loads(out)["segments"]) == (5, 2)
    # The older checkpoint still holds for what it covers.
    assert run(capsys, *verify, vkey, "--json")[0] == 0
    assert run(capsys, *verify, other)[0] == 6
    assert run(capsys, *verify, "nonsense")[0] == 2
    assert run(capsys, *export, "--key", key)[0] == 0
    code, out, _ = run(capsys, *verify, vkey, "--json")
    assert json.loads(out)["checkpoint"]["size"] == json.loads(out)["size"] == EVENTS + 5
    assert run(capsys, "log", "import", folder, "--db", new, "--vkey", other)[0] == 6
    assert not new.exists()
    assert run(capsys, "log", "import", folder, "--db", new, "--vkey", vkey)[0] == 0


def test_a_changed_export_is_refused_before_a_database_is_made(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, new = tmp_path / "export", tmp_path / "new.db"
    assert run(capsys, "log", "export", "--out", folder, "--db", db)[0] == 0
    (file,) = folder.glob("events-*")
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    for words in (("verify-export", folder), ("import", folder, "--db", new)):
        code, out, err = run(capsys, "log", *words, "--json")
        assert code == 6
        assert json.loads(out)["type"].endswith("evidence-mismatch")
        assert f"segment 1 to {EVENTS}" in err
        assert "hint: " in err
    assert not new.exists()


def test_what_cannot_be_right_says_so(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, empty, other = (tmp_path / name for name in ("export", "empty.db", "other.db"))
    with writing_ledger(str(empty), create=True):
        pass
    with writing_ledger(str(other), create=True) as ledger:
        ledger.log.append([node_joins(number) for number in range(3)], {})
    before = other.read_bytes()
    for words, expected in (
        (("export", "--out", folder, "--db", empty), 4),
        (("export", "--out", folder, "--db", tmp_path / "none.db"), 2),
        (("export", "--out", folder, "--db", db, "--after", EVENTS + 1), 2),
        (("export", "--out", db, "--db", db), 2),
        (("export", "--out", tmp_path, "--db", db), 2),
        (("export", "--out", folder, "--db", db, "--key", tmp_path / "nokey"), 2),
        (("import", folder, "--db", empty), 2),
        (("verify-export", folder), 2),
        (("verify-export", tmp_path / "none"), 2),
        (("export", "--out", folder, "--db", db), 0),
        (("export", "--out", folder, "--db", other), 3),
        (("import", folder, "--db", other), 3),
    ):
        code, _, err = run(capsys, "log", *words)
        assert code == expected, words
        assert ("error: " in err) == bool(code)
    assert other.read_bytes() == before
    assert not (tmp_path / "none.db").exists()


@pytest.mark.slow
def test_a_ledger_moves_from_a_file_into_postgresql(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, keys = tmp_path / "export", tmp_path / "keys"
    shutil.copy(f"{db}.keys", keys)
    monkeypatch.setenv("AGENTGPT_KEYRING", str(keys))
    url = f"{shared_server().url()}&schema={new_schema()}"
    assert run(capsys, "log", "export", "--out", folder, "--db", db)[0] == 0
    code, out, err = run(capsys, "log", "import", folder, "--db", url, "--json")
    assert code == 0, err
    assert json.loads(out)["new_events"] == EVENTS
    code, there, _ = run(capsys, "log", "root", "--json", "--db", url)
    assert json.loads(there) == root(capsys, db)
    assert run(capsys, "log", "check", "--db", url)[0] == 0
    with writing_ledger(url) as opened:
        opened.engine.catch_up()
    nodes = [run(capsys, "node", "list", "--json", "--db", ledger)[1] for ledger in (db, url)]
    assert nodes[0] == nodes[1] != ""
