"""What people and programs are told of reorganisations, finality and halts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from api.bootstrap import serving, writing_ledger
from api.cli.main import run_cli
from api.event_finality import EventFinalities
from api.ledger import Ledger
from api.settings import ServeSettings
from domain.application.healing import IngestionHalted
from domain.application.ingest import Ingestor
from domain.kernel.envelope import RecordedEvent
from domain.kernel.ids import Position
from tests.api.conftest import Service
from tests.support.chain_fakes import DEPLOYMENT
from tests.support.forking_chain import NETWORK, ForkingChain, joined
from tests.support.reorg_runs import POLICY, follow


@pytest.fixture
def ledger(ledger_file: Path) -> Iterator[Ledger]:
    with writing_ledger(str(ledger_file), create=True) as opened:
        yield opened


@pytest.fixture
def served(ledger: Ledger) -> Iterator[Service]:
    with serving(ledger, ServeSettings(port=0)) as server:
        yield Service(server.url, ledger)


def followed(ledger: Ledger) -> tuple[ForkingChain, Ingestor]:
    """Return a chain of 40 blocks with facts that the ledger has read; two of them were replaced."""
    chain = ForkingChain()
    chain.mine()
    chain.mine()
    for number in range(1, 38):
        chain.mine(joined(number))
    ingestor = Ingestor(ledger.log, chain, DEPLOYMENT, POLICY)
    follow(ingestor)
    chain.fork_at(37)
    for number in range(100, 104):
        chain.mine(joined(number))
    follow(ingestor)
    ledger.engine.catch_up()
    return chain, ingestor


def facts(ledger: Ledger) -> list[RecordedEvent]:
    events = ledger.log.read(Position(0), 10_000)
    return [event for event in events if event.provenance is not None]


def halt(ledger: Ledger) -> None:
    chain, ingestor = followed(ledger)
    chain.fork_at(10)
    for number in range(200, 240):
        chain.mine(joined(number))
    with pytest.raises(IngestionHalted):
        ingestor.step()
    ledger.engine.catch_up()


def test_each_event_says_how_sure_it_is(ledger: Ledger) -> None:
    followed(ledger)
    finalities = EventFinalities(ledger)
    found = [
        (event.provenance.block_number, finalities.of(event).value)
        for event in facts(ledger)
        if event.provenance is not None
    ]
    # The head is block 41: safe up to 33, final up to 25.
    assert [word for block, word in found if block <= 25] == ["final"] * 23
    assert [word for block, word in found if 25 < block <= 33] == ["safe"] * 8
    assert [word for block, word in found if block > 33] == ["seen"] * 4 + ["orphaned"] * 2 + [
        "seen"
    ] * 4


def test_pages_carry_finality(ledger: Ledger, served: Service) -> None:
    followed(ledger)
    items = served.get("/v1/events?limit=1000").json()["items"]
    assert {item["finality"] for item in items} == {"seen", "safe", "final", "orphaned"}
    (voided,) = [item for item in items if item["type"] == "blocks.orphaned"]
    gone = {
        at for each in voided["payload"]["voided"] for at in range(each["first"], each["last"] + 1)
    }
    assert {item["position"] for item in items if item["finality"] == "orphaned"} == gone


def test_the_stream_carries_finality(ledger: Ledger, served: Service) -> None:
    followed(ledger)
    with requests.get(
        f"{served.url}/v1/events/stream?type=node.registered", stream=True, timeout=9
    ) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith(b"data: "))
        first = json.loads(next(lines)[6:])
    assert first["finality"] == "final"


def test_a_decision_taken_here_is_final_at_once(ledger: Ledger) -> None:
    followed(ledger)
    owner = "0x" + "11" * 20
    ledger.commands.register_workflow(owner, "yield")  # type: ignore[arg-type]  # an address
    newest = ledger.log.read(Position(ledger.log.head() - 1), 1)[0]
    assert EventFinalities(ledger).of(newest).value == "final"


def test_the_chains_are_shown_over_http_and_by_the_command(
    ledger: Ledger, served: Service, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    followed(ledger)
    (chain,) = served.get("/v1/chains").json()["items"]
    assert (chain["network"], chain["head_block"], chain["reorg_count"]) == (str(NETWORK), 41, 1)
    assert (chain["safe_block"], chain["final_block"]) == (33, 25)
    assert served.get(f"/v1/chains/{NETWORK}").json() == chain
    assert served.get("/v1/chains/9.0x" + "00" * 20).status_code == 404
    assert run_cli(["chain", "show", "--db", str(ledger_file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == chain
    assert run_cli(["chain", "list", "--db", str(ledger_file)]) == 0
    assert "following" in capsys.readouterr().out
    assert served.get("/v1/ready").json() == {"ready": True, "reasons": []}


def test_a_halted_chain_takes_readiness_off_and_shows_its_evidence(
    ledger: Ledger, served: Service, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halt(ledger)
    ready = served.get("/v1/ready")
    assert ready.status_code == 503
    assert str(NETWORK) in ready.json()["reasons"][0]
    health: dict[str, Any] = served.get("/v1/health").json()
    assert (health["status"], health["chains"][0]["halted"]) == ("failing", True)
    assert run_cli(["chain", "show", "--db", str(ledger_file), "--json"]) == 0
    evidence = json.loads(capsys.readouterr().out)["halted"]
    assert evidence["endpoint"] == "the forking node"
    assert evidence["expected_hash"] != evidence["found_hash"]
    assert run_cli(["chain", "show", "--db", str(ledger_file)]) == 0
    assert "chain heal" in capsys.readouterr().err


def test_an_events_list_shows_what_stands_no_more(
    ledger: Ledger, ledger_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    followed(ledger)
    assert run_cli(["events", "list", "--db", str(ledger_file), "--limit", "1000"]) == 0
    printed = capsys.readouterr().out
    assert printed.count(" orphaned ") == 2


def test_healing_wants_two_endpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "deployment.json"
    one = [
        "chain",
        "heal",
        "--db",
        "x.db",
        "--deployment",
        str(missing),
        "--rpc",
        "http://127.0.0.1:1",
    ]
    assert run_cli(one) == 2
    capsys.readouterr()
