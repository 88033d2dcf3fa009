"""`agentgpt log` as a user has it: evidence that is checked without the ledger."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.eventstore.runs import hashes_of
from api.bootstrap import reading_ledger, writing_ledger
from api.cli.main import run_cli
from domain.kernel.ids import Position
from tests.adapters.eventstore.former_files import write_former
from tests.api.conftest import Service
from tests.api.sample import node_joins, write_sample
from tests.api.test_cli import agentgpt, document

EVENTS = 10


@dataclass(frozen=True)
class Place:
    """A ledger, a key, a checkpoint and a proof of every event."""

    folder: Path
    vkey: str

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("log")
    db = folder / "ledger.db"
    write_sample(db)
    vkey = document(agentgpt("log", "key", "--out", folder / "key", "--json"))["vkey"]
    made = Place(folder, vkey)
    checkpoint = agentgpt(
        "log", "checkpoint", "--key", made["key"], "--db", db, "--out", made["checkpoint"]
    )
    assert checkpoint.returncode == 0, checkpoint.stderr
    assert checkpoint.stdout == ""
    proof = agentgpt("log", "prove", "4", "--db", db, "--out", made["proof"])
    assert proof.returncode == 0, proof.stderr
    return made


def take_apart(sql: sqlite3.Connection) -> None:
    """Give each event a row of its own, which is as good a log."""
    for last, places, hashes, states in sql.execute(
        "SELECT position, places, hashes, states FROM stored_events"
    ).fetchall():
        streams, versions, names, lengths = json.loads(places)
        pieces = hashes_of(last, len(lengths), hashes)
        rows = zip(streams, versions, names, lengths, pieces, strict=True)
        rest = states
        sql.execute("DELETE FROM stored_events WHERE position = ?", (last,))
        for stream, version, name, length, (position, piece) in rows:
            place = json.dumps([[stream], [version], [name], [length]], separators=(",", ":"))
            sql.execute(
                "INSERT INTO stored_events VALUES (?, 1, ?, ?, ?)",
                (position, place.encode(), piece, rest[:length]),
            )
            rest = rest[length:]


def write_former_sample(present: Path, former: Path, layout: int) -> None:
    """Write the sample in a file of the present layout and one of a former one."""
    write_sample(present)
    with reading_ledger(str(present)) as ledger:
        stored, _ = ledger.tree.stored(Position(0), Position(EVENTS))
    write_former(former, layout, [state for _, state in stored])


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = run_cli([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def verify(place: Place, proof: Path, checkpoint: Path, *more: object) -> list[object]:
    return [
        *("log", "verify", "--proof", proof, "--checkpoint", checkpoint, "--vkey", place.vkey),
        *more,
    ]


def test_a_proof_is_verified_without_a_ledger(place: Place, tmp_path: Path) -> None:
    for name in ("proof", "checkpoint"):
        (tmp_path / name).write_bytes(place[name].read_bytes())
    words = verify(place, tmp_path / "proof", tmp_path / "checkpoint", "--json")
    result = document(agentgpt(*words, AGENTGPT_DB=str(tmp_path / "none.db")))
    assert result["ok"] is True
    assert (result["position"], result["size"]) == (4, EVENTS)
    assert json.loads(result["event"])["name"] == "stake.deposited"


def test_a_changed_proof_checkpoint_or_key_does_not_verify(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = json.loads(place["proof"].read_text())
    first = proof["hashes"][0]
    bad = tmp_path / "bad"
    for changed in (
        {"position": 5},
        {"size": 9},
        {"leaf": "AAAA"},
        {"hashes": proof["hashes"][1:]},
        {"hashes": [*proof["hashes"], first]},
        {"hashes": [("A" if first[0] != "A" else "B") + first[1:], *proof["hashes"][1:]]},
    ):
        bad.write_text(json.dumps(proof | changed))
        code, _, err = run(capsys, *verify(place, bad, place["checkpoint"]))
        assert code == 6, changed
        assert "error: " in err
    for content, expected in (
        ("", 2),
        ("[]", 2),
        ("{}", 2),
        (json.dumps(proof | {"hashes": ["AAAA"]}), 2),
        (json.dumps(proof | {"hashes": [first] * 65}), 2),
        (json.dumps(proof | {"position": True}), 2),
        (json.dumps(proof | {"position": -1}), 2),
        (json.dumps(proof | {"size": 2**63}), 2),
        ("[" * 100_000, 2),
    ):
        bad.write_text(content)
        assert run(capsys, *verify(place, bad, place["checkpoint"]))[0] == expected, content[:80]
    note = place["checkpoint"].read_text()
    for content, expected in (
        (note.replace("\n10\n", "\n11\n"), 6),
        (note.replace("\n10\n", "\n010\n"), 6),
        ("nothing\n", 2),
    ):
        bad.write_text(content)
        assert run(capsys, *verify(place, place["proof"], bad))[0] == expected, content
    other = document(agentgpt("log", "key", "--out", tmp_path / "other", "--json"))["vkey"]
    stranger = Place(place.folder, other)
    code, _, err = run(capsys, *verify(stranger, place["proof"], place["checkpoint"]))
    assert code == 6
    assert "not signed by" in err


def test_two_checkpoints_are_held_together_by_a_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db, key = tmp_path / "ledger.db", tmp_path / "key"
    write_sample(db)
    vkey = document(agentgpt("log", "key", "--out", key, "--json"))["vkey"]
    here = Place(tmp_path, vkey)
    sign = ("log", "checkpoint", "--key", key, "--db", db, "--out")
    assert run(capsys, *sign, here["old"])[0] == 0
    with writing_ledger(str(db)) as ledger:
        ledger.log.append([node_joins(number) for number in range(5)], {})
    assert run(capsys, *sign, here["new"])[0] == 0
    words = ("log", "consistency", 10, "--db", db, "--json", "--out", here["proof"])
    assert json.loads(run(capsys, *words)[1]) == json.loads(here["proof"].read_text())
    both = ("--older", here["old"])
    code, out, _ = run(capsys, *verify(here, here["proof"], here["new"], *both, "--json"))
    assert code == 0
    assert json.loads(out)["old_size"] == 10
    assert run(capsys, *verify(here, here["proof"], here["old"], "--older", here["new"]))[0] == 6
    assert run(capsys, *verify(here, here["proof"], here["new"]))[0] == 2
    spoiled = json.loads(here["proof"].read_text())
    spoiled["hashes"] = spoiled["hashes"][::-1]
    here["bad"].write_text(json.dumps(spoiled))
    assert run(capsys, *verify(here, here["bad"], here["new"], *both))[0] == 6
    older = ("--checkpoint", here["old"], "--vkey", vkey)
    assert run(capsys, "log", "check", "--db", db, *older)[0] == 0


def test_roots_are_printed_for_any_size(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    db = ("--db", place["ledger.db"])
    code, out, _ = run(capsys, "log", "root", "--json", *db)
    assert code == 0
    assert json.loads(out)["size"] == EVENTS
    assert json.loads(out)["root"] in place["checkpoint"].read_text()
    code, out, _ = run(capsys, "log", "root", "--size", 0, *db)
    assert "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" in out
    for words in (
        ("root", "--size", 11),
        ("root", "--size", -1),
        ("prove", 0),
        ("prove", 11),
        ("prove", 4, "--size", 3),
        ("consistency", 5, 4),
        ("consistency", 5, 11),
        ("check", "--vkey", place.vkey),
        ("checkpoint", "--key", place["nothing"]),
        ("checkpoint", "--key", place["ledger.db"]),
    ):
        code, _, err = run(capsys, "log", *words, *db)
        assert code == 2, words
        assert "error: " in err
        assert "hint: " in err


def test_a_log_that_was_cut_short_is_not_signed_and_the_check_says_why(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = tmp_path / "ledger.db"
    with (
        closing(sqlite3.connect(place["ledger.db"])) as source,
        closing(sqlite3.connect(db)) as copy,
    ):
        source.backup(copy)
    with closing(sqlite3.connect(db, isolation_level=None)) as sql:
        for (name,) in sql.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            sql.execute(f"DROP TRIGGER {name}")
        assert run(capsys, "log", "check", "--db", db)[0] == 0
        # Cut short as somebody would who knows the tables.
        take_apart(sql)
        sql.execute("DELETE FROM stored_events WHERE position > 8")
        for index in ("by_stream", "facts"):
            sql.execute(f"DELETE FROM stored_events_{index} WHERE position > 8")
        sql.execute("UPDATE stored_events_head SET position = 8")
        assert run(capsys, "log", "check", "--db", db)[0] == 0
        code, out, err = run(capsys, "log", "checkpoint", "--key", place["key"], "--db", db)
        assert (code, out) == (6, "")
        assert "8 events, but the key signed 10" in err
        signed = ("--checkpoint", place["checkpoint"], "--vkey", place.vkey)
        code, out, _ = run(capsys, "log", "check", "--db", db, "--json", *signed)
        assert code == 6
        assert json.loads(out)["difference"]["position"] == 9
        sql.execute("UPDATE stored_events SET states = x'7b7d' WHERE position = 3")
        code, out, _ = run(capsys, "log", "check", "--db", db)
        assert code == 6
        assert out.startswith("position 3: ")


def test_http_gives_the_root_and_proofs_that_verify(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = service.ledger.db
    vkey = document(agentgpt("log", "key", "--out", tmp_path / "key", "--json"))["vkey"]
    here = Place(tmp_path, vkey)
    sign = ("log", "checkpoint", "--key", here["key"], "--db", db, "--out", here["checkpoint"])
    assert run(capsys, *sign)[0] == 0
    root = service.get("/v1/log/root").json()
    assert root["size"] == EVENTS
    assert root["root"] in here["checkpoint"].read_text()
    assert service.get("/v1/log/root?size=3").json()["size"] == 3
    for position in range(1, EVENTS + 1):
        here["proof"].write_text(service.get(f"/v1/log/proof/{position}?size=10").text)
        assert run(capsys, *verify(here, here["proof"], here["checkpoint"]))[0] == 0
    for path in ("/v1/log/proof/11", "/v1/log/proof/0", "/v1/log/proof/x", "/v1/log/root?size=11"):
        answer = service.get(path)
        assert answer.status_code == 400, path
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_ledger_of_the_layout_before_is_brought_up_by_the_first_command_that_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = tmp_path / "ledger.db"
    write_former_sample(tmp_path / "present.db", db, 2)
    code, _, err = run(capsys, "log", "root", "--db", db)
    assert code == 3
    assert "earlier version" in err
    assert "agentgpt db migrate" in err
    with writing_ledger(str(db)) as ledger:
        assert ledger.tree.head().size == EVENTS
    assert run(capsys, "log", "check", "--db", db)[0] == 0
