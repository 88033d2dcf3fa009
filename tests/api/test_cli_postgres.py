"""The whole program on a ledger in PostgreSQL: the same answers as from a file, and no password in any of them."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import requests

from adapters.eventstore.postgres_pool import PostgresDatastore
from adapters.eventstore.postgres_settings import parse_target
from api.bootstrap import reading_ledger, serving, writing_ledger
from api.bootstrap_database import only_rebuild
from api.settings import ServeSettings
from tests.api.sample import GRAPH, NODE, OTHER_NODE, TASK, fill, node_joins
from tests.api.test_cli_log import EVENTS, run
from tests.support.postgres import new_schema, shared_server

pytestmark = pytest.mark.slow

CANARY = "c4nary/pa55 word"
ESCAPED = "c4nary%2Fpa55%20word"
SPELLINGS = (CANARY, ESCAPED, "c4nary", "pa55")

READING = (
    "node list",
    f"node show {NODE}",
    "stake list",
    f"stake show {NODE}",
    "task list",
    f"task show {TASK}",
    "workflow list",
    "events list",
    "events list --after 3 --limit 2",
    "events list --type task.posted",
    f"log root --size {EVENTS - 1}",
    "log root",
    "log prove 4",
    "log consistency 3",
    "log check",
    "audit replay",
    "audit books",
    "node list --at 7",
    "task list --at 8 --state idle",
    f"task show {TASK} --at 8",
    "account trial-balance --at 6",
)


class StoppedClock:
    """Always the same moment, so that two ledgers are the same bytes."""

    def now_iso(self) -> str:
        return "2026-01-01T00:00:00.000000Z"


def new_url(user: str = "postgres") -> str:
    return f"{shared_server().url(user, ESCAPED)}&schema={new_schema()}"


@pytest.fixture(scope="module", autouse=True)
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One keyring for all, so that the same personal texts are sealed into the same bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AGENTGPT_KEYRING", str(tmp_path_factory.mktemp("keys") / "keys"))
        yield


@pytest.fixture(scope="module")
def url() -> str:
    """The URL of a ledger with the sample in it."""
    made = new_url()
    with writing_ledger(made, create=True, clock=StoppedClock()) as ledger:
        fill(ledger)
    return made


def execute(url: str, *statements: str) -> None:
    datastore = PostgresDatastore(parse_target(url))
    for statement in statements:
        datastore.write(partial(asyncpg.Connection.execute, query=statement))
    datastore.close()


def assert_no_secret(*texts: str) -> None:
    for text in texts:
        assert not [spelling for spelling in SPELLINGS if spelling in text], text


def test_every_reading_command_answers_as_it_does_from_a_file(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = str(tmp_path / "ledger.db")
    with writing_ledger(db, create=True, clock=StoppedClock()) as ledger:
        fill(ledger)
    for words in READING:
        answers = []
        for name in (db, url):
            code, out, err = run(capsys, *words.split(), "--json", "--db", name)
            assert code == 0, err
            assert_no_secret(out, err)
            answers.append(json.loads(out))
        assert answers[0] == answers[1], words
        code, out, err = run(capsys, *words.split(), "--db", url)
        assert code == 0, err
        assert_no_secret(out, err)


def test_the_ledger_can_be_named_by_the_environment(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTGPT_DB", url)
    code, out, _ = run(capsys, "node", "list", "--json")
    assert code == 0
    assert len(json.loads(out)["items"]) == 2


def test_a_demo_plays_into_a_schema_and_not_into_one_that_holds_events(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_url()
    demo = ("demo", "--once", "--json", "--no-live", "--tasks", 8, "--db", url)
    code, out, err = run(capsys, *demo)
    assert_no_secret(out, err)
    assert code == 0, err
    code, out, err = run(capsys, *demo)
    assert_no_secret(out, err)
    assert code == 3
    assert "events already" in err


def test_commands_and_the_api_write_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url = new_url()
    graph = tmp_path / "graph.json"
    graph.write_text(json.dumps(GRAPH))
    with writing_ledger(url, create=True) as ledger:
        fill(ledger)
        with serving(ledger, ServeSettings(port=0)) as server:
            words = (
                "workflow",
                "register",
                "--name",
                "risk",
                "--owner",
                OTHER_NODE,
                "--json",
                "--db",
                url,
            )
            code, out, err = run(capsys, *words)
            assert code == 0, err
            ledger.engine.catch_up()
            answers = [
                requests.get(f"{server.url}/v1/{route}", timeout=20).text
                for route in ("workflows", "health", "nodes", "log/root", "events", "openapi.json")
            ]
            assert [w["name"] for w in json.loads(answers[0])["items"]] == ["risk"]
            bad = requests.get(f"{server.url}/v1/events?stream=%00&after=2", timeout=20)
            assert bad.status_code in {200, 400}
            assert_no_secret(out, err, bad.text, caplog.text, *answers)
            # What another process appends arrives over the open stream.
            with requests.get(
                f"{server.url}/v1/events/stream",
                stream=True,
                timeout=20,
                headers={"Last-Event-ID": "11"},
            ) as stream:
                lines = stream.iter_lines()
                with writing_ledger(url) as other:
                    other.log.append([node_joins(7)], {})
                assert b"id: 12" in (line for line in lines)


def test_a_subject_is_erased_from_rows_and_their_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_url()
    with writing_ledger(url, create=True) as ledger:
        fill(ledger)
        ledger.log.append([node_joins(7)], {})
        ledger.engine.catch_up()
    words = ("erase", "subject", f"0x{7:040x}", "--yes", "--json", "--db", url)
    code, out, err = run(capsys, *words)
    assert code == 0, err
    assert json.loads(out)["unfinished"] == ""
    assert run(capsys, "audit", "replay", "--db", url)[0] == 0
    assert run(capsys, "log", "check", "--db", url)[0] == 0


def test_writing_needs_a_place_for_the_keys_of_personal_texts(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTGPT_KEYRING")
    code, _, err = run(capsys, "serve", "--port", "0", "--db", url)
    assert code == 2
    assert "AGENTGPT_KEYRING" in err
    assert run(capsys, "node", "list", "--db", url)[0] == 0


def test_an_export_moves_a_log_from_one_store_to_the_other(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, db, again = tmp_path / "export", tmp_path / "ledger.db", new_url()
    roots = []
    for source, target in ((url, db), (db, again)):
        code, _, err = run(capsys, "log", "export", "--out", out, "--db", source)
        assert code == 0, err
        code, _, err = run(capsys, "log", "import", out, "--db", target)
        assert code == 0, err
        roots.append(run(capsys, "log", "root", "--json", "--db", target)[1])
    assert roots == [run(capsys, "log", "root", "--json", "--db", url)[1]] * 2
    assert run(capsys, "log", "check", "--db", again)[0] == 0


def test_one_rebuild_of_the_read_models_runs_at_a_time(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rebuild = ("projections", "rebuild", "--json", "--db", url)
    with only_rebuild(url):
        code, out, err = run(capsys, *rebuild)
        assert code == 75
        assert "already running" in err
        assert_no_secret(out, err)
        # Another schema of the same server is not concerned.
        with only_rebuild(new_url()):
            pass
    code, _, err = run(capsys, *rebuild)
    assert code == 0, err
    assert run(capsys, "audit", "replay", "--db", url)[0] == 0


# Mistakes and refusals


@pytest.mark.parametrize(
    "case",
    [
        (("/postgres?", "/no_such_db?"), 2, "refuses the connection"),
        (("postgres:", "nobody:"), 2, "refuses the connection"),
        (("host=", "host=/nowhere"), 75, "does not answer"),
        (("postgres:", "postgres:x@"), 2, "malformed"),
        (("schema=", "schema=Other"), 2, "not a schema"),
        (("schema=", "schema=other"), 2, "no ledger"),
        (("host=", f"password={ESCAPED}&host=/nowhere"), 75, "does not answer"),
    ],
)
def test_a_mistake_in_the_url_is_named_without_its_password(
    url: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    case: tuple[tuple[str, str], int, str],
) -> None:
    change, code, says = case
    wrong = url.replace(*change, 1)
    for words in (["node", "list"], ["db", "status", "--json"], ["serve", "--port", "0"]):
        ended, out, err = run(capsys, *words, "--db", wrong)
        assert_no_secret(out, err, caplog.text)
        assert ended == code, err
        assert says in err + out


def test_no_error_carries_the_password_in_its_trace(url: str) -> None:
    wrong = url.replace("host=", "host=/nowhere")
    with pytest.raises(Exception, match="does not answer") as raised, reading_ledger(wrong):
        pass
    assert_no_secret("".join(traceback.format_exception(raised.value)), repr(raised.value))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE {}.ledger_schema SET version = 99", "written by a later version"),
        ("UPDATE {}.ledger_schema SET application = 'weather'", "belongs to another program"),
        ("DROP TABLE {}.ledger_schema", "of another program"),
    ],
)
def test_a_newer_or_foreign_schema_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], statement: str, says: str
) -> None:
    url = new_url()
    with writing_ledger(url, create=True):
        pass
    execute(url, statement.format(parse_target(url).schema))
    for words in (["node", "list"], ["serve", "--port", "0"], ["db", "migrate"]):
        code, _, err = run(capsys, *words, "--db", url)
        assert code == 3
        assert says in err
        assert_no_secret(err)


# The database itself


def test_status_says_what_the_schema_is(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "db", "status", "--json", "--db", url)
    assert code == 0
    status = json.loads(out)
    assert status.pop("bytes") > 10_000
    schema = parse_target(url).schema
    assert status.pop("database").endswith(f"&schema={schema}")
    assert status == {
        "kind": "postgresql",
        "layout": 2,
        "newest_layout": 2,
        "events": EVENTS,
        "can_be_read": True,
        "can_be_written": True,
        "migration": [],
    }
    code, out, _ = run(capsys, "db", "migrate", "--db", url)
    assert (code, out) == (0, "the database has layout 2 already\n")


@pytest.fixture
def roles(url: str) -> Iterator[dict[str, str]]:
    """Two roles without rights, and the ledger's URL for each."""
    schema = parse_target(url).schema
    found = {access: f"{schema}_{access}" for access in ("writer", "reader")}
    execute(url, *(f"CREATE ROLE {role} LOGIN" for role in found.values()))
    yield {access: url.replace("postgres:", f"{role}:", 1) for access, role in found.items()}
    for role in found.values():
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def granted(capsys: pytest.CaptureFixture[str], url: str, theirs: str, access: str) -> list[Any]:
    role = theirs.split("//")[1].split(":", maxsplit=1)[0]
    code, out, err = run(capsys, "db", "grant", role, "--access", access, "--json", "--db", url)
    assert code == 0, err
    statements: list[Any] = json.loads(out)["statements"]
    return statements


def test_the_printed_grants_are_what_a_writer_and_a_reader_need(
    url: str, roles: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for theirs in roles.values():
        code, _, err = run(capsys, "node", "list", "--db", theirs)
        assert code == 2
        assert "agentgpt db grant" in err
    for access, theirs in roles.items():
        execute(url, *granted(capsys, url, theirs, access))
        for words in READING[::4]:
            code, _, err = run(capsys, *words.split(), "--db", theirs)
            assert code == 0, err
    with writing_ledger(roles["writer"]) as ledger:
        ledger.log.append([node_joins(n) for n in range(300)], {})
        ledger.engine.catch_up()
    register = ("workflow", "register", "--name", "w", "--owner", NODE, "--db", roles["reader"])
    code, _, err = run(capsys, *register)
    assert code == 2
    assert "agentgpt db grant" in err


def test_a_file_has_no_grants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "db", "grant", "app", "--db", tmp_path / "ledger.db")
    assert code == 2
    assert "has no roles" in err
